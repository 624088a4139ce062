"""A build, and what a change makes run again: exactly the stages after it, and exactly the rows concerned."""

from __future__ import annotations

import os
from pathlib import Path

import datasets
import orjson
import polars as pl
import pytest

from tests.project import Project, names

CHAIN = ["seeds", "instructions", "responses", "scores"]
PARENTS = {"instructions": "seeds", "responses": "instructions", "scores": "responses"}


def load(project: Project, config: str, cache: Path) -> datasets.DatasetDict:
    return datasets.load_dataset(str(project.folder / "data" / "dataset"), config, cache_dir=str(cache))


def test_every_stage_ran_once_and_said_so(built: Project) -> None:
    assert names(built.runs()) == [*CHAIN, "translations@de", "selection@de", "dataset"]
    for record in built.runs():
        assert set(record) >= {
            "stage", "item", "rows_in", "rows_out", "rejects", "calls", "hits", "tokens_in", "tokens_out", "seconds",
        }  # fmt: skip


def test_a_second_repro_runs_nothing(built: Project) -> None:
    assert built.repro() == []


@pytest.mark.parametrize(("stage", "parent"), PARENTS.items())
def test_every_id_is_in_rows_or_rejects(built: Project, stage: str, parent: str) -> None:
    rows, rejects = built.read(stage)["id"].to_list(), built.read(stage, "rejects")["id"].to_list()
    assert sorted(rows + rejects) == sorted(built.read(parent)["id"])


def test_every_candidate_and_every_answer_is_accounted_for(built: Project) -> None:
    answers = built.read("scores")["id"].to_list()
    candidates = [*built.read("translations", item="de")["id"], *built.read("translations", "rejects", "de")["id"]]
    assert sorted(candidates) == sorted(f"{answer}/de/{number}" for answer in answers for number in range(3))
    chosen = [*built.read("selection", item="de")["id"], *built.read("selection", "rejects", "de")["id"]]
    assert sorted(chosen) == sorted(f"{answer}/de" for answer in answers)


def test_the_dataset_loads_as_it_lies(built: Project, tmp_path: Path) -> None:
    best, first, scored = (load(built, name, tmp_path) for name in ("bestof3", "default", "scored"))
    assert set(best) == set(first) == {"english", "german"}
    assert set(scored) == {"english"}
    assert set(load(built, "preferences", tmp_path)) == {"german"}
    row = best["german"][0]
    assert row["id"] == f"{row['seed_id']}/de"
    assert [turn["role"] for turn in row["prompt"] + row["completion"]] == ["user", "assistant"]
    assert "German" in row["prompt"][0]["content"]
    assert "German" not in row["instruction"]
    assert {"precision", "mean"} <= set(row["scores"])
    assert 0 <= row["qe"]["quality"] <= 1
    assert [step["stage"] for step in row["provenance"]] == [
        "instructions", "responses", "scores", "translations", "selection",
    ]  # fmt: skip
    assert all("@" in step["model"] and "@" in step["prompt"] for step in row["provenance"])
    assert best["english"][0]["qe"] is None


def test_the_best_candidate_is_never_worse_than_the_first(built: Project) -> None:
    rows = built.read("selection", item="de").filter(pl.col("first").is_not_null())
    assert len(rows)
    assert (rows["quality"] >= rows["first_quality"]).all()


@pytest.mark.slow
def test_a_moved_bar_asks_no_grades_and_only_for_the_rows_let_in(project: Project, tmp_path: Path) -> None:
    before = load(project, "bestof3", tmp_path / "cache")
    kept = len(project.read("scores"))
    project.set({"scores.threshold": {"min_grade": 1, "min_mean": 1.0}})
    records = project.repro()
    ran = dict(zip(names(records), records, strict=True))
    assert list(ran) == ["scores", "translations@de", "selection@de", "dataset"]
    assert (ran["scores"]["calls"], ran["scores"]["hits"]) == (0, 24)
    let_in = len(project.read("scores")) - kept
    assert let_in > 0
    assert ran["translations@de"]["calls"] == 3 * let_in
    assert ran["selection@de"]["calls"] <= 3 * let_in
    after = load(project, "bestof3", tmp_path / "cache")
    assert len(after["english"]) == len(before["english"]) + let_in


@pytest.mark.slow
def test_an_added_language_runs_its_own_stages_and_a_dropped_one_leaves_nothing(project: Project) -> None:
    base = project.lock()
    project.set({"languages": ["de", "hu"]})
    ran = project.repro()
    assert names(ran) == ["translations@hu", "selection@hu", "dataset"]
    project.set({"languages": ["de"]})
    done = project.run("dvc", "repro", "dataset", check=False)
    assert done.returncode != 0
    assert "rm -r data/selection/hu data/translations/hu" in done.stderr
    project.run("rm", "-r", "data/selection/hu", "data/translations/hu")
    project.repro()
    after = project.lock()
    assert {name: after[name] for name in base} == base


