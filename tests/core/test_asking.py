"""A row is asked about until it can be read, a set number of times, and then set aside with the words that could not be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from distilabel.models.llms.base import LLM
from xlforge.steps.asking import raise_trouble

from pipelines.scores.v1.pipeline import ApplyBar, GradePair
from pipelines.scores.v1.schema import DIMENSIONS
from xlforge.base.errors import BuildError
from xlforge.config.models import Model, Sampling
from xlforge.steps.parsing import ParseError, plain_text

GOOD = (
    '{"precision": {"reason": "right", "grade": 5}, "informativeness": {"reason": "full", "grade": 4}, '
    '"naturalness": {"reason": "fine", "grade": 5}, "objectivity": {"reason": "plain", "grade": 2}}'
)


class Scripted(LLM):  # type: ignore[misc]
    """Answers what it is told to, in turn, and refuses what it was not told about."""

    answers: list[tuple[str | None, str]]
    sampling: Sampling = Sampling()
    spec: Model = Model(model="scripted", revision="r1")
    asked: list[dict[str, Any]] = []

    @property
    def model_name(self) -> str:
        return "scripted"

    def generate(self, inputs: list[Any], num_generations: int = 1, **kwargs: Any) -> list[Any]:
        self.asked.append(kwargs)
        outputs = []
        for _ in inputs:
            text, finish = self.answers.pop(0)
            statistics = {"input_tokens": [1], "output_tokens": [1]}
            outputs.append(
                {"generations": [text], "statistics": statistics, "finish_reason": [finish], "logprob": [None]}
            )
        return outputs


def grader(folder: Path, llm: Scripted) -> GradePair:
    return GradePair(
        name="grade", folder=str(folder), stage="scores", version="v1", llm=llm, adds=[*DIMENSIONS],
        prompt=Path("pipelines/scores/v1/prompts/brief.jinja2").absolute(), tries=2, pipeline=None,
    )  # fmt: skip


def grade(tmp_path: Path, *answers: tuple[str | None, str], rows: int = 1) -> tuple[list[dict[str, Any]], Scripted]:
    step = grader(tmp_path, Scripted(answers=list(answers), asked=[]))
    row = {"instruction": "i", "passage": "p", "response": "r", "reject": None}
    step.load()
    (out,) = step.process([{"id": f"a{number}", **row} for number in range(rows)])
    raise_trouble(tmp_path)
    return out, step.llm


def test_a_readable_answer_is_read_once(tmp_path: Path) -> None:
    (row,), llm = grade(tmp_path, (GOOD, "stop"))
    assert (row["precision"], row["objectivity"], row["mean"]) == (5, 2, 4.0)
    assert row["reasons"] == ["right", "full", "fine", "plain"]
    assert row["provenance"][0]["model"] == "scripted@r1"
    assert [call["attempt"] for call in llm.asked] == [0]


@pytest.mark.parametrize(
    "unreadable",
    [
        "five", "", "{}", GOOD[:-1], GOOD.replace("5", '"5"', 1), GOOD.replace("5", "0", 1), GOOD.replace("5", "5.5", 1),
        GOOD.replace('"right"', '""'), GOOD.replace("}", "},", 1).replace("},,", "},"), GOOD + " I hope this helps!",
        GOOD.replace("precision", "precison"), f"[{GOOD}]", GOOD.replace("right", "\ud800"),
    ],
)  # fmt: skip
def test_an_unreadable_grade_is_asked_again_and_never_guessed(tmp_path: Path, unreadable: str) -> None:
    if unreadable == GOOD:
        pytest.skip("the same words")
    (row,), llm = grade(tmp_path, (unreadable, "stop"), (unreadable, "stop"))
    assert [call["attempt"] for call in llm.asked] == [0, 1]
    assert row["reject"]["reason"] == "unreadable_grades"
    assert "precision" not in row


def test_only_the_unread_rows_are_asked_again(tmp_path: Path) -> None:
    rows, llm = grade(tmp_path, ("?", "stop"), (GOOD, "stop"), (GOOD, "stop"), rows=2)
    assert [call["ids"] for call in llm.asked] == [["a0", "a1"], ["a0"]]
    assert not any(row["reject"] for row in rows)


def test_fenced_json_is_read(tmp_path: Path) -> None:
    (row,), _ = grade(tmp_path, (f"```json\n{GOOD}\n```", "stop"))
    assert row["mean"] == 4.0


def test_an_answer_cut_off_is_not_an_answer(tmp_path: Path) -> None:
    (row,), _ = grade(tmp_path, (GOOD, "length"), (GOOD, "length"))
    assert row["reject"]["reason"] == "cut_off"


def test_a_failed_request_is_told_and_not_asked_again(tmp_path: Path) -> None:
    (row,), llm = grade(tmp_path, (None, "error: 400"))
    assert (row["reject"]["reason"], row["reject"]["detail"]) == ("no_answer", "error: 400")
    assert len(llm.asked) == 1


def test_an_error_in_a_step_reaches_the_stage(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="pop from empty list"):
        grade(tmp_path)


@pytest.mark.parametrize(
    ("grades", "kept"), [((5, 5, 5, 5), True), ((5, 5, 5, 2), False), ((3, 4, 4, 4), False), ((4, 4, 4, 4), True)]
)
def test_the_bar_wants_every_grade_and_the_mean(tmp_path: Path, grades: tuple[int, ...], kept: bool) -> None:
    row = {
        "id": "a",
        "reject": None,
        "response": "r",
        "mean": sum(grades) / 4,
        **dict(zip(DIMENSIONS, grades, strict=True)),
    }
    step = ApplyBar(name="bar", folder=str(tmp_path), least=3, mean=4.0, pipeline=None)
    assert (step.work(row)["reject"] is None) is kept


@pytest.mark.parametrize("text", ["", "  \n", "a\0b", "a\ud800b", "a�b"])
def test_what_no_writer_writes_is_no_text(text: str) -> None:
    with pytest.raises(ParseError):
        plain_text(text)


def test_prose_is_stripped_and_kept() -> None:
    assert plain_text("\n Ein <b>Satz</b>.\n") == "Ein <b>Satz</b>."


def test_a_step_reads_its_inputs_from_its_prompt(tmp_path: Path) -> None:
    assert set(grader(tmp_path, Scripted(answers=[])).inputs) == {"instruction", "passage", "response"}


def test_an_answer_longer_than_its_bound_is_not_read(tmp_path: Path) -> None:
    (row,), _ = grade(tmp_path, (" " * 1_000_000 + GOOD, "stop"), ("x" * 1_000_000, "stop"))
    assert row["reject"]["reason"] == "too_long"


def test_a_step_that_could_not_even_write_why_it_ended_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "trouble.txt").touch()
    with pytest.raises(BuildError, match=r"room where .* are free"):
        raise_trouble(tmp_path)
