"""A plan names the stages that then run, says why, and is right about their calls."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from tests.project import Project, names
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.config.params import load
from xlforge.models.budget import limit
from xlforge.plan.costs import Costs
from xlforge.plan.past import REQUESTS, Past
from xlforge.plan.plan import Plan
from xlforge.plan.planned import NOTHING, Estimate, Planned, total
from xlforge.plan.render import markdown, reason, text
from xlforge.plan.stale import Change, _parameters
from xlforge.steps.answerers import Caller
from xlforge.steps.dry import Count

RUN = {"stage": "scores", "item": None, "rows_in": 100, "rows_out": 90, "calls": 100, "hits": 0, "tokens_in": 5000}
NONE = {"value": 0, "exact": True}


def log(folder: Path, *runs: dict[str, Any]) -> Past:
    path = folder / "runs.jsonl"
    whole = {"tokens_out": 2000, "seconds": 20.0, "status": "done"}
    path.write_bytes(b"\n".join(orjson.dumps(RUN | whole | run) for run in runs))
    return Past(path)


def test_a_sum_is_exact_if_all_of_it_is() -> None:
    assert total([Estimate(2, exact=True), None, Estimate(3, exact=True)]) == Estimate(5, exact=True)
    assert Estimate(2, exact=True) + Estimate(3) == Estimate(5)
    assert total([]) == NOTHING


def test_a_ratio_makes_an_estimate_except_of_nothing() -> None:
    assert Estimate(2, exact=True) * 1.5 == Estimate(3)
    assert NOTHING * 1.5 == NOTHING


def test_the_last_run_of_the_item_counts_and_else_that_of_another_item(tmp_path: Path) -> None:
    past = log(
        tmp_path,
        {"stage": "selection", "item": "de", "calls": 40},
        {"stage": "selection", "item": "de", "calls": 10},
        {"stage": "selection", "item": "hu", "calls": 30},
        {"stage": "selection", "item": "hu", "calls": 90, "status": "failed"},
    )
    each = [past.ratio(f"selection@{item}", REQUESTS, ["rows_in"]) for item in ("de", "hu", "fr")]
    assert each == [0.1, 0.3, 0.3]
    assert past.ratio("scores", REQUESTS, ["rows_in"]) is None


@pytest.mark.parametrize(
    ("expected", "made", "ran", "calls"),
    [(10, 0, False, None), (10, 0, True, 10), (10, 20, False, 0), (0, 0, False, 0)],
)
def test_calls_are_unknown_where_no_row_could_be_followed(
    expected: int, made: int, ran: bool, calls: int | None, tmp_path: Path
) -> None:
    """Of verdicts on answers that do not exist yet, nothing shows the number: without a run of the stage it is no 0."""
    past = log(tmp_path, *[{"stage": "verdicts", "item": "best", "calls": 50, "rows_in": 100}] * ran)
    caller = Caller("judge", Model(engine="openai", model="judge"), "verdicts@best")
    dry: Any = SimpleNamespace(
        expected=expected,
        waiting_calls=made,
        record=SimpleNamespace(rows_in=20),
        dry=SimpleNamespace(requests=made, counts={caller: Count(missing=made)}),
    )
    planned = Planned("verdicts@best", "yes", [], rows=Estimate(40))
    Costs(load(), Execution(), past).add(planned, [caller], dry, Estimate(20))
    assert planned.calls == (None if calls is None else Estimate(made + calls, exact=False))


def test_a_run_without_what_is_divided_by_is_passed_over(tmp_path: Path) -> None:
    past = log(tmp_path, {}, {"calls": 0, "hits": 0, "tokens_in": 0})
    assert past.ratio("scores", ["tokens_in", "hits_tokens_in"], REQUESTS) == 50


@pytest.mark.parametrize("line", [b'{"stage": "scores", "ro', b"[1, 2]", b"", b"\xff\x00"], ids=str)
def test_a_torn_line_of_the_run_log_is_skipped(tmp_path: Path, line: bytes) -> None:
    log(tmp_path, {})
    path = tmp_path / "runs.jsonl"
    path.write_bytes(line + b"\n" + path.read_bytes() + b"\n" + line)
    assert Past(path).ratio("scores", REQUESTS, ["rows_in"]) == 1


def test_time_goes_by_calls_and_without_calls_by_rows(tmp_path: Path) -> None:
    past = log(
        tmp_path,
        {"calls": 100, "seconds": 30.0},
        {"calls": 0, "hits": 100, "seconds": 6.0},
        {"stage": "dataset", "calls": 0, "rows_in": 50, "seconds": 5.0},
    )
    assert past.seconds("scores", 200, 100) == 60
    assert past.seconds("scores", 0, 200) == 12
    assert past.seconds("scores", 1, 1) == 5  # no run in the log was shorter
    assert past.seconds("dataset", 0, 100) == 10
    assert past.seconds("seeds", 0, 100) is None


def test_time_of_calls_is_not_known_from_runs_that_made_none(tmp_path: Path) -> None:
    past = log(tmp_path, {"calls": 0, "hits": 100, "seconds": 6.0}, {"stage": "responses", "seconds": 9.0})
    assert past.seconds("scores", 10, 100) is None
    assert past.seconds("responses", 0, 100) == 6


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": {"min": 4, "max": 5.0}}, {"a": {"min": 3, "max": 5.0}}, [("parameter", "a.min", 4, 3)]),
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
    words = reason(Change("parameter", "seeds.salt", "plain", "\x1b[2J" + "x" * 500, ("a\x1b[2J",)))
    assert "\x1b" not in words
    assert len(words) < 150


def test_a_reason_is_no_markup_in_a_comment() -> None:
    stage = Planned("seeds", "yes", [Change("parameter", "seeds.salt", None, "</details>[x](y)|")])
    (line,) = [line for line in markdown(Plan([stage], "EUR", None, 0)) if line.startswith("- seeds")]
    assert r"\</details\>\[x\](y)\|" in line


def test_a_note_of_many_stages_is_shown_once_with_their_names() -> None:
    stages = [Planned(name, "yes", [], notes=["guessed"]) for name in ("seeds", "scores")]
    shown = text(Plan([*stages, Planned("report", "yes", [])], "EUR", None, 0))
    assert [line for line in shown if "guessed" in line] == ["seeds, scores: guessed."]


def test_calls_whose_prompt_is_known_are_shown_apart_from_the_estimate() -> None:
    stage = Planned("responses", "yes", [], calls=Estimate(70), known=60, seconds=None)
    other = Planned("scores", "yes", [], calls=Estimate(5, exact=True), known=5, seconds=Estimate(3700))
    shown = text(Plan([stage, other], "EUR", None, 0))
    assert [cells for line in shown for cells in ("60 + ~10", "65 + ~10") if cells in line] == ["60 + ~10", "65 + ~10"]
    assert any(line.endswith("~1:01:40") for line in shown)
    assert "Not known before the build, and not in the totals: time of responses." in shown


@pytest.mark.parametrize(
    ("budget", "spent", "exceeded"),
    [(None, 0.0, None), ("8 EUR", 0.0, False), ("8 EUR", 4.0, True), ("500 tokens", 0, True), ("700 tokens", 0, False)],
    ids=str,
)
def test_the_budget_counts_the_calls_to_models_that_are_not_in_process(
    budget: str | None, spent: float, exceeded: bool | None
) -> None:
    paid = Planned("scores", "yes", [], money=Estimate(6), billed=Estimate(6), billed_tokens=Estimate(600))
    own = Planned("responses", "yes", [], tokens_in=Estimate(10_000), money=Estimate(90))
    plan = Plan([paid, own], "EUR", limit(Execution(budget=budget)), spent)
    assert plan.exceeded is exceeded
    assert plan.total.money == Estimate(96)


def plan(project: Project, *targets: str) -> dict[str, Any]:
    """The plan, by the project's own code, which a test may have changed."""
    code = "from commands.main import run; run()"
    found: dict[str, Any] = orjson.loads(project.run(sys.executable, "-c", code, "plan", *targets, "--json").stdout)
    return found | {"by_name": {stage["stage"]: stage for stage in found["stages"]}}


