"""A translation as a model replied it: without what is surely a wrapper, or why it cannot be used."""

import re
from functools import lru_cache
from pathlib import Path

from xlforge.checks.added import marks
from xlforge.checks.added.echo import is_echo, without_echo
from xlforge.checks.added.loops import loops
from xlforge.checks.added.reading import Layer, Reading, unwrapped
from xlforge.checks.added.remarks import REMARKS, Source, lines
from xlforge.checks.added.words import SORRY, UNABLE, UNABLE_ENGLISH
from xlforge.checks.added.wrappers import META_TAG, WRAPPERS
from xlforge.checks.sentences import deviation, sentences, size
from xlforge.languages.registry import traits
from xlforge.steps.parsing import ParseError

_JSON = re.compile(r"\A\s*[{\[]\s*[\"'][\w ]{1,40}[\"']\s*[:,]")
_BETWEEN = re.compile(r"\s(?:/|\||\|\||//)\s")
_NUMBERED = re.compile(r"\A\W{0,3}[^\W\d]{2,20}(?: ?\d| [A-C]\b)\)?[*_]{0,2}[:：]")
_SORRY_SOURCE = re.compile(r"\bsorry|\bapolog|\bunfortunate|\bregret|\bsadly|\bexcuse|\bforgiv|\bpardon")
_WORSE_FIT = 0.5
"""Nats by which a text's length may be less probable without an added line; without half of a divided paragraph it is far less so."""


def read(reply: str, source: str, code: str, template: Path) -> Reading:
    """The translation in a reply.

    Args:
        reply: the response's text.
        source: the English text to translate.
        code: the language to translate into.
        template: the prompt's file.

    Raises:
        ParseError: `empty`, `special_tokens`, `control_characters`, `refusal`, `repeated`, or `added_text` with what was added.
    """
    known = _source(source, code)
    found = stripped(reply, known, template)
    if not found.text:
        raise ParseError("empty" if not reply.strip() else "added_text", ", ".join(found.stripped))
    if fault := _fault(found.text, known, template):
        raise ParseError(*fault)
    return found


@lru_cache(maxsize=64)
def _source(text: str, code: str) -> Source:
    return Source(text, code)


def stripped(reply: str, source: Source, template: Path) -> Reading:
    """A reply without its wrappers and remarks, whatever else is wrong with it."""
    return unwrapped(reply, source.text, lambda text: _layer(text, source, template))


def _layer(text: str, source: Source, template: Path) -> Layer | None:
    for name, unwrap in WRAPPERS.items():
        if (inside := unwrap(text, source.text)) is not None and inside.strip() != text:
            return name, inside
    if (rest := without_echo(text, template, source.text)) is not None:
        return "prompt", rest
    if no_translation(text, source):
        return None  # nothing of it is a translation
    for name, remove in REMARKS.items():
        if (rest := remove(text, source)) is not None and rest != text:
            return name, rest
    return None


def _fault(text: str, source: Source, template: Path) -> tuple[str, str] | None:
    if fault := marks.fault(text, source.text):
        return fault
    if refuses(text, source):
        return "refusal", text[:80]
    if no_translation(text, source) or (_JSON.match(text) and not _JSON.match(source.text)):
        return "added_text", text[:80]
    if tags := set(META_TAG.findall(text)) - set(META_TAG.findall(source.text)):
        return "added_text", f"tags: {', '.join(sorted(tags))}"
    if echo := next((line for line in sentences(text, source.code) if is_echo(line, template, source.text)), None):
        return "added_text", f"the prompt: {echo[:80]}"
    if loops(text) and not loops(source.text):
        return "repeated", text[-80:]
    if two_versions(text, source):
        return "added_text", "a second version"
    if line := extra_line(text, source):
        return "added_text", line[:80]
    return None


def no_translation(text: str, source: Source) -> bool:
    """Whether every sentence of a text is a remark in English."""
    return source.english_remark(text) and all(map(source.english_remark, sentences(text, source.code)))


def refuses(text: str, source: Source) -> bool:
    """Whether a text apologises for what it cannot do, where the source does neither."""
    first = text[:200].casefold()
    if no_translation(text, source) and UNABLE_ENGLISH.search(first):
        return True
    return bool(SORRY.search(first) and UNABLE.search(first) and not _SORRY_SOURCE.search(source.text.casefold()))


def two_versions(text: str, source: Source) -> bool:
    """Whether a text is two with a slash or a bar between them, or begins with a number as one of several, unlike its source."""
    parts = _BETWEEN.split(text)
    if len(parts) == 2 and not re.search(r"[/|]", source.text) and min(map(len, parts)) > 0.2 * len(text):
        return True
    return bool(_NUMBERED.match(text)) and not re.search(r"\d\W{0,3}:", source.text)


def extra_line(text: str, source: Source) -> str | None:
    """A first or last line beyond the lines of the source that was added, or holds a second version."""
    ours = lines(text)
    if len(ours) <= len(source.lines) or not source.lines:
        return None
    count = len(sentences(source.text))
    if count <= 1:
        return ours[-1]
    each = [len(sentences(line, source.code)) for line in ours]
    if max(each) <= 1 and len(ours) <= count:
        return None
    usual, wanted, whole = traits(source.code).rendering, size(source.text), size(text)
    for line in (ours[0], ours[-1]):
        without = whole - size(line)
        loss = (deviation(usual, wanted, without) ** 2 - deviation(usual, wanted, whole) ** 2) / 2
        if loss < _WORSE_FIT:
            return line
    return None
