"""seeds v1: passages from the user's own data, cleaned, filtered, de-duplicated, sampled.

One step that moves files by path: a million passages go from the source to parquet as a stream, and none through a queue.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import GeneratorStep

from pipelines.seeds.v1 import fresh
from pipelines.seeds.v1.schema import Params
from xlforge.core.errors import BuildError

_MADE = "made.json"


class ReadSeeds(GeneratorStep):  # type: ignore[misc]
    """source → `rows.parquet` and `rejects.parquet` in the folder `out`, and in `made.json` the counts or the error.

    params: the block `seeds` of params.yaml. It never raises: distilabel waits for ever for a generator step that did.
    """

    params: dict[str, Any]
    out: str

    @property
    def outputs(self) -> list[str]:
        return ["made"]

    def process(self, offset: int = 0) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        try:
            made: dict[str, Any] = {"counts": fresh.build(self.params, Path(self.out))}
        except Exception as error:
            made = {"error": str(error) if isinstance(error, BuildError) else repr(error)}
        path = Path(self.out, _MADE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made), encoding="utf-8")
        yield [{"made": str(path)}], True


def pipeline(params: Params, out: Path) -> Pipeline:
    """The pipeline that writes into the folder `out`; what came of it, `made(out)` tells."""
    with Pipeline("seeds") as built:
        ReadSeeds(params=params.model_dump(), out=str(out))
    return built


def made(out: Path) -> dict[str, Any]:
    """The counts of a pipeline that ran; BuildError with what went wrong in it otherwise."""
    path = out / _MADE
    if not path.exists():
        raise BuildError(
            f"seeds: the pipeline ended without {path}; run it again with --verbose for distilabel's own log"
        )
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "error" in told:
        raise BuildError(told["error"])
    counts: dict[str, Any] = told["counts"]
    return counts