def tokens(records: list[dict[str, Any]]) -> int:
    return sum(record["tokens_in"] + record["tokens_out"] for record in records)


def estimated(plan: dict[str, Any]) -> float:
    return float(plan["totals"]["tokens_in"]["value"] + plan["totals"]["tokens_out"]["value"])


@pytest.mark.slow
def test_a_build_that_is_done_has_nothing_to_do_and_a_plan_leaves_no_trace(project: Project) -> None:
    cached = project.run("xlforge", "cache", "stats", "--json").stdout
    project.set({"languages": ["de", "hu"]})
    before = project.git("status", "--porcelain"), (project.folder / "dvc.lock").read_text(), project.runs()
    assert plan(project, "dataset")["by_name"]
    assert (project.git("status", "--porcelain"), (project.folder / "dvc.lock").read_text(), project.runs()) == before
    assert project.run("xlforge", "cache", "stats", "--json").stdout == cached
    project.set({"languages": ["de"]})
    assert plan(project, "dataset")["stages"] == []
    assert "Nothing to do" in project.run("xlforge", "plan", "dataset").stdout


@pytest.mark.slow
def test_a_language_and_a_threshold_cost_what_the_plan_says(project: Project) -> None:
    project.set({"languages": ["de", "hu"], "scores.threshold": {"min_grade": 1, "min_mean": 1.0}})
    found = plan(project, "dataset")
    stages = found["by_name"]
    changed = {"kind": "parameter", "what": "scores.threshold.min_grade", "old": 4, "new": 1, "files": []}
    assert changed in stages["scores"]["why"]
    assert stages["scores"]["calls"] == NONE
    assert stages["translations@hu"]["why"][0]["kind"] == "new"
    assert stages["translations@hu"]["known"] > stages["translations@de"]["known"] > 0
    ran = project.repro()
    assert set(names(ran)) == {name for name, stage in stages.items() if stage["runs"] == "yes"}
    for record, stage in zip(ran, [stages[name] for name in names(ran)], strict=True):
        if stage["rows"]["exact"]:
            assert record["rows_in"] == stage["rows"]["value"]
        if stage["calls"]["exact"]:
            assert record["calls"] == stage["calls"]["value"]
        assert record["calls"] >= stage["known"]
    assert estimated(found) == pytest.approx(tokens(ran), rel=0.15)
    assert plan(project, "dataset")["stages"] == []


