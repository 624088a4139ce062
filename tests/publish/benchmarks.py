"""A small benchmark as the stage builds it, published to a folder, and read by another build."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml
from datasets import get_dataset_config_names, load_dataset
from huggingface_hub import DatasetCard

from pipelines.benchmark.v1.schema import Params
from tests.benchmark.conftest import COLUMNS, POCKET, Built, built, written
from tests.benchmark.test_shipped_prompts import overlaid
from xlforge.config import params
from xlforge.config.params import Config
from xlforge.publish import benchmark, build, licences, state
from xlforge.publish.hub import Publication
from xlforge.publish.rows import assembled

PROMPTS, EXCLUSIONS = "data/prompts/pocket.jsonl", "data/prompts/alpacaeval.exclusions.jsonl"
OVERLAY = re.compile(r"```yaml\n(# @package _global_\n.*?)```", re.DOTALL)
STATE = state.State("a" * 40, "b" * 64)


@dataclass
class Made:
    """A benchmark as the stage builds it, and its publication, written to a folder."""

    stage: Built
    config: Config
    publication: Publication
    folder: Path

    @property
    def card(self) -> DatasetCard:
        return DatasetCard((self.folder / "README.md").read_text())

    def load(self) -> dict[str, dict[str, pl.DataFrame]]:
        """Rows by config and split, as `load_dataset` gives them."""
        home = str(self.folder)
        return {
            name: {split: rows.to_polars() for split, rows in load_dataset(home, name).items()}
            for name in get_dataset_config_names(home)
        }

    def again(self, tmp_path: Path) -> Built:
        """The benchmark of a build that reads the publication, with the overlay that the card shows."""
        (overlay,) = OVERLAY.findall(self.card.text)
        path = tmp_path / "root" / "conf" / "benchmark" / "published.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(overlay)
        shipped = yaml.safe_load(Path("params.yaml").read_text())
        shipped["benchmark"] |= {"sample": 1, "exclusions": {"path": EXCLUSIONS, "apply": True}}
        (tmp_path / "root" / "params.yaml").write_text(yaml.safe_dump(shipped, sort_keys=False))
        return built(overlaid(tmp_path, "+conf/benchmark=published", root=tmp_path / "root"))


Publish = Callable[..., Made]


def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """A function that builds a benchmark from rows like the pocket prompts and publishes it; further arguments are params."""
    times = iter(range(1000))
    monkeypatch.setattr(build, "DATA", tmp_path / "data")

    def run(rows: list[Any], source: dict[str, Any] | None = None, **given: Any) -> Made:
        written(tmp_path / "source.jsonl", rows)
        block = {
            "version": "v1", "languages": ["de", "hu"], "exclusions": {"path": "unused"},
            "source": COLUMNS | {"path": str(tmp_path / "source.jsonl")} | (source or {}),
        }  # fmt: skip
        stage = built(block | given)
        metrics = stage.counts | {"reasons": stage.reasons}
        (tmp_path / "data" / "benchmark").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "benchmark" / "metrics.json").write_bytes(orjson.dumps(metrics))
        config = params.load()
        checked = Params.model_validate(block | given)
        config = replace(config, blocks=config.blocks | {"benchmark": checked})
        table = licences.load()
        entry = table.prompts[0].model_copy(update={"name": str(tmp_path / "*")})
        monkeypatch.setattr(licences, "load", lambda: table.model_copy(update={"prompts": (entry, *table.prompts)}))
        folder = tmp_path / f"out{next(times)}"
        found = benchmark.splits(stage.rows, config)
        pages = benchmark.written(str(folder), STATE, config, found=found)
        made = assembled(str(folder), found, pages, benchmark.CONTENTS)
        made.write(folder)
        return Made(stage, config, made, folder)

    return run


def same(one: Built, other: Built) -> None:
    """The same prompts; a fact that a prompt does not have may be there without phrases."""
    assert one.rows["id"].to_list() == other.rows["id"].to_list()
    assert one.rows.drop("slots").to_dicts() == other.rows.drop("slots").to_dicts()
    for ours, theirs in zip(one.rows["slots"].to_list(), other.rows["slots"].to_list(), strict=True):
        facts = [
            {fact["slot"]: sorted(map(str, fact["phrases"])) for fact in facts or () if fact["phrases"]}
            for facts in (ours, theirs)
        ]
        assert facts[0] == facts[1]


def pocket(count: int = 5) -> list[dict[str, Any]]:
    """Prompts about the pocket world."""
    rows = []
    for number in range(count):
        row = json.loads(json.dumps(POCKET[number % 2]))
        rows.append(row | {"id": f"p{number}", "prompt": f"{row['prompt']} This is question {number}."})
    return rows
