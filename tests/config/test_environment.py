"""XLFORGE_* over `execution:`: blocks in blocks, old names, and values that are not valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.params import ParamsError, load_execution
from xlforge.config.renamed import ENVIRONMENT


def test_a_field_of_a_block_has_the_names_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_SERVERS_IDLE", "5")
    monkeypatch.setenv("XLFORGE_RAY_REPLICAS", "3")
    found = environment.execution(Execution(servers={"idle": 7, "start": 8}, ray={"cpus": 2}))
    assert (found.servers.idle, found.servers.start) == (5, 8)
    assert (found.ray.replicas, found.ray.cpus) == (3, 2)


def test_an_empty_variable_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_BUDGET", "")
    monkeypatch.setenv("XLFORGE_ENDPOINT_JUDGE", "")
    found = environment.execution(Execution(budget="5 EUR"))
    assert found.budget == "5 EUR"
    assert found.endpoints == {}


@pytest.mark.parametrize("old", ENVIRONMENT)
def test_an_old_name_is_an_error_with_the_new_one(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(old, "1")
    with pytest.raises(ParamsError, match=rf"{old} is now called {ENVIRONMENT[old]}"):
        environment.execution(Execution())


def test_every_fault_is_reported_with_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_MAX_RETRIES", "often")
    monkeypatch.setenv("XLFORGE_SERVERS_IDLE", "-1")
    with pytest.raises(ParamsError) as error:
        environment.execution(Execution())
    assert "execution.max_retries: 'often'" in str(error.value)
    assert "execution.servers.idle: '-1'" in str(error.value)


def test_a_budget_without_a_period_counts_over_this_build() -> None:
    assert environment.execution(Execution()).period is None
    assert environment.execution(Execution(budget="5 EUR")).period
    assert environment.execution(Execution(budget="5 EUR", period="june")).period == "june"


def test_a_key_of_a_role_goes_before_the_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_API_KEY", "common")
    monkeypatch.setenv("XLFORGE_API_KEY_JUDGE", "own")
    assert [environment.api_key(role) for role in ("judge", "teacher")] == ["own", "common"]


def test_an_old_key_of_execution_is_an_error_with_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("execution: {failures: 3, servers: {idle: 5}}\n")
    with pytest.raises(ParamsError, match=r"execution\.failures: is now called execution\.max_failures"):
        load_execution(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("execution: {max_failures: 3}\n")
    assert load_execution(tmp_path / "params.yaml").max_failures == 3
    assert load_execution(tmp_path / "nowhere.yaml") == Execution()
