"""seeds v3: as v2; personal data are masked or rejected, and the indentation of code stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline

from pipelines.seeds.v1.pipeline import ReadSeeds as ReadSeedsV1
from pipelines.seeds.v3.build import build
from pipelines.seeds.v3.schema import Params
from xlforge.steps.context import Context


class ReadSeeds(ReadSeedsV1):
    """source → `rows.parquet` and `rejects.parquet` in the folder `out`; one row with the counts of everything that was read."""

    def process(self, offset: int = 0) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        yield [{"counts": build(Params.model_validate(self.params), Path(self.out))}], True


def pipeline(context: Context[Params], out: Path) -> Pipeline:
    """The pipeline that writes into the folder `out`."""
    with Pipeline("seeds") as built:
        ReadSeeds(params=context.params.model_dump(), out=str(out))
    return built
