"""Given questions and answers: no call is made for them, they are checked and kept, and what is not given is generated."""

import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.seeds.v3.build import build
from pipelines.seeds.v3.schema import Params
from tests.seeds.conftest import PROSE
from xlforge.base.frames import partition, split, valid
from xlforge.cache.cache import Cache
from xlforge.config.params import Config, load
from xlforge.plan.dry_stage import DryStage
from xlforge.requests.request import Request
from xlforge.requests.response import Response
from xlforge.stage.stage import Stage
from xlforge.steps.answerers import Caller, Reply
from xlforge.steps.dry import Dry

SOURCE = {"instruction": "question", "response": "answer", "text": "text", "id": "id"}
QUESTION = "How do the storks of the village spend their spring?"
WRITTEN = "Which things of the village should a visitor know?"
ANSWER = "Every visitor should know the pier, the old brewery and the ferry across the river."
POEM = "Write a poem about rain."


class Answers:
    """An answerer that writes the same question and answer to every request, and keeps what was requested."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def open(self, caller: Caller) -> None:
        """Nothing is to be opened."""

    def reply(self, caller: Caller, rows: Sequence[tuple[str, Sequence[Request]]]) -> list[list[Reply]]:
        return [[self._one(request) for request in requests] for _, requests in rows]

    def _one(self, request: Request) -> Reply:
        self.prompts.append(prompt := request.messages[0][1])
        text = WRITTEN if prompt.startswith("Write the question") else ANSWER
        return Reply(request.key, Response(text, "stop", 1, 1))

    def release(self, caller: Caller) -> None:
        """Nothing is to be released."""

    def check(self) -> None:
        """Every request has a response."""

    def close(self) -> None:
        """Nothing is to be closed."""


@dataclass
class Delivered:
    """What a stage delivered, and the prompts that it sent."""

    rows: pl.DataFrame
    rejects: pl.DataFrame
    metrics: dict[str, Any]
    prompts: list[str]

    def column(self, name: str) -> dict[str, Any]:
        """Given id of a row → its value."""
        return {row_id.rsplit("-", 1)[0]: value for row_id, value in self.rows.select("id", name).iter_rows()}

    @property
    def reasons(self) -> dict[str, str]:
        return {row_id.rsplit("-", 1)[0]: reason for row_id, reason in self.rejects.select("id", "reason").iter_rows()}


class Recorder(Stage):
    """A stage on the rows that a test gives it; it writes nothing to data/."""

    def __init__(self, name: str, config: Config, before: pl.DataFrame, folder: Path) -> None:
        super().__init__(name, None, config, folder)
        self._before, self._answers = before, Answers()
        self._answerer = self._answers

    def rows(self, stage: str, item: str | None = None) -> pl.DataFrame:
        return self._before

    def deliver(self, made: Any, expected: Any, metrics: Any = None) -> None:
        rows, rejects = split(made, self.schema.Rows, self.stage)
        partition(expected, rows, rejects)
        self.delivered = Delivered(valid(rows, self.schema.Rows, "rows"), rejects, metrics, self._answers.prompts)


@dataclass
class Chain:
    """The three stages, one after another."""

    folder: Path
    config: Config

    def seeds(self, *rows: dict[str, Any]) -> pl.DataFrame:
        path = self.folder / "own.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in rows))
        block = {"version": "v3", "source": SOURCE | {"path": str(path)}, "max_reject_rate": 1}
        build(Params.model_validate(block), self.folder / "seeds")
        return pl.read_parquet(self.folder / "seeds" / "rows.parquet")

    def run(self, stage: str, before: pl.DataFrame, **params: Any) -> Delivered:
        blocks = self.config.blocks | {stage: self.config.block(stage).model_copy(update=params)}
        recorder = Recorder(stage, replace(self.config, blocks=blocks), before, self.folder)
        importlib.import_module(f"stages.{stage}").work(recorder)
        return recorder.delivered

    def both(self, *rows: dict[str, Any], **params: Any) -> tuple[Delivered, Delivered]:
        instructions = self.run("instructions", self.seeds(*rows))
        return instructions, self.run("responses", instructions.rows, **params)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    config = load()
    unrefined = config.block("responses").model_copy(update={"rounds": 0})
    return Chain(tmp_path, replace(config, blocks=config.blocks | {"responses": unrefined}))


def row(name: str, text: str | None = None, question: str | None = None, answer: str | None = None) -> dict[str, Any]:
    return {"id": name, "text": text, "question": question, "answer": answer}


NONE = row("none", PROSE[0])
ASKS = row("question", PROSE[1], QUESTION)
ANSWERS = row("answer", None, None, PROSE[2])
BOTH = row("both", None, POEM, "Drops fall,\nthen more drops.")


def test_what_is_given_is_kept_and_the_rest_is_generated(chain: Chain) -> None:
    instructions, responses = chain.both(NONE, ASKS, ANSWERS, BOTH)
    assert instructions.column("instruction") == {
        "none": WRITTEN, "question": QUESTION, "answer": WRITTEN, "both": POEM
    }  # fmt: skip
    assert responses.column("response") == {
        "none": ANSWER, "question": ANSWER, "answer": PROSE[2], "both": BOTH["answer"]
    }  # fmt: skip
    for delivered, passages in ((instructions, (PROSE[0], PROSE[2])), (responses, (PROSE[0], PROSE[1]))):
        assert len(delivered.prompts) == 2
        assert all(any(passage in prompt for prompt in delivered.prompts) for passage in passages)
        assert delivered.metrics["given"] == 2 and delivered.rejects.is_empty()


def test_provenance_has_a_call_for_each_generated_text_and_no_other(chain: Chain) -> None:
    _, responses = chain.both(NONE, ASKS, ANSWERS, BOTH)
    made = {name: [call["stage"] for call in calls] for name, calls in responses.column("provenance").items()}
    assert made == {
        "none": ["instructions", "responses"], "question": ["responses"], "answer": ["instructions"], "both": []
    }  # fmt: skip


def test_a_question_is_written_from_the_given_answer(chain: Chain) -> None:
    instructions, responses = chain.both(row("a", PROSE[0], None, PROSE[1]))
    (prompt,) = instructions.prompts
    assert PROSE[1] in prompt and PROSE[0] not in prompt and not responses.prompts
    assert responses.rows.select("passage", "response").row(0) == (PROSE[0], PROSE[1])


def test_rounds_rewrite_only_rows_that_are_generated_throughout(chain: Chain) -> None:
    instructions, responses = chain.both(NONE, ASKS, ANSWERS, BOTH, rounds=2)
    assert len(instructions.prompts) == 2 and len(responses.prompts) == 2 + 2 * 2
    assert responses.column("instruction")["question"] == QUESTION
    assert responses.column("response")["answer"] == PROSE[2]


def test_nothing_is_called_and_counted_where_all_or_nothing_is_given(chain: Chain) -> None:
    instructions, responses = chain.both(BOTH)
    assert (instructions.prompts, responses.prompts) == ([], [])
    instructions, responses = chain.both(NONE)
    assert "given" not in instructions.metrics | responses.metrics
    assert instructions.rows["response"].is_null().all()


def test_rows_of_seeds_v1_have_nothing_given(chain: Chain) -> None:
    made = chain.run("instructions", chain.seeds(NONE, ASKS).drop("instruction", "response"))
    assert len(made.prompts) == 2


FINE = {
    "a request": (POEM, "Rain falls on the roof."),
    "one about a text": ("Summarize the text above in one word.", "Storks."),
    "a copy of the passage": (PROSE[3], PROSE[3] + " Then they fit."),
    "lines": ("Sort these:\n- pear\n- apple", "- apple\n- pear"),
    "a number": ("What is six times seven?", "42"),
    "code": ("Double a number in Python.", "```python\ndef f(x):\n    return 2 * x\n```"),
    "sympathy": ("My cat is ill. What now?", "I'm sorry to hear that. Call a vet, and keep it warm."),
    "an apology on request": ("Write a short apology to a neighbour.", "I'm sorry that the party was so loud."),
}


@pytest.mark.parametrize("case", FINE)
def test_given_texts_may_have_any_form(chain: Chain, case: str) -> None:
    question, answer = FINE[case]
    _, responses = chain.both(row("a", None, question, answer))
    assert responses.rows.select("instruction", "response").rows() == [(question, answer)]


LOOP = "The bells ring and the boats come in. " * 12
BAD = {
    "special_tokens": (f"{POEM}<|im_end|>", PROSE[0]),
    "special_tokens in the answer": (POEM, f"<|im_start|>assistant\n{PROSE[0]}"),
    "refusal": (POEM, "I'm sorry, but I can't help with that request."),
    "not_an_answer": ("Where does the ferry go?", "Where does the ferry go?"),
    "repeated": (POEM, LOOP),
    "repeated question": (LOOP, PROSE[0]),
}


@pytest.mark.parametrize("case", BAD)
def test_given_texts_that_cannot_be_used_are_rejected_by_name(chain: Chain, case: str) -> None:
    question, answer = BAD[case]
    made = chain.run("instructions", chain.seeds(row("a", None, question, answer), NONE))
    assert made.reasons == {"a": case.partition(" ")[0]} and len(made.prompts) == 1
    assert answer.strip() in made.rejects["raw"][0]


def test_no_question_is_generated_for_an_answer_that_cannot_be_used(chain: Chain) -> None:
    refusal = "I'm sorry, but as an AI language model I cannot help anybody with a request of that kind at all."
    made = chain.run("instructions", chain.seeds(row("a", None, None, refusal)))
    assert made.reasons == {"a": "refusal"} and not made.prompts


def test_control_characters_that_reach_the_stage_are_rejected(chain: Chain) -> None:
    seeds = chain.seeds(BOTH).with_columns(instruction=pl.lit("Write\u202e a poem."))
    assert chain.run("instructions", seeds).reasons == {"both": "control_characters"}


Plan = Callable[[str, pl.DataFrame], tuple[DryStage, int]]


@pytest.fixture
def plan(chain: Chain) -> Plan:
    def planned(stage: str, before: pl.DataFrame) -> tuple[DryStage, int]:
        """A stage after a dry run with an empty cache, and the number of requests that it lacks."""
        path = chain.folder / "before.parquet"
        before.write_parquet(path)
        with Cache(f"sqlite:///{chain.folder / 'cache.sqlite'}") as cache:
            dry = Dry(cache, set())
            ahead: dict[str, Path | None] = {"seeds": path, "instructions": path}
            made = DryStage(stage, chain.config, chain.folder / f"dry-{stage}", dry, ahead)
            made.work()
        return made, sum(count.missing for count in dry.counts.values())

    return planned


def test_a_plan_counts_only_what_is_not_given(chain: Chain, plan: Plan) -> None:
    rows = (NONE, ASKS, ANSWERS, BOTH)
    made, missing = plan("instructions", chain.seeds(*rows))
    assert (missing, made.waiting, made.record.rows_out) == (2, 2, 2)
    made, missing = plan("responses", chain.run("instructions", chain.seeds(*rows)).rows)
    assert (missing, made.waiting, made.record.rows_out) == (2, 2, 2)
