"""The pairs that the judge learns from: the better answer is better by the build's own comparison with the truth."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import pytest
from transformers import AutoTokenizer

from pocket import grammar, verdicts
from pocket.names import pool
from pocket.train import MODELS, encode
from xlforge.evaluation.judging.by_truth import better

_PARTS = re.compile(r"<(question|text|answer_a|answer_b|answer)>\n(.*?)\n</\1>", re.DOTALL)


def slots(example: Any, aspect: str) -> list[dict[str, Any]]:
    said = {lang: grammar.said(example.subject, aspect, lang) for lang in grammar.LANGS}
    return [
        {"phrases": [{"language": lang, "phrase": said[lang][slot]} for lang in grammar.LANGS]} for slot in said["en"]
    ]


@pytest.mark.parametrize("lang", grammar.LANGS)
def test_the_letter_is_the_one_that_the_truth_prefers(lang: str) -> None:
    rng, letters = Random(f"verdicts {lang}"), []
    for _ in range(150):
        example = verdicts.verdict(rng, "train", lang, decided=True)
        shown = dict(_PARTS.findall(example.prompt))
        prompt = {"language": lang, "truth": shown["text"], "slots": slots(example, example.plan.aspect)}
        preferred, by = better(shown["answer_a"], shown["answer_b"], prompt, 0.5)
        # The detector finds no language in an answer of few words, so it may take an English answer for one in the language.
        assert preferred == float(example.answer == "A") or (by == "facts" and example.against), example.prompt
        letters.append(example.answer)
        assert pool(example.subject.name) == "train"
    assert 50 < letters.count("A") < 100


def test_swapped_answers_are_the_same_pair() -> None:
    example = verdicts.verdict(Random(3), "train")
    shown, other = (dict(_PARTS.findall(prompt)) for prompt in (example.prompt, verdicts.swapped(example.prompt)))
    assert (other["answer_a"], other["answer_b"]) == (shown["answer_b"], shown["answer_a"])
    assert verdicts.swapped(verdicts.swapped(example.prompt)) == example.prompt


def test_a_token_is_in_favour_of_a_where_it_is_right_in_a_or_wrong_in_b() -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(MODELS / "teacher")
    rng = Random(4)
    pairs = [verdicts.verdict(rng, "train", "de", decided=True) for _ in range(60)]
    leads = []
    for example, (ids, _, agree, favours) in zip(pairs, encode(tokenizer, pairs, True, True), strict=True):
        marks = [mark for mark in favours if mark >= 0]
        assert len(marks) == sum(mark >= 0 for mark in agree) > 0 and len(ids) == len(favours)
        leads.append((sum(marks) / len(marks) > 0.5) == (example.answer == "A"))
    assert sum(leads) / len(leads) > 0.85, "the mean of the tokens shows the better answer"


def test_an_answer_in_another_language_is_graded_for_it() -> None:
    rng, switched = Random(5), 0
    for _ in range(200):
        example = verdicts.graded(rng, "train", "hu")
        given = json.loads(example.answer)
        if given["naturalness"]["grade"] == 1:
            switched += 1
            assert given["naturalness"]["reason"] == "It is not in Hungarian."
            wanted = grammar.sentences(example.subject, example.plan, "hu")
            assert not any(sentence in dict(_PARTS.findall(example.prompt))["answer"] for sentence in wanted)
    assert 10 < switched < 50
