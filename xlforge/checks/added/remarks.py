"""Lines and sentences of a translation that speak of it, and are none: lead-ins, labels, closings, notes, the source itself.

A line has no place of its own where the source has none: what is first or last beyond the source's lines, ends in a colon, names the
language or the act of translation, or is English in a text that should not be, was added. Where its source speaks of the same, it stays.
"""

import re
from collections.abc import Callable
from itertools import pairwise

from xlforge.checks.added.words import TRANSLATION, language_names
from xlforge.checks.language import identify

_MARKUP = " \t*_#>`~\"'“”„«»-–—=|"
_COLON = (":", "：", "︰", "∶", "፦", "։")
_INLINE = re.compile(r"\A([^\n]{1,140}?)(?:[ \u00a0\u202f]?[:：][*_]{0,3}[ \t]+|：[*_]{0,3})(?=\S)")
_SENTENCE = re.compile(r"\A([^.!?。！？।\n]{2,90}[.!。！।][*_]{0,2})[ \t]*(?=\S)")
_LAST_SENTENCE = re.compile(r"(?<=[.!?…。！？।؟\"”“’»)])[ \t]*(?=[\w*_(])([^.!?…。！？।\n]{2,160}[.!?。！？।]{0,3})\Z")
_CAPITAL = re.compile(r"(?<=\S)[ \t]+(?=([A-Z][A-Za-z'’]*)[ ,])")
_MARK = re.compile(r"[.!?…。！？।:;]\s")
_IN_BRACKETS = re.compile(r"[ \t]*[(\[（【]([^()\[\]（）【】\n]{2,400})[)\]）】][.。]?\Z")
_LABEL = re.compile(r"\A\W{0,4}\w[\w'’]{0,20}(?:[ \t]\w[\w'’]{0,20}){0,2}[*_]{0,3}[ \u00a0]?[:：]")
_RULE = re.compile(r"\A[ \t]*[-–—*_=~#]{3,}[ \t]*\Z")
_BULLET = re.compile(r"\A[-*•>#]{1,6}[ \t]+(?=\S)")
_ARROW = re.compile(r"\A(?:[→⇒➡=]+>?|[-–—=]+>)[ \t]*(?=\S)")
_BRACKETED_LABEL = re.compile(r"\A[(\[【（]([^()\[\]【】（）\n]{1,40})[)\]】）][ \t]*[:：]?[ \t]*(?=\S)")
_ENGLISH = re.compile(r"[A-Za-z][A-Za-z'’]*")
_SPEAKS_OF_IT = re.compile(r"\btranslat|\binterpret|\bversion|\bdubb|\bsubtitl")
_LONGEST, _LONGEST_MENTION = 240, 120
"""Characters of the longest line that counts as a remark, and of the longest that does because it names the language or the act."""

_SHORT = 0.6
"""A last line that is longer, as a share of the source, may be a second version: it is not stripped for its label alone."""

