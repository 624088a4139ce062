"""A row's whole story as data: every link of its way, with the calls, the choice and the commit; what `xlforge trace --json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from xlforge.lineage.calls import Call, calls, entries
from xlforge.lineage.chain import Link
from xlforge.lineage.commits import Built, built

Story = dict[str, Any]
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


def _step(link: Link, builder: Built, made: list[Call]) -> Story:
    names = ("stage", "item", "name", "id", "outcome", "row", "reject", "others")
    recorded = entries(link)
    return {name: getattr(link, name) for name in names} | {
        "version": recorded[-1]["version"] if recorded else None,
        "built": asdict(builder),
        "calls": made,
        "notes": _notes(made, len(recorded)),
        "choice": next(
            (_choice(link, rows) for rows in link.others.values() if rows and rows[0].keys() >= _COMPARED), None
        ),
    }


def _notes(made: list[Call], recorded: int) -> list[str]:
    """What a reader of the calls must know."""
    called = [call for call in made if call["key"]]
    missing = sum(call["response"] is None for call in called)
    old = "built before calls were recorded: rebuild this stage to see its calls"
    return [old] * (len(made) < recorded) + [f"{missing} of {len(called)} responses are not in this cache"] * bool(
        missing
    )


def _choice(link: Link, rivals: list[Story]) -> str:
    """Why a selection chose the candidate that it chose, or none."""
    if link.reject:
        return f"no candidate is fit: {link.reject['detail']}"
    chosen = next(row["candidate"] for row in rivals if row["chosen"])
    grades = [f"{row['candidate']}: {', '.join(row['problems']) or round(row['quality'] or 0, 4)}" for row in rivals]
    return f"candidate {chosen} has the best quality, or is the first of equals: {'; '.join(grades)}"
