"""A plan names the stages that then run, says why, and is right about what they buy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.project import Project, names
from xlforge.config.execution import Execution
from xlforge.models.budget import limit
from xlforge.plan.making import Plan
from xlforge.plan.past import Past, ratio
from xlforge.plan.planned import Planned
from xlforge.plan.ranges import NOTHING, Range, total
from xlforge.plan.render import reason
from xlforge.plan.stale import Change, _parameters

RUN = {"stage": "scores", "item": None, "rows_in": 100, "rows_out": 90, "calls": 100, "hits": 0, "tokens_in": 5000}


def log(folder: Path, *runs: dict[str, Any]) -> Past:
    path = folder / "runs.jsonl"
    whole = {"tokens_out": 2000, "seconds": 20.0, "status": "done"}
    path.write_bytes(b"\n".join(orjson.dumps(RUN | whole | run) for run in runs))
    return Past(path)


def test_sums_of_exact_numbers_are_exact_and_estimates_carry_their_bounds() -> None:
    assert total([Range.of(2), None, Range.of(3)]) == Range.of(5)
    assert Range.of(5).exact
    assert Range.of(2) * Range(3, 2, 4) + NOTHING == Range(6, 4, 8)
    assert Range(6, 4, 8).less(5) == Range(1, 0, 3)
    assert not Range(1, 0, 3).exact


def test_a_ratio_is_never_surer_than_a_tenth_and_less_sure_the_more_runs_differ() -> None:
    alike, apart = ratio([(50, 100), (50, 100)]), ratio([(30, 100), (70, 100)])
    assert alike is not None
    assert apart is not None
    assert (alike.value, alike.low, alike.high) == pytest.approx((0.5, 0.45, 0.55))
    assert (apart.value, apart.low, apart.high) == pytest.approx((0.5, 0.1, 0.9))
    assert ratio([]) is None


def test_an_item_is_told_by_its_own_runs_and_else_by_those_of_others(tmp_path: Path) -> None:
    past = log(
        tmp_path,
        {"stage": "selection", "item": "de", "calls": 10},
        {"stage": "selection", "item": "hu", "calls": 30},
        {"stage": "selection", "item": "hu", "calls": 90, "status": "failed"},
    )
    per = [past.ratio("selection", item, ["calls"], "rows_in") for item in ("de", "hu", "fr")]
    assert [each and each.value for each in per] == pytest.approx([0.1, 0.3, 0.2])
    assert past.ratio("scores", None, ["calls"], "rows_in") is None


def test_a_plan_tells_of_items_that_never_ran_only_while_nothing_else_does(tmp_path: Path) -> None:
    past = log(tmp_path, {})
    past.suppose({"stage": "answers", "item": "base", "rows_in": 10, "calls": 20})
    past.suppose(RUN | {"calls": 7})
    told = past.ratio("answers", "tuned", ["calls"], "rows_in"), past.ratio("scores", None, ["calls"], "rows_in")
    assert [each and each.value for each in told] == [2, 1]
    assert past.seconds("answers", "tuned", "calls", Range.of(20)) is None


def test_time_goes_by_calls_and_is_never_under_a_start(tmp_path: Path) -> None:
    past = log(
        tmp_path, {"calls": 100, "seconds": 15.0}, {"calls": 300, "seconds": 35.0}, {"calls": 10, "seconds": 6.0}
    )
    more, none = past.seconds("scores", None, "calls", Range.of(1000)), past.seconds("scores", None, "calls", NOTHING)
    assert more is not None
    assert none is not None
    assert more.value == pytest.approx(105, rel=0.02)
    assert none.value == 6.0


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"bar": {"least": 4, "mean": 4.0}}, {"bar": {"least": 3, "mean": 4.0}}, [("parameter", "bar.least", 4, 3)]),
        ({"languages": ["de"]}, {"languages": ("de", "hu")}, [("parameter", "languages", ["de"], ("de", "hu"))]),
        ({"languages": ["de"]}, {"languages": ("de",)}, []),
        ({"scores": {"version": "v1"}}, {"scores": {"version": "v2"}}, [("version", "scores.version", "v1", "v2")]),
        ({}, {"rounds": 1}, [("parameter", "rounds", None, 1)]),
    ],
    ids=["a leaf", "a list", "a tuple is a list", "a version", "a new key"],
)
def test_a_changed_parameter_is_named_by_its_leaf(old: Any, new: Any, changes: list[tuple[Any, ...]]) -> None:
    assert [(each.kind, each.what, each.old, each.new) for each in _parameters(old, new, "")] == changes


def test_a_reason_cannot_move_the_cursor_or_fill_the_screen() -> None:
    told = reason(Change("parameter", "seeds.salt", "plain", "\x1b[2J" + "x" * 500))
    assert "\x1b" not in told
    assert len(told) < 150


@pytest.mark.parametrize(
    ("budget", "spent", "over"),
    [
        (None, 0.0, None),
        ("8 EUR", 0.0, "no"),
        ("8 EUR", 1.5, "perhaps"),
        ("8 EUR", 4.0, "yes"),
        ("500 tokens", 0, "yes"),
    ],
    ids=str,
)
def test_the_budget_counts_what_others_machines_answer(budget: str | None, spent: float, over: str | None) -> None:
    paid = Planned("scores", "yes", [], money=Range(6, 5, 7), billed=Range(6, 5, 7), billed_tokens=Range.of(600))
    own = Planned("responses", "yes", [], tokens_in=Range.of(10_000), tokens_out=NOTHING, money=Range.of(90))
    made = Plan([paid, own], "EUR", limit(Execution(budget=budget)), spent)
    assert made.over == over
    assert made.sum("money").value == 96


def plan(project: Project, *targets: str) -> dict[str, Any]:
    """The plan, by the project's own code, which a test may have changed."""
    code = "from commands.main import run; run()"
    told: dict[str, Any] = orjson.loads(project.run(sys.executable, "-c", code, "plan", *targets, "--json").stdout)
    return told | {"by_name": {stage["stage"]: stage for stage in told["stages"]}}


