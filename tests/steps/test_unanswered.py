"""A request without a response is no fault of its row: it is recorded, listed and sent again, until it is given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlforge.steps.unanswered import Unanswered, Unfinished, described, read


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlforge.steps.unanswered.state", lambda: tmp_path)


def build(*failed: str, give_up: int | None = None) -> dict[str, bool]:
    """One run of a stage in which requests fail: whether each row is given up."""
    stage = Unanswered("selection@de", give_up)
    given_up = {row: stage.add(f"key of {row}", row, "HTTP 500") for row in failed}
    stage.save()
    stage.check()
    return given_up


def test_a_stage_with_unanswered_requests_is_unfinished_and_names_count_reason_and_remedy() -> None:
    with pytest.raises(Unfinished, match=r"2 requests got no response \(2 × HTTP 500\), first for row a.*dvc repro"):
        build("a", "b")
    assert "a (HTTP 500, builds: 1)" in described("selection@de")


def test_builds_in_a_row_are_counted_and_a_run_without_failures_forgets_them() -> None:
    for number in (1, 2):
        with pytest.raises(Unfinished):
            build("a")
        assert [failure.builds for failure in read("selection@de").values()] == [number]
    build()
    assert read("selection@de") == {}
    assert described("selection@de") == ""


def test_only_a_row_that_failed_in_so_many_builds_is_given_up() -> None:
    with pytest.raises(Unfinished):
        build("a", give_up=2)
    with pytest.raises(Unfinished, match="1 requests"):
        build("a", "b", give_up=2)
    assert build("a", "b", give_up=2) == {"a": True, "b": True}
