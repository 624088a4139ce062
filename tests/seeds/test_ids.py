"""Ids and the sample survive edits, reordering and repetition."""

from __future__ import annotations

import pytest

from pipelines.seeds.v1.ids import Names, seed_id
from tests.seeds.conftest import PROSE, Run, seeds


def test_an_id_is_given_id_and_content_hash(run: Run) -> None:
    made = run([{"id": 7, "text": PROSE[0]}, {"text": PROSE[1]}, {"id": "", "text": PROSE[2]}])
    stable = [name.rsplit("-", 1) for name in made.rows["id"]]
    assert [part for part, _ in stable] == ["7", "own-0000002", "own-0000003"]
    assert all(len(digits) == 8 and int(digits, 16) >= 0 for _, digits in stable)


def test_an_edit_changes_the_hash_alone(run: Run) -> None:
    before, after = run(seeds(*PROSE)), run(seeds(PROSE[0] + " Now.", *PROSE[1:]))
    assert before.kept == after.kept
    assert len(set(before.rows["id"]) - set(after.rows["id"])) == 1


def test_repeated_ids_stay_unique(run: Run) -> None:
    made = run([{"id": "same", "text": PROSE[0]}, {"id": "same", "text": PROSE[0]}, {"id": "same", "text": PROSE[1]}])
    ids = [*made.rows["id"], *made.rejects["id"]]
    assert len(set(ids)) == 3 and made.counts["reasons"] == {"near_duplicate": 1}


@pytest.mark.parametrize(
    "given", ["../../etc/passwd", "<b>x</b>", "a b\n\x00c", "\ud800", "x" * 500, "https://e.org/?q=1"]
)
def test_hostile_ids_are_made_plain(run: Run, given: str) -> None:
    name = run([{"id": given, "text": PROSE[0]}]).rows["id"][0]
    assert len(name) < 100 and all(char.isalnum() or char in "._-" for char in name) and not name.startswith("/")


def test_a_name_that_is_taken_gets_the_next_number() -> None:
    names = Names()
    assert [names.unique(name) for name in ("a", "a", "a", "a.2")] == ["a", "a.2", "a.3", "a.2.2"]


def test_the_hash_is_of_the_content() -> None:
    assert seed_id("a", "p", b"\x01\x02\x03\x04\x05") == "a-01020304"


def test_sample_is_the_same_in_any_order_and_moves_with_the_salt(run: Run) -> None:
    rows = seeds(*PROSE)
    sampled = run(rows, sample=3).kept
    assert len(sampled) == 3
    assert run(rows[::-1], sample=3).kept == sampled
    assert any(run(rows, sample=3, salt=salt).kept != sampled for salt in "bcd")


def test_an_edited_passage_keeps_its_place_in_the_sample(run: Run) -> None:
    rows = seeds(*PROSE)
    sampled = run(rows, sample=3).kept
    edited = [{**row, "text": row["text"] + " So they say."} for row in rows]
    assert run(edited, sample=3).kept == sampled


def test_without_ids_the_sample_goes_by_content(run: Run) -> None:
    rows = [{"text": text} for text in PROSE]
    sampled = set(run(rows, sample=3).rows["passage"])
    assert set(run(rows[::-1], sample=3).rows["passage"]) == sampled


def test_a_smaller_sample_is_part_of_a_larger_one(run: Run) -> None:
    rows = seeds(*PROSE)
    assert run(rows, sample=2).kept < run(rows, sample=5).kept < run(rows, sample=None).kept


def test_equal_inputs_give_equal_bytes(run: Run) -> None:
    rows = [*seeds(*PROSE, "short", PROSE[0] + " Yes.", "shorter")]
    first, second, shuffled = run(rows), run(rows), run(rows[::-1])
    for name in ("rows.parquet", "rejects.parquet"):
        assert (first.out / name).read_bytes() == (second.out / name).read_bytes() == (shuffled.out / name).read_bytes()
