"""What params.yaml lets one expect of a stage of which no run tells: wide, and better than nothing before a first build."""

from __future__ import annotations

from xlforge.config.params import Config
from xlforge.plan.ranges import Range

NOTE = "no run tells of this stage: what it asks about a row is guessed from params.yaml"


def calls_a_row(config: Config, stage: str, item: str | None) -> Range:
    """What the pipeline asks about one row it reads, give or take a half."""
    params = config.block(stage)
    number = 1
    if stage == "responses":
        number = 1 + 2 * params.rounds
    elif stage == "translations":
        number = params.candidates
    elif stage == "answers" and config.models[item].pivot:
        number = 2
    return Range(number, 0.5 * number, 1.5 * number)


def rows_a_row(config: Config, stage: str) -> Range | None:
    """Rows delivered for each row read; None for a stage that is no matter of one for one."""
    if stage not in ("instructions", "responses", "scores", "translations", "selection", "answers"):
        return None
    candidates = config.block("translations").candidates
    number = {"translations": candidates, "selection": 1 / candidates}.get(stage, 1)
    return Range(number, 0.6 * number, number)


def sampled(config: Config, stage: str) -> Range | None:
    """The rows that `seeds` is to deliver, where it samples; the source may have fewer."""
    most = config.block("seeds").sample if stage == "seeds" else None
    return most and Range(most, most / 2, most)
