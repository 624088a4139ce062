"""The stage as dvc runs it: a model's answers as it gives them, from an endpoint, in process, or through English."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from tests.models import tiny
from tests.project import Project, names
from tests.server import Fault, Server
from tests.verdicts.small import COUNT, answers, project, prompts, run, work
from xlforge.models.revision import adapted, folder_digest
from xlforge.steps.prompts import render

READY = {"reference": answers("Im Tal.", "In the valley.")}
SERVED = {"engine": "openai", "model": "any", "revision": "1", "against": "served", "needs": "stages/answers.py"}


def at(server: Server, role: str = "") -> dict[str, str]:
    return {f"XLFORGE_ENDPOINT{role}": server.url, "XLFORGE_MAX_RETRIES": "0"}


def prompts_of(server: Server) -> list[str]:
    return [body["messages"][-1]["content"] for body in server.requests()]


def test_a_files_answers_are_rows_with_the_files_digest(tmp_path: Path) -> None:
    made = project(tmp_path / "project", READY)
    work(made, "answers", "reference")
    rows = made.read("answers", item="reference")
    assert rows["id"].to_list() == sorted(row["id"] for row in prompts())
    digest = hashlib.sha256((made.folder / "ready" / "reference.jsonl").read_bytes()).hexdigest()
    assert rows["provenance"].list.last().struct.field("model").unique().to_list() == [
        f"reference.jsonl@sha256:{digest}"
    ]


@pytest.mark.slow
def test_every_response_of_a_served_model_is_kept(tmp_path: Path) -> None:
    """Empty, hostile and endless answers are the model's own; only a request without a response is rejected."""
    made = project(tmp_path / "project", READY, {"models.served": SERVED, "answers.max_reject_rate": 0.5})
    made.set({"answers.sampling.max_tokens": 40})
    hostile = ("empty", "nul", "surrogates", "megabyte", "delimiters", "400")
    faults = [Fault(kind, contains=f"Mere-{number}? Reply") for number, kind in enumerate(hostile)]
    with Server(faults=faults) as server:
        run(made, "answers", "served", env=at(server, "_ANSWERS") | {"XLFORGE_GIVE_UP": "1"})
        assert sorted(prompts_of(server)) == sorted(row["prompt"] for row in prompts())
    rows = made.read("answers", item="served").filter(pl.col("language") == "de")
    texts = dict(zip(rows["id"].str.slice(1, 1).to_list(), rows["answer"], strict=True))
    assert texts["0"] == ""
    assert texts["1"] == "A word\ufffd and another."
    assert texts["2"] == "A word \ufffd and \ufffd another."
    assert len(texts["3"]) == 32 * 40
    assert "<|im_end|>" in texts["4"]
    assert rows.filter(pl.col("id").str.starts_with("p3"))["finish"].to_list() == ["length"]
    rejects = made.read("answers", "rejects", "served")
    assert rejects.select("id", "reason").rows() == [("p5/crosslingual/de", "no_response")]
    call = rows["provenance"].list.last().to_list()[0]
    digest = hashlib.sha256(b"Where is Mere-0? Reply in German.").hexdigest()[:12]
    assert {**call, "key": None} == {
        "stage": "answers", "version": "v1", "step": "AnswerColumn", "model": "any@1", "served": None,
        "prompt": f"prompt@{digest}", "key": None, "fault": None,
    }  # fmt: skip
    assert len(call["key"]) == 64


@pytest.mark.slow
def test_a_pivot_reads_the_passage_and_translates_with_the_prompts_of_the_teacher(tmp_path: Path) -> None:
    pivot = {**SERVED, "prompts": "brief", "pivot": True, "reads": "passage"}
    made = project(tmp_path / "project", READY, {"models.served": pivot})
    with Server() as server:
        run(made, "answers", "served", env=at(server))
        sent = prompts_of(server)
        run(made, "answers", "served", env=at(server))
        assert len(server.requests()) == len(sent), "every response is in the cache"
    folder = Path(__file__).parents[2] / "pipelines"
    first, second = folder / "responses/v1/prompts/answer.brief.jinja2", folder / "translations/v1/prompts/brief.jinja2"
    rows = {row["id"]: row for row in made.read("answers", item="served").to_dicts()}
    english = {row["prompt_id"]: rows[row["id"]]["answer"] for row in prompts() if row["language"] == "en"}
    questions = {
        render(first, instruction=row["instruction"], text=row["passage"]): row["prompt_id"] for row in prompts()
    }
    turned = {render(second, language="German", response=english[number]) for number in english}
    assert sorted(sent) == sorted([*questions, *turned]), "two rows with the same question share one call"
    for row in prompts():
        steps = [step["prompt"].split("@")[0] for step in rows[row["id"]]["provenance"]]
        assert steps == ["answer.brief", "brief"][: 1 + (row["language"] != "en")]
        assert rows[row["id"]]["answer"]


