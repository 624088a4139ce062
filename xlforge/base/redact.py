"""Secrets in text that others wrote: servers quote what they were sent, and logs hold environments.

Text and secrets are compared by their letters and digits alone, in lower case and with escapes decoded. So it does not matter how a
secret was quoted, escaped, wrapped or spaced. A part of a secret is enough, because servers and logs cut text.
"""

import base64
import html
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import unquote, urlsplit

_PART, _WORDS = 8, 12
"""Letters and digits in a row by which a cut secret is recognised. Without a digit among them they may be words, and it takes more."""
_SHORTEST = 6
_NAME = re.compile(r"(?<!MON)KEY(?!BOARD)|TOKEN(?!S_PER|IZER)|SECRET|PASSW|CREDENTIAL|_PAT$", re.IGNORECASE)
_URL = re.compile(r"^(?:XLFORGE_CACHE|XLFORGE_ENDPOINT.*|.*_(?:URL|URI|DSN)|.*_PROXY)$", re.IGNORECASE)
_BETWEEN = re.compile(r"[\W_]+")
_CODED = re.compile(
    r"(?:%(?:25)*[0-9a-f]{2})+|\\+u[0-9a-f]{4}|\\+x[0-9a-f]{2}|\\+[abfnrtv]|&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});|=\r?\n",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"((?:authorization|x-api-key|api-key|x-goog-api-key|set-cookie|cookie)\\*[\"']?\s*[:=]\s*)"
    r"(?:\\*[\"'])?(?:(?:bearer|basic|token|digest)\s+)?[^\s\"'\\,;<>}]+",
    re.IGNORECASE,
)
_REST_OF_WORD = re.compile(r"[^\s\"'<>,;)}\]]*")


class Secrets:
    """Finds these secrets in any text, in every spelling: plain, escaped, percent-encoded, in base64 or hex, wrapped, spaced, cut."""

    def __init__(self, secrets: Iterable[str | None]) -> None:
        self._whole: set[str] = set()
        self._parts: set[str] = set()
        for secret in secrets:
            if secret and secret.strip():
                self._add(secret)
        self._heads = {part[:_PART] for part in self._parts}

    def _add(self, secret: str) -> None:
        spellings = {_letters(secret), _alphanumeric(secret)} - {""}
        self._whole |= spellings
        if "://" in secret or not spellings:  # a part of an address is no secret, but its beginning
            self._parts |= {each[:_WORDS] for each in spellings if len(each) > _WORDS}
            return
        encoded = secret.encode("utf-8", "surrogatepass")
        spellings |= {_alphanumeric(each) for each in _base64(encoded)} if len(encoded) >= _SHORTEST else set()
        spellings |= {encoded.hex()} if len(encoded) >= _PART else set()
        for spelling in spellings:
            for size in (_PART, _WORDS):
                parts = (spelling[start : start + size] for start in range(len(spelling) - size + 1))
                self._parts |= {part for part in parts if size == _WORDS or _is_code(part)}

    def found(self, text: str) -> bool:
        """Whether a text holds one of the secrets, or a part of one."""
        letters = _letters(text)
        starts = range(len(letters) - _PART + 1)
        if self._heads.isdisjoint([letters[start : start + _PART] for start in starts]):  # nearly all texts
            return any(each in letters for each in self._whole)
        return any(True for _ in self._places(letters))

    def redact(self, text: str) -> str:
        """The text with `…` for each secret, and for the value of each header that holds a key."""
        letters, spans = _spanned(text)
        places = self._places(letters)
        hidden = [(spans[first][0], _end(text, spans[last - 1][1], cut)) for first, last, cut in places]
        shown, done = [], 0
        for first, last in sorted(hidden):
            if first >= done:
                shown += [text[done:first], "…"]
            done = max(done, last)
        return _HEADER.sub(r"\1…", "".join([*shown, text[done:]]))

    def _places(self, letters: str) -> Iterator[tuple[int, int, bool]]:
        """Places of secrets among the letters, as (start, end, whether the secret is cut there)."""
        complete = []
        for each in self._whole:
            found = re.finditer(f"(?={re.escape(each)})", letters)  # a look-ahead, since places may overlap
            complete += [(place.start(), place.start() + len(each)) for place in found]
        yield from ((start, end, False) for start, end in complete)
        for start in range(len(letters) - _PART + 1) if self._parts else ():
            for size in (_PART, _WORDS):
                part = letters[start : start + size]
                if part in self._parts:
                    end = start + len(part)
                    if not any(first <= start and end <= last for first, last in complete):
                        yield start, end, True


