"""Requests for an answer in a language: many phrasings, three positions in equal parts, the same for the same row."""

from __future__ import annotations

from collections import Counter

import pytest

from xlforge.languages.phrasings import END, MIDDLE, START, with_request

QUESTION = "What is the lake known for? Say it briefly."


def position(prompt: str) -> str:
    return (
        "middle"
        if prompt.startswith("What") and prompt.endswith("briefly.")
        else "end"
        if prompt.startswith("What")
        else "start"
    )


def test_at_least_twenty_phrasings_over_three_positions() -> None:
    assert len({*START, *MIDDLE, *END}) >= 20
    assert all(phrase.count("{language}") == 1 for phrase in (*START, *MIDDLE, *END))


def test_positions_are_about_a_third_each_and_every_phrasing_is_used() -> None:
    prompts = [with_request(QUESTION, "German", f"row-{number}") for number in range(3000)]
    shares = Counter(map(position, prompts))
    assert all(0.3 < count / 3000 < 0.37 for count in shares.values())
    assert len(set(prompts)) == len({*START, *MIDDLE, *END})


def test_the_same_row_always_has_the_same_request() -> None:
    assert with_request(QUESTION, "Irish", "a") == with_request(QUESTION, "Irish", "a")


def test_the_instruction_survives_whole() -> None:
    for number in range(300):
        prompt = with_request(QUESTION, "Hungarian", str(number))
        assert prompt.count("Hungarian") == 1
        assert "What is the lake known for" in prompt
        assert "Say it briefly." in prompt


def test_an_instruction_without_a_stop_has_its_request_at_an_end() -> None:
    for number in range(100):
        prompt = with_request("Describe the lake", "German", str(number))
        assert prompt.startswith("Describe the lake. ") or prompt.endswith("Describe the lake")


@pytest.mark.parametrize(
    ("instruction", "before"),
    [
        ("I have leeks. What can I cook?", "What can I cook"),
        ("Write a poem about rain.", "Write a poem about rain"),
        ("Is it old? Or is it new?", "Is it old"),
        ("He is ill. Name remedies. Be brief.", None),
    ],
)
def test_the_middle_is_before_the_mark_of_a_question_or_of_the_only_sentence(
    instruction: str, before: str | None
) -> None:
    prompts = {with_request(instruction, "German", str(number)) for number in range(200)}
    middle = {one for one in prompts if instruction not in one}
    assert bool(middle) == (before is not None)
    assert all(any(before + phrase.format(language="German") in one for phrase in MIDDLE) for one in middle if before)
