"""Names of an English text that its translation should contain.

Translations inflect names (Bootsszal, Zoranas Zaevas, i mBéal Feirste), translate them (Macedonia, the White House) and write
them in another script. So words are compared by their first letters without accents, one word of a name is enough, and only
a text without any of many names has a fault: so many that this is very improbable in the language.
"""

import re
import unicodedata

from xlforge.languages import en

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_RUN = re.compile(
    rf"(?<![\w'’])[^\W\d_a-zà-ÿ]{_WORD.pattern.replace('+', '*', 1)}(?: [A-Z][^\W\d_]*(?:['’][^\W\d_]+)*)*"
)
_OPENING = re.compile(r"(?:^|[.!?:\n\"“”„«»‘(*#-])\W*$")


def folded(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char))


def stem(word: str) -> str:
    """The part of a word that inflection does not change, folded: its first letters."""
    word = folded(word)
    return word[: max(3, round(len(word) * 0.6))]


def long_words(text: str) -> list[str]:
    """The different words of five letters and more, in order."""
    return list(dict.fromkeys(word for word in _WORD.findall(text) if len(word) >= 5))


def names(text: str) -> list[str]:
    """The different names of an English text, in order: runs of capitalised words, except a first word of a sentence."""
    found: dict[str, None] = {}
    for match in _RUN.finditer(text):
        words = [re.sub(r"['’]s?$", "", word) for word in match.group().split()]
        if not words[0].isupper() and _OPENING.search(text[max(0, match.start() - 8) : match.start()]):
            words = words[1:]
        if any(len(word) >= 4 for word in words) and not any(folded(word) in en.TRANSLATED for word in words):
            found.setdefault(" ".join(words))
    return list(found)


def lost(source: str, target: str) -> tuple[list[str], list[str]]:
    """The names of an English text, and those of them without any word in its translation."""
    have = names(source)
    parts = {part for word in _WORD.findall(folded(target)) for part in re.split(r"['’]", word)} if have else set()
    return have, [name for name in have if not any(_seen(word, parts) for word in name.split() if len(word) >= 4)]


def _seen(word: str, parts: set[str]) -> bool:
    first = stem(word)
    return any(first in part[: len(first) + 3] for part in parts)
