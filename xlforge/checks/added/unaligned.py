"""A first or last sentence of a translation that renders nothing of its source, by the alignment of sentences."""

import re

from xlforge.checks.added.remarks import lines
from xlforge.checks.alignment import Alignment, align

_OWN_LINE, _NEW_COLON, _NEW_SPEECH = 4.0, 6.0, 1.5
"""Nats by which less evidence is enough for a line that the source has not, and for what stands before a colon that the source has
not. For the latter less is granted where a quotation follows: translators introduce speech so."""
_COLON = r"(?:：|:(?=[\s\"'“„«‘「『])|(?<=[\u0e00-\u9fff\uac00-\ud7af]):)"
"""Not the one of a time of day, nor one inside a word."""
_BEFORE_COLON = re.compile(rf"\A([^\n.!?。！？।:：]{{2,80}}[ \u00a0\u202f]?{_COLON})\s*(?=(\S))")
_SPEECH = frozenset("\"'“”„«»‘’「『")


def unaligned(source: str, target: str, code: str, aligned: Alignment | None, max_evidence: float) -> str | None:
    """The first or last sentence that was added to a translation from English; None where all render the source.

    Args:
        source: in English.
        target: its translation.
        code: the translation's language.
        aligned: the alignment of both.
        max_evidence: upper bound of the evidence for an added sentence, in nats. The alignment takes added sentences to be as rare as
            among human translations; a bound below zero corrects for that.
    """
    more = len(lines(target)) > len(lines(source))
    if found := _added(aligned, max_evidence - (_OWN_LINE if more else 0)):
        return found
    match = None if re.search("[:：]", source) else _BEFORE_COLON.match(target)
    if match is None or match.group(2).islower():
        return None
    apart = f"{match.group(1)}\n{target[match.end() :]}"
    less = _NEW_SPEECH if match.group(2) in _SPEECH else _NEW_COLON
    return _added(align(source, apart, code), max_evidence - less)


def _added(aligned: Alignment | None, limit: float) -> str | None:
    return aligned.added[0] if aligned and aligned.added_evidence > limit else None
