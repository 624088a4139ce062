"""Offline, what is missing is named with its stage, its row and what the store holds instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from xlforge.steps.stored import CachedLLM

from xlforge.config.models import Model
from xlforge.models.engine import EngineError
from xlforge.requests.request import Request
from xlforge.requests.response import Response


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (None, "it holds 0 answers, none of this model"),
        (("another", "r1"), "it holds 1 answers, none of this model"),
        (("served", "r0"), "it holds answers of this model at revision r0, and params.yaml names r1"),
        (("served", "r1"), "it holds 1 of this model at revision r1, so the prompt.*sampling.*try is another"),
    ],
    ids=["an empty store", "another model", "another revision", "another request"],
)
def test_the_reason_is_what_the_store_holds_instead(
    llm: Callable[..., CachedLLM], held: tuple[str, str] | None, told: str
) -> None:
    model = llm(model=Model(engine="openai", model="served", revision="r1"), offline=True)
    assert model._store is not None
    if held:
        asked = Request("openai", *held, (("user", "something else"),))
        model._store.put([(asked, Response("yes", "stop", 1, 1))]).result()
    with pytest.raises(EngineError, match=rf"^questions: offline.*first for row seed-1: {told}.*xlforge cache import"):
        model.generate(["a", "b"], ids=["seed-1", "seed-2"])
