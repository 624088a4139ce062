"""Quality as CometKiwi or MetricX estimates it, sentence by sentence, in an environment of their own.

COMET's packages cannot share the project's environment, and its models read 512 tokens, source and translation together.
So both texts are aligned here, pairs of sentences go to `estimators/runner.py` under another Python, and a text's score is the mean
of its pairs' by the size of the source; source sentences that nothing renders count 0. What the model had to cut is told.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from xlforge.base.errors import BuildError
from xlforge.base.project import home
from xlforge.checks.alignment import align
from xlforge.checks.sentences import size

RUNNER = Path(__file__).parent / "estimators" / "runner.py"
"""In a folder of its own, because Python puts a script's folder on its path: here stand modules named like theirs."""
SETUP = (
    "python3.11 -m venv .venv-comet && .venv-comet/bin/pip install torch==2.13.0 unbabel-comet==2.2.7 'setuptools<81'"
)


class CometError(BuildError):
    """The model could not be asked; the message has the remedy."""


@dataclass(frozen=True)
class Judgement:
    """score: in [0, 1]. pairs: of sentences that were scored. cut: of those, the ones the model could not read whole."""

    score: float
    pairs: int
    cut: int


def scores(model: str | None, pairs: Sequence[tuple[str, str]], code: str = "") -> list[float]:
    """The score of every (source, translation); see `judge`."""
    return [judgement.score for judgement in judge(model, pairs, code)]


def judge(model: str | None, pairs: Sequence[tuple[str, str]], code: str = "") -> list[Judgement]:
    """What a model (`Unbabel/wmt22-cometkiwi-da`, `google/metricx-24-hybrid-large-v2p6`) says of (source, translation) texts.

    code: the translations' language, for the alignment of sentences. Raises CometError.
    """
    if not model:
        raise CometError("no estimation model is named, but one is to be asked: name it in params.yaml, or weigh it 0")
    if not pairs:
        return []
    cut_up = [_sentences(source, translation, code) for source, translation in pairs]
    asked = [{"src": source, "mt": translation} for text in cut_up for source, translation in text]
    answers = iter(_run(model, asked))
    found = []
    for (source, _), text in zip(pairs, cut_up, strict=True):
        told = [next(answers) for _ in text]
        total = sum(score * size(left) for (left, _), (score, _) in zip(text, told, strict=True))
        whole = max(size(source), sum(size(left) for left, _ in text), 1)
        found.append(Judgement(round(total / whole, 6), len(text), sum(cut for _, cut in told)))
    return found


def python() -> Path:
    """The interpreter that has COMET: XLFORGE_COMET_PYTHON, else .venv-comet of the main checkout; CometError if absent."""
    named = os.environ.get("XLFORGE_COMET_PYTHON")
    path = Path(named) if named else home() / ".venv-comet" / "bin" / "python"
    if not os.access(path, os.X_OK):
        raise CometError(
            f"{path} is no Python to run an estimation model with: make one ({SETUP}), "
            "name one in XLFORGE_COMET_PYTHON, or set the weight of comet to 0"
        )
    return path


def _sentences(source: str, translation: str, code: str) -> list[tuple[str, str]]:
    aligned = align(source, translation, code)
    return list(aligned.pairs) if aligned else [(source, translation)]


def _run(model: str, asked: list[dict[str, str]]) -> list[tuple[float, bool]]:
    device = "cuda" if os.environ.get("XLFORGE_DEVICE", "").startswith("cuda") else "cpu"
    ran = subprocess.run(
        [str(python()), str(RUNNER), model, "--device", device],
        input=b"".join(orjson.dumps(_readable(pair)) + b"\n" for pair in asked),
        capture_output=True,
        check=False,
    )
    lines = ran.stdout.splitlines()
    if ran.returncode or len(lines) != len(asked):
        last = "\n  ".join(ran.stderr.decode(errors="replace").strip().splitlines()[-6:])
        raise CometError(
            f"{model} gave {len(lines)} of {len(asked)} scores and ended with {ran.returncode}. Its last lines:\n  {last}\n"
            f"A gated model needs `hf auth login`; a missing package needs the environment made anew ({SETUP})"
        )
    try:
        return [(float(answer["score"]), bool(answer["cut"])) for answer in map(orjson.loads, lines)]
    except (ValueError, KeyError, TypeError) as error:
        raise CometError(f"{model} answered what is no score ({error}): is {python()} the right Python?") from error


def _readable(pair: dict[str, str]) -> dict[str, str]:
    """Text as JSON takes it: what is no UTF-8 becomes the replacement character."""
    return {name: text.encode(errors="replace").decode() for name, text in pair.items()}
