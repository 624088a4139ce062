"""Evaluation prompts are found in passages, and passages in prompts; common words are no overlap."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from pipelines.seeds.v1.overlap import Prompts, read_prompts
from pipelines.seeds.v1.schema import Overlap
from pipelines.seeds.v1.shingles import Words
from tests.seeds.conftest import PROSE
from xlforge.base.errors import BuildError

LONG = "Write a poem about a lighthouse keeper who has never seen the sea in daylight."
SHORT = "What are bees afraid of?"


def overlaps(passage: str, *prompts: str, **rule: float) -> str | None:
    found = Prompts(list(prompts), [f"p{n}" for n in range(len(prompts))], Overlap(**rule))
    return found.given_away(Words(pl.Series([PROSE[3], passage]))).get(1)


CASES = {
    "prompt inside a passage": (f"Somebody asked: {LONG.upper()} Nobody could.", True),
    "short prompt word for word": (f"{PROSE[5]} What are bees afraid of? Smoke.", True),
    "half a prompt": ("Write a poem about a lighthouse keeper who has never seen snow, said the teacher to us.", True),
    "a few words of it": ("The lighthouse keeper who has never seen the sea told us another story on the way.", False),
    "short prompt in other words": ("What, then, are the bees of this valley so much afraid of in autumn?", False),
    "nothing of it": (PROSE[0], False),
}


@pytest.mark.parametrize("case", CASES)
def test_overlap(case: str) -> None:
    passage, expected = CASES[case]
    assert bool(overlaps(passage, SHORT, LONG)) is expected


def test_a_passage_taken_from_a_long_prompt_counts() -> None:
    assert "prompt p1" in (overlaps(PROSE[0], SHORT, f"Summarise this. {' '.join(PROSE)}") or "")


def test_the_worst_prompt_is_named() -> None:
    found = overlaps(
        f"Well: {LONG}", LONG[: len(LONG) // 2] + " a very different ending that goes on and on for a while", LONG
    )
    assert found and found.startswith("1.00") and "prompt p1" in found


def test_the_file_for_those_who_have_no_prompts_gives_nothing_away() -> None:
    none = read_prompts(Path("data/prompts/none.jsonl"), Overlap())
    assert none.too_short == len(none.texts) == 1
    assert not none.given_away(Words(pl.Series(PROSE)))


def test_the_threshold_decides() -> None:
    half = CASES["half a prompt"][0]
    assert overlaps(half, LONG, threshold=0.2) and not overlaps(half, LONG, threshold=0.9)


def test_prompts_too_short_to_look_for_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_text(json.dumps([{"prompt": "Hello there"}, {"prompt": LONG}]))
    found = read_prompts(path, Overlap())
    assert found.too_short == 1 and not found.given_away(Words(pl.Series(["hello there " + PROSE[0]])))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.jsonl", '{"question": "x"}', "columns question.*under instruction or prompt"),
        ("p.jsonl", '{"prompt": "x"}\n{"prompt": 3}', "row 2 .*no text under 'prompt'"),
        ("p.jsonl", "{", "is not a valid .jsonl file"),
        ("p.json", '{"prompt": "x"}', "one object for each prompt"),
        ("p.jsonl", "", "no rows"),
        ("p.jsonl", None, "cannot be read.*set seeds.prompts to null"),
    ],
)
def test_prompts_that_cannot_be_read(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(BuildError, match=message):
        read_prompts(tmp_path / name, Overlap())
