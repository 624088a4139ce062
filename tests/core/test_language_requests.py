"""Requests for the language: many phrasings, three positions in equal parts, the same for the same row."""

from __future__ import annotations

from collections import Counter

import pytest

from xlforge.languages.requests import END, MIDDLE, START, ask_in

QUESTION = "What is the lake known for? Say it briefly."


def position(asked: str) -> str:
    return (
        "middle"
        if asked.startswith("What") and asked.endswith("briefly.")
        else "end"
        if asked.startswith("What")
        else "start"
    )


def test_at_least_twenty_phrasings_over_three_positions() -> None:
    assert len({*START, *MIDDLE, *END}) >= 20
    assert all(phrase.count("{language}") == 1 for phrase in (*START, *MIDDLE, *END))


def test_positions_are_about_a_third_each_and_every_phrasing_is_used() -> None:
    asked = [ask_in(QUESTION, "German", f"row-{number}") for number in range(3000)]
    shares = Counter(position(one) for one in asked)
    assert all(0.3 < count / 3000 < 0.37 for count in shares.values())
    assert len(set(asked)) == len({*START, *MIDDLE, *END})


def test_the_same_row_always_asks_in_the_same_words() -> None:
    assert ask_in(QUESTION, "Irish", "a") == ask_in(QUESTION, "Irish", "a")


def test_the_instruction_survives_whole() -> None:
    for number in range(300):
        asked = ask_in(QUESTION, "Hungarian", str(number))
        assert asked.count("Hungarian") == 1
        assert "What is the lake known for" in asked
        assert "Say it briefly." in asked


def test_an_instruction_without_a_stop_gets_its_request_at_an_end() -> None:
    for number in range(100):
        asked = ask_in("Describe the lake", "German", str(number))
        assert asked.startswith("Describe the lake. ") or asked.endswith("Describe the lake")


@pytest.mark.parametrize(
    ("instruction", "before"),
    [
        ("I have leeks. What can I cook?", "What can I cook"),
        ("Write a poem about rain.", "Write a poem about rain"),
        ("Is it old? Or is it new?", "Is it old"),
        ("He is ill. Name remedies. Be brief.", None),
    ],
)
def test_the_middle_is_where_something_is_asked(instruction: str, before: str | None) -> None:
    asked = {ask_in(instruction, "German", str(number)) for number in range(200)}
    middle = {one for one in asked if instruction not in one}
    assert bool(middle) == (before is not None)
    assert all(any(before + phrase.format(language="German") in one for phrase in MIDDLE) for one in middle if before)
