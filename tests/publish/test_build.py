"""The card takes its stages from dvc.yaml, and models and prompts from the provenance of the rows."""

from __future__ import annotations

import polars as pl

from xlforge.base.provenance import PROVENANCE
from xlforge.config.dag import stages as declared
from xlforge.publish.build import calls, stages


def rows(*entries: tuple[str, str, str]) -> pl.DataFrame:
    """Rows with a call each: stage, model, prompt."""
    call = {"version": "v1", "step": "Step", "key": None, "fault": None}
    provenance = [[{**call, "stage": stage, "model": model, "prompt": prompt}] for stage, model, prompt in entries]
    return pl.DataFrame({"provenance": provenance}, schema={"provenance": PROVENANCE})


def test_calls_are_listed_once_in_the_order_of_the_stages() -> None:
    one = rows(("scores", "judge@r2", "grade@ab"), ("instructions", "teacher@r1", "full@cd"))
    found = calls([one, one, rows(("mystery", "other", "TextGeneration"))])
    assert [(call.stage, call.model, call.revision, call.prompt) for call in found] == [
        ("instructions", "teacher", "r1", "full"),
        ("scores", "judge", "r2", "grade"),
        ("mystery", "other", "", "TextGeneration"),
    ]
    assert "{{" in (found[0].text or "")
    assert found[-1].text is None, "the prompt of a stock task is not a file"


def test_a_card_lists_the_stages_above_the_one_that_is_published() -> None:
    found = [stage.name for stage in stages("dataset")]
    assert found == [name for name in declared() if name in found]
    assert found[0] == "seeds" and found[-1] == "dataset" and "translations" in found and "student" not in found
    assert stages("student")[-1].reads == ["dataset"]
