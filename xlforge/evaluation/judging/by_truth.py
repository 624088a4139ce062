"""Which of two answers is better by a benchmark's truth: language first, then facts, then chrF. No model is called."""

from typing import Any

from xlforge.checks.language import is_language
from xlforge.evaluation.judging.truth import chrf, facts


def better(answer: str, other: str, prompt: dict[str, Any], margin: float) -> tuple[float | None, str | None]:
    """The preference for an answer over another by a benchmark's truth, 0, 0.5 or 1, and what decided; None, None without a truth.

    The answer in the requested language wins (`language`); then the one with more of the truth's facts (`facts`), in any language if
    neither is in the requested one. The order and the wording of facts do not count. A truth without facts is compared by chrF (`chrf`).

    Args:
        prompt: a row of the benchmark: `language`, `truth` and `slots`.
        margin: chrF scores that differ by at most this are equal.
    """
    if prompt["truth"] is None:
        return None, None
    code = prompt["language"]
    fits = [bool(text) and is_language(text, code) for text in (answer, other)]
    if fits[0] != fits[1]:
        return float(fits[0]), "language"
    counted = [facts(text, prompt["slots"], code if all(fits) else None) for text in (answer, other)]
    if None not in counted:
        return _preference(counted[0], counted[1], 0.0), "facts"  # type: ignore[arg-type]
    return _preference(chrf(answer, prompt["truth"]), chrf(other, prompt["truth"]), margin), "chrf"


def _preference(one: float, other: float, margin: float) -> float:
    return 0.5 if abs(one - other) <= margin else float(one > other)
