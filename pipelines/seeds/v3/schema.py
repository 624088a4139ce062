"""seeds v3: the block of v2, and what becomes of personal data; the rows are those of v2."""

from __future__ import annotations

from typing import Literal

from pipelines.seeds.v1.schema import REASONS as REASONS_V1
from pipelines.seeds.v2.schema import GIVEN, Rows, Source
from pipelines.seeds.v2.schema import Params as ParamsV2

__all__ = ["GIVEN", "REASONS", "Params", "Rows", "Source"]

REASONS = (*REASONS_V1[:-1], "personal_data", REASONS_V1[-1])
"""As in v1: the first that applies is the reason."""


class Params(ParamsV2):
    """Which passages go on; see v2.

    personal_data: what becomes of e-mail addresses, telephone numbers, payment cards, bank accounts and national identity numbers. `mask`
    puts `[email]`, `[phone]`, `[card]` or `[id]` in their place, `reject` rejects the row, `keep` only counts them.
    """

    personal_data: Literal["keep", "mask", "reject"] = "mask"
