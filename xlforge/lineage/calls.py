"""The model calls behind a row: the keys in its provenance, looked up in the response cache. Nothing is generated or loaded."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from xlforge.cache import Cache
from xlforge.config.environment import execution
from xlforge.config.params import load_execution
from xlforge.lineage.chain import Link
from xlforge.lineage.tables import Row
from xlforge.requests.request import Request

Call = dict[str, Any]
_ABSENT: Call = {"request": None, "seed": None, "response": None}


def entries(link: Link) -> list[Call]:
    """The entries of a link's stage in the provenance of its row and of its other tables, each with the `id` of the row."""
    others = [entry for table in link.others.values() for row in table for entry in _of(link.stage, row)]
    known = [entry | {"id": link.id} for entry in others]
    return [*(entry for entry in _of(link.stage, link.row or link.reject or {}) if entry not in known), *others]


def _of(stage: str, row: Row) -> list[Call]:
    return [{"id": row["id"], **entry} for entry in row.get("provenance") or () if entry["stage"] == stage]


def calls(links: Iterable[Link]) -> list[list[Call]]:
    """The calls of each link, in the order they were made; none for a link that was built before keys were recorded.

    A call is an entry of provenance with id (of the row it was made for), purpose, request, seed and response. purpose: what it was for,
    where the stage names that. The last three are None where the cache does not have the response.
    """
    recorded = [[entry for entry in entries(link) if "key" in entry] for link in links]
    keys = {entry["key"] for made in recorded for entry in made if entry["key"]}
    cached = _cached(keys) if keys else {}
    return [_with_purpose([entry | cached.get(entry["key"], _ABSENT) for entry in made]) for made in recorded]


def _cached(keys: set[str]) -> dict[str, Call]:
    """request, seed and response of every key that the cache has."""
    with Cache(execution(load_execution()).cache) as cache:
        responses = cache.get_many(keys)
        requests = {key: Request.parse(cache.request(key) or b"") for key in responses}
    return {
        key: {"request": asdict(requests[key]), "seed": requests[key].seed, "response": asdict(response)}
        for key, response in responses.items()
    }


def _with_purpose(made: list[Call]) -> list[Call]:
    """The calls of one link, each with its purpose; a retry, whose `attempt` is not 0, has that of the call it repeats."""
    numbers: Counter[tuple[str, str]] = Counter()
    for call in made:
        step = call["id"], call["step"]
        numbers[step] += call["request"] is not None and call["request"]["attempt"] == 0
        call["purpose"] = _purpose(call, numbers[step])
    return made


def _purpose(call: Call, number: int) -> str | None:
    """The stage's own name for a call: `CALLS` in the schema of its pipeline, by step, in the order of the calls."""
    try:
        schema = importlib.import_module(f"pipelines.{call['stage']}.{call['version']}.schema")
    except ImportError:  # a version that was removed
        return None
    return dict(enumerate(getattr(schema, "CALLS", {}).get(call["step"], ()), 1)).get(number)
