"""The configs of v2, and `preferences`; each is a folder with a parquet file a split, and a README.md whose YAML names them.

`load_dataset` caches a config under its description in the README, not under the content of its files. So each description has a digest of
the config's files, and a rebuilt dataset is loaded again.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import polars as pl
import yaml

from pipelines.dataset.v2 import configs as v2
from pipelines.dataset.v2.configs import ADDED, INTERNAL, configs
from pipelines.dataset.v3.schema import Pairs
from xlforge.base.files import write_parquet, write_text
from xlforge.languages.registry import LANGUAGES

__all__ = ["ADDED", "CONFIGS", "INTERNAL", "SCHEMAS", "configs", "write_configs"]

CONFIGS = v2.CONFIGS | {"preferences": "two answers to one request, one of them clearly worse, for DPO and the like"}
"""The configs and their content."""
SCHEMAS = {"preferences": Pairs}
"""The models of configs whose rows are not those of the stage."""


def write_configs(folder: Path, tables: dict[str, pl.DataFrame], codes: list[str]) -> dict[str, dict[str, int]]:
    """Writes every config, and the README that makes them loadable. Returns the number of rows by config and split."""
    languages = {"scored": ["en"], "preferences": codes}  # the other configs have English and all of these
    sizes: dict[str, dict[str, int]] = {}
    entries = []
    for name, table in tables.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        digest, files = hashlib.sha256(), []
        for code in languages.get(name, ["en", *codes]):
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
    lines = [f"| `{name}` | {split} | {count} |" for name, splits in sizes.items() for split, count in splits.items()]
    shown = "\n".join(["| config | split | rows |", "|---|---|---|", *lines])
    write_text(f"---\n{head}---\n\n# Cross-lingual instructions\n\n{shown}\n", folder / "README.md")
    return sizes
