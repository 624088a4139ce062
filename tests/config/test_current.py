"""Figures of an earlier dataset are recognised from dvc.lock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.tree import Tree

from xlforge.config import dag
from xlforge.config.current import outdated

DAG = """
stages:
  dataset: {cmd: a, deps: [data/seeds.jsonl], outs: [data/dataset/rows.parquet], metrics: [data/dataset/metrics.json: {cache: false}]}
  student:
    foreach: ${students}
    do: {cmd: "b ${key}", deps: [data/dataset/rows.parquet], outs: ["data/student/${key}/rows.parquet"]}
  evaluation: {cmd: c, deps: [data/student], outs: [data/evaluation/table.csv]}
  unrelated: {cmd: d, deps: [other], outs: [data/unrelated/table.csv]}
"""


def folder_digest(files: dict[tuple[str, ...], str]) -> str:
    """As DVC computes it."""
    tree = Tree()
    for parts, digest in files.items():
        tree.add(parts, None, HashInfo("md5", digest))
    tree.digest()
    return str(tree.hash_info.value)


def out(path: str, digest: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "hash": "md5", "md5": digest, "size": 1, **more}


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A build in which everything is current."""
    monkeypatch.chdir(tmp_path)
    dag.stages.cache_clear()
    (tmp_path / "dvc.yaml").write_text(DAG)
    (tmp_path / "params.yaml").write_text("students: {x: {}, y: {}}\n")
    rows = out("data/dataset/rows.parquet", "1" * 32)
    students = [out(f"data/student/{name}/rows.parquet", name * 32) for name in "xy"]
    digest = folder_digest({(name, "rows.parquet"): name * 32 for name in "xy"})
    yield {
        "dataset": {"cmd": "a", "deps": [out("data/seeds.jsonl", "5" * 32)], "outs": [rows]},
        "student@x": {"cmd": "b x", "deps": [rows], "outs": [students[0]]},
        "student@y": {"cmd": "b y", "deps": [rows], "outs": [students[1]]},
        "evaluation": {
            "cmd": "c",
            "deps": [out("data/student", digest, nfiles=2)],
            "outs": [out("data/evaluation/table.csv", "9" * 32)],
        },
        "unrelated": {
            "cmd": "d",
            "deps": [out("other", "7" * 32)],
            "outs": [out("data/unrelated/table.csv", "8" * 32)],
        },
    }
    dag.stages.cache_clear()


def found(lock: dict[str, Any]) -> set[str]:
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": lock}, sort_keys=False))
    return set(outdated())


def test_nothing_is_outdated_in_a_whole_build(lock: dict[str, Any]) -> None:
    assert not found(lock)


def test_everything_after_a_rebuilt_dataset_is_outdated(lock: dict[str, Any]) -> None:
    lock["dataset"]["outs"] = [out("data/dataset/rows.parquet", "2" * 32)]
    assert found(lock) == {"student@x", "student@y", "evaluation"}
    assert outdated()["evaluation"] == "it was built from student@x, which is outdated"


def test_a_folder_is_compared_by_the_files_that_stages_delivered_into_it(lock: dict[str, Any]) -> None:
    lock["student@y"]["outs"] = [out("data/student/y/rows.parquet", "3" * 32)]
    assert found(lock) == {"evaluation"}


def test_an_item_that_was_never_built_and_what_params_no_longer_name(lock: dict[str, Any]) -> None:
    Path("params.yaml").write_text("students: {x: {}, z: {}}\n")
    assert found(lock) >= {"student@z"}


def test_figures_that_are_not_the_files_of_the_lock_are_outdated(lock: dict[str, Any]) -> None:
    Path("data/unrelated").mkdir(parents=True)
    Path("data/unrelated/table.csv").write_text("model,win_rate\nx,99\n")
    assert found(lock) == {"unrelated"}


def test_without_a_lock_nothing_is_known(lock: dict[str, Any]) -> None:
    assert not outdated()
    assert len(found({})) == 5
