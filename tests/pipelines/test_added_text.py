"""The pipelines that read text: what a model added is stripped, counted, sampled again or rejected, with the requests of v1."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.instructions.v1 import pipeline as instructions_v1
from pipelines.instructions.v2 import pipeline as instructions
from pipelines.responses.v2 import pipeline as responses
from pipelines.translations.v1 import pipeline as translations_v1
from pipelines.translations.v2 import pipeline as translations
from tests.steps.scripted import Script, scripted_llm
from xlforge.base.rows import Row, stripped_counts
from xlforge.steps.llm_step import LLMStep

PASSAGE = "The old mill by the river closed in 1962. Its wheel still turns when the water is high."
QUESTION = "When did the old mill by the river close?"
ANSWER = "The old mill by the river closed in 1962."
GERMAN = "Die alte Mühle am Fluss wurde 1962 geschlossen."


def step(kind: type[LLMStep], prompt: Any, adds: list[str], *texts: str, **more: Any) -> tuple[LLMStep, Script]:
    script = Script(*((text, "stop") for text in texts))
    return kind(prompt=prompt, adds=adds, tries=2, llm=scripted_llm(script), name="step", **more), script


def write_question(*texts: str, of: Any = instructions) -> tuple[Row, Script]:
    made, script = step(of.WriteQuestion, instructions_v1.PROMPTS / "full.jinja2", ["instruction", "stripped"], *texts)
    (row,) = made.call_all([{"id": "1", "passage": PASSAGE, "reject": None}])
    return row, script


def test_a_wrapped_question_is_stripped_and_counted() -> None:
    row, script = write_question(f"Here is the request:\n{QUESTION}")
    assert (row["instruction"], row["stripped"]) == (QUESTION, ["lead_in"])
    assert script.attempts == [0]
    assert stripped_counts([row, row]) == {"stripped": {"lead_in": 2}}


def test_a_question_about_the_passage_is_sampled_again_and_then_rejected() -> None:
    row, script = write_question("What does the passage say of the mill?", QUESTION)
    assert (row["instruction"], script.attempts) == (QUESTION, [0, 1])
    row, _ = write_question(*["What does the passage say of the mill?"] * 2)
    assert row["reject"]["reason"] == "refers_to_text"
    assert stripped_counts([row]) == {}


def test_v2_makes_the_requests_of_v1() -> None:
    (_, new), (_, old) = write_question(QUESTION), write_question(QUESTION, of=instructions_v1)
    assert [request.key for _, request in new.requests] == [request.key for _, request in old.requests]


def test_an_answer_keeps_what_was_stripped_of_earlier_rounds() -> None:
    prompt = responses.PROMPTS / "answer.full.jinja2"
    made, _ = step(
        responses.WriteAnswer, prompt, ["response", "stripped"], f"Answer: {ANSWER}", columns={"text": "passage"}
    )
    given = {"id": "1", "passage": PASSAGE, "instruction": QUESTION, "stripped": ["quotes"], "reject": None}
    (row,) = made.call_all([given])
    assert (row["response"], row["stripped"]) == (ANSWER, ["quotes", "lead_in"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"**German:** {GERMAN}", (GERMAN, ["label"])),
        (f"{GERMAN}<|im_end|>", (GERMAN, ["special_tokens"])),
        (GERMAN, (GERMAN, [])),
    ],
)
def test_a_candidate_is_stripped(text: str, found: tuple[str, list[str]]) -> None:
    row, _ = translate(text)
    assert (row["translation"], row["stripped"]) == found


def test_a_candidate_with_a_second_version_is_sampled_again() -> None:
    row, script = translate(f"{GERMAN}\n\nOder: {GERMAN}", GERMAN)
    assert (row["translation"], row["stripped"], script.attempts) == (GERMAN, [], [0, 1])
    assert row["provenance"][0]["fault"].startswith("added_text: ")


def translate(*texts: str) -> tuple[Row, Script]:
    prompt = translations_v1.PROMPTS / "full.jinja2"
    adds = ["translation", "stripped", "logprob"]
    made, script = step(
        translations.Translate,
        prompt,
        adds,
        *texts,
        columns={"language": "language_name"},
        candidate="candidate",
        translator="x",
        turns=1,
    )
    given = {
        "id": "1/de/0",
        "response": ANSWER,
        "language": "de",
        "language_name": "German",
        "candidate": 0,
        "translator": "x",
    }
    (row,) = made.call_all([{**given, "reject": None}])
    return row, script
