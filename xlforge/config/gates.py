"""The limits under `gates:` in params.yaml, which `xlforge check` checks. No stage tracks them."""

from typing import Self

from pydantic import Field, model_validator

from xlforge.config.blocks import Block


class Gate(Block):
    """A limit on a metric, which `xlforge check` checks; it decides no data.

    metric: `STAGE:KEY`, a stage as dvc names it, `*` for any name or part of one, and the dotted key in its metrics.json;
    every stage with rows has `reject_share`. min, max: of the value. max_drop: from another revision, counted only as far as it is
    more than chance.
    """

    metric: str = Field(pattern=r"^[a-z0-9_@*]+:[A-Za-z0-9_.@-]+$")
    min: float | None = None
    max: float | None = None
    max_drop: float | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        if self.min is None and self.max is None and self.max_drop is None:
            raise ValueError("a gate needs a limit: give min, max or max_drop")
        return self
