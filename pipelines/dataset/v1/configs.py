"""The dataset as it is loaded: a folder a config, a parquet file a split, and a README.md whose YAML names them.

`load_dataset` caches a config under its description in the README, not under the content of its files. So each description has a digest of
the config's files, and a rebuilt dataset is loaded again.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import polars as pl
import yaml

from xlforge.base.files import write_parquet, write_text
from xlforge.languages.registry import LANGUAGES

CONFIGS = {
    "default": "one translation of each answer: the first candidate",
    "bestof3": "the best of the candidates by quality estimate",
    "scored": "the graded English pairs, with the judge's reasons",
}
"""The configs and their content. `bestof3` keeps its published name for any number of candidates."""
INTERNAL = ("first", "first_quality")
"""Columns of the stage's rows that no config has."""
ADDED = {"reasons": "the judge's reasons, in the order precision, informativeness, naturalness, objectivity"}
"""Columns that only config `scored` has."""


def configs(rows: pl.DataFrame, scored: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The rows of each config. scored: the English pairs with `reasons`, by seed id."""
    english = pl.col("language") == "en"
    completion = pl.concat_list(pl.struct(role=pl.lit("assistant"), content=pl.col("first")))
    quality = pl.col("first_quality").alias("quality")
    unknown = [pl.lit(None, pl.Float64).alias(name) for name in ("round_trip", "likelihood", "comet")]
    rest = [pl.lit(0, pl.Int64).alias("candidate"), pl.col("qe").struct.field("fit")]
    default = rows.filter(english | pl.col("first").is_not_null()).with_columns(
        completion=pl.when(english).then("completion").otherwise(completion),
        qe=pl.when(~english).then(pl.struct(quality, *unknown, *rest)),
    )
    pairs = rows.filter(english).join(
        scored.select(seed_id="id", reasons="reasons"), on="seed_id", maintain_order="left"
    )
    found = {"default": default, "bestof3": rows, "scored": pairs}
    return {name: table.drop(INTERNAL) for name, table in found.items()}


def write_configs(folder: Path, tables: dict[str, pl.DataFrame], codes: list[str]) -> dict[str, dict[str, int]]:
    """Writes every config, and the README that makes them loadable. Returns the number of rows by config and split."""
    sizes: dict[str, dict[str, int]] = {}
    entries = []
    for name, table in tables.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        digest, files = hashlib.sha256(), []
        for code in ["en"] if name == "scored" else ["en", *codes]:
            split = LANGUAGES[code].split
            part = table.filter(pl.col("language") == code)
            path = folder / name / f"{split}.parquet"
            write_parquet(part, path)
            digest.update(split.encode() + path.read_bytes())
            files.append({"split": split, "path": f"{name}/{split}.parquet"})
            sizes.setdefault(name, {})[split] = len(part)
        described = f"{CONFIGS[name]} ({digest.hexdigest()[:16]})"
        entries.append({"config_name": name, "description": described, "data_files": files})
    head = yaml.safe_dump({"configs": entries}, sort_keys=False, allow_unicode=True, width=120)
    write_text(f"---\n{head}---\n\n# Cross-lingual instructions\n\n{_table(sizes)}", folder / "README.md")
    return sizes


def _table(sizes: dict[str, dict[str, int]]) -> str:
    lines = ["| config | split | rows |", "|---|---|---|"]
    lines += [f"| `{name}` | {split} | {count} |" for name, splits in sizes.items() for split, count in splits.items()]
    return "\n".join(lines) + "\n"