def redactor(secrets: Iterable[str | None]) -> Callable[[str], str]:
    """A function that writes `…` for each secret; see `Secrets`. Give it the whole text and cut the result."""
    return Secrets(secrets).redact


def secret_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that hold a secret: those whose name shows it, and for addresses the password in them."""
    found = {}
    for name, value in environment.items():
        secret = value if _NAME.search(name) else _password(value) if _URL.match(name) else None
        if secret and len(secret) >= _SHORTEST and not os.path.exists(secret):
            found[name] = secret
    return found


def secret_values(environment: Mapping[str, str]) -> list[str]:
    """The values of `secret_variables`."""
    return [*secret_variables(environment).values()]


def contains_secret(text: str) -> bool:
    """Whether a text holds a secret of this process's environment, in any spelling. A value that may be a word does not count."""
    return bool(text) and _known(tuple(os.environ.items())).found(text)


@lru_cache(maxsize=4)
def _known(environment: tuple[tuple[str, str], ...]) -> Secrets:
    return Secrets([value for value in secret_values(dict(environment)) if _is_code(value)])


def _is_code(text: str) -> bool:
    """Whether it cannot be a word or a number of an ordinary text."""
    letters = _alphanumeric(text)
    mixed = any(map(str.isdigit, letters)) and not letters.isdigit()
    return len(letters) >= _PART and (mixed or len(letters) > 2 * _PART)


def _password(url: str) -> str | None:
    try:
        return unquote(urlsplit(url).password or "") or None
    except ValueError:  # such as a broken port, which is reported elsewhere
        return next(iter(re.findall(r"//[^/@:]*:([^@]+)@", url)), None)


def _alphanumeric(text: str) -> str:
    return _BETWEEN.sub("", text.casefold())


def _letters(text: str) -> str:
    return _alphanumeric(_CODED.sub(_decoded, text))


def _spanned(text: str) -> tuple[str, list[tuple[int, int]]]:
    """What `_letters` gives, and for each letter the start and the end of its spelling in the text."""
    letters, spans, done = [], [], 0
    for coded in [*_CODED.finditer(text), None]:
        start, end = coded.span() if coded else (len(text), len(text))
        plain = [(text[place], place, place + 1) for place in range(done, start)]
        for spelling, first, last in [*plain, *([(_decoded(coded), start, end)] if coded else [])]:
            for letter in _alphanumeric(spelling):
                letters.append(letter)
                spans.append((first, last))
        done = end
    return "".join(letters), spans


def _decoded(coded: re.Match[str]) -> str:
    found = coded.group()
    if found[0] == "%":
        return unquote(re.sub("%(?:25)+", "%", found), errors="replace")
    if found[0] == "&":
        return html.unescape(found)
    return chr(int(found.lstrip("\\")[1:], 16)) if found[0] == "\\" and len(found.lstrip("\\")) > 1 else ""


def _base64(data: bytes) -> Iterator[str]:
    """What the data looks like in base64 after 0, 1 or 2 other bytes, without the characters that its neighbours decide."""
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + data).decode()
        yield text[-(-shift * 8 // 6) : (shift + len(data)) * 8 // 6]


def _end(text: str, place: int, cut: bool) -> int:
    found = _REST_OF_WORD.match(text, place) if cut else None
    return found.end() if found else place
