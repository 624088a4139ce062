"""The benchmark of scale measures what it says: passages that depend on nothing but their number, all processes, and growth."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bench import passages, scale_build, scale_cache
from bench.answers import Answers
from bench.watching import growth, verdict, watched
from tests.project import Project
from xlforge.checks.integrity import problems
from xlforge.checks.language import share
from xlforge.languages.registry import LANGUAGES

PAPERS = ("de", "pt", "zh", "hi", "hu", "lt", "ga", "mt")
PROMPTS = ["How old is the mill at Karlow, and who built it?"]


def numbered(start: int, end: int) -> pl.DataFrame:
    return passages.passages(np.arange(start, end, dtype=np.uint64), PROMPTS)


def test_a_passage_depends_on_its_number_alone() -> None:
    assert numbered(0, 3000)[1000:1100].equals(numbered(1000, 1100))


def test_passages_have_some_of_every_kind_and_are_otherwise_different() -> None:
    made = numbered(0, 3000)["text"]
    for words in ("Home | News", "Der alte Fischer", PROMPTS[0]):
        assert made.str.contains(words, literal=True).sum() > 10
    lengths = made.str.strip_chars().str.len_chars()
    assert (lengths == 0).sum() > 10 and (lengths == 20).sum() > 10 and (lengths > 2500).sum() > 10
    assert made.n_unique() > 0.94 * len(made)


def test_a_file_holds_as_many_as_were_wanted(tmp_path: Path) -> None:
    passages.write(tmp_path / "some.parquet", 25_000)
    assert pl.read_parquet(tmp_path / "some.parquet")["id"].n_unique() == 25_000


@pytest.mark.parametrize("code", PAPERS)
def test_answers_pass_the_checks_differ_by_seed_and_lead_back(code: str) -> None:
    answers, name = Answers(), LANGUAGES[code].name
    source = numbered(10, 11)["text"][0]
    asked = "Translate the text into {} now.\n\n<text>\n{}\n</text>"
    made = [answers([{"content": asked.format(name, source)}], seed) for seed in (1, 4, 7)]
    assert len(set(made)) == 3
    for words in made:
        assert not problems(source, words, code)
        assert share(words, code) > 0.8
        assert answers([{"content": asked.format("English", words)}], 5) == source


def test_quadratic_time_and_much_memory_are_faults() -> None:
    assert growth([1, 10, 100], [1, 1, 100]) == pytest.approx(2)
    assert "power 2.00" in (verdict([10, 100], [1, 100], [1, 1]) or "")
    assert "GB" in (verdict([10, 100], [1, 10], [1, 5]) or "")
    assert verdict([10, 100], [1, 10], [1, 1]) is None


def test_what_a_command_takes_is_that_of_all_its_processes(tmp_path: Path) -> None:
    work = "import time; held = bytearray(300_000_000); until = time.process_time() + 0.7\nwhile time.process_time() < until: pass"
    command = [
        sys.executable,
        "-c",
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}], check=True)",
    ]
    taken = watched(command, tmp_path, Project(tmp_path).environment, tmp_path / "log.txt")
    assert 0.7 <= taken.cpu <= taken.seconds + 1
    assert 0.3 < taken.gigabytes < 0.4


def test_a_command_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such thing"):
        watched([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path, {}, tmp_path / "log.txt")


def test_rows_go_through_the_cache_and_the_schema(tmp_path: Path) -> None:
    seconds = scale_cache.translated(tmp_path, 0, 300)
    assert set(seconds) == {"generated", "hits", "validated"}
    assert len(pl.read_parquet(tmp_path / "rows.parquet")) == 300


@pytest.mark.slow
def test_a_small_build_is_told_by_stage(capsys: pytest.CaptureFixture[str]) -> None:
    taken = scale_build.one(12, ["de"])
    told = capsys.readouterr().out
    assert "12 seeds" in told
    assert set(taken.stages) == {
        *("seeds", "instructions", "responses", "scores", "translations@de", "selection@de", "dataset")
    }
    assert all(each.cpu > 0 and each.gigabytes > 0 for each in taken.stages.values())
    assert taken.cpu > sum(each.cpu for each in taken.stages.values()) * 0.9
