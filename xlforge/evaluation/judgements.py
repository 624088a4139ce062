"""Pairwise judgements as AlpacaEval stores them: which of two answers to an instruction is better."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlforge.base.errors import BuildError
from xlforge.evaluation.files import fault, read

KEYS = ("instruction", "reference_output", "model_output", "preference")
PAIR = ("instruction", "output_1", "output_2", "preference")
"""AlpacaEval's own layout: output_2 is the model's, unless `generator_1` and `generator_2` show something else."""
_RULE = "a number from 1 (the first answer is better) to 2 (the second one), 1.5 or 0 for a tie, null where there is no verdict"
_OLD_TIE = 0.0
_ROUNDING = 1e-6
"""A preference is a sum of token probabilities, and may exceed its bounds by rounding."""


@dataclass(frozen=True)
class Judgement:
    """One verdict on two answers.

    Args:
        preference: for the model's answer, in [0, 1]; None without a verdict.
        model, reference: who generated the answers, where the file has it.
    """

    instruction: str
    reference_output: str
    model_output: str
    preference: float | None
    model: str | None = None
    reference: str | None = None

    @property
    def longer(self) -> int:
        """The length of the model's answer minus the length of the reference's, in characters."""
        return len(self.model_output) - len(self.reference_output)

    def reversed(self) -> "Judgement":
        """The same verdict, with the reference as the model."""
        other = None if self.preference is None else 1 - self.preference
        return Judgement(self.instruction, self.model_output, self.reference_output, other, self.reference, self.model)


def read_judgements(path: Path, model: str | None = None) -> list[Judgement]:
    """The judgements of a file (`files.read`), with preferences moved from AlpacaEval's [1, 2] to [0, 1].

    NaN and an empty text, which pandas writes for a missing value, are no verdict. A number written as text is a number. An answer
    may be null where there is no verdict.

    Args:
        path: of the file.
        model: the generator whose win rate is wanted; only its judgements are returned. Without it, the model is the generator of all
            second answers.

    Raises:
        BuildError: a value is invalid, and the message has the number of the row; or it is not clear which generator is the model.
    """
    found = list(_judgements(path))
    first, second = {each.reference for each in found}, {each.model for each in found}
    generators = sorted(name for name in first | second if name is not None)
    if model is None:
        if len(second) > 1 or (second & first - {None}):
            several = f"{path} has answers of {', '.join(generators)}, and generator_2 differs or is also generator_1"
            raise BuildError(f"{several}: name the model with --model")
        return found
    if model not in generators:
        known = f"it has {', '.join(generators)}" if generators else "it has no generator_1 and generator_2"
        raise BuildError(f"{path} has no answer of {model!r} (--model): {known}")
    sides = (each if each.model == model else each.reversed() for each in found)
    return [each for each in sides if each.model == model]


def _judgements(path: Path) -> Iterator[Judgement]:
    for number, row in enumerate(read(path, KEYS, PAIR), 1):
        keys = KEYS if KEYS[1] in row else PAIR
        found = preference(path, number, row["preference"])
        texts = [_text(path, number, row, key, found) for key in keys[:3]]
        names = [_name(path, number, row, key) for key in ("generator_2", "generator_1")]
        yield Judgement(texts[0], texts[1], texts[2], found, *names)


def _text(path: Path, number: int, row: dict[str, Any], key: str, preference: float | None) -> str:
    text = row[key]
    if text is None and preference is None and key != "instruction":
        return ""
    if not isinstance(text, str):
        raise fault(path, number, key, text, "text")
    return text


def _name(path: Path, number: int, row: dict[str, Any], key: str) -> str | None:
    name = row.get(key)
    if not isinstance(name, str | None):
        raise fault(path, number, key, name, "text")
    return name or None


def preference(path: Path, number: int, value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        preference = math.inf if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (ValueError, OverflowError, TypeError):
        preference = math.inf
    if math.isnan(preference):
        return None
    if preference == _OLD_TIE:
        return 0.5
    if not 1 - _ROUNDING <= preference <= 2 + _ROUNDING:
        raise fault(path, number, "preference", value, _RULE)
    return min(max(preference - 1, 0.0), 1.0)
