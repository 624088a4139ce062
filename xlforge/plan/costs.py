"""What a stage would buy: calls, tokens and money, counted as far as a rehearsal went and estimated beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xlforge.config.params import Config
from xlforge.plan import guesses
from xlforge.plan.past import Lengths, Past, ratio
from xlforge.plan.planned import Planned
from xlforge.plan.ranges import NOTHING, Range, total
from xlforge.plan.stale import Entry

if TYPE_CHECKING:
    from xlforge.plan.rehearsal import Asked, Counted

_ROLES = {
    "instructions": "teacher",
    "responses": "teacher",
    "scores": "judge",
    "selection": "estimator",
    "verdicts": "judge",
}
IN_PROCESS = "transformers"
ASKING = (*_ROLES, "translations", "answers")
"""The stages whose pipelines can ask a model."""


class Kind(NamedTuple):
    """Calls to one model that allow an answer of `most` tokens."""

    model: str
    most: int


class Terms(NamedTuple):
    """How a kind is paid for. batch: in hosted batches. billed: by somebody else's machine, so that a budget counts it."""

    batch: bool
    billed: bool


class Spent(NamedTuple):
    """Calls of one kind, and the tokens that they take."""

    kind: Kind
    calls: Range
    tokens_in: Range
    tokens_out: Range


def asks(config: Config, stage: str) -> bool:
    """Whether a stage asks a model, as params.yaml has it."""
    verdicts = config.block("verdicts")
    return stage in ASKING and (stage != "verdicts" or bool(verdicts.judge == "llm" or verdicts.grades))


class Costs:
    """Adds its costs to a planned stage. config: the checked params."""

    def __init__(self, config: Config, past: Past, lengths: Lengths) -> None:
        self._config, self._past, self._lengths = config, past, lengths

    def add(self, planned: Planned, entry: Entry, counted: Counted | None, unread: Range | None) -> None:
        """counted: what a rehearsal found, if there was one. unread: rows that it could not read, since they are not there yet."""
        kinds = self._kinds(entry)
        more = self._more(planned, entry, counted, unread) if kinds else NOTHING
        if more is None:
            return
        planned.held = counted.held if counted else 0
        missing, after = (counted.missing, counted.after) if counted else ({}, {})
        spent = [self._spent(entry, Kind(*kind), Range.of(asked.calls), asked) for kind, asked in missing.items()]
        spent += [
            self._spent(entry, Kind(*kind), Range(asked.calls, 0, asked.calls), asked) for kind, asked in after.items()
        ]
        share = Range.of(1 / max(len(kinds), 1))
        spent += [self._spent(entry, kind, more * share) for kind in kinds if more.high]
        planned.calls = total(each.calls for each in spent)
        planned.tokens_in = total(each.tokens_in for each in spent)
        planned.tokens_out = total(each.tokens_out for each in spent)
        terms = [_terms(each.kind.model, kinds) for each in spent]
        money = [self._price(each, term.batch) for each, term in zip(spent, terms, strict=True)]
        planned.money = None if None in money else total(money)
        billed = [number for number, term in enumerate(terms) if term.billed]
        planned.billed = total(money[number] for number in billed)
        planned.billed_tokens = total(spent[number].tokens_in + spent[number].tokens_out for number in billed)
        if planned.money is None:
            lacking = sorted({each.kind.model for each in spent} - set(self._config.prices.models))
            planned.notes.append(f"no price for {', '.join(lacking)}: write it under `prices.models` in params.yaml")

    def _more(self, planned: Planned, entry: Entry, counted: Counted | None, unread: Range | None) -> Range | None:
        """Calls beyond those that were counted: about rows still to come, and more about rows that wait for an answer.

        Past runs tell how much is asked about a row, unless the stage's own block has changed since; then the rehearsal does.
        """
        rows, asked = planned.rows, 0
        if counted is not None:
            waiting = Range.of(counted.rows_in * counted.waiting_asks / max(counted.asks, 1))
            rows, asked = unread and waiting + unread, counted.waiting_asks
        if rows is None or not rows.high:
            return rows
        changed = any(change.what.startswith(f"{entry.stage}.") for change in planned.changes)
        each = None
        if not (changed and counted):
            each = self._past.ratio(entry.stage, entry.item, ["calls", "hits"], "rows_in")
        if each is None and counted and counted.rows_in:
            each = ratio([(counted.asks, counted.rows_in)])
        if each is None:
            planned.notes.append(guesses.NOTE)
            each = guesses.calls_a_row(self._config, entry.stage, entry.item)
        return (rows * each).less(asked)

    def _spent(self, entry: Entry, kind: Kind, calls: Range, asked: Asked | None = None) -> Spent:
        """Prompts are as long as they are, where they were counted; answers as those that the stage bought before."""
        read = self._past.tokens(entry.stage, entry.item, "tokens_in")
        if asked is not None:
            prompt = Range.of(asked.characters / asked.calls)
            read = prompt * self._lengths.tokens_a_character(*kind)
        wrote = self._past.tokens(entry.stage, entry.item, "tokens_out") or self._lengths.answer(*kind)
        return Spent(kind, calls, calls * (read or Range(kind.most, 0, 4 * kind.most)), calls * wrote)

    def _kinds(self, entry: Entry) -> dict[Kind, Terms]:
        """What a stage asks for, and on what terms."""
        config, stage = self._config, entry.stage
        if not asks(config, stage):
            return {}
        params, role = config.block(stage), _ROLES.get(stage, stage)
        if stage == "translations":
            role, asked = "translator", [config.translators[name] for name in params.models]
        elif stage == "answers":
            entered = config.models[entry.item]
            student = entered.student and config.bases[config.students[entered.student].base]
            asked = [] if entered.file else [entered if entered.model else student]
        else:
            asked = [config.block(role)]
        how = config.execution
        hosted = how.modes.get(role, how.mode) == "batch"
        kinds = {}
        for model in asked:
            engine = getattr(model, "engine", IN_PROCESS)
            terms = Terms(hosted and engine == "openai", engine != IN_PROCESS)
            kinds[Kind(model.model, params.sampling.max_tokens)] = terms
        return kinds

    def _price(self, spent: Spent, batch: bool) -> Range | None:
        read, wrote = spent.tokens_in, spent.tokens_out
        sums = [
            self._config.prices.cost(spent.kind.model, one, other, batch)
            for one, other in ((read.value, wrote.value), (read.low, wrote.low), (read.high, wrote.high))
        ]
        return None if None in sums else Range(*map(float, sums))


def _terms(model: str, kinds: dict[Kind, Terms]) -> Terms:
    """Those of the model, however much its answers may hold."""
    return next((terms for kind, terms in kinds.items() if kind.model == model), Terms(False, False))