@pytest.mark.slow
def test_a_changed_prompt_is_named_and_calls_the_model_for_every_row_again(project: Project) -> None:
    prompt = project.folder / "pipelines" / "scores" / "v1" / "prompts" / "brief.jinja2"
    prompt.write_text(prompt.read_text() + "Think about each of the four grades before you write it down.\n")
    stages = plan(project, "dataset")["by_name"]
    assert set(stages) == {"scores", "translations@de", "selection@de", "dataset"}
    (why,) = stages["scores"]["why"]
    changed = str(prompt.relative_to(project.folder))
    assert (why["kind"], why["what"], why["files"]) == ("file", "pipelines/scores/v1", [changed])
    assert why["old"] != why["new"]
    assert (stages["scores"]["known"], stages["scores"]["cached"]) == (24, 0)
    assert not stages["translations@de"]["calls"]["exact"]


@pytest.mark.slow
def test_rows_that_do_not_exist_yet_are_estimated_from_the_last_run(project: Project) -> None:
    project.set({"responses.sampling.temperature": 1.4})
    found = plan(project, "scores")
    stages = found["by_name"]
    assert set(stages) == {"responses", "scores"}
    assert stages["responses"]["known"] == 24
    assert not stages["scores"]["rows"]["exact"]
    assert stages["scores"]["rows"]["value"] == pytest.approx(24, abs=3)
    ran = project.repro(upto="scores")
    assert names(ran) == ["responses", "scores"]
    assert estimated(found) == pytest.approx(
        tokens(ran), rel=0.4
    )  # some answers stay as they were, and are graded already


@pytest.mark.slow
def test_a_change_without_effect_ends_where_it_has_none(project: Project) -> None:
    path = project.folder / "stages" / "scores.py"
    path.write_text(path.read_text() + "\n# a remark\n")
    stages = plan(project, "dataset")["stages"]
    assert [(stage["stage"], stage["calls"]["value"]) for stage in stages] == [("scores", 0)]
    assert names(project.repro()) == ["scores"]


@pytest.mark.slow
def test_what_dvc_has_in_its_cache_is_restored_and_not_run(project: Project) -> None:
    project.set({"scores.threshold": {"min_grade": 1, "min_mean": 1.0}})
    project.repro(upto="scores")
    project.set({"scores.threshold": {"min_grade": 4, "min_mean": 4.0}})
    stages = plan(project, "dataset")["by_name"]
    assert stages["scores"]["runs"] == "restored"
    assert all(stage["calls"] == NONE for stage in stages.values())
    assert project.repro() == []


@pytest.mark.slow
def test_money_is_what_the_price_table_says_and_a_model_without_a_price_is_named(project: Project) -> None:
    prices = {"currency": "EUR", "date": "2026-11-23", "models": {"models/pocket/teacher": {"input": 1, "output": 10}}}
    project.set({"languages": ["de", "hu"], "prices": prices})
    sums = plan(project, "dataset")["totals"]
    assert sums["money"]["value"] == pytest.approx(
        (sums["tokens_in"]["value"] + 10 * sums["tokens_out"]["value"]) / 1e6, rel=1e-4
    )
    project.set({"prices": prices | {"models": {}}})
    stages = plan(project, "dataset")["by_name"]
    assert stages["translations@hu"]["money"] is None
    assert "models/pocket/teacher" in stages["translations@hu"]["notes"][0]


@pytest.mark.slow
def test_before_the_first_build_the_plan_knows_which_stages_call_models_and_imports_no_torch(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    (project.folder / ".xlforge").mkdir()
    (project.folder / ".xlforge" / "runs.jsonl").write_bytes(b'{"stage": "see')
    code = (
        "import sys; from commands.main import cli; "
        "cli(['plan', '--json'], standalone_mode=False); assert 'torch' not in sys.modules"
    )
    stages = {stage["stage"]: stage for stage in orjson.loads(project.run(sys.executable, "-c", code).stdout)["stages"]}
    assert stages["instructions"]["calls"] == {"value": 24, "exact": True}
    assert stages["answers@base"]["calls"] == {"value": stages["answers@base"]["rows"]["value"], "exact": True}
    with_calls = {name.partition("@")[0] for name, stage in stages.items() if stage["calls"]["value"]}
    assert with_calls == {"instructions", "responses", "scores", "translations", "selection", "answers"}
    assert all(stage["calls"] == NONE for name, stage in stages.items() if name.partition("@")[0] not in with_calls)
    assert stages["translations@de"]["notes"]
