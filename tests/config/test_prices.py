"""Prices are the user's own, of a day, and decide no data."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from xlforge.base.errors import BuildError
from xlforge.config.params import ParamsError, load, load_prices
from xlforge.config.prices import Prices

TABLE = {
    "date": "2026-11-23",
    "models": {"m": {"input": 0.15, "output": 0.6}, "n": {"input": 1, "output": 2, "batch": 1}},
}


@pytest.mark.parametrize(
    ("model", "batch", "cost"),
    [("m", False, "0.27"), ("m", True, "0.135"), ("n", True, "1.4"), ("other", False, None)],
)
def test_tokens_cost_what_the_table_has(model: str, batch: bool, cost: str | None) -> None:
    found = Prices.model_validate(TABLE).cost(model, 1_000_000, 200_000, batch)
    assert found == (None if cost is None else Decimal(cost))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"date": None}, 'date: "'),
        ({"models": {"m": {"input": -1, "output": 1}}}, "models.m.input"),
        ({"models": {"m": {"input": 1}}}, "models.m.output"),
        ({"currency": "euro"}, "currency"),
        ({"price": 1}, "price"),
    ],
    ids=["undated", "negative", "half a price", "no currency", "unknown key"],
)
def test_a_wrong_table_is_an_error(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "params.yaml"
    raw = yaml.safe_load(Path("params.yaml").read_text()) | {"prices": TABLE | change}
    path.write_text(yaml.safe_dump(raw))
    with pytest.raises(BuildError, match=message):
        load_prices(path)
    with pytest.raises(ParamsError, match=r"prices"):
        load(path)


def test_the_shipped_table_prices_the_pocket_models_at_zero_and_no_others() -> None:
    shipped = load_prices()
    assert set(shipped.models) == {"models/pocket/teacher", "models/pocket/judge", "models/pocket/student"}
    assert shipped.cost("models/pocket/teacher", 10**9, 10**9) == 0


def test_no_stage_tracks_prices_or_execution() -> None:
    for name, entry in yaml.safe_load(Path("dvc.yaml").read_text())["stages"].items():
        tracked = [str(each) for each in entry.get("do", entry).get("params", [])]
        assert not [each for each in tracked if each.startswith(("prices", "execution"))], name
