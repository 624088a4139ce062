"""The stage `student` as dvc runs it: what it delivers, the same bytes again, and after a kill."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import torch
import yaml
from click.testing import CliRunner
from peft import PeftModel
from transformers import AutoModelForCausalLM

from commands import merge
from tests.project import Project, names
from tests.training.conftest import Workshop, write_dataset
from xlforge.base.errors import BuildError
from xlforge.config.params import load
from xlforge.models.revision import folder_digest
from xlforge.training import checkpoints
from xlforge.training.run import TrainingRun, prepare


@pytest.fixture(scope="module")
def trained(make_workshop: Callable[[Path], Workshop], tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A workshop in which the student `best` is trained."""
    made = make_workshop(tmp_path_factory.mktemp("trained"))
    made.train("best", PYTHONHASHSEED="1")
    return made


def run(name: str, device: str = "cpu", processes: int = 1) -> TrainingRun:
    return prepare(name, load(), Path("data/dataset"), device, processes)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).state_dict())


def test_what_is_delivered(trained: Workshop) -> None:
    made = {Path(path).name: content for path, content in trained.delivered("best").items()}
    assert set(made) == {
        "adapter_config.json", "adapter_model.safetensors", "chat_template.jinja",
        "rows.parquet", "rejects.parquet", "metrics.json", "loss.csv", "validation.csv",
    }  # fmt: skip
    metrics = orjson.loads(made["metrics.json"])
    assert (metrics["rows"], metrics["rejects"], metrics["languages"]) == (74, 0, {"de": 37, "hu": 37})
    assert metrics["steps"] == 28
    assert metrics["loss"]["last"] < 0.9 * metrics["loss"]["first"]
    rows = pl.read_parquet(trained.folder / "data/student/best/rows.parquet")
    counted = metrics["tokens"]
    assert rows["prompt_tokens"].sum() == counted["prompts"]
    assert rows["completion_tokens"].sum() == counted["completions"]
    assert counted["read"] >= 3 * (counted["prompts"] + counted["completions"])
    curve = made["loss.csv"].decode().splitlines()
    assert curve[0] == "step,loss"
    assert [line.split(",")[0] for line in curve[1:]] == [str(step) for step in range(1, 29)]
    assert (made["validation.csv"], metrics["validation"]) == (b"step,loss\n", {"rows": 0})
    (record,) = [orjson.loads(line) for line in (trained.folder / ".xlforge/runs.jsonl").read_bytes().splitlines()]
    assert (record["stage"], record["item"], record["rows_in"], record["rows_out"]) == ("student", "best", 74, 74)
    assert record["tokens_in"] == counted["read"]
    assert not [path for path in (trained.folder / ".xlforge" / "training").iterdir() if path.is_dir()]


def test_the_delivered_files_have_nothing_of_the_machine(trained: Workshop) -> None:
    config = orjson.loads(trained.delivered("best")["models/students/best/adapter_config.json"])
    assert config["base_model_name_or_path"] == "models/tiny"
    assert config["revision"] is None
    for content in trained.delivered("best").values():
        assert str(trained.folder).encode() not in content
        assert socket.gethostname().encode() not in content


