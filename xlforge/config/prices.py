"""What a model's tokens cost: the table under `prices:` in params.yaml, the user's own, of the day it was read.

No price ships with xlforge but the pocket models' nothing, since prices change and differ by contract. No stage tracks the table.
"""

import datetime
from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from xlforge.config.blocks import Block

_MILLION = Decimal(1_000_000)


class Price(Block):
    """What a million tokens of one model cost. batch: the share of it that a hosted batch costs, where not the table's."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    batch: Decimal | None = Field(None, ge=0, le=1)


class Prices(Block):
    """The table. date: the day the prices were read. batch: the share of a price that a hosted batch costs.

    models: by the name that params.yaml calls the model.
    """

    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$")
    date: datetime.date | None = None
    batch: Decimal = Field(Decimal("0.5"), ge=0, le=1)
    models: dict[str, Price] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if self.date is None and any(price.input or price.output for price in self.models.values()):
            raise ValueError('prices change: write the day you read them, as date: "2026-11-23"')
        return self

    def cost(self, model: str, tokens_in: float, tokens_out: float, batch: bool = False) -> Decimal | None:
        """Money in `currency` for so many tokens, unrounded; None for a model that the table does not name."""
        price = self.models.get(model)
        if price is None:
            return None
        money = (price.input * Decimal(tokens_in) + price.output * Decimal(tokens_out)) / _MILLION
        return money * (self.batch if price.batch is None else price.batch) if batch else money
