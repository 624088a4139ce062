"""The rows to be published: the files of the dataset's configs, checked against the schema that made them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.base.frames import valid
from xlforge.languages.registry import LANGUAGES
from xlforge.publish.made import DATA
from xlforge.publish.secrets import strings


@dataclass(frozen=True)
class Split:
    """One split of one config: the file that holds it, and its rows."""

    config: str
    name: str
    path: Path
    rows: pl.DataFrame

    @property
    def place(self) -> str:
        """Its path in the repository."""
        return f"{self.config}/{self.path.name}"

    def texts(self) -> list[tuple[str, str]]:
        """(where, text) of every string in the rows."""
        return [
            (f"{self.place}, row {row['id']}, {column}", text)
            for row in self.rows.iter_rows(named=True)
            for column, value in row.items()
            for text in strings(value)
        ]


def splits(configs: list[dict[str, Any]], model: Any) -> list[Split]:
    """Every split that the dataset's own README names, checked. BuildError names every value that breaks the schema."""
    found = []
    for config in configs:
        for entry in config["data_files"]:
            path = DATA / "dataset" / entry["path"]
            if not path.exists():
                raise BuildError(f"{path} is missing: `dvc checkout` or `dvc repro dataset` brings it back")
            found.append(Split(config["config_name"], entry["split"], path, pl.read_parquet(path)))
            _check(found[-1], model)
    return found


def _check(split: Split, model: Any) -> None:
    """The columns that a config leaves out or adds stand aside; all others must be as the schema of the stage's rows says."""
    wanted = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    aside = {
        name: pl.lit(None, kind).alias(name) for name, kind in wanted.items() if name in ("first", "first_quality")
    }
    missing = [name for name in wanted if name not in split.rows.columns and name not in aside]
    if missing:
        raise BuildError(f"{split.path} has no column {', '.join(missing)}, which {model.__name__} wants")
    valid(split.rows.with_columns(**aside).select(list(wanted)), model, str(split.path))
    strange = sorted(
        {code for code in split.rows["language"] if code not in LANGUAGES or LANGUAGES[code].split != split.name}
    )
    if strange:
        raise BuildError(
            f"{split.path} is split {split.name}, and holds rows in language {', '.join(map(repr, strange))}"
        )
