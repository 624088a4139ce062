"""What the report shows: the outs of every stage, and nothing about how the build was run."""

from pathlib import Path
from typing import Any

import orjson
import polars as pl

from xlforge.base.errors import BuildError
from xlforge.config.dag import items, stages
from xlforge.config.params import Config
from xlforge.stage.stage import DATA


class Built:
    """A build, read from `data/`.

    Stages and their order come from dvc.yaml, items from params.yaml. A stage belongs to the build when its metrics are there and count
    rows and rejects. Tables are ordered by id, so the order of rows in a file cannot change the page.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self._tables: dict[tuple[str, str], pl.DataFrame] = {}
        self._items: dict[str, list[str]] = {}
        for stage in stages():
            names = items(stage, config)
            if any((DATA / stage / item / "metrics.json").exists() for item in names):
                counted = [item for item in names if {"rows", "rejects"} <= self.metrics(stage, item).keys()]
                self._items |= {stage: counted} if counted else {}

    @property
    def stages(self) -> list[str]:
        """The stages that are there, in the order data flows."""
        return list(self._items)

    def items(self, stage: str) -> list[str]:
        """The items of a stage; one empty name for a stage without items."""
        return self._items.get(stage, [])

    def metrics(self, stage: str, item: str = "") -> Any:
        """What metrics.json holds. Raises BuildError where it is missing."""
        return orjson.loads(self.file("metrics.json", stage, item).read_bytes())

    def file(self, name: str, stage: str, item: str = "") -> Path:
        """A file of a stage. Raises BuildError where it is missing."""
        path = DATA / stage / item / name
        if not path.exists():
            raise BuildError(f"{path} is missing: the report reads it; `dvc repro` builds it first")
        return path

    def scan(self, stage: str, table: str = "rows") -> pl.LazyFrame:
        """A table of all items of a stage, with `item` in a column."""
        files = {item: self.file(f"{table}.parquet", stage, item) for item in self.items(stage) or [""]}
        return pl.concat([pl.scan_parquet(path).with_columns(item=pl.lit(item)) for item, path in files.items()])

    def table(self, stage: str, table: str = "rows") -> pl.DataFrame:
        """The same, read once and ordered by id; equal ids in the order of the items."""
        if (stage, table) not in self._tables:
            self._tables[stage, table] = self.scan(stage, table).sort("id", maintain_order=True).collect()
        return self._tables[stage, table]

    @property
    def rejects(self) -> pl.DataFrame:
        """The rejects of every stage."""
        return pl.concat([self.table(stage, "rejects") for stage in self.stages])

    def csv(self, name: str, stage: str, item: str = "") -> pl.DataFrame:
        """A CSV file of a stage; without rows where it is empty."""
        return pl.read_csv(self.file(name, stage, item), infer_schema_length=None, raise_if_empty=False)
