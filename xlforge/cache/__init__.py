"""The response cache: every response that a model ever gave, under the key of its request.

It outlives stages, crashes and branches, and several builds share it. A row is written once and never changed. Where two
processes generate a response to the same request, the first one to commit wins and the other one receives that text. So the rows
of a build always agree with the cache.

`cache` reads and writes, `claims` keeps two builds from generating the same response, `transfer` exports and imports, `maintenance`
checks, rescues, deletes and shrinks; `migrations` upgrade older caches.
"""

from xlforge.cache.cache import Cache
from xlforge.cache.database import CacheError

__all__ = ["Cache", "CacheError"]
