"""The `xlforge` command: every subcommand says what is, faults go to standard error with the remedy."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import orjson

from tests.project import Project

XLFORGE = str(Path(sys.executable).with_name("xlforge"))


def xlforge(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([XLFORGE, *args], capture_output=True, text=True, check=False, cwd=cwd)


def test_the_shipped_params_are_right() -> None:
    assert "languages de, hu, ga" in xlforge("check-params").stdout


def test_faults_in_params_are_one_message_without_a_traceback(tmp_path: Path) -> None:
    done = xlforge("check-params", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "run from the root" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_summary_without_a_build_says_what_makes_one(tmp_path: Path) -> None:
    done = xlforge("summary", cwd=tmp_path)
    assert done.returncode == 1
    assert "dvc repro" in done.stderr


def test_the_summary_tells_where_the_dataset_lies_and_what_was_set_aside(built: Project) -> None:
    said = built.run("xlforge", "summary").stdout
    assert "data/dataset" in said
    rows = len(built.read("selection", item="de"))
    assert re.search(rf"bestof3 +english \d+, german {rows}\b|bestof3 +.*german \d+", said)
    assert "selection@de" in said
    assert said.count("assistant:") == 3


def test_the_stats_of_the_cache_agree_with_the_run_log(built: Project) -> None:
    found = orjson.loads(built.run("xlforge", "cache", "stats", "--json").stdout)
    assert sum(model["responses"] for model in found["models"]) == sum(run["calls"] for run in built.runs())
    assert sum(model["tokens_out"] for model in found["models"]) == sum(run["tokens_out"] for run in built.runs())
    assert "responses" in built.run("xlforge", "cache", "stats").stdout
