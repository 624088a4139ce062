"""Pairwise judgements as AlpacaEval stores them: which of two answers to an instruction is better."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from xlforge.evaluation.files import fault, read

KEYS = ("instruction", "reference_output", "model_output", "preference")
_RULE = "a number from 1 (reference better) to 2 (model better), 1.5 for a tie, null where there is no verdict"
_ROUNDING = 1e-6
"""A preference is a sum of token probabilities, and may exceed its bounds by rounding."""


@dataclass(frozen=True)
class Judgement:
    """One verdict on two answers. preference: for the model's answer, in [0, 1]; None without a verdict."""

    instruction: str
    reference_output: str
    model_output: str
    preference: float | None

    @property
    def longer(self) -> int:
        """The length of the model's answer minus the length of the reference's, in characters."""
        return len(self.model_output) - len(self.reference_output)


def read_judgements(path: Path) -> list[Judgement]:
    """The judgements of a file, a JSON list or JSON lines, with preferences moved from AlpacaEval's [1, 2] to [0, 1].

    NaN, which pandas writes for a missing value, is no verdict. A number written as text is a number. An answer may be null
    where there is no verdict.

    Raises:
        BuildError: a value is invalid; the message has the number of the row.
    """
    found = []
    for number, row in enumerate(read(path, KEYS), 1):
        preference = _preference(path, number, row["preference"])
        texts = []
        for key in KEYS[:3]:
            text = row[key]
            if text is None and preference is None and key != "instruction":
                text = ""
            if not isinstance(text, str):
                raise fault(path, number, key, text, "text")
            texts.append(text)
        found.append(Judgement(texts[0], texts[1], texts[2], preference))
    return found


def _preference(path: Path, number: int, value: object) -> float | None:
    if value is None:
        return None
    try:
        preference = math.inf if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (ValueError, OverflowError, TypeError):
        preference = math.inf
    if math.isnan(preference):
        return None
    if not 1 - _ROUNDING <= preference <= 2 + _ROUNDING:
        raise fault(path, number, "preference", value, _RULE)
    return min(max(preference - 1, 0.0), 1.0)
