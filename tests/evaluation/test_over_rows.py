"""The plot of win rates over rows counts the rows that were trained on."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from stages.evaluation import over_rows
from xlforge.config.params import load


def test_rows_that_are_held_out_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load()
    monkeypatch.chdir(tmp_path)
    for name, languages in (("bestof3", {"de": 20, "en": 21}), ("first", {"de": 7})):
        out = Path("data/student", name)
        out.mkdir(parents=True)
        out.joinpath("metrics.json").write_bytes(orjson.dumps({"rows": 50, "languages": languages}))
    means = [{"model": name, "win_rate": 5.0, "low": 4.0, "high": 6.0} for name in ("base", "bestof3", "first")]
    found = over_rows(config, means)
    assert [(row["series"], row["rows"]) for row in found] == [("pocket bestof3", 41), ("pocket default", 7)]
