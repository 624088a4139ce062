"""The card takes its stages from dvc.yaml, and models and prompts from the provenance of the rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from xlforge.base.provenance import PROVENANCE
from xlforge.config.dag import stages as declared
from xlforge.publish.build import Call, calls, stages
from xlforge.steps.prompts import fingerprint


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


def test_a_model_without_a_revision_is_a_model() -> None:
    found = calls(
        [
            rows(
                ("scores", "gpt-x", "grade@ab"),
                ("scores", "org/m@2024@r1", "grade@ab"),
                ("instructions", "cloud@2024", "full@cd"),
            )
        ],
        unpinned=["cloud@2024"],
    )
    assert [(call.model, call.revision) for call in found] == [("cloud@2024", ""), ("gpt-x", ""), ("org/m@2024", "r1")]


def test_a_text_without_a_model_needs_no_licence() -> None:
    assert calls([rows(("responses", "", "file"), ("responses", "@", "file"))]) == []


def test_a_prompt_of_an_earlier_version_is_found_by_its_fingerprint() -> None:
    path = Path("pipelines/scores/v1/prompts/brief.jinja2")
    call = Call(0, "scores", "v99", "brief", fingerprint(path), "judge", "r1")
    assert call.text == path.read_text()
    assert replace(call, fingerprint="another").text is None