def tokens(records: list[dict[str, Any]]) -> int:
    return sum(record["tokens_in"] + record["tokens_out"] for record in records)


def likely(told: dict[str, Any]) -> float:
    return float(told["totals"]["tokens_in"]["value"] + told["totals"]["tokens_out"]["value"])


@pytest.mark.slow
def test_a_build_that_is_done_has_nothing_to_do_and_a_plan_leaves_no_trace(project: Project) -> None:
    stored = project.run("xlforge", "store", "stats", "--json").stdout
    project.set({"languages": ["de", "hu"]})
    before = project.git("status", "--porcelain"), (project.folder / "dvc.lock").read_text(), project.runs()
    assert plan(project, "dataset")["by_name"]
    assert (project.git("status", "--porcelain"), (project.folder / "dvc.lock").read_text(), project.runs()) == before
    assert project.run("xlforge", "store", "stats", "--json").stdout == stored
    project.set({"languages": ["de"]})
    assert plan(project, "dataset")["stages"] == []
    assert "Nothing to do" in project.run("xlforge", "plan", "dataset").stdout


@pytest.mark.slow
def test_a_language_and_a_bar_cost_what_the_plan_says(project: Project) -> None:
    project.set({"languages": ["de", "hu"], "scores.bar": {"least": 1, "mean": 1.0}})
    told = plan(project, "dataset")
    stages = told["by_name"]
    assert {"kind": "parameter", "what": "scores.bar.least", "old": 4, "new": 1} in stages["scores"]["why"]
    assert stages["scores"]["calls"] == {"value": 0, "low": 0, "high": 0, "exact": True}
    assert stages["translations@hu"]["why"][0]["kind"] == "new"
    ran = project.repro()
    assert set(names(ran)) == {name for name, stage in stages.items() if stage["runs"] == "yes"}
    for record, stage in zip(ran, [stages[name] for name in names(ran)], strict=True):
        if stage["rows"]["exact"]:
            assert record["rows_in"] == stage["rows"]["value"]
        if stage["calls"]["exact"]:
            assert record["calls"] == stage["calls"]["value"]
        assert record["calls"] >= stage["calls"]["low"]
    assert likely(told) == pytest.approx(tokens(ran), rel=0.15)
    assert plan(project, "dataset")["stages"] == []


