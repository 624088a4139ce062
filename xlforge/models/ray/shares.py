"""What each of several workers may do, so that all of them together do no more than one process would."""

from __future__ import annotations

from math import ceil
from pathlib import Path

import sqlalchemy as sa

from xlforge.config.execution import Execution, Limit


def share(execution: Execution, workers: int) -> Execution:
    """One worker's part: of the requests in flight, of the limits a minute, and of the failures that are borne.

    The budget is one sum in the store, and stays whole.
    """

    def part(allowed: float | None) -> float | None:
        return None if allowed is None else allowed / workers

    limits = {
        role: Limit(requests=part(limit.requests), tokens=part(limit.tokens))
        for role, limit in execution.limits.items()
    }
    return execution.model_copy(
        update={
            "concurrency": max(1, execution.concurrency // workers),
            "requests_per_minute": part(execution.requests_per_minute),
            "tokens_per_minute": part(execution.tokens_per_minute),
            "limits": limits,
            "failures": ceil(execution.failures / workers),
            "store": _absolute(execution.cache),
        }
    )


def _absolute(store: str) -> str:
    """A SQLite file, from wherever it is opened."""
    url = sa.make_url(store)
    if url.get_backend_name() != "sqlite" or not url.database:
        return store
    return url.set(database=str(Path(url.database).absolute())).render_as_string(hide_password=False)
