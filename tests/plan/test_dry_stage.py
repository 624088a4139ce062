"""A dry run makes the requests of its stage, counts what the cache lacks, generates nothing and goes on with what is cached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from xlforge.cache.cache import Cache
from xlforge.config.params import load
from xlforge.plan.dry_stage import DryStage, NotBuilt, Outline, callers_of
from xlforge.plan.stale import Entry
from xlforge.requests.request import Request
from xlforge.requests.response import Response
from xlforge.steps.answerers import Caller, Reply
from xlforge.steps.dry import Dry

PASSAGES = {
    "a": "The village of Astan lies in the north. It has 300 inhabitants.",
    "b": "The lake called Belir is deep. Many birds live on its shore.",
    "c": "The game called Comin is played at night. It takes two hours.",
}
QUESTION = dict.fromkeys(("stage", "version", "step", "model", "served", "prompt", "key", "fault"), "") | {
    "stage": "instructions"
}
"""The call that wrote a row's question."""
ANSWER = "It lies in the north of the country, and many people live there."
Words = Callable[[Request], str | None]


class Recorder(Dry):
    """A Dry that remembers the requests."""

    def __init__(self, cache: Cache) -> None:
        super().__init__(cache, set())
        self.made: dict[str, Request] = {}

    def reply(self, caller: Caller, rows: Sequence[tuple[str, Sequence[Request]]]) -> list[list[Reply]]:
        self.made |= {request.key: request for _, requests in rows for request in requests}
        return super().reply(caller, rows)

    def total(self, which: str) -> int:
        """The sum of a count over all callers."""
        return sum(getattr(count, which) for count in self.counts.values())


class Trial:
    """One stage, run dry again and again on the same rows while a test puts its responses into the cache."""

    def __init__(self, name: str, folder: Path, cache: Cache, params: dict[str, Any], **parents: pl.DataFrame) -> None:
        self.name, self.cache, self.number, self._folder = name, cache, 0, folder
        config = load()
        stage = name.partition("@")[0]
        blocks = config.blocks | {stage: config.block(stage).model_copy(update=params)}
        self.config = replace(config, blocks=blocks)
        self.ahead: dict[str, Path | None] = {}
        for parent, rows in parents.items():
            self.ahead[parent] = folder / f"{parent}.parquet"
            rows.write_parquet(folder / f"{parent}.parquet")

    def run(self, dry: Dry | None = None) -> tuple[DryStage, Any]:
        """The stage after a dry run, and its Dry."""
        self.number += 1
        dry = dry or Recorder(self.cache)
        stage = DryStage(self.name, self.config, self._folder / str(self.number), dry, self.ahead)
        stage.work()
        return stage, dry

    def respond(self, dry: Recorder, words: Words) -> None:
        """Puts responses into the cache, where `words` gives a text."""
        texts = [(request, text) for request in dry.made.values() if (text := words(request)) is not None]
        self.cache.put([(request, Response(text, "stop", 30, 15)) for request, text in texts]).result()


def delivered(stage: DryStage) -> pl.DataFrame:
    return pl.read_parquet(stage.out / "rows.parquet")


def waits_for_belir(text: str | None) -> Words:
    """ANSWER to every request but those about Belir, which get `text`."""
    return lambda request: text if "Belir" in request.messages[0][1] else ANSWER


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(f"sqlite:///{tmp_path / 'cache.sqlite'}") as opened:
        yield opened


@pytest.fixture
def responses(tmp_path: Path, cache: Cache) -> Callable[..., Trial]:
    def trial(**params: Any) -> Trial:
        rows = [{"id": name, "passage": text, "instruction": f"What is {name}?"} for name, text in PASSAGES.items()]
        rows = [row | {"provenance": [QUESTION]} for row in rows]
        return Trial("responses", tmp_path, cache, params, instructions=pl.DataFrame(rows))

    return trial


def test_what_the_cache_lacks_is_counted_with_the_length_of_its_prompts(responses: Callable[..., Trial]) -> None:
    stage, dry = responses(rounds=0).run()
    assert (stage.record.rows_in, stage.record.rows_out, stage.expected, stage.waiting) == (3, 0, 3, 3)
    ((caller, count),) = dry.counts.items()
    assert (caller.role, caller.spec.model) == ("teacher", "models/pocket/teacher")
    assert (count.cached, count.missing, count.after) == (0, 3, 0)
    assert count.characters == sum(len(text) for each in dry.made.values() for _, text in each.messages)


def test_nothing_is_generated_and_nothing_is_delivered_into_data(responses: Callable[..., Trial], cache: Cache) -> None:
    stage, _ = responses(rounds=1).run()
    assert cache.stats()["models"] == []
    assert "data" not in stage.out.parts


def test_rows_with_a_response_go_on_and_the_others_wait(responses: Callable[..., Trial]) -> None:
    trial = responses(rounds=0)
    trial.respond(trial.run()[1], waits_for_belir(None))
    stage, dry = trial.run()
    assert (dry.total("cached"), dry.total("missing"), stage.record.rows_out, stage.waiting) == (2, 1, 2, 1)
    assert delivered(stage)["id"].to_list() == ["a", "c"]
    assert delivered(stage)["response"].to_list() == [ANSWER, ANSWER]
    assert pl.read_parquet(stage.out / "rejects.parquet").is_empty()


def test_a_response_that_cannot_be_parsed_is_sampled_again(responses: Callable[..., Trial]) -> None:
    trial = responses(rounds=0)
    trial.respond(trial.run()[1], waits_for_belir("  "))
    _, dry = trial.run()
    assert (dry.total("cached"), dry.total("missing")) == (3, 1)
    trial.respond(dry, lambda request: ANSWER)
    stage, dry = trial.run()
    assert (dry.total("cached"), dry.total("missing"), stage.record.rows_out, stage.waiting) == (4, 0, 3, 0)