@pytest.mark.slow
def test_a_changed_prompt_is_named_and_asks_about_every_row_again(project: Project) -> None:
    prompt = project.folder / "pipelines" / "scores" / "v1" / "prompts" / "brief.jinja2"
    prompt.write_text(prompt.read_text() + "Think about each of the four grades before you write it down.\n")
    stages = plan(project, "dataset")["by_name"]
    assert set(stages) == {"scores", "translations@de", "selection@de", "dataset"}
    (why,) = stages["scores"]["why"]
    changed = str(prompt.relative_to(project.folder))
    assert (why["kind"], why["what"], why["files"]) == ("file", "pipelines/scores/v1", [changed])
    assert why["old"] != why["new"]
    assert (stages["scores"]["calls"]["low"], stages["scores"]["held"]) == (24, 0)
    assert not stages["translations@de"]["calls"]["exact"]


@pytest.mark.slow
def test_rows_that_are_still_to_be_written_are_estimated_from_past_runs(project: Project) -> None:
    project.set({"responses.sampling.temperature": 1.4})
    told = plan(project, "scores")
    stages = told["by_name"]
    assert set(stages) == {"responses", "scores"}
    assert stages["responses"]["calls"]["low"] == 24
    assert stages["scores"]["rows"]["low"] < stages["scores"]["rows"]["high"]
    ran = project.repro(upto="scores")
    assert names(ran) == ["responses", "scores"]
    least, most = (sum(told["totals"][which][end] for which in ("tokens_in", "tokens_out")) for end in ("low", "high"))
    assert least <= tokens(ran) <= most  # some answers come out as they were, and are graded already


@pytest.mark.slow
def test_a_change_without_effect_ends_where_it_has_none(project: Project) -> None:
    path = project.folder / "stages" / "scores.py"
    path.write_text(path.read_text() + "\n# a remark\n")
    told = plan(project, "dataset")["stages"]
    assert [(stage["stage"], stage["calls"]["value"]) for stage in told] == [("scores", 0)]
    assert names(project.repro()) == ["scores"]


@pytest.mark.slow
def test_what_dvc_has_in_its_cache_is_restored_and_not_run(project: Project) -> None:
    project.set({"scores.bar": {"least": 1, "mean": 1.0}})
    project.repro(upto="scores")
    project.set({"scores.bar": {"least": 4, "mean": 4.0}})
    told = plan(project, "dataset")["by_name"]
    assert told["scores"]["runs"] == "restored"
    assert all(stage["calls"]["value"] == 0 for stage in told.values())
    assert project.repro() == []


@pytest.mark.slow
def test_money_is_what_the_price_table_says_and_a_model_without_a_price_is_named(project: Project) -> None:
    prices = {"currency": "EUR", "date": "2026-11-23", "models": {"models/pocket/teacher": {"input": 1, "output": 10}}}
    project.set({"languages": ["de", "hu"], "prices": prices})
    told = plan(project, "dataset")
    sums = told["totals"]
    assert sums["money"]["value"] == pytest.approx(
        (sums["tokens_in"]["value"] + 10 * sums["tokens_out"]["value"]) / 1e6, rel=1e-4
    )
    project.set({"prices": prices | {"models": {}}})
    told = plan(project, "dataset")
    assert told["by_name"]["translations@hu"]["money"] is None
    assert "models/pocket/teacher" in told["by_name"]["translations@hu"]["notes"][0]
