"""The response store: every answer that was ever bought, kept under the key of its request.

It outlives stages, crashes and branches, and several builds share it. A row is written once and never changed: where two
processes buy the same answer, the first to commit wins and the other is handed the winner's words, so that a build's rows
are always what the store holds.

`answers` reads and writes, `claims` keeps two builds from buying the same, `runs` remembers which answers a build needed,
`exchange` carries answers from store to store, `care` deletes, checks and shrinks; `migrations` bring older stores up to date.
"""

from xlforge.cache.cache import Cache
from xlforge.cache.database import CacheError

__all__ = ["Cache", "CacheError"]
