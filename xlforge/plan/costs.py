"""What a stage costs: calls, tokens, money and time, counted where it was run dry, else estimated from its last run."""

from collections.abc import Sequence
from typing import NamedTuple

from xlforge.config.execution import Execution
from xlforge.config.models import IN_PROCESS, Sampling
from xlforge.config.params import Config
from xlforge.plan.dry_stage import DryStage
from xlforge.plan.past import REQUESTS, Past
from xlforge.plan.planned import NOTHING, Estimate, Planned, total
from xlforge.steps.answerers import Caller
from xlforge.steps.dry import Count

_CHARACTERS = 4
"""Characters of a token, for a stage that never ran."""
_GUESS = "the estimates are guesses from params.yaml: the run log has no run of this stage"


class Cost(NamedTuple):
    """The calls of one caller."""

    caller: Caller
    calls: Estimate
    tokens_in: Estimate
    tokens_out: Estimate
    money: Estimate | None


class Costs:
    """Adds calls, tokens, money and time to a planned stage."""

    def __init__(self, config: Config, execution: Execution, past: Past) -> None:
        self._config, self._execution, self._past = config, execution, past

    def add(self, planned: Planned, callers: Sequence[Caller], dry: DryStage | None, still: Estimate | None) -> None:
        """Adds the costs.

        Args:
            planned: a stage, with the rows that it reads.
            callers: one for each of its steps that calls a model.
            dry: the stage after its dry run, if it had one.
            still: rows whose calls were not followed to the end; None where nothing shows how many.
        """
        counts = {caller: Count() for caller in callers} | (dry.dry.counts if dry else {})
        planned.known = sum(count.missing for count in counts.values())
        planned.cached = sum(count.cached for count in counts.values())
        if still is None or planned.rows is None or self._unseen(planned, dry, still):
            planned.calls = planned.tokens_in = planned.tokens_out = planned.money = None if counts else NOTHING
            planned.seconds = None
            return
        later = self._later(planned, len(callers), dry, still) if counts else NOTHING
        whole = sum(count.requests for count in counts.values())
        costs = []
        for caller, count in counts.items():
            share = count.requests / whole if whole else 1 / len(counts)
            calls = Estimate(count.missing + count.after, exact=not count.after) + later * share
            costs.append(self._cost(planned, caller, calls, count))
        planned.calls = total(cost.calls for cost in costs)
        planned.tokens_in, planned.tokens_out = _tokens(costs)
        billed = [cost for cost in costs if cost.caller.spec.engine not in IN_PROCESS]
        planned.billed, planned.billed_tokens = total(cost.money for cost in billed), total(_tokens(billed))
        planned.money = total(cost.money for cost in costs)
        if without := {cost.caller.spec.model for cost in costs if cost.money is None}:
            planned.money = None
            names = ", ".join(sorted(without))
            planned.note(f"no price for {names}: write it under `prices.models` in params.yaml")
        seconds = self._past.seconds(planned.name, planned.calls.value, planned.rows.value)
        planned.seconds = None if seconds is None else Estimate(seconds)

    def _unseen(self, planned: Planned, dry: DryStage | None, still: Estimate) -> bool:
        """Whether nothing shows how many requests a row takes: none of the rows that the dry run must deliver could be followed."""
        nothing = dry is not None and dry.expected > 0 and not dry.dry.requests and still.value > 0
        return nothing and self._past.ratio(planned.name, REQUESTS, ["rows_in"]) is None

    def _later(self, planned: Planned, steps: int, dry: DryStage | None, still: Estimate) -> Estimate:
        """Calls beyond those that the dry run counted: for rows that do not exist yet, for retries and for further steps.

        The last run shows how many requests a row takes, unless the stage's own block has changed since: then the dry run does.
        """
        each = self._past.ratio(planned.name, REQUESTS, ["rows_in"])
        if dry is not None and dry.record.rows_in and (each is None or planned.changed):
            each = dry.dry.requests / dry.record.rows_in
        if each is None:
            planned.note(_GUESS)
            each = max(steps, getattr(self._config.block(planned.stage), "candidates", 1))
        calls = max(0, round(still.value * each - (dry.waiting_calls if dry else 0)))
        return Estimate(calls, exact=not calls and still.exact and (dry is not None or not still.value))

    def _cost(self, planned: Planned, caller: Caller, calls: Estimate, count: Count) -> Cost:
        """Tokens a call as in the last run, or guessed from params.yaml; money by the price table."""
        if not calls.value:
            return Cost(caller, calls, NOTHING, NOTHING, NOTHING)
        kinds = ("tokens_in", "tokens_out")
        read, written = (self._past.ratio(planned.name, [kind, f"hits_{kind}"], REQUESTS) for kind in kinds)
        if read is None or written is None:
            planned.note(_GUESS)
            limit = getattr(self._config.block(planned.stage), "sampling", Sampling()).max_tokens
            made = count.missing + count.after
            read, written = count.characters / made / _CHARACTERS if made else limit, limit / 2
        tokens_in, tokens_out = calls * read, calls * written
        batch = self._execution.modes.get(caller.role, self._execution.mode) == "batch"
        batch = batch and caller.spec.engine == "openai"
        money = self._config.prices.cost(caller.spec.model, tokens_in.value, tokens_out.value, batch)
        return Cost(caller, calls, tokens_in, tokens_out, None if money is None else Estimate(float(money)))


def _tokens(costs: Sequence[Cost]) -> tuple[Estimate, Estimate]:
    return total(cost.tokens_in for cost in costs), total(cost.tokens_out for cost in costs)