@pytest.mark.slow
def test_a_row_without_the_passage_that_the_model_reads_is_rejected(tmp_path: Path) -> None:
    pivot = {**SERVED, "pivot": True, "reads": "passage"}
    made = project(tmp_path / "project", READY, {"models.served": pivot, "answers.max_reject_rate": 1.0})
    path = made.folder / "data" / "benchmark" / "rows.parquet"
    table = pl.read_parquet(path)
    table.with_columns(pl.when(pl.col("prompt_id") != "p0").then(pl.col("passage"))).write_parquet(path)
    with Server() as server:
        run(made, "answers", "served", env=at(server))
    assert set(made.read("answers", "rejects", "served")["reason"]) == {"no_passage"}
    assert len(made.read("answers", item="served")) == 2 * COUNT - 2


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Project, dict[str, Any]]:
    """A project with a tiny base and two trained students of it; and the base as params.yaml names it."""
    made = project(tmp_path / "project", READY, {"answers.sampling.max_tokens": 12})
    base = {
        "model": "models/base",
        "revision": folder_digest(tiny.save(made.folder / "models" / "base", tiny.config())),
    }
    for seed, name in enumerate(("one", "two")):
        student(made, name, seed)
    entry = {"base": "pocket", "config": "default"}
    entries = {
        name: {"student": name, "against": "base", "needs": f"models/students/{name}"} for name in ("one", "two")
    }
    entries["base"] = {**base, "against": "base", "needs": "models/base"}
    made.set({"bases": {"pocket": base}, "students": {"one": entry, "two": entry}})
    made.set({f"models.{name}": entry for name, entry in entries.items()})
    return made, base


def student(made: Project, name: str, seed: int) -> None:
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(made.folder / "models" / "base", dtype=torch.float32)
    config = LoraConfig(r=4, lora_alpha=16, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    get_peft_model(model, config).save_pretrained(made.folder / "models" / "students" / name)


@pytest.mark.slow
def test_a_student_answers_in_process_and_a_retrained_one_alone_answers_again(
    trained: tuple[Project, dict[str, Any]],
) -> None:
    made, base = trained
    everyone = ("answers@base", "answers@one", "answers@two")
    ran = made.repro(*everyone[1:], upto=everyone[0])
    assert sorted(names(ran)) == sorted(everyone)
    assert [record["calls"] for record in ran] == [2 * COUNT] * 3
    texts = {name: made.read("answers", item=name)["answer"].to_list() for name in ("base", "one", "two")}
    assert texts["base"] != texts["one"] != texts["two"]
    assert made.repro(*everyone[1:], upto=everyone[0]) == []
    student(made, "two", 7)
    ran = made.repro(*everyone[1:], upto=everyone[0])
    assert [(record["item"], record["calls"]) for record in ran] == [("two", 2 * COUNT)]
    model = made.read("answers", item="two")["provenance"].list.last().struct.field("model").unique().to_list()
    assert model == [f"models/base@{adapted(base['revision'], made.folder / 'models' / 'students' / 'two')}"]


@pytest.mark.slow
def test_a_served_student_is_called_by_its_name_at_its_own_endpoint(trained: tuple[Project, dict[str, Any]]) -> None:
    made, base = trained
    made.set({"models.one.engine": "openai"})
    with Server() as server:
        run(made, "answers", "one", env=at(server, "_ANSWERS_ONE"))
        assert {body["model"] for body in server.requests()} == {"one"}
    model = made.read("answers", item="one")["provenance"].list.last().struct.field("model").unique().to_list()
    assert model == [f"one@{adapted(base['revision'], made.folder / 'models' / 'students' / 'one')}"]


def test_a_missing_adapter_is_an_error(trained: tuple[Project, dict[str, Any]]) -> None:
    made, _ = trained
    (made.folder / "models" / "students" / "one" / "adapter_config.json").unlink()
    error = run(made, "answers", "one", check=False)
    assert "models/students/one" in error and "adapter_config.json" in error
    assert "Traceback" not in error
