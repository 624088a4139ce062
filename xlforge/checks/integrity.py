"""Whether a translation kept the content of its English source, by checks that understand neither text.

Every check looks at one thing and accepts in doubt: human translators convert units, spell out numbers, translate names
and join sentences, and of theirs at most a few in a hundred may fail all checks together (figures: docs/quality.md).
A check that cannot judge a language accepts it. `xlforge.checks.language` identifies the language of a text, and the step that
calls the model rejects a response that reached its token limit.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex
from pydantic import Field

from xlforge.checks.added.unaligned import unaligned
from xlforge.checks.alignment import align
from xlforge.checks.copying import copied, loop, own_words
from xlforge.checks.markup import Markup, markup
from xlforge.checks.names import lost
from xlforge.checks.numbers import differences
from xlforge.checks.scripts import other_chinese, strange
from xlforge.checks.sentences import deviation, size
from xlforge.config.blocks import Block
from xlforge.languages.registry import traits

REASONS = (
    *("empty", "unreadable_characters", "foreign_script", "copied", "untranslated", "repeated", "too_short"),
    *("too_long", "cut_off", "dropped_sentences", "added_text", "numbers_changed", "numbers_missing"),
    *("numbers_added", "names_missing", "addresses_changed", "code_changed", "structure_changed"),
)
"""Every reason that `problems` gives, in the order it gives them."""


class Thresholds(Block):
    """What the checks accept; a stage's params may hold these.

    other_script_letters: letters of a script of neither text that are too many. copied_words: uncapitalised words of the source in one
    run that are too many. copied_share: share of the source's uncapitalised words that is too much. repeated_share: share of a text in
    one repeated phrase that is too much. min_length, max_length: bounds of the length, in standard deviations from the usual.
    max_dropped_evidence, max_added_evidence: upper bounds of the evidence for a dropped and for an added sentence, in nats.
    min_names_chance: lower bound of the probability that a translation shows none of the names.
    """

    other_script_letters: int = Field(3, ge=1)
    copied_words: int = Field(8, ge=1)
    copied_share: float = Field(0.5, gt=0, le=1)
    repeated_share: float = Field(0.3, gt=0, le=1)
    min_length: float = Field(-4.0, lt=0)
    max_length: float = Field(5.0, gt=0)
    max_dropped_evidence: float = -1.5
    max_added_evidence: float = -1.0
    min_names_chance: float = Field(0.0001, gt=0, lt=1)


@dataclass(frozen=True)
class Problem:
    """What a check found. reason: one of REASONS. detail: short enough for a table."""

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


_MIN_OWN_WORDS = 4
"""A source with fewer uncapitalised words can stay unchanged: titles and lists of names."""
_MIN_LOOP = 40
"""Characters of a repeated phrase with its repetitions: "No, no, no!" is not a fault."""
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd\ud800-\udfff\ufff9-\ufffb\ue000-\uf8ff]")
_LISTS = ("bullets", "numbered items")
"""A single line is not a list: it may begin with a dash for speech, or with an ordinal (19. yüzyılda)."""
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s*$")
_QUOTES = r"\"'’‘”“„‚‹›«»()\[\]「」『』《》〈〉（）［］"
_GOES_ON = regex.compile(
    rf"(?V1)[^\p{{Sentence_Terminal}}…\s{_QUOTES}][\s{_QUOTES}]*([,;:،、，；：–—·-])[\s{_QUOTES}]*$"
)
"""A mark after which a sentence goes on, unless the sentence ended before it: „Warum?“,"""


def problems(source: str, target: str, code: str, **thresholds: float) -> list[Problem]:
    """What is wrong with a candidate translation of an English text into a language; [] if no check finds a fault.

    thresholds: fields of `Thresholds`; pydantic's ValidationError for others.
    """
    limits = Thresholds.model_validate(thresholds)
    if not target.strip():
        return [Problem("empty")] if source.strip() else []
    before, after = markup(source), markup(target)
    return [
        *_characters(source, target, code, limits),
        *_copying(before.prose, after.prose, limits),
        *_lengths(before.prose, after.prose, code, limits),
        *_numbers(before.prose, after.prose, code),
        *_names(before.prose, after.prose, code, limits),
        *_markup(before, after),
    ]


def _characters(source: str, target: str, code: str, limits: Thresholds) -> Iterator[Problem]:
    odd = Counter(_UNREADABLE.findall(target)) - Counter(_UNREADABLE.findall(source))
    if odd:
        yield Problem("unreadable_characters", _few(f"U+{ord(char):04X}" for char in odd))
    found = strange(target, traits(code), source)
    others = other_chinese(target, traits(code))
    if others or len(found) >= limits.other_script_letters:
        yield Problem("foreign_script", _few(dict.fromkeys(others or found)))


def _copying(source: str, target: str, limits: Thresholds) -> Iterator[Problem]:
    own = own_words(source)
    if own >= _MIN_OWN_WORDS and source.split() == target.split():
        yield Problem("copied")
    elif own >= _MIN_OWN_WORDS:
        run, share = copied(source, target)
        if own_words(run) >= limits.copied_words or share >= limits.copied_share:
            yield Problem("untranslated", _short(run))
    phrase, times, taken = loop(target)
    if taken >= limits.repeated_share and times * len(phrase) >= _MIN_LOOP and loop(source)[2] < limits.repeated_share:
        yield Problem("repeated", f"{times} times {_short(phrase)}")


def _lengths(source: str, target: str, code: str, limits: Thresholds) -> Iterator[Problem]:
    ours, theirs = size(source), size(target)
    if not ours or not theirs:
        return
    off = deviation(traits(code).rendering, ours, theirs)
    detail = f"{theirs / ours:.2f} of the source's length, {abs(off):.1f} deviations off"
    if off < limits.min_length:
        yield Problem("too_short", detail)
    elif off > limits.max_length:
        yield Problem("too_long", detail)
    if traits(code).sentence_marks and _SENTENCE_END.search(source) and _is_cut(target, traits(code).sentence_ends):
        yield Problem("cut_off", f"ends in {target.rstrip()[-20:]!r}, and not in a sentence mark as the source does")
    aligned = align(source, target, code)
    if aligned and aligned.evidence > limits.max_dropped_evidence:
        yield Problem("dropped_sentences", _few(map(_short, aligned.dropped)))
    if added := unaligned(source, target, code, aligned, limits.max_added_evidence):
        yield Problem("added_text", _short(added))


def _is_cut(text: str, ends: str) -> bool:
    """Whether a text ends inside a sentence. ends: further marks that end one."""
    goes_on = _GOES_ON.search(text)
    return unicodedata.category(text.rstrip()[-1])[0] in "LMN" or bool(goes_on and goes_on.group(1) not in ends)


def _numbers(source: str, target: str, code: str) -> Iterator[Problem]:
    missing, added = differences(source, target, code)
    if missing and added:
        yield Problem("numbers_changed", f"{_few(missing)} → {_few(added)}")
    elif missing:
        yield Problem("numbers_missing", _few(missing))
    elif added:
        yield Problem("numbers_added", _few(added))


def _names(source: str, target: str, code: str, limits: Thresholds) -> Iterator[Problem]:
    have, gone = lost(source, target)
    chance = 1 - traits(code).rendering.name
    if len(have) == len(gone) and chance ** len(have) < limits.min_names_chance:
        yield Problem("names_missing", _few(gone))


def _markup(before: Markup, after: Markup) -> Iterator[Problem]:
    if before.addresses.keys() != after.addresses.keys():
        yield Problem("addresses_changed", _few(sorted(before.addresses.keys() ^ after.addresses.keys())))
    changed = (before.code - after.code) + (after.code - before.code)
    if changed:
        yield Problem("code_changed", _few(map(_short, changed)))
    different = [
        f"{ours} {name}, now {theirs}"
        for name, ours, theirs in ((name, ours, after.counts[name]) for name, ours in before.counts.items())
        if ours != theirs and not (name in _LISTS and max(ours, theirs) < 2)
    ]
    if different:
        yield Problem("structure_changed", _few(different))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _few(items: Iterable[str]) -> str:
    items = list(items)
    return ", ".join(items[:4]) + (f" and {len(items) - 4} more" if len(items) > 4 else "")
