"""A rehearsal asks what its stage would ask, counts what the store lacks, buys nothing and goes on with what it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from xlforge.cache import Cache
from xlforge.config.params import load
from xlforge.plan import rehearsal
from xlforge.plan.rehearsal import Counted, NotThere, Tally, rehearse
from xlforge.requests.request import Request
from xlforge.requests.response import Response

PASSAGES = {
    "a": "The village of Astan lies in the north. It has 300 inhabitants.",
    "b": "The lake called Belir is deep. Many birds live on its shore.",
    "c": "The game called Comin is played at night. It takes two hours.",
}
ANSWER = "It lies in the north of the country, and many people live there."
Words = Callable[[Request], str | None]


class Kept(Tally):
    """A tally that remembers the requests."""

    def __init__(self, store: Cache) -> None:
        super().__init__(store, set())
        self.requests: dict[str, Request] = {}

    def add(self, rows: Any, missing: set[str]) -> None:
        self.requests |= {request.key: request for _, requests in rows for request in requests}
        super().add(rows, missing)


class Stage:
    """One stage, rehearsed again and again on the same rows while its answers are bought by hand."""

    def __init__(self, name: str, folder: Path, store: Cache, params: dict[str, Any], **parents: pl.DataFrame) -> None:
        self._name, self._folder, self._store, self._number = name, folder, store, 0
        self._config = load()
        stage = name.partition("@")[0]
        self._config.blocks[stage] = self._config.block(stage).model_copy(update=params)
        self._config = replace(self._config, execution=self._config.execution.model_copy(update={"cache": "sqlite://"}))
        self._ahead: dict[str, Path | None] = {}
        for parent, rows in parents.items():
            self._ahead[parent] = folder / f"{parent}.parquet"
            rows.write_parquet(folder / f"{parent}.parquet")

    def rehearse(self) -> tuple[Counted, Kept]:
        self._number += 1
        tally = Kept(self._store)
        return rehearse(self._name, self._config, self._folder / str(self._number), self._ahead, tally), tally

    def buy(self, tally: Kept, words: Words) -> None:
        answers = [(request, said) for request in tally.requests.values() if (said := words(request)) is not None]
        self._store.put([(request, Response(said, "stop", 30, 15)) for request, said in answers]).result()

    def rows(self) -> pl.DataFrame:
        return pl.read_parquet(self._folder / str(self._number) / "out" / "rows.parquet")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Cache]:
    with Cache(f"sqlite:///{tmp_path / 'cache.sqlite'}") as opened:
        yield opened


@pytest.fixture
def responses(tmp_path: Path, store: Cache) -> Callable[..., Stage]:
    def make(**params: Any) -> Stage:
        rows = [{"id": name, "passage": text, "instruction": f"What is {name}?"} for name, text in PASSAGES.items()]
        return Stage("responses", tmp_path, store, params, instructions=pl.DataFrame(rows))

    return make


def calls(kinds: dict[Any, rehearsal.Asked]) -> int:
    return sum(asked.calls for asked in kinds.values())


def test_what_the_store_lacks_is_counted_with_the_length_of_its_prompts(responses: Callable[..., Stage]) -> None:
    counted, tally = responses(rounds=0).rehearse()
    assert (counted.rows_in, counted.rows_out, counted.waiting, counted.held) == (3, 0, 3, 0)
    ((model, most),) = counted.missing
    assert (model, most) == ("models/pocket/teacher", 200)
    asked = counted.missing[model, most]
    assert asked.calls == 3
    assert asked.characters == sum(len(text) for each in tally.requests.values() for _, text in each.messages)


def test_nothing_is_bought(responses: Callable[..., Stage], store: Cache) -> None:
    responses(rounds=1).rehearse()
    assert store.stats()["models"] == []


def test_rows_whose_answers_are_there_go_on_and_the_others_wait(responses: Callable[..., Stage]) -> None:
    stage = responses(rounds=0)
    _, tally = stage.rehearse()
    stage.buy(tally, lambda request: ANSWER if "Belir" not in request.messages[0][1] else None)
    counted, _ = stage.rehearse()
    assert (counted.held, calls(counted.missing), counted.rows_out, counted.waiting) == (2, 1, 2, 1)
    assert stage.rows()["id"].to_list() == ["a", "c"]
    assert stage.rows()["response"].to_list() == [ANSWER, ANSWER]


def test_an_answer_that_cannot_be_read_is_asked_for_again(responses: Callable[..., Stage]) -> None:
    stage = responses(rounds=0)
    _, tally = stage.rehearse()
    stage.buy(tally, lambda request: ANSWER if "Belir" not in request.messages[0][1] else "  ")
    counted, tally = stage.rehearse()
    assert (counted.held, calls(counted.missing)) == (3, 1)
    stage.buy(tally, lambda request: ANSWER)
    counted, _ = stage.rehearse()
    assert (counted.held, calls(counted.missing), counted.rows_out, counted.waiting) == (4, 0, 3, 0)


def test_what_hangs_on_a_missing_answer_is_counted_apart(responses: Callable[..., Stage]) -> None:
    stage = responses(rounds=1)
    _, tally = stage.rehearse()
    first = [
        request
        for request in tally.requests.values()
        if any(text in request.messages[0][1] for text in PASSAGES.values())
    ]
    assert len(first) == 3
    stage.buy(tally, lambda request: ANSWER + "x" if request in first[:1] else None)
    counted, _ = stage.rehearse()
    # One answer is there, and so its question can be asked; the answer after it, and both of the other rows, are yet to be seen.
    assert calls(counted.missing) == 2 + 1
    assert calls(counted.after) == 1 + 2 * 2
    assert (counted.rows_out, counted.waiting) == (0, 3)


def test_the_stage_sees_a_row_that_waits_as_it_came(tmp_path: Path, store: Cache) -> None:
    rows = [{"id": name, "passage": text, "instruction": "What?", "response": text} for name, text in PASSAGES.items()]
    stage = Stage("scores", tmp_path, store, {}, responses=pl.DataFrame(rows))
    _, tally = stage.rehearse()
    grade = '{"grade": 5, "reason": "It is so."}'
    graded = ", ".join(f'"{name}": {grade}' for name in ("precision", "informativeness", "naturalness", "objectivity"))
    stage.buy(tally, lambda request: f"{{{graded}}}" if "Belir" not in request.messages[0][1] else None)
    counted, _ = stage.rehearse()
    assert (counted.rows_out, counted.waiting, calls(counted.missing), calls(counted.after)) == (2, 1, 1, 0)
    assert stage.rows()["mean"].to_list() == [5.0, 5.0]


def test_a_row_has_as_many_candidates_as_it_will_have(tmp_path: Path, store: Cache) -> None:
    rows = pl.DataFrame([{"id": name, "response": text} for name, text in PASSAGES.items()])
    counted, _ = Stage("translations@de", tmp_path, store, {"candidates": 4}, scores=rows).rehearse()
    assert (counted.rows_in, counted.expected, calls(counted.missing)) == (3, 12, 12)


def test_what_two_rows_ask_alike_is_bought_once(tmp_path: Path, store: Cache) -> None:
    same = [{"id": name, "response": PASSAGES["a"]} for name in ("a", "b")]
    stage = Stage("translations@de", tmp_path, store, {"candidates": 1}, scores=pl.DataFrame(same))
    counted, tally = stage.rehearse()
    assert calls(counted.missing) == 1
    again = rehearse("translations@de", stage._everything, tmp_path / "again", stage._ahead, Tally(store, tally.seen))
    assert calls(again.missing) == 0


def test_rows_that_are_still_to_be_made_cannot_be_read(tmp_path: Path, store: Cache) -> None:
    stage = Stage("responses", tmp_path, store, {})
    stage._ahead["instructions"] = None
    with pytest.raises(NotThere, match="instructions"):
        stage.rehearse()


def test_every_stage_that_can_ask_is_one_of_those_that_are_priced() -> None:
    from xlforge.plan.costs import ASKING

    asking = {
        path.parts[1]
        for path in Path("pipelines").glob("*/v*/*.py")
        if "xlforge.steps.roles import llm" in path.read_text()
    }
    assert asking == set(ASKING)