@pytest.mark.slow
def test_one_edited_seed_asks_only_for_its_own_rows(project: Project) -> None:
    kept = project.read("scores")["id"].to_list()
    path = project.folder / "data" / "seeds" / "pocket.jsonl"
    seeds = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    edited = next(seed for seed in seeds if any(row.startswith(f"{seed['id']}-") for row in kept))
    edited["text"] += " It is quiet there in the evening."
    path.write_bytes(b"".join(orjson.dumps(seed) + b"\n" for seed in seeds))
    records = project.repro()
    ran = dict(zip(names(records), records, strict=True))
    assert list(ran)[:4] == CHAIN
    assert ran["seeds"]["rows_out"] == 24
    assert {ran[stage]["calls"] for stage in CHAIN[1:]} <= {0, 1, 2, 3}
    assert ran["instructions"]["calls"] >= 1
    assert ran["instructions"]["hits"] == 23
    assert sum(record["calls"] for record in ran.values()) <= 3 * 3 + 2 * 3 * 2


@pytest.mark.slow
def test_a_change_in_a_module_that_only_executes_reruns_nothing(project: Project) -> None:
    for name in ("models/openai/live.py", "base/progress.py", "stage/run_log.py", "cache/cache.py", "steps/batch.py"):
        path = project.folder / "xlforge" / name
        path.write_text(path.read_text() + "\nEDITED = True\n")
    assert project.repro() == []
    decides = project.folder / "xlforge" / "checks" / "integrity.py"
    decides.write_text(decides.read_text() + "\nEDITED = True\n")
    assert "selection@de" in names(project.repro())


@pytest.mark.slow
def test_another_prompt_version_runs_its_stage_and_those_after(project: Project) -> None:
    project.run("cp", "-r", "pipelines/scores/v1", "pipelines/scores/v2")
    for path in (project.folder / "pipelines" / "scores" / "v2").glob("*.py"):
        path.write_text(path.read_text().replace("pipelines.scores.v1", "pipelines.scores.v2").replace('"v1"', '"v2"'))
    prompt = project.folder / "pipelines" / "scores" / "v2" / "prompts" / "brief.jinja2"
    prompt.write_text(prompt.read_text().replace("Reply in JSON.", "Reply in JSON only."))
    project.set({"scores.version": "v2"})
    ran = project.repro()
    assert names(ran)[0] == "scores"
    assert set(names(ran)) <= {"scores", "translations@de", "selection@de", "dataset"}
    assert ran[0]["calls"] >= len(project.read("responses"))
    assert project.read("scores")["provenance"].list.last().struct.field("version").unique().to_list() == ["v2"]


@pytest.mark.slow
def test_a_value_edited_by_hand_survives_an_experiment(project: Project) -> None:
    project.set({"selection.min_quality": 0.31})
    project.run("dvc", "exp", "run", "dataset", "--set-param", "scores.threshold.min_grade=2")
    params = (project.folder / "params.yaml").read_text()
    assert "min_quality: 0.31" in params
    assert "min_grade: 2" in params


def test_nothing_of_the_machine_is_in_what_is_committed(built: Project) -> None:
    listed = built.git("ls-files").split()
    assert "dvc.lock" in listed
    for name in listed:
        if name.endswith((".json", ".lock", ".md")) and not name.startswith(("docs/", "models/")):
            words = (built.folder / name).read_text()
            assert str(built.folder) not in words
            assert os.uname().nodename not in words or len(os.uname().nodename) < 4


@pytest.mark.slow
def test_a_round_writes_question_and_answer_anew_and_asks_for_no_first_answer_again(project: Project) -> None:
    before = project.read("responses")
    project.set({"responses.rounds": 1})
    record = project.repro()[0]
    assert record["stage"] == "responses"
    rows, rejects = project.read("responses"), project.read("responses", "rejects")
    assert sorted([*rows["id"], *rejects["id"]]) == sorted(project.read("instructions")["id"])
    assert record["hits"] >= record["rows_in"]
    assert record["calls"] + record["hits"] >= 3 * record["rows_out"] > 0
    both = rows.join(before, on="id", suffix="_before")
    assert both.filter(pl.col("instruction") != pl.col("instruction_before")).height > 0
    assert both.filter(pl.col("response") != pl.col("response_before")).height > 0
    prompts = [step["prompt"] for step in project.read("dataset")["provenance"][0] if step["stage"] == "responses"]
    assert [prompt.partition("@")[0] for prompt in prompts] == ["answer.brief", "question.brief", "answer.brief"]
