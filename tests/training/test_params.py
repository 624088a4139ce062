"""`bases`, `student` and `students` in params.yaml: an error has key, value and remedy; an ablation is data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dvc.utils.hydra import compose_and_dump

from tests.config.test_params import with_change
from xlforge.config.params import ParamsError, load


def test_the_shipped_students_compare_configs_and_amounts() -> None:
    students = load().students
    best, first, quarter = (students[name] for name in ("bestof3", "first", "bestof3_quarter"))
    alike = {"config", "rows"}
    assert best.model_dump(exclude=alike) == first.model_dump(exclude=alike) == quarter.model_dump(exclude=alike)
    assert (best.config, first.config, quarter.config) == ("bestof3", "default", "bestof3")
    assert best.rows == first.rows
    assert quarter.rows == 0.25
    assert best.paired


RECIPE = {"learning_rate": 0.01, "num_train_epochs": 1, "train_batch_size": 8, "max_length": 100}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("students.first.base", "pokcet", "students.first.base: 'pokcet' is not under `bases`; did you mean 'pocket'?"),
        ("students.first.config", "scored", "students.first.config: 'scored'"),
        ("students.first.languages", ["fr"], "'fr' is not under `languages`, which has de, hu, ga"),
        ("students.first.languages", ["german"], "did you mean 'de'"),
        ("students.first.languages", ["en", "de"], "write english: true in students.first"),
        ("students.first.languages", ["de", "de"], "a language is named twice"),
        ("students.first.rows", -1, "students.first.rows: -1"),
        ("students.first.rows", 1.5, "a whole number of rows"),
        ("students.first.learning_rat", 0.1, "did you mean 'learning_rate'"),
        ("students.first", None, None),
        ("students.first.train_batch_size", 0, "students.first.train_batch_size: 0"),
        ("students.First", {"base": "pocket", "config": "default"}, "students.First"),
        ("student.lora_alhpa", 4, "student.lora_alhpa: unknown key; did you mean 'lora_alpha'?"),
        ("student.train_batch_size", 10, None),
        (
            "student.gradient_accumulation_steps",
            3,
            "16 cannot be divided into gradient_accumulation_steps: 3 equal passes",
        ),
        ("student.load_in_4bit", True, "write dtype: bfloat16"),
        ("student.early_stopping", 3, None),
        (
            "student",
            {**RECIPE, "early_stopping": 3},
            "early_stopping: 3 follows the validation loss: write validation: 0.05",
        ),
        ("student.target_modules", [], "student.target_modules"),
        ("student.lr_scheduler_type", "cosin", "student.lr_scheduler_type"),
        ("student.rank", 4, "student.rank: is now called student.r"),
        ("students.first.epochs", 4, "students.first.epochs: is now called students.first.num_train_epochs"),
        ("bases.pocket.modle", "x", "bases.pocket.modle: unknown key; did you mean 'model'?"),
        ("student", None, "student: missing"),
        ("bases", None, "bases: missing"),
    ],
)
def test_an_error_has_the_key_the_value_and_the_remedy(
    tmp_path: Path, key: str, value: Any, message: str | None
) -> None:
    changed = with_change(
        tmp_path, {key: value} | ({"models.first": None, "evaluation.compare": []} if key == "students.first" else {})
    )
    if message is None:
        load(changed)
        return
    with pytest.raises(ParamsError) as error:
        load(changed)
    assert message in str(error.value)


def test_an_error_in_the_recipe_is_reported_once(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="2 faults"):
        load(with_change(tmp_path, {"student.r": 0, "students.first.num_train_epochs": 0}))


def test_a_student_may_override_any_key_of_the_recipe(tmp_path: Path) -> None:
    made = load(with_change(tmp_path, {"students.first.r": 4, "students.first.seed": 7})).students
    assert (made["first"].r, made["first"].seed) == (4, 7)
    assert (made["bestof3"].r, made["bestof3"].seed) == (16, 0)


def test_a_build_needs_no_students(tmp_path: Path) -> None:
    models = dict.fromkeys(("bestof3", "first", "bestof3_quarter"))
    path = with_change(
        tmp_path, {"students": {}, "evaluation.compare": []} | {f"models.{name}": none for name, none in models.items()}
    )
    assert load(path).students == {}


@pytest.mark.parametrize(
    "overlays",
    [["+conf=paper"], ["+conf/seeds=hub", "+conf/engine=openai", "+conf/benchmark=alpacaeval", "+conf=paper"]],
)
def test_the_papers_overlay_composes_to_params_that_are_right(tmp_path: Path, overlays: list[str]) -> None:
    out = tmp_path / "params.yaml"
    compose_and_dump(out, str(Path.cwd()), None, "params", "", [*overlays, "bases.base.revision=abc"])
    made = load(out)
    assert len(made.languages) == 8
    assert {made.students[name].base for name in ("bestof3", "first")} == {"base"}
    assert (made.students["bestof3"].rows or 0) * 8 == 8000
    assert made.block("seeds").sample >= 1000
    base = made.models["base"]
    assert (base.model, base.revision) == (made.bases["base"].model, "abc")