def test_peft_loads_the_adapter_and_it_changes_the_logits(trained: Workshop, base: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    ids = torch.tensor([[1, 40, 50, 60]])
    before = model(ids).logits
    adapted = PeftModel.from_pretrained(model, str(trained.folder / "models" / "students" / "best"))
    assert (adapted(ids).logits - before).abs().max() > 0.1


@pytest.mark.slow
def test_in_another_folder_with_other_hashes_and_threads_the_bytes_are_the_same(
    trained: Workshop, workshop: Workshop
) -> None:
    workshop.train("best", PYTHONHASHSEED="2", OMP_NUM_THREADS="1")
    assert workshop.delivered("best") == trained.delivered("best")


def test_the_merged_model_is_base_and_adapter(
    trained: Workshop, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained.folder)
    done = CliRunner().invoke(merge.command, ["best", str(tmp_path / "merged")], catch_exceptions=False)
    assert "bfloat16" in done.output
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    adapted = PeftModel.from_pretrained(model, "models/students/best").merge_and_unload().state_dict()
    for name, weight in weights(tmp_path / "merged").items():
        assert torch.equal(weight, adapted[name].to(torch.bfloat16).float())
    with pytest.raises(BuildError, match="exists already"):
        CliRunner().invoke(merge.command, ["best", str(tmp_path / "merged")], catch_exceptions=False)


@pytest.mark.slow
def test_a_killed_training_continues_to_the_same_bytes(trained: Workshop, workshop: Workshop) -> None:
    running = workshop.start(sys.executable, "-m", "stages.student", "best")
    end = time.monotonic() + 120
    while not list(workshop.folder.glob(".xlforge/training/best-*/checkpoint-1[0-9]/complete")):
        assert time.monotonic() < end and running.poll() is None
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert "goes on from step 1" in workshop.train("best")
    assert workshop.delivered("best") == trained.delivered("best")


@pytest.mark.slow
def test_two_processes_train_the_adapter_of_one(workshop: Workshop) -> None:
    workshop.set(student={"gradient_accumulation_steps": 2, "num_train_epochs": 1})
    workshop.train("quarter")
    alone = workshop.delivered("quarter")
    launch = ["accelerate", "launch", "--cpu", "--num_processes", "2", "-m", "stages.student", "quarter"]
    running = workshop.start(str(Path(sys.executable).parent / launch[0]), *launch[1:])
    error = running.communicate(timeout=300)[1]
    assert running.returncode == 0, error
    assert workshop.delivered("quarter") == alone
    assert len((workshop.folder / ".xlforge/runs.jsonl").read_bytes().splitlines()) == 2


@pytest.mark.slow
def test_too_many_rejected_rows_stop_it_before_the_training(workshop: Workshop) -> None:
    answers = {f"river-{number:03}/de": "ja <|im_end|>" for number in range(10, 20)}
    write_dataset(workshop.folder / "data" / "dataset", answers=answers)
    with pytest.raises(AssertionError, match=r"10 of 74 rows .*\(10 control_token\), but student\.max_reject_rate"):
        workshop.train("best")
    made = workshop.folder / "data" / "student" / "best"
    assert [path.name for path in made.iterdir()] == ["rejects.parquet"]
    assert len(pl.read_parquet(made / "rejects.parquet")) == 10


def test_an_unknown_name_is_an_error_with_the_nearest_one(workshop: Workshop) -> None:
    with pytest.raises(BuildError, match="no student is called 'frist': did you mean 'first'"):
        run("frist")


@pytest.mark.parametrize(
    "change",
    [
        {"student": {"learning_rate": 0.02}},
        {"student": {"seed": 1}},
        {"student": {"threads": 1}},
        {"students": {"best": {"base": "tiny", "config": "bestof3", "rows": 5}}},
    ],
    ids=["rate", "seed", "threads", "rows"],
)
def test_no_training_continues_from_the_checkpoints_of_another(workshop: Workshop, change: dict[str, Any]) -> None:
    before = run("best").key
    assert run("best").key == before
    assert before not in (run("best", processes=2).key, run("best", "cuda").key)
    workshop.set(**change)
    assert run("best").key != before


def test_other_rows_or_another_base_are_another_training(workshop: Workshop) -> None:
    before = run("best").key
    write_dataset(workshop.folder / "data" / "dataset", answers={"river-020/de": "anders"})
    other = run("best").key
    workshop.set(bases={"tiny": {"model": "models/tiny", "revision": folder_digest(Path("models/tiny")), "chat_template":
        (workshop.folder / "models/tiny/chat_template.jinja").read_text()}})  # fmt: skip
    assert len({before, other, run("best").key}) == 3


def test_checkpoints_stay_after_an_error_and_are_removed_after_success_or_for_another_recipe(
    workshop: Workshop,
) -> None:
    with pytest.raises(KeyError), checkpoints.hold("best", "aa") as folder:
        (folder / "checkpoint-1").mkdir()
        raise KeyError
    with checkpoints.hold("best_of", "bb"):
        assert (folder / "checkpoint-1").is_dir()
    with checkpoints.hold("best", "aa"), checkpoints.hold("best", "cc"):
        assert folder.is_dir(), "another process holds it, so it stays"
    assert not folder.is_dir()
    with pytest.raises(KeyError), checkpoints.hold("best", "aa"):
        raise KeyError
    with checkpoints.hold("best", "cc"):
        assert not folder.is_dir()


@pytest.mark.slow
def test_another_learning_rate_keeps_dataset_and_benchmark_and_one_student_reruns_alone(
    project: Project, base: Path
) -> None:
    (project.folder / "models" / "tiny").mkdir(parents=True)
    for path in base.iterdir():
        (project.folder / "models" / "tiny" / path.name).write_bytes(path.read_bytes())
    project.set({
        "bases": {"tiny": {"model": "models/tiny", "revision": folder_digest(base)}},
        "students": {"best": {"base": "tiny", "config": "bestof3"}, "first": {"base": "tiny", "config": "default"}},
        "student.num_train_epochs": 1, "student.max_length": 1024,
        "models": {"reference": {"model": "models/tiny", "against": "reference", "needs": "models/tiny"}},
        "evaluation.compare": [],
    })  # fmt: skip
    assert set(names(project.repro("benchmark", upto="student"))) == {"benchmark", "student@best", "student@first"}

    def rerun() -> set[str]:
        wanted = ["dataset", "benchmark", "student@best", "student@first"]
        found = orjson.loads(project.run("dvc", "status", "--json", *wanted).stdout)
        return set(found)

    assert rerun() == set()
    project.set({"students.first.learning_rate": 0.001})
    assert rerun() == {"student@first"}
    project.set({"student.learning_rate": 0.002})
    assert rerun() == {"student@best", "student@first"}
    shown = orjson.loads(project.run("dvc", "plots", "show", "--json").stdout)["data"]
    assert {"data/student/best/loss.csv", "data/student/first/loss.csv"} <= set(shown)
    lock = yaml.safe_load((project.folder / "dvc.lock").read_text())["stages"]["student@first"]
    assert "data/dataset/bestof3" not in [dep["path"] for dep in lock["deps"]]
