"""The loop that runs a pipeline: order, sharing and freeing of engines, what it refuses, and stock distilabel tasks.

distilabel reads the annotations of `process`, so they are not postponed here.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts, Step
from distilabel.steps.base import StepInput
from distilabel.steps.tasks import TextGeneration, UltraFeedback

from tests.steps.scripted import Script, scripted_llm
from xlforge.base.errors import BuildError
from xlforge.steps.llm_step import LLMStep
from xlforge.steps.map_step import MapStep
from xlforge.steps.runner import run

Row = dict[str, Any]
ROWS: list[Row] = [{"id": "a", "text": "A", "reject": None}, {"id": "b", "text": "B", "reject": {"reason": "x"}}]
RATINGS = "#### Output for Text 1\nRating: 4\nRationale: right\n\n#### Output for Text 2\nRating: 2\nRationale: short"


class Mark(MapStep):
    """text → text with a letter added."""

    letter: str = "!"

    def work(self, row: Row) -> Row:
        return {**row, "text": row["text"] + self.letter}


class Twice(Step):  # type: ignore[misc]
    """Yields its rows in two parts."""

    @property
    def inputs(self) -> list[str]:
        return ["text"]

    @property
    def outputs(self) -> list[str]:
        return ["text"]

    def process(self, inputs: StepInput) -> Iterator[list[Row]]:
        yield inputs[:1]
        yield inputs[1:]


class Join(Step):  # type: ignore[misc]
    """Rows of two steps, one after the other."""

    @property
    def inputs(self) -> list[str]:
        return ["text"]

    @property
    def outputs(self) -> list[str]:
        return ["text"]

    def process(self, *inputs: StepInput) -> Iterator[list[Row]]:
        yield [row for rows in inputs for row in rows]


class Broken(MapStep):
    """Raises."""

    def work(self, row: Row) -> Row:
        secret = "sk-1234567890"  # a traceback that prints locals would show it
        raise RuntimeError(f"cannot work on {row['id']} of {len(secret)}")


class Echo(LLMStep):
    """text → said."""

    def format_output(self, output: str | None, input: Row | None = None) -> Row:
        return {"reply": output}


def test_steps_run_in_topological_order_and_rejected_rows_pass_by() -> None:
    with Pipeline("order") as pipeline:
        load = LoadDataFromDicts(data=ROWS, batch_size=100)
        second, first = Mark(name="second", letter="2", reads=["text"]), Mark(name="first", letter="1", reads=["text"])
        load >> first >> second
    assert [row["text"] for row in run(pipeline, Script())] == ["A12", "B"]


def test_branches_that_are_joined_lose_no_row() -> None:
    with Pipeline("branches") as pipeline:
        load = LoadDataFromDicts(data=ROWS[:1], batch_size=100)
        left, right, join = Mark(name="left", letter="l"), Mark(name="right", letter="r"), Join(name="join")
        load >> [left, right] >> join
    assert sorted(row["text"] for row in run(pipeline, Script())) == ["Al", "Ar"]


def test_branches_that_end_apart_are_refused() -> None:
    with Pipeline("apart") as pipeline:
        load = LoadDataFromDicts(data=ROWS, batch_size=100)
        load >> [Mark(name="left"), Mark(name="right")]
    with pytest.raises(BuildError, match="ends in left, right: join them"):
        run(pipeline, Script())


def test_a_second_yield_is_refused() -> None:
    with Pipeline("twice") as pipeline:
        LoadDataFromDicts(data=ROWS, batch_size=100) >> Twice(name="twice")
    with pytest.raises(BuildError, match="yields a second time"):
        run(pipeline, Script())


def test_an_engine_is_released_after_the_last_step_that_uses_it(tmp_path: Path) -> None:
    prompt = tmp_path / "echo.jinja2"
    prompt.write_text("{{ text }}")
    script = Script(("one", "stop"), ("two", "stop"), ("three", "stop"))
    with Pipeline("engines") as pipeline:
        step: Any = LoadDataFromDicts(data=ROWS, batch_size=100)
        for name, role in (("first", "teacher"), ("second", "judge"), ("third", "teacher")):
            step = step >> Echo(name=name, prompt=prompt, adds=["reply"], llm=scripted_llm(script, role))
    rows = run(pipeline, script)
    assert rows[0]["reply"] == "three"
    assert [event for event in script.events if not event.startswith("open")] == [
        "reply teacher", "reply judge", "release judge", "reply teacher", "release teacher",
    ]  # fmt: skip


def test_an_error_keeps_its_own_type_and_the_step_is_unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    unloaded: list[str] = []
    monkeypatch.setattr(Broken, "unload", lambda step: unloaded.append(step.name))
    with Pipeline("broken") as pipeline:
        LoadDataFromDicts(data=ROWS, batch_size=100) >> Broken(name="broken")
    with pytest.raises(RuntimeError, match="cannot work on a"):
        run(pipeline, Script())
    assert unloaded == ["broken"]


def test_no_traceback_prints_local_variables() -> None:
    """distilabel installs rich tracebacks with locals when it is imported."""
    code = "import xlforge.steps.runner\ndef f():\n    secret = 'sk-' + '1234567890'\n    raise ValueError('x')\nf()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ValueError: x" in done.stderr
    assert "sk-1234567890" not in done.stdout + done.stderr


def test_a_stock_text_generation_is_cached_traced_and_rejected_like_a_step_of_ours() -> None:
    script = Script(("an answer", "stop"), ("half an ans", "length"), (None, "unanswered: HTTP 500"))
    rows = [{"id": name, "instruction": name, "reject": None} for name in ("a", "b", "c")]
    rows.append({"id": "d", "instruction": "d", "reject": {"reason": "earlier"}})
    with Pipeline("stock") as pipeline:
        LoadDataFromDicts(data=rows, batch_size=100) >> TextGeneration(
            name="write", llm=scripted_llm(script, "teacher")
        )
    made = {row["id"]: row for row in run(pipeline, script)}
    assert made["a"]["generation"] == "an answer"
    assert made["a"]["reject"] is None
    assert [made[name]["reject"]["reason"] for name in "bcd"] == ["cut_off", "unanswered", "earlier"]
    assert made["b"]["reject"]["raw"] == "half an ans"
    assert [request.messages[-1] for _, request in script.requests] == [("user", "a"), ("user", "b"), ("user", "c")]
    calls = [made[name]["provenance"][0] for name in "abc"]
    assert [call["key"] for call in calls] == [request.key for _, request in script.requests]
    assert {call["step"] for call in calls} == {"TextGeneration"}


def test_a_stock_ultra_feedback_reads_its_responses() -> None:
    script = Script((RATINGS, "stop"))
    rows = [{"id": "a", "instruction": "i", "generations": ["one", "two"], "reject": None}]
    with Pipeline("feedback") as pipeline:
        grade = UltraFeedback(name="grade", aspect="helpfulness", llm=scripted_llm(script))
        LoadDataFromDicts(data=rows, batch_size=100) >> grade
    (row,) = run(pipeline, script)
    assert row["reject"] is None
    assert len(row["provenance"]) == 1


def test_several_generations_of_a_stock_task_become_rows_with_a_call_each() -> None:
    script = Script(("one", "stop"), ("two", "stop"))
    with Pipeline("several") as pipeline:
        load = LoadDataFromDicts(data=[{"id": "a", "instruction": "i", "reject": None}], batch_size=100)
        load >> TextGeneration(name="write", llm=scripted_llm(script), num_generations=2)
    rows = run(pipeline, script)
    assert [row["generation"] for row in rows] == ["one", "two"]
    assert [len(row["provenance"]) for row in rows] == [1, 1]
    assert len({request.key for _, request in script.requests}) == 2


def test_a_task_with_an_llm_of_its_own_is_refused() -> None:
    from distilabel.models import OpenAILLM

    with Pipeline("own") as pipeline:
        load = LoadDataFromDicts(data=[{"id": "a", "instruction": "i"}], batch_size=100)
        load >> TextGeneration(name="write", llm=OpenAILLM(model="m", api_key="k"))
    with pytest.raises(BuildError, match=r"context\.llm"):
        run(pipeline, Script())
