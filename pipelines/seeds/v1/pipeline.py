"""seeds v1: passages from the user's own data, cleaned, filtered, de-duplicated, sampled.

One step writes files and passes on their counts: a million passages go from the source to parquet as a stream, never as dicts in memory.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import GeneratorStep

from pipelines.seeds.v1.build import build
from pipelines.seeds.v1.schema import Params
from xlforge.steps.context import Context


class ReadSeeds(GeneratorStep):  # type: ignore[misc]
    """source → `rows.parquet` and `rejects.parquet` in the folder `out`; one row with the counts of everything that was read.

    params: the block `seeds` of params.yaml.
    """

    params: dict[str, Any]
    out: str

    @property
    def outputs(self) -> list[str]:
        return ["counts"]

    def process(self, offset: int = 0) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        yield [{"counts": build(Params.model_validate(self.params), Path(self.out))}], True


def pipeline(context: Context[Params], out: Path) -> Pipeline:
    """The pipeline that writes into the folder `out`."""
    with Pipeline("seeds") as built:
        ReadSeeds(params=context.params.model_dump(), out=str(out))
    return built
