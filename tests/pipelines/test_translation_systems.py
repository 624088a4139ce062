"""Translations and selection with a translation system in both directions: it gets the bare text, and its direction is in the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from pipelines.selection.v2 import pipeline as selection
from pipelines.translations.v2 import pipeline as translations
from tests.models import tiny_seq2seq
from xlforge.base.rows import Row
from xlforge.cache.cache import Cache
from xlforge.config.execution import Execution
from xlforge.config.params import Config, parse, read
from xlforge.models.revision import folder_digest
from xlforge.requests.request import Request
from xlforge.steps.answerers import Live
from xlforge.steps.context import Context
from xlforge.steps.runner import run

ANSWERS = [
    "Boats carry apples down to the sea.\nAsk the miller!",
    "The old mill closed in 1962. Its wheel still turns.",
]
GERMAN = [
    "Boote tragen Äpfel hinunter zum Meer.\nFragt den Müller!",
    "Die alte Mühle schloss 1962. Ihr Rad dreht sich noch.",
]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    torch.set_num_threads(1)
    folder = tiny_seq2seq.nllb(tmp_path_factory.mktemp("systems") / "nllb")
    codes = {"en": "eng_Latn", "de": "deu_Latn", "hu": "hun_Latn"}
    system = {
        "engine": "seq2seq",
        "model": str(folder),
        "revision": folder_digest(folder),
        "codes": codes,
        "num_beams": 4,
    }
    raw = read()
    raw |= {"translators": {"one": system, "other": system | {"num_beams": 2}}, "estimator": system}
    raw["translations"] |= {"version": "v2", "candidates": 4, "models": ["one", "other"], "logprobs": True}
    raw["translations"] |= {"sampling": {"temperature": 0.0, "max_tokens": 40}}
    raw["selection"] |= {"version": "v2", "min_quality": 0.0}
    return parse(raw)


def made(module: Any, stage: str, config: Config, rows: list[Row], cache: str) -> tuple[list[Row], list[Request]]:
    """The rows of a stage's pipeline, and every request behind them."""
    execution = Execution(cache=cache)
    context = Context(stage, "de", config.block(stage), config, execution)
    answerer = Live(execution)
    try:
        out = run(module.pipeline(context, [{**row, "reject": None} for row in rows]), answerer)
        answerer.check()
    finally:
        answerer.close()
    keys = [call["key"] for row in out for call in row["provenance"]]
    with Cache(cache) as opened:
        return out, [Request.parse(opened.request(key) or b"") for key in keys]


def test_translators_get_the_bare_text_and_the_direction(config: Config, tmp_path: Path) -> None:
    answers = [{"id": f"a{number}", "response": text, "provenance": []} for number, text in enumerate(ANSWERS)]
    out, requests = made(translations, "translations", config, answers, f"sqlite:///{tmp_path}/c.sqlite")
    assert len(out) == 8
    assert {request.messages for request in requests} == {(("user", text),) for text in ANSWERS}
    first = [request.options for request in requests if request.attempt == 0]
    assert {(each["source_language"], each["target_language"]) for each in first} == {("eng_Latn", "deu_Latn")}
    assert {each["num_beams"] for each in first} == {2, 4}
    assert {request.candidate for request in requests} == {0, 1}, "each system's own candidates are counted"
    assert all(row["reject"] or row["logprob"] <= 0 for row in out)


def test_the_estimator_translates_back_into_english(config: Config, tmp_path: Path) -> None:
    rows = [
        {"id": f"a{number}/de/0", "answer_id": f"a{number}", "language": "de", "candidate": 0, "response": source}
        | {"translation": text, "logprob": None, "provenance": []}
        for number, (source, text) in enumerate(zip(ANSWERS, GERMAN, strict=True))
    ]
    out, requests = made(selection, "selection", config, rows, f"sqlite:///{tmp_path}/c.sqlite")
    assert [row["problems"] for row in out] == [[], []]
    assert [request.messages for request in requests if not request.attempt] == [(("user", text),) for text in GERMAN]
    assert {(each.options["source_language"], each.options["target_language"]) for each in requests} == {
        ("deu_Latn", "eng_Latn")
    }
    assert all(row["reject"] or 0 <= row["round_trip"] <= 1 for row in out)
