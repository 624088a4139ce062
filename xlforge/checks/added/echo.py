"""Parts of the prompt itself in a response: sentences that repeat the words of its template, without what was filled in."""

import re
from functools import cache
from pathlib import Path

_WORD = re.compile(r"\w+")
_VARIABLE = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)
_NGRAM = 3
_SHARE = 0.6
"""Of a line's words that stand in runs of the template's words."""
_MIN_WORDS = 4


def words(text: str) -> list[str]:
    """The words of a text, case folded."""
    return _WORD.findall(text.casefold())


@cache
def _ngrams(template: Path) -> frozenset[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for chunk in _VARIABLE.split(template.read_text(encoding="utf-8")):
        run = words(re.sub(r"<[^<>]*>", "\n", chunk))
        found |= {tuple(run[at : at + _NGRAM]) for at in range(len(run) - _NGRAM + 1)}
    return frozenset(found)


@cache
def vocabulary(template: Path) -> frozenset[str]:
    """The words of a prompt's template."""
    return frozenset(words(_VARIABLE.sub(" ", template.read_text(encoding="utf-8"))))


def is_echo(line: str, template: Path, source: str) -> bool:
    """Whether most of a line's words stand in runs of three or more that the template has, and the source has not."""
    run = words(line)
    if len(run) < _MIN_WORDS:
        return False
    known, covered = _ngrams(template), set[int]()
    for at in range(len(run) - _NGRAM + 1):
        if tuple(run[at : at + _NGRAM]) in known:
            covered.update(range(at, at + _NGRAM))
    return len(covered) >= _SHARE * len(run) and " ".join(run) not in " ".join(words(source))


def without_echo(text: str, template: Path, source: str) -> str | None:
    """The text without a first or last line that repeats the prompt; None where neither does."""
    head, _, rest = text.partition("\n")
    if rest.strip() and is_echo(head, template, source):
        return rest.strip()
    rest, _, last = text.rpartition("\n")
    return rest.strip() if rest.strip() and is_echo(last, template, source) else None