def test_what_depends_on_a_missing_response_is_counted_apart(responses: Callable[..., Trial]) -> None:
    trial = responses(rounds=1)
    _, dry = trial.run()
    first = [
        request for request in dry.made.values() if any(text in request.messages[0][1] for text in PASSAGES.values())
    ]
    assert len(first) == 3
    trial.respond(dry, lambda request: ANSWER + "x" if request in first[:1] else None)
    stage, dry = trial.run()
    # One answer is cached, so the prompt for its question is known; what follows it, and both further steps of the other rows, is not.
    assert dry.total("missing") == 2 + 1
    assert dry.total("after") == 1 + 2 * 2
    assert (stage.record.rows_out, stage.waiting) == (0, 3)
    # Cached, missing and later requests of the rows that wait, which is all of them.
    assert stage.waiting_calls == 1 + 3 + 5


def test_the_stage_sees_a_row_that_waits_as_it_came(tmp_path: Path, cache: Cache) -> None:
    rows = [
        {"id": name, "passage": text, "instruction": "What?", "response": text, "provenance": []}
        for name, text in PASSAGES.items()
    ]
    trial = Trial("scores", tmp_path, cache, {}, responses=pl.DataFrame(rows))
    grade = '{"grade": 5, "reason": "It is so."}'
    graded = ", ".join(f'"{name}": {grade}' for name in ("precision", "informativeness", "naturalness", "objectivity"))
    trial.respond(trial.run()[1], lambda request: f"{{{graded}}}" if "Belir" not in request.messages[0][1] else None)
    stage, dry = trial.run()
    assert (stage.record.rows_out, stage.waiting, dry.total("missing"), dry.total("after")) == (2, 1, 1, 0)
    assert delivered(stage)["mean"].to_list() == [5.0, 5.0]


def test_a_row_has_as_many_candidates_as_it_will_have(tmp_path: Path, cache: Cache) -> None:
    rows = pl.DataFrame([{"id": name, "response": text} for name, text in PASSAGES.items()])
    stage, dry = Trial("translations@de", tmp_path, cache, {"candidates": 4}, scores=rows).run()
    assert (stage.record.rows_in, stage.expected, dry.total("missing")) == (3, 12, 12)
    assert stage.waiting_in == 3


def test_a_choice_among_candidates_waits_while_one_of_them_waits(tmp_path: Path, cache: Cache) -> None:
    german = "Das Dorf Astan liegt im Norden des Landes und hat 300 Einwohner."
    row = {"answer_id": "a", "language": "de", "translator": "pocket", "response": PASSAGES["a"], "logprob": -1.0}
    rows = [
        {"id": f"a/de/{at}", "candidate": at, "translation": german + " " * at, "provenance": []} | row
        for at in range(2)
    ]
    trial = Trial("selection@de", tmp_path, cache, {}, **{"translations@de": pl.DataFrame(rows)})
    _, dry = trial.run()
    first, *others = dry.made.values()
    assert others
    trial.respond(dry, lambda request: PASSAGES["a"] if request == first else None)
    stage, _ = trial.run()
    assert (stage.record.rows_out, stage.waiting) == (0, 1)
    trial.respond(dry, lambda request: PASSAGES["a"])
    stage, _ = trial.run()
    assert (stage.record.rows_out, stage.waiting) == (1, 0)


def test_a_request_that_two_rows_or_two_stages_share_is_counted_once(tmp_path: Path, cache: Cache) -> None:
    same = [{"id": name, "response": PASSAGES["a"]} for name in ("a", "b")]
    trial = Trial("translations@de", tmp_path, cache, {"candidates": 1}, scores=pl.DataFrame(same))
    _, dry = trial.run()
    assert dry.total("missing") == 1
    again = Dry(cache, dry.counted)
    trial.run(again)
    assert again.requests == 0
    assert not again.lacks


def test_rows_that_do_not_exist_yet_cannot_be_read(tmp_path: Path, cache: Cache) -> None:
    trial = Trial("responses", tmp_path, cache, {})
    trial.ahead["instructions"] = None
    with pytest.raises(NotBuilt, match="instructions"):
        trial.run()


@pytest.mark.parametrize(
    ("name", "params", "roles"),
    [
        ("responses", {"rounds": 2}, ["teacher"] * 5),
        ("translations@de", {}, ["translator"]),
        ("verdicts@base", {"judge": "embedded", "grades": False}, []),
        ("verdicts@base", {"judge": "llm", "grades": False}, ["judge"]),
        ("verdicts@base", {"judge": "llm", "grades": True}, ["judge", "judge"]),
        ("answers@base", {}, ["answers"]),
        ("dataset", {}, []),
    ],
    ids=str,
)
def test_a_stage_without_rows_shows_which_models_it_calls(
    tmp_path: Path, cache: Cache, name: str, params: dict[str, Any], roles: list[str]
) -> None:
    trial = Trial(name, tmp_path, cache, params)
    outline = Outline(name, trial.config, tmp_path / "outline", Dry(cache, set()))
    found = callers_of(Entry(name, [], parents=["scores"]), outline)
    assert [caller.role for caller in found] == roles


def test_the_models_of_a_stage_that_cannot_be_built_yet_are_those_that_it_tracks(tmp_path: Path, cache: Cache) -> None:
    """A student that is not trained has no revision; it is priced as its base."""
    config = load()
    config = replace(config, models=config.models | {"base": config.models["bestof3"]}, students=config.students)
    outline = Outline("answers@base", config, tmp_path / "outline", Dry(cache, set()))
    (caller,) = callers_of(Entry("answers@base", [], parents=["benchmark"]), outline)
    assert caller.spec.model == "models/pocket/student"
