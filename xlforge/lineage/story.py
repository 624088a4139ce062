"""A row's whole story as data: every link of its way, with the calls, the choice and the commit; what `xlforge trace --json` prints.

Calls are the keys in a row's provenance, looked up in the response cache. Nothing is generated or loaded.
"""

import importlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from xlforge.cache import Cache
from xlforge.config.environment import execution
from xlforge.config.params import load_execution
from xlforge.lineage.chain import Link, Row
from xlforge.lineage.commits import built
from xlforge.requests.request import Request

Story = dict[str, Any]
Call = dict[str, Any]
_ABSENT: Call = {"request": None, "seed": None, "response": None}
_COMPARED = {"chosen", "candidate", "quality", "problems"}
"""Columns of a table of candidates, one of which was chosen."""


def story(row_id: str, way: Sequence[Link], only: Sequence[str] = ()) -> Story:
    """id, root (the id that the row began as), and under `steps` every link as a mapping.

    A step has stage, item, name, id, outcome, row, reject, version, built (commit, date, subject, note), calls (see `calls`), notes,
    others (rows of the stage's other tables) and choice: in a selection, why this candidate was chosen.

    Args:
        row_id: the row.
        way: its links; see `lineage`.
        only: names of stages, with or without an item; all stages where there are none.
    """
    links = [link for link in way if not only or link.name in only or link.stage in only]
    builders = built({link.name for link in links})
    steps = [_step(link, builders[link.name], made) for link, made in zip(links, calls(links), strict=True)]
    return {"id": row_id, "root": way[0].id, "steps": steps}


def _step(link: Link, builder: Story, made: list[Call]) -> Story:
    names = ("stage", "item", "name", "id", "outcome", "row", "reject", "others")
    recorded = entries(link)
    rivals = next((rows for rows in link.others.values() if rows and rows[0].keys() >= _COMPARED), None)
    return {name: getattr(link, name) for name in names} | {
        "version": recorded[-1]["version"] if recorded else None,
        "built": builder,
        "calls": made,
        "notes": _notes(made, len(recorded)),
        "choice": _choice(link, rivals) if rivals else None,
    }


def _notes(made: list[Call], recorded: int) -> list[str]:
    """What a reader of the calls must know."""
    called = [call for call in made if call["key"]]
    missing = sum(call["response"] is None for call in called)
    old = "built before calls were recorded: rebuild this stage to see its calls"
    lacking = f"{missing} of {len(called)} responses are not in this cache"
    return [old] * (len(made) < recorded) + [lacking] * bool(missing)


def _choice(link: Link, rivals: list[Story]) -> str:
    """Why a selection chose the candidate that it chose, or none."""
    if link.reject:
        return f"no candidate is fit: {link.reject['detail']}"
    chosen = next(row["candidate"] for row in rivals if row["chosen"])
    grades = [f"{row['candidate']}: {', '.join(row['problems']) or round(row['quality'] or 0, 4)}" for row in rivals]
    return f"candidate {chosen} has the best quality, or is the first of equals: {'; '.join(grades)}"


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
    pairs = {key: (requests[key], asdict(responses[key])) for key in responses}
    return {key: {"request": asdict(sent), "seed": sent.seed, "response": got} for key, (sent, got) in pairs.items()}


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