_FUNCTION_WORDS = """
    the this that these those is are was were be been has have had i i'm i've i'll you your me my we us it its it's of to in on at
    for from with without as by and or but if so not no any all here here's there below above please let know can could would should
    will hope helps help note sure certainly course okay ok yes translation translated translate version text feel free do did need
    sorry
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
_SINGLE = "sure certainly absolutely okay ok great done translation translated answer output result understood response"
_ALONE = frozenset(_SINGLE.split())


class Source:
    """What a translation is of.

    Args:
        text: the source, in English.
        code: the language translated into.
    """

    def __init__(self, text: str, code: str) -> None:
        self.text, self.code = text, code
        self.lines = lines(text)
        low = text.casefold()
        run = _ENGLISH.findall(low.replace("’", "'"))
        self.words, self._pairs = frozenset(run), frozenset(pairwise(run))
        names = language_names(code)
        self._names = None if names is None or names.search(low) else names
        self._translation = None if _SPEAKS_OF_IT.search(low) else TRANSLATION
        self._english = None if "english" in self.words else re.compile(r"\A\W*english\W*\Z")

    def about_it(self, line: str) -> bool:
        """Whether a line speaks of the translation, or is a remark in English that the source does not hold."""
        line = line.strip()
        if not line or len(line) > _LONGEST:
            return False
        if len(line) <= _LONGEST_MENTION:
            low = line.casefold()
            if low.strip(_MARKUP + ":：()[]") == self.code:
                return True
            patterns = (self._names, self._translation, self._english)
            if any(pattern is not None and pattern.search(low) for pattern in patterns):
                return True
        return self.english_remark(line)

    def english_remark(self, line: str) -> bool:
        """Whether a line is in English, in words that the source does not have, where the translation is not into English."""
        if self.code == "en" or len(line) > 2 * _LONGEST:
            return False
        run = _ENGLISH.findall(line.casefold().replace("’", "'"))
        if len(run) == 1:
            return run[0] in _ALONE and run[0] not in self.words
        known = [pair for pair in pairwise(run) if pair in self._pairs]
        if len(known) > 0.4 * (len(run) - 1) or not _FUNCTION.intersection(run):
            return False
        if sum(map(len, run)) < 0.8 * sum(map(str.isalpha, line)):
            return False
        try:
            label, probability = identify(line, frozenset(("en", self.code)))
        except ValueError:
            return len(_FUNCTION.intersection(run)) >= 0.3 * len(run)
        return label == "en" and probability >= 0.9


def lines(text: str) -> list[str]:
    """The lines that have a letter or a digit."""
    return [line for line in text.splitlines() if any(map(str.isalnum, line))]


def ends_in_colon(line: str) -> bool:
    """Whether a line ends in a colon, marks of emphasis left out."""
    return line.strip(_MARKUP).endswith(_COLON)


def lead_in(text: str, source: Source) -> str | None:
    """The text without a lead-in or a label before it."""
    head, _, rest = text.partition("\n")
    more = len(lines(text)) > len(source.lines)
    if rest.strip() and any(map(str.isalnum, head)):
        colon = ends_in_colon(head)
        new_colon = colon and not (source.lines and ends_in_colon(source.lines[0]))
        if (more and new_colon and len(head) <= _LONGEST) or ((colon or more) and source.about_it(head)):
            return rest.strip()
    if (match := _BRACKETED_LABEL.match(text)) and source.about_it(match.group(1)):
        return text[match.end() :].strip()
    if (match := _SENTENCE.match(text)) and source.english_remark(match.group(1)):
        return text[match.end() :].strip()
    if (match := _INLINE.match(text)) and len(match.group(1).split()) <= 16 and source.about_it(match.group(1)):
        return text[match.end() :].strip()
    return None


def closing(text: str, source: Source) -> str | None:
    """The text without a closing remark or a note after it."""
    rest, _, last = text.rpartition("\n")
    if rest.strip() and any(map(str.isalnum, last)) and len(lines(text)) > len(source.lines):
        short = len(last) < _SHORT * len(source.text)
        labelled = short and _LABEL.match(last) and not any(_LABEL.match(line) for line in source.lines[-1:])
        bare = last.strip()
        bracketed = bare[:1] in "([（【*" and bare[-1:] in ")]）】*" and not _IN_BRACKETS.search(source.text)
        if labelled or bracketed or source.about_it(last):
            return rest.strip()
    if (match := _IN_BRACKETS.search(text)) and not _IN_BRACKETS.search(source.text):
        inside = match.group(1)
        if (_LABEL.match(inside) or source.about_it(inside)) and text[: match.start()].strip():
            return text[: match.start()].strip()
    return _without_english_end(text, source)


def _without_english_end(text: str, source: Source) -> str | None:
    """The text without a last sentence in English, after a mark or where a text without one ends."""
    at = max(0, len(text) - 200)
    if (match := _LAST_SENTENCE.search(text, at)) and source.english_remark(match.group(1)):
        return text[: match.start()].strip() or None
    for match in _CAPITAL.finditer(text, at):
        first = match.group(1).casefold()
        if first in source.words and first not in _FUNCTION:
            continue  # a name
        if not _MARK.search(text, match.end(), len(text) - 2) and source.english_remark(text[match.end() :]):
            return text[: match.start()].strip() or None
    return None


def rule(text: str, source: Source) -> str | None:
    """The text without a horizontal rule before or after it."""
    head, _, rest = text.partition("\n")
    if rest and _RULE.match(head):
        return rest.strip()
    rest, _, last = text.rpartition("\n")
    return rest.strip() if rest and _RULE.match(last) else None


def bullet(text: str, source: Source) -> str | None:
    """The text without a bullet, a heading's mark or an arrow before it, where the source begins with none."""
    match = _ARROW.match(text) or (_BULLET.match(text) if source.text.lstrip()[:1].isalnum() else None)
    return text[match.end() :] if match else None


def source_itself(text: str, source: Source) -> str | None:
    """The text without its source before or after it."""
    bare = source.text.strip()
    if not bare or text == bare:
        return None
    if text.startswith(bare):
        return text[len(bare) :].strip() or None
    return text[: -len(bare)].strip() or None if text.endswith(bare) else None


REMARKS: dict[str, Callable[[str, Source], str | None]] = {
    "source": source_itself,
    "lead_in": lead_in,
    "closing": closing,
    "rule": rule,
    "bullet": bullet,
}
"""By the name under which what was stripped is counted. Each gives what is left, or None where it found nothing."""
