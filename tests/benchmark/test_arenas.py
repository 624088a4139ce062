"""The overlays of m-ArenaHard, Arena-Hard and MT-Bench, on files of our own in the layout of theirs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.benchmark.conftest import Built, built, written
from tests.benchmark.test_shipped_prompts import overlaid
from xlforge.config import params

ENGLISH = ["Write a program that counts the ships in a harbour.", "Plan the route of a mail boat through five islands."]
GERMAN = [
    "Schreibe ein Programm, das die Schiffe im Hafen zählt.",
    "Plane die Route eines Postboots durch fünf Inseln.",
]
BASELINES = {
    "m_arena_hard": "google/gemini-2.5-flash",
    "m_arena_hard_v01": "CohereLabs/aya-expanse-8b",
    "arena_hard": "o3-mini-2025-01-31",
    "mt_bench": "gpt-4",
}


@pytest.fixture(autouse=True)
def no_cached_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """datasets takes folders of equal names and configs for the same, whatever their files hold."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


def made(tmp_path: Path, overlay: str, **source: str) -> Built:
    """The benchmark of an overlay, whose tables are read from a folder or a file here, in German."""
    block = overlaid(tmp_path, f"+conf/benchmark={overlay}") | {"languages": ["de"]}
    block["source"] |= source
    if block["translated"] and "name" in source:
        block["translated"]["name"] = source["name"]
    return built(block)


def texts(benchmark: Built, name: str, code: str) -> list[Any]:
    return [(row["part"], row["instruction"]) for row in benchmark.of(name, code)]


@pytest.mark.parametrize(("name", "column"), [("m_arena_hard", "subcategory"), ("m_arena_hard_v01", "cluster")])
def test_the_languages_of_m_arena_hard_are_configs_that_pair_by_id(tmp_path: Path, name: str, column: str) -> None:
    folder = tmp_path / "hub"
    for code, prompts in (("en", ENGLISH), ("de", GERMAN[::-1])):
        ids = ["2ed1", "77c0"] if code == "en" else ["77c0", "2ed1"]
        (folder / code).mkdir(parents=True)
        rows = {"question_id": ids, "category": "hard_prompt", column: "Boats", "prompt": prompts, "language": code}
        pl.DataFrame(rows).write_parquet(folder / code / "test-00000-of-00001.parquet")
    configs = "".join(
        f"- config_name: {code}\n  data_files:\n  - split: test\n    path: {code}/test-*\n" for code in ("en", "de")
    )
    (folder / "README.md").write_text(f"---\nconfigs:\n{configs}---\n")
    benchmark = made(tmp_path, name, name=str(folder))
    part = "hard_prompt" if column == "subcategory" else "Boats"
    assert texts(benchmark, "english", "en") == [(part, text) for text in ENGLISH]
    assert texts(benchmark, "same_language", "de") == [(part, text) for text in GERMAN]
    assert all("German" in row["prompt"] for row in benchmark.of("crosslingual", "de"))
    assert {row.split("-")[0] for row in benchmark.rows["prompt_id"]} == {"2ed1", "77c0"}


@pytest.mark.parametrize("version", ["v0.1", "v2.0"])
def test_arena_hard_is_a_file_of_its_repository(tmp_path: Path, version: str) -> None:
    column = {"v0.1": "cluster", "v2.0": "category"}[version]
    rows = [{"uid": f"u{n}", column: "Boats", "prompt": text} for n, text in enumerate(ENGLISH)]
    file = f"data/arena-hard-{version}/question.jsonl"
    written(tmp_path / "hub" / file, rows)
    words: dict[str, str] = {} if version == "v2.0" else {"file": file, "part": column}
    benchmark = made(tmp_path, "arena_hard", name=str(tmp_path / "hub"), **words)
    assert texts(benchmark, "english", "en") == [("Boats", text) for text in ENGLISH]
    assert len(benchmark.of("crosslingual", "de")) == 2
    overlay = Path("conf/benchmark/arena_hard.yaml").read_text()
    assert f"{file} benchmark.source.part={column}" in overlay or version == "v2.0"


def test_the_first_turns_of_mt_bench_by_the_command_of_its_overlay(tmp_path: Path) -> None:
    rows = [
        {"question_id": 81 + n, "category": "writing", "turns": [text, "Shorten it."]} for n, text in enumerate(ENGLISH)
    ]
    written(tmp_path / "question.jsonl", rows)
    overlay = Path("conf/benchmark/mt_bench.yaml").read_text()
    ((script, files),) = re.findall(r"^#   python (.*\\)\n#     (.*)$", overlay, re.MULTILINE)
    subprocess.run(f"{sys.executable} {script}\n{files}", shell=True, check=True, cwd=tmp_path)
    kept = [json.loads(line) for line in (tmp_path / "mt_bench.jsonl").read_text().splitlines()]
    assert kept == [row | {"prompt": text} for row, text in zip(rows, ENGLISH, strict=True)]
    benchmark = made(tmp_path, "mt_bench", path=str(tmp_path / "mt_bench.jsonl"))
    assert texts(benchmark, "english", "en") == [("writing", text) for text in ENGLISH]
    assert benchmark.rows["prompt_id"].str.starts_with("8").all()


@pytest.mark.parametrize(("name", "model"), BASELINES.items())
def test_the_reference_is_the_baseline(tmp_path: Path, name: str, model: str) -> None:
    overlaid(tmp_path, f"+conf/benchmark={name}")
    config = params.load(tmp_path / "params.yaml")
    reference = config.models[config.block("verdicts").reference]
    assert (reference.model, reference.engine, reference.reads, reference.pivot) == (model, "openai", None, False)
    assert config.block("verdicts").judge == "llm"
    assert "Not tried on the real" in Path(f"conf/benchmark/{name}.yaml").read_text()
