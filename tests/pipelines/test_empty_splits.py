"""A language of which no row passes has no split, and the others load."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml
from datasets import load_dataset

from pipelines.dataset.v2.configs import configs, write_configs
from pipelines.dataset.v2.schema import Rows
from stages.dataset import remove_empty
from xlforge.config.students import Student
from xlforge.training.rows import choose

RECIPE = {"learning_rate": 1, "num_train_epochs": 1, "train_batch_size": 1, "max_length": 8}


def write(folder: Path, languages: tuple[str, ...], first: tuple[str, ...]) -> None:
    """A dataset with two rows of each language; `first`: languages whose first candidate passed too."""
    schema = {name: column.dtype.type for name, column in Rows.to_schema().columns.items()}
    rows = [
        {
            "id": f"{number}/{code}", "seed_id": str(number), "language": code, "instruction": "What is it?",
            "prompt": [{"role": "user", "content": "What is it?"}],
            "completion": [{"role": "assistant", "content": "A well."}],
            "first": "A well." if code in first else None, "first_quality": 0.5, "provenance": [],
        }
        for number in range(2)
        for code in languages
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema)
    scored = pl.DataFrame({"id": ["0", "1"], "reasons": [["because"], ["so"]]})
    remove_empty(folder, write_configs(folder, configs(frame, scored), ["de", "hu"]))


@pytest.mark.parametrize(
    ("languages", "first", "splits"),
    [
        (("en", "de"), ("de",), ({"english", "german"}, {"english", "german"})),
        (("en",), (), ({"english"}, {"english"})),
        (("en", "de", "hu"), ("de",), ({"english", "german", "hungarian"}, {"english", "german"})),
        (("de", "hu"), ("de", "hu"), ({"german", "hungarian"}, {"german", "hungarian"})),
    ],
    ids=["one without rows", "none translated", "no first candidate", "no English"],
)
def test_there_is_no_empty_split(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    languages: tuple[str, ...],
    first: tuple[str, ...],
    splits: tuple[set[str], set[str]],
) -> None:
    write(tmp_path, languages, first)
    loaded = {
        name: load_dataset(str(tmp_path), name, cache_dir=str(tmp_path / ".cache")) for name in ("bestof3", "default")
    }
    assert (set(loaded["bestof3"]), set(loaded["default"])) == splits
    assert all(len(split) for config in loaded.values() for split in config.values())
    told = capsys.readouterr().err
    assert ("default/hungarian.parquet would have no rows" in told) is ("hungarian" not in splits[1])
    named = yaml.safe_load((tmp_path / "README.md").read_text().split("---")[1])["configs"]
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*.parquet")}
    assert {file["path"] for config in named for file in config["data_files"]} == files


def test_a_student_has_no_rows_of_a_language_without_a_split(tmp_path: Path) -> None:
    write(tmp_path, ("en", "de"), ("de",))
    student = Student.model_validate({**RECIPE, "base": "b", "config": "bestof3", "paired": False})
    assert choose(tmp_path, "x", student, ("de", "hu"))["language"].unique().to_list() == ["de"]
