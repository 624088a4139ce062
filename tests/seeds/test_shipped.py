"""The seeds that ship: every planted defect is found under its own name, and nothing good is rejected."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from tests.seeds.conftest import Run


def test_the_planted_defects_and_no_others(run: Run) -> None:
    params = yaml.safe_load(Path("params.yaml").read_text())["seeds"]
    truth = {row["id"]: row for row in map(json.loads, Path("data/seeds/pocket.truth.jsonl").read_text().splitlines())}
    made = run(**params | {"sample": None, "source": {"path": "data/seeds/pocket.jsonl", "id": "id"}})
    assert made.counts["source_rows"] == len(truth)
    assert made.reasons == {name: row["defect"] for name, row in truth.items() if row["defect"]}
