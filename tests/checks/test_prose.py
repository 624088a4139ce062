"""English questions and answers: what was added is stripped or rejected, and both must stand by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from tests.texts import QUICK, TEXTS
from xlforge.checks.prose import read_answer, read_question
from xlforge.steps.parsing import ParseError

QUESTION = Path("pipelines/instructions/v1/prompts/full.jinja2")
ANSWER = Path("pipelines/responses/v1/prompts/answer.full.jinja2")
PASSAGE = (
    "The old mill by the river closed in 1962. Its wheel still turns when the water is high, and children like to watch it. "
    "Bring warm clothes if you visit the mill in winter."
)
GOOD = "When did the old mill by the river close, and what can visitors still see there?"
REPLY = "The old mill by the river closed in 1962. Visitors can still see its wheel turn when the water is high."


def question(reply: str, passage: str = PASSAGE) -> str:
    try:
        return read_question(reply, passage, QUESTION).text
    except ParseError as error:
        return error.reason


def answer(reply: str, asks: str = GOOD, text: str = PASSAGE) -> str:
    try:
        return read_answer(reply, asks, text, ANSWER).text
    except ParseError as error:
        return error.reason


@pytest.mark.parametrize(
    "reply",
    [
        f"Here is a suitable request:\n\n{GOOD}",
        f"Sure! Here's the question: {GOOD}",
        f"**Question:** {GOOD}",
        f"Request: {GOOD}",
        f'"{GOOD}"',
        f"<question>{GOOD}</question>",
        f'{{"question": "{GOOD}"}}',
        f"{GOOD}\n\nReply with the request alone.",
        f"{GOOD}\n\nLet me know if you need another question!",
        f"{GOOD}\n\nNote: I named the subject so that my question stands by itself.",
        f"{GOOD}<|eot_id|>",
        f"```\n{GOOD}\n```",
    ],
)
def test_a_wrapped_question_is_stripped(reply: str) -> None:
    found = read_question(reply, PASSAGE, QUESTION)
    assert found.text == GOOD
    assert found.stripped


@pytest.mark.parametrize(
    "request_text",
    [
        "Convince me that the old mill by the river is worth a visit.",
        "Please surprise us with three facts about old mills.",
        "Quiz me on the history of water mills.",
        "Fact-check this: water mills need no rain.",
        "Debunk the idea that mills only ground corn.",
        "Role-play a guide who shows children an old mill.",
        "Gently remind visitors that the wheel of a mill is dangerous.",
    ],
)
def test_a_request_in_the_imperative_is_a_question(request_text: str) -> None:
    assert question(request_text) == request_text


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("According to the passage, when did the mill close?", "refers_to_text"),
        ("When, as this article states, did the mill close?", "refers_to_text"),
        ("What happened to the mill described above?", "refers_to_text"),
        ("What does the author like about the mill?", "refers_to_text"),
        ("The mill has a wheel that children like.", "not_a_question"),
        ("Bring warm clothes if you visit the mill in winter.", "not_a_question"),
        ("Its wheel still turns when the water is high", "not_a_question"),
        ("Engineers compare old drawings of mills to learn how the wheels were built.", "not_a_question"),
        ("Believe me, the old mill by the river is worth a whole afternoon.", "not_a_question"),
        ("For us the wheel of the old mill turns all summer long.", "not_a_question"),
        ("The mill, which closed long ago, is where the children of the village play.", "not_a_question"),
        ("I'm ready to help. What is your request?", "refusal"),
        ("How may I assist you today?", "refusal"),
        ("Please provide the passage that you would like me to use.", "refusal"),
        ("When did it close?\nWhat is left of it?", "not_one_question"),
        ("I'm sorry, but I can't write a request for this.", "refusal"),
        ("Wann wurde die alte Mühle am Fluss geschlossen, und was ist von ihr noch übrig?", "not_english"),
        ("The request must stand by itself: name its subject, and never mention the author.", "added_text"),
        (f"{GOOD} <|im_end|> {GOOD}", "special_tokens"),
        (f"{GOOD[:10]}\u202e{GOOD[10:]}", "control_characters"),
    ],
)
def test_what_is_no_question_that_stands_by_itself_is_rejected(reply: str, reason: str) -> None:
    assert question(reply) == reason


@pytest.mark.parametrize(
    "reply",
    [
        GOOD,
        "Describe the old mill by the river.",
        "I would like to know more about the mill by the river.",
        "Please write a short story about an old mill",
        "Can you tell me when the mill closed",
        "What is the text of the Magna Carta about?",
        "Which article of the constitution protects free speech?",
        "Using simple words, explain how a water mill works.",
        "Briefly describe the old mill by the river.",
        "In which year did the old mill by the river close",
        "Please provide the text of a sign for the old mill.",
    ],
)
def test_questions_and_requests_stay_as_they_are(reply: str) -> None:
    assert question(reply) == reply


def test_a_question_about_a_text_that_the_passage_speaks_of_stays() -> None:
    passage = "The passage between the islands is narrow. Ships pass it by day."
    assert question("How wide is the passage?", passage) == "How wide is the passage?"


@pytest.mark.parametrize(
    "reply",
    [
        f"Here is the answer to your question:\n\n{REPLY}",
        f"Answer: {REPLY}",
        f"{GOOD}\n{REPLY}",
        f"Certainly! {REPLY}",
        f'The answer to the question "{GOOD}" is: {REPLY}',
        f'The answer to the question "{GOOD}" is:\n\nThe answer is:\n\n{REPLY}',
        f'The correct answer to your question is "{REPLY}"',
        f"The answer is: {REPLY}",
        f'The answer is "{REPLY}"',
        f"The answer to the question of when the mill closed is:\n{REPLY}",
        f"To answer the question, I will provide a response in English. {REPLY}",
        f"{REPLY}\n\nI hope this helps! Let me know if you have further questions.",
        f"{REPLY} I hope this helps!",
        f"<answer>\n{REPLY}\n</answer>",
        f"{REPLY}</s>",
        f"\x1b]0;title\x07{REPLY}\x1b[31m",
        f"{REPLY}\n\nReply with the answer alone, in English.",
    ],
)
def test_a_wrapped_answer_is_stripped(reply: str) -> None:
    found = read_answer(reply, GOOD, PASSAGE, ANSWER)
    assert found.text == REPLY
    assert found.stripped


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (GOOD, "not_an_answer"),
        ("Which mill closed at the end of the war?", "not_an_answer"),
        (f"Closed in 1962.\n\nReply:\n{REPLY}", "added_text"),
        (f"{REPLY}\n\nI will provide a response in English.", "added_text"),
        ("The question and the text are not about the text itself, but about the answer that is given.", "added_text"),
        (f'The answer to the question "{GOOD}" is a wheel.', "added_text"),
        (f"{REPLY}\n\nWhat is a sentence that uses the above response?", "refers_to_text"),
        (f"{REPLY}\n\nThe text is not from a novel.", "refers_to_text"),
        (f"{REPLY}\n\nThe answer is:\n\nIts wheel.", "added_text"),
        ('1962\n\nThe answer to the question "What still turns?" is:\nThe wheel.', "added_text"),
        (f"{REPLY}\n\n{REPLY}", "repeated"),
        (GOOD.upper().rstrip("?") + ".", "not_an_answer"),
        ("- keep to what the text says, and add no facts, figures or names of its own;", "added_text"),
        (f"{REPLY}\n\nOption 2: the mill closed in 1962.", "added_text"),
        (f"{REPLY}\nUser: And the wheel?\nAssistant: It turns.", "added_text"),
        ("I am unable to answer this question.", "refusal"),
        ("As an AI language model, I have no access to that.", "refusal"),
        ("The text does not mention when the mill closed.", "refers_to_text"),
        ("Based on the provided passage, the mill closed in 1962.", "refers_to_text"),
        ("The mill closed in 1962. " * 12, "repeated"),
        ("It turns and turns" + " and turns" * 40, "repeated"),
        (f"{REPLY}\x1b[31m\u202e", "control_characters"),
    ],
)
def test_what_is_no_answer_is_rejected(reply: str, reason: str) -> None:
    assert answer(reply) == reason


@pytest.mark.parametrize(
    "reply",
    [
        REPLY,
        "1962.",
        "The answer to the question of who built the mill is unknown.",
        "You need:\n- flour\n- water\n\nMix both, and bake the dough for an hour.",
        "**Year:** 1962\n\n**What is left:** the wheel",
        '"Closed" is the word on its door, and "for good" on its gate.',
        "A good letter names its reader in the first paragraph. Note: the date goes above the text.",
    ],
)
def test_plain_answers_stay_as_they_are(reply: str) -> None:
    assert answer(reply) == reply


@QUICK
@given(TEXTS, TEXTS)
def test_any_reply_is_read_or_rejected(reply: str, given_text: str) -> None:
    assert question(reply, given_text)
    assert answer(reply, given_text, given_text)
