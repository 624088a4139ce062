"""The rows of a student: fewer are among more, and students that are compared have the same."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.training.conftest import write_dataset
from xlforge.base.errors import BuildError
from xlforge.config.students import Student
from xlforge.training.rows import choose, with_split


def ids(dataset: Path, **keys: Any) -> list[str]:
    recipe = {"learning_rate": 1, "num_train_epochs": 1, "train_batch_size": 1, "max_length": 8}
    student = Student(**{**recipe, "base": "tiny", "config": "bestof3", **keys})
    return choose(dataset, "one", student, ("de", "hu"))["id"].to_list()


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_dataset(tmp_path, count=40, lacking=4)


@pytest.mark.parametrize("config", ["default", "bestof3"])
def test_fewer_rows_are_among_more_in_every_language(dataset: Path, config: str) -> None:
    taken = [ids(dataset, config=config, rows=rows) for rows in (3, 0.25, 20, None)]
    assert [len(found) for found in taken[:3]] == [6, 18 if config == "default" else 20, 40]
    assert all(set(less) < set(more) for less, more in pairwise(taken))


@pytest.mark.parametrize("rows", [None, 10, 0.5])
def test_paired_students_have_the_same_rows(dataset: Path, rows: float | None) -> None:
    best = ids(dataset, config="bestof3", rows=rows, paired=True)
    assert best == ids(dataset, config="default", rows=rows, paired=True)
    assert best == sorted(best)


def test_an_unpaired_student_has_all_rows_of_its_config(dataset: Path) -> None:
    assert len(ids(dataset)) == 80
    assert len(ids(dataset, config="default")) == 72


def test_neither_seed_nor_order_of_the_file_changes_the_sample(dataset: Path) -> None:
    before = ids(dataset, rows=10)
    path = dataset / "bestof3" / "german.parquet"
    pl.read_parquet(path).reverse().write_parquet(path)
    assert ids(dataset, rows=10, seed=7) == before


def test_the_english_pairs_come_to_the_languages_of_a_student(dataset: Path) -> None:
    for config in ("default", "bestof3"):
        rows = pl.read_parquet(dataset / config / "german.parquet").with_columns(
            pl.col("id").str.replace("/de", "/en"), language=pl.lit("en")
        )
        rows.write_parquet(dataset / config / "english.parquet")
    codes = {one.rpartition("/")[2] for one in ids(dataset, languages=["hu"], english=True)}
    assert codes == {"en", "hu"}
    assert len(ids(dataset, english=True, rows=3)) == 9


def test_a_student_may_name_its_languages(dataset: Path) -> None:
    assert {one.rpartition("/")[2] for one in ids(dataset, languages=["hu"])} == {"hu"}


@pytest.mark.parametrize("config", ["default", "bestof3"])
def test_a_question_is_held_out_in_all_languages_or_in_none(dataset: Path, config: str) -> None:
    keys = {"learning_rate": 1, "num_train_epochs": 1, "train_batch_size": 1, "max_length": 8, "base": "tiny"}
    found = {
        share: choose(dataset, "one", Student(**keys, config=config, validation=share, paired=True), ("de", "hu"))
        for share in (0.0, 0.1, 0.3)
    }
    held = {
        share: set(rows.filter(split="validation")["id"].str.replace("/.*", "").to_list())
        for share, rows in found.items()
    }
    assert [len(names) for names in held.values()] == [0, 4, 11]
    assert held[0.1] < held[0.3]
    assert not held[0.3] & set(found[0.3].filter(split="train")["id"].str.replace("/.*", "").to_list())


@pytest.mark.parametrize(("count", "held"), [(0, 0), (1, 0), (2, 1)])
def test_few_questions_are_not_all_held_out(count: int, held: int) -> None:
    rows = pl.DataFrame(
        {"id": [f"{number}/{code}" for number in range(count) for code in ("de", "hu")]}, {"id": pl.String}
    )
    assert len(with_split(rows, 0.5).filter(split="validation")) == 2 * held


def test_more_rows_than_the_dataset_has_is_an_error(dataset: Path) -> None:
    with pytest.raises(BuildError, match=r"students\.one\.rows in params.yaml is 41 rows of German, .* has 40"):
        ids(dataset, rows=41)


def test_a_dataset_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"german\.parquet is missing.*dvc repro"):
        ids(tmp_path)
