"""Language pass rates: how often a model answers in the requested language.

The metrics of the Language Confusion Benchmark (Marchisio, Ko, Bérard, Dehaze, Ruder 2024, Understanding and Mitigating Language
Confusion in LLMs, arXiv 2406.20052; for-ai/language-confusion, compute_metrics.py):

- line-level pass rate: the share of answers whose lines are all in the language. An answer ends before a further "Q:". ASCII
  punctuation is removed. Lines of fewer than five words are ignored. A line is in its likeliest language if that has a
  probability above 0.3, else in none. Answers without a line to judge are in no rate.
- word-level pass rate: among the answers that pass by line, the share without an English word in those lines. It exists only
  for languages that are not written in Latin letters, where an English word is visible.

Rates are means over sources in a language, and then over languages.

Ours differs in this: lines are identified by py3langid, not by fastText's lid.176. Words of scripts without spaces are estimated
from the characters, not cut by jieba or fugashi. An English word is four or more small Latin letters, one of them a vowel, between
spaces or such characters, ignoring punctuation: in these languages hardly any other word looks like this. The benchmark looks words up
in a Unix word list, which misses most inflected forms and new words. A line without a letter is not judged.

As in the benchmark, lines of code are lines, and regional varieties (wuu, yue next to zh) are other languages.
"""

import re
import string
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from xlforge.checks.language import identifier, likeliest
from xlforge.evaluation.files import fault, read
from xlforge.languages.registry import LANGUAGES, traits

KEYS = ("source", "language", "completion")
RATES = ("line_pass_rate", "word_pass_rate")
WORDS = 5
"""Words that a line needs to be judged."""
SURE = 0.3
"""The probability above which a line is in its likeliest language."""
LONGEST = 5000
"""Characters of a line that are identified: py3langid is uncertain about a phrase that is repeated ten thousand times."""
_NO_LATIN = (
    "am ary arz as ba be bg bn dz fa gom grc gu hbo he hy ka kk km kn ky lo mk ml mn mr my ne or pa ps sa "
    "sdh si ta te tg tt ug uk ur wuu yue"
)
NO_LATIN = frozenset(_NO_LATIN.split())
"""Languages that are not written in Latin letters and have no file in xlforge/languages; one with both scripts, such as Serbian, is not
among them."""

_PUNCTUATION = str.maketrans("", "", string.punctuation + "—،")
_HAN_KANA = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_INDOCHINA = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED = ((re.compile(f"[{_HAN_KANA}]"), 1.6), (re.compile(f"[{_INDOCHINA}]"), 4.0))
"""Characters of scripts without spaces, and about how many are one word."""
_EDGE = rf"\s\u3000-\u303f\uff00-\uffef{_HAN_KANA}{_INDOCHINA}"
_MARKS = rf"(?:(?![{_EDGE}])[\W_])*"
_ENGLISH = re.compile(rf"(?<![^{_EDGE}]){_MARKS}(?=[a-z]*[aeiouy])[a-z]{{4,}}{_MARKS}(?![^{_EDGE}])")


@dataclass(frozen=True)
class Answer:
    """A model's answer to a prompt of a source that requests a language; completion is None where there is none."""

    source: str
    language: str
    completion: str | None


@dataclass(frozen=True)
class Rates:
    """Pass rates in percent, None where nothing could be judged or, by word, the language is written in Latin letters.

    n: answers judged by line. skipped: answers without a line to judge. n_words: answers judged by word.
    """

    line_pass_rate: float | None
    word_pass_rate: float | None
    n: int
    skipped: int
    n_words: int


@dataclass(frozen=True)
class PassRates:
    """The rates of each language, by code, and the means over the languages that have a rate."""

    line_pass_rate: float | None
    word_pass_rate: float | None
    by_language: dict[str, Rates]


def line_pass(text: str, code: str) -> bool | None:
    """Whether all lines of an answer are in a language; None if it has no line to judge.

    Raises ValueError for a language that py3langid does not know.
    """
    return _judge(text, code)[0]


def word_pass(text: str, code: str) -> bool | None:
    """Whether an answer that passes by line is free of English words; None if it does not pass, or for Latin letters.

    Raises ValueError for a language that py3langid does not know.
    """
    return _judge(text, code)[1]


def pass_rates(answers: Iterable[Answer]) -> PassRates:
    """The rates of each language and their means.

    Raises:
        ValueError: py3langid does not know a language.
    """
    found: dict[str, dict[str, list[tuple[bool | None, bool | None]]]] = defaultdict(lambda: defaultdict(list))
    for answer in answers:
        found[answer.language][answer.source].append(_judge(answer.completion or "", answer.language))
    by_language = {code: _rates(list(found[code].values())) for code in sorted(found)}
    line, word = (_mean(getattr(rates, name) for rates in by_language.values()) for name in RATES)
    return PassRates(line, word, by_language)


def read_answers(path: Path) -> list[Answer]:
    """The answers of a file of JSON lines or a JSON list; a null completion is a missing answer.

    Raises:
        BuildError: a value is not text, or py3langid does not know a language; the message has the number of the row.
    """
    known = frozenset(identifier(None).labels) - {"zxx"}
    answers = []
    for number, row in enumerate(read(path, KEYS), 1):
        source, language, completion = (row[key] for key in KEYS)
        if not isinstance(source, str):
            raise fault(path, number, "source", source, "text")
        if not isinstance(completion, str | None):
            raise fault(path, number, "completion", completion, "text, or null where there is no answer")
        if not isinstance(language, str) or language not in known:
            raise fault(path, number, "language", language, f"a code that py3langid knows: {' '.join(sorted(known))}")
        answers.append(Answer(source, language, completion))
    return answers


def _judge(text: str, code: str) -> tuple[bool | None, bool | None]:
    """By line and by word; see line_pass and word_pass."""
    known = identifier(None).labels
    if code not in known and not traits(code).detector:
        raise ValueError(f"py3langid cannot identify {code!r}; it knows {' '.join(sorted(known))}")
    lines = text.split("\nQ:", maxsplit=1)[0].strip().split("\n")
    judged = {line: bare for line in lines if _is_long(bare := line.translate(_PUNCTUATION))}
    if not judged:
        return None, None
    if not all(_is_in(bare, code) for bare in judged.values()):
        return False, None
    return True, None if _is_latin(code) else not any(map(_ENGLISH.search, judged))


def _is_latin(code: str) -> bool:
    return LANGUAGES[code].script == "Latn" if code in LANGUAGES else code not in NO_LATIN


def _is_in(line: str, code: str) -> bool:
    is_it, probability = likeliest(line[:LONGEST], code)
    return is_it and probability > SURE


def _is_long(line: str) -> bool:
    """Whether a line has enough words, and any letter, to be judged."""
    if not any(map(str.isalpha, line)):
        return False
    words = 0.0
    for characters, length in _UNSPACED:
        line, count = characters.subn(" ", line)
        words += count / length
    return words + len(line.split()) >= WORDS


def _rates(sources: list[list[tuple[bool | None, bool | None]]]) -> Rates:
    lines = [[line for line, _ in judged if line is not None] for judged in sources]
    words = [[word for _, word in judged if word is not None] for judged in sources]
    by_line, by_word = (_mean(100 * fmean(passed) for passed in part if passed) for part in (lines, words))
    n = sum(map(len, lines))
    return Rates(by_line, by_word, n, sum(map(len, sources)) - n, sum(map(len, words)))


def _mean(rates: Iterable[float | None]) -> float | None:
    known = [rate for rate in rates if rate is not None]
    return fmean(known) if known else None
