"""Offline, a missing response is an error that names the stage, the row and what the cache holds instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.models.cached import Cached
from xlforge.cache import Cache
from xlforge.config.models import Model
from xlforge.models.engine import EngineError
from xlforge.requests.request import Request
from xlforge.requests.response import Response


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (None, "it holds 0 responses, none of this model"),
        (("another", "r1"), "it holds 1 responses, none of this model"),
        (("served", "r0"), "it holds responses of this model at revision r0, and params.yaml names r1"),
        (("served", "r1"), "it holds 1 of this model at revision r1, so the prompt.*sampling.*try differs"),
    ],
    ids=["an empty cache", "another model", "another revision", "another request"],
)
def test_the_reason_is_what_the_cache_holds_instead(
    llm: Callable[..., Cached], tmp_path: Path, held: tuple[str, str] | None, message: str
) -> None:
    model = llm(model=Model(engine="openai", model="served", revision="r1"), offline=True)
    if held:
        request = Request("openai", *held, (("user", "something else"),))
        with Cache(f"sqlite:///{tmp_path}/cache.sqlite") as cache:
            cache.put([(request, Response("yes", "stop", 1, 1))]).result()
    with pytest.raises(EngineError, match=rf"^offline.*first for row seed-1: {message}.*xlforge cache import"):
        model.replies(["a", "b"], ids=["seed-1", "seed-2"])


def test_the_first_row_that_is_missing_is_named(llm: Callable[..., Cached]) -> None:
    llm().responses(["a"])
    with pytest.raises(EngineError, match=r"^offline.*lacks 2 of the responses.*row seed-2.*XLFORGE_OFFLINE"):
        llm(offline=True).replies(["a", "b", "c"], ids=["seed-1", "seed-2", "seed-3"])
