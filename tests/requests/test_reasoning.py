"""Reasoning is no part of an answer, however a model or its chat template marks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlforge.requests.reasoning import without_reasoning
from xlforge.requests.request import Request
from xlforge.requests.response import Response, readable

ANSWER = "Die Mühle steht am Fluss. <b>Sie</b> ist alt [1]."
WHOLE = {
    "an empty block": "<think>\n\n</think>\n\n{}",
    "on one line": "<think>The user wants German.</think> {}",
    "thinking": "<thinking>\nLet me see.\n</thinking>\n{}",
    "upper case": "<THINK>Hm.</THINK>{}",
    "attributes": '<reasoning effort="high">Hm.</reasoning>{}',
    "a namespace": "<seed:think>Hm.</seed:think>{}",
    "opened by the template": "The user wants German.\n</think>\n\n{}",
    "nested": "<think>a <think>b</think> c</think>{}",
    "two blocks": "<think>a</think>\n<think>b</think>\n{}",
    "brackets": "[THINK]Hm.[/THINK]{}",
    "triangles": "◁think▷Hm.◁/think▷{}",
    "start and end": "<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>{}<|END_RESPONSE|>",
    "begin of thought": "<|begin_of_thought|>Hm.<|end_of_thought|>\n<|begin_of_solution|>{}<|end_of_solution|>",
    "harmony": "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
    "harmony without its marks": "analysisWe need German.assistantfinal{}",
    "in words": "Here is my thought process: it is easy.\nHere is my response: {}",
    "after the answer": "{}\n<reflection>That was good.</reflection>",
    "self-closed": "<think/>{}",
}


@pytest.mark.parametrize("form", WHOLE.values(), ids=WHOLE.keys())
def test_the_answer_is_what_is_left(form: str) -> None:
    found = without_reasoning(form.format(ANSWER))
    assert (found.text, found.reasoned, found.unfinished) == (ANSWER, True, False)


@pytest.mark.parametrize(
    "text", ["<think>The user", "[THINK]\n", "◁think▷ Hm", "<|START_THINKING|>Hm", f"{ANSWER} <think>but"]
)
def test_a_block_without_end_is_unfinished(text: str) -> None:
    assert without_reasoning(text).unfinished


@pytest.mark.parametrize("text", [ANSWER, "analysis of the mill", "a < b > c", "I think [so].", "", " x "])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert without_reasoning(text).text == text


def test_marks_that_the_prompt_has_are_what_the_text_is_about() -> None:
    prompt = "Translate: The tag <think>x</think> marks reasoning."
    text = "Die Marke <think>x</think> kennzeichnet Überlegungen."
    assert without_reasoning(text, prompt).text == text


@given(st.text(alphabet=st.sampled_from("<>/[]|◁▷ thinkTHINKanalysisfinal\n_"), max_size=80), st.text(max_size=20))
def test_any_text_gives_a_result(text: str, prompt: str) -> None:
    assert len(without_reasoning(text, prompt).text) <= len(text)


@pytest.mark.parametrize(
    ("text", "finish", "expected"),
    [
        ("<think>x</think>Ja.", "stop", ("Ja.", "stop", None)),
        ("<think>x", "length", ("", "length", None)),
        ("<think>x", "stop", ("", "reasoning", None)),
        ("<think>x</think>", "stop", ("", "reasoning", None)),
        ("Ja.", "stop", ("Ja.", "stop", -1.0)),
    ],
)
def test_a_response_says_how_its_answer_ended(text: str, finish: str, expected: tuple[str, str, float | None]) -> None:
    request = Request("openai", "any", None, (("user", "Translate."),))
    read = readable(request, Response(text, finish, 1, 9, -1.0))
    assert (read.text, read.finish_reason, read.logprob) == expected
