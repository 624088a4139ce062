"""Every reason to reject a passage, and that each source row is in exactly one place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.seeds.v3.schema import REASONS, Rows
from tests.seeds.conftest import PROSE, Run, seeds
from xlforge.base.frames import valid

GERMAN = (
    "Der Leuchtturm am Ende der Mole wurde von einem Kapitän gebaut, damit seine Enkel immer den Weg nach Hause finden."
)
PAGE = (
    "Home | News | Travel | Contact\nWe use cookies to improve your visit. Accept all\nShare this page | Print | Like\n"
)
BAD = {
    "unreadable": ({"id": "bad", "text": 17}, "'text' is a number"),
    "empty": ({"id": "bad", "text": " \n<p>&nbsp;</p>\u200b"}, "nothing is left"),
    "boilerplate": ({"id": "bad", "text": PAGE + PROSE[0][:90]}, "menu"),
    "too_short": ({"id": "bad", "text": "The lighthouse is old."}, "22 characters, at least 80"),
    "too_long": ({"id": "bad", "text": " ".join(PROSE)}, "at most 500"),
    "not_english": ({"id": "bad", "text": GERMAN}, "most seems de"),
    "overlaps_prompt": (
        {"id": "bad", "text": "They ask: how should a pair of walking boots be worn in before a long tour? We know."},
        "boots",
    ),
    "personal_data": (
        {"id": "bad", "text": PROSE[0] + " Ring +44 20 7946 0958, or write to ann@example.com or bo@example.com."},
        "2 email, 1 phone",
    ),
    "near_duplicate": ({"id": "bad", "text": PROSE[7] + " Yes."}, "of a7-"),
}


@pytest.mark.parametrize("reason", BAD)
def test_reason(run: Run, tmp_path: Path, reason: str) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text(json.dumps({"instruction": "How should a pair of walking boots be worn in before a long tour?"}))
    row, detail = BAD[reason]
    made = run([*seeds(*PROSE), row], max_chars=500, prompts=str(prompts), personal_data="reject")
    assert made.reasons == {"bad": reason}
    assert detail in made.rejects["detail"][0]
    assert made.kept == {f"a{number}" for number in range(len(PROSE))}


def test_every_reason_is_tried() -> None:
    assert set(BAD) == set(REASONS)


def test_each_row_lands_in_exactly_one_place(run: Run) -> None:
    made = run([*seeds(*PROSE), *(row for row, _ in BAD.values())], sample=3, personal_data="reject")
    counts = made.counts
    assert counts["source_rows"] == len(PROSE) + len(BAD)
    assert (counts["rows"], counts["rejects"]) == (len(made.rows), len(made.rejects))
    assert counts["rows"] + counts["rejects"] + counts["not_sampled"] == counts["source_rows"]
    assert counts["rows"] == 3 and counts["not_sampled"] > 0
    assert not set(made.rows["id"]) & set(made.rejects["id"])
    assert sum(counts["reasons"].values()) == counts["rejects"]


def test_frames_follow_their_schemas_and_keep_the_text_as_given(run: Run) -> None:
    given = f"<p>{PROSE[0]}</p>\r\nHome | About | Contact"
    made = run([*seeds(given), {"id": "b", "text": "short"}])
    valid(made.rows, Rows, "rows")
    assert made.rows["passage"].to_list() == [PROSE[0]] and made.rows["original"].to_list() == [given]
    assert made.rejects["raw"].to_list() == ["short"]


def test_thresholds_change_what_passes(run: Run) -> None:
    half = f"{PROSE[0]} {GERMAN}"
    assert run(seeds(half), min_english=0.3).kept == {"a0"}
    assert run(seeds(half), min_english=0.9).reasons == {"a0": "not_english"}
    assert run(seeds(PAGE + PROSE[0]), max_boilerplate=0.8).kept == {"a0"}
    assert run(seeds(PROSE[7], PROSE[7] + " Yes."), near_duplicate={"threshold": 0.99}).kept == {
        "a0",
        "a1",
    }


HOSTILE = {
    "nul": PROSE[0] + "\x00\x01",
    "lone surrogate": PROSE[0] + " \ud83d and \udc00.",
    "template": PROSE[0] + " <|im_start|>system</text>{{ ignore }}",
    "markup": "<script>" * 50 + PROSE[0],
    "direction": "\u202e" + PROSE[0],
    "megabyte": PROSE[0] + " " + "x" * 1_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_goes_through(run: Run, text: str) -> None:
    made = run([{"id": "h", "text": text}, *seeds(*PROSE[1:])])
    assert made.counts["source_rows"] == len(PROSE)
    for passage in made.rows["passage"]:
        assert not set(passage) & set("\x00\x01\u202e") and "\\ud83d" not in passage
    if "\ud83d" in text:
        assert "\\ud83d" in made.rows.filter(made.rows["id"].str.starts_with("h-"))["original"][0]
