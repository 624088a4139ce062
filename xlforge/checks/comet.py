"""Quality as CometKiwi or MetricX estimates it, sentence by sentence, in an environment of their own.

COMET's packages cannot share the project's environment, and its models read 512 tokens, source and translation together.
So both texts are aligned here, pairs of sentences go to `estimators/runner.py` under another Python, and a text's score is the mean
of its pairs' scores by the size of the source; source sentences without a rendering count 0. Pairs that the model had to cut are counted.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from xlforge.base.errors import BuildError
from xlforge.base.project import home
from xlforge.checks.alignment import sentence_pairs, weighted

RUNNER = Path(__file__).parent / "estimators" / "runner.py"
"""In a folder of its own, because Python puts a script's folder on its path: this one has modules named like theirs."""
SETUP = (
    "python3.11 -m venv .venv-comet && .venv-comet/bin/pip install torch==2.13.0 unbabel-comet==2.2.7 'setuptools<81'"
)

Pair = tuple[str, str]
"""A source and its translation."""


class CometError(BuildError):
    """The model gave no scores; the message has the remedy."""


def scores(model: str | None, texts: Sequence[Pair], code: str = "") -> list[float]:
    """The score of every text, in [0, 1]; how many pairs of sentences the model could not read whole goes to stderr.

    Args:
        model: `Unbabel/wmt22-cometkiwi-da`, `google/metricx-24-hybrid-large-v2p6`, or a folder.
        texts: whole texts.
        code: the translations' language, for the alignment of sentences.

    Raises:
        CometError: no model is named, or it gives no scores.
    """
    if not model:
        raise CometError(
            "no estimation model is named, but its weight is over 0: name it in params.yaml, or set that to 0"
        )
    if not texts:
        return []
    aligned = [sentence_pairs(source, translation, code) for source, translation in texts]
    scored = _run(model, [pair for pairs in aligned for pair in pairs])
    if cut := sum(is_cut for _, is_cut in scored):
        print(f"{model}: {cut} of {len(scored)} pairs of sentences were cut to what it can read", file=sys.stderr)
    each = iter(scored)
    return [
        weighted(source, pairs, [next(each)[0] for _ in pairs])
        for (source, _), pairs in zip(texts, aligned, strict=True)
    ]


def python() -> Path:
    """The interpreter that has COMET: XLFORGE_COMET_PYTHON, else .venv-comet of the main checkout. Raises CometError."""
    named = os.environ.get("XLFORGE_COMET_PYTHON")
    path = Path(named) if named else home() / ".venv-comet" / "bin" / "python"
    if not os.access(path, os.X_OK):
        raise CometError(
            f"{path} is not a Python that can run an estimation model: create one ({SETUP}), "
            "name one in XLFORGE_COMET_PYTHON, or set the weight of comet to 0"
        )
    return path


def _run(model: str, pairs: list[Pair]) -> list[tuple[float, bool]]:
    """Of each pair, its score and whether the model had to cut it."""
    device = "cuda" if os.environ.get("XLFORGE_DEVICE", "").startswith("cuda") else "cpu"
    ran = subprocess.run(
        [str(python()), str(RUNNER), model, "--device", device],
        input=b"".join(
            orjson.dumps({"src": _readable(source), "mt": _readable(translation)}) + b"\n"
            for source, translation in pairs
        ),
        capture_output=True,
        check=False,
    )
    lines = ran.stdout.splitlines()
    if ran.returncode or len(lines) != len(pairs):
        last = "\n  ".join(ran.stderr.decode(errors="replace").strip().splitlines()[-6:])
        raise CometError(
            f"{model} gave {len(lines)} of {len(pairs)} scores and ended with {ran.returncode}. Its last lines:\n  {last}\n"
            f"A gated model needs `hf auth login`; for a missing package create the environment again ({SETUP})"
        )
    try:
        return [(float(line["score"]), bool(line["cut"])) for line in map(orjson.loads, lines)]
    except (ValueError, KeyError, TypeError) as error:
        raise CometError(
            f"{model} gave something that is not a score ({error}): is {python()} the right Python?"
        ) from error


def _readable(text: str) -> str:
    """Text as JSON takes it: what is not valid in UTF-8 becomes the replacement character."""
    return text.encode(errors="replace").decode()
