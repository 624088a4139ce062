"""A row's whole story as data: every link of its way, with the calls, the choice and the commit; what `xlforge trace --json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from xlforge.lineage import commits
from xlforge.lineage.chain import Lineage, Link

if TYPE_CHECKING:
    from xlforge.lineage.replay import Call, Replayed

Told = dict[str, Any]
_ASKING = ("instructions", "responses", "scores", "translations", "selection", "answers", "verdicts")
"""The stages that may ask a model."""
_SHARED = ("translations", "verdicts")
"""Stages of which a row may have several links, each with its own calls."""


def story(found: Lineage, only: Sequence[str] = ()) -> Told:
    """id, root, and under `steps` every link as a mapping. only: names of stages, as dvc has them; all where there are none.

    A step has stage, item, name, id, outcome, row, reject, version, built (commit, date, subject, note), calls (step, role, engine, model,
    revision, prompt, sampling, candidate, attempt, seed, key, messages, received, read, fault), notes, and, in a selection, candidates
    and choice.
    """
    links = [link for link in found.links if not only or link.name in only or link.stage in only]
    builders = commits.built({link.name for link in links})
    behind = _behind(links, found)
    steps = []
    for link in links:
        replayed = behind.get(link.name)
        step = _step(link, builders[link.name])
        if replayed is not None:
            calls = _own(link, links, replayed.calls)
            step["calls"] = [_call(call) for call in calls]
            step["notes"] += [replayed.note] if replayed.note else _doubts(link, calls)
        steps.append(step)
    return {"id": found.id, "root": found.root, "steps": steps}


def _behind(links: list[Link], found: Lineage) -> dict[str, Replayed]:
    """The calls of every stage among the links that asks a model, by the stage's name."""
    asking = {link.name: link for link in links if link.stage in _ASKING and link.outcome != "not_reached"}
    if not asking:
        return {}
    from xlforge.cache import Cache
    from xlforge.config.environment import execution
    from xlforge.config.params import load_execution
    from xlforge.lineage.replay import replayed
    from xlforge.lineage.tables import Tables

    locked, tables = commits.lock(), Tables()
    with Cache(execution(load_execution()).cache) as store:
        return {name: replayed(link, found.root, locked, store, tables) for name, link in asking.items()}


def _step(link: Link, built: commits.Built) -> Told:
    told: Told = {"stage": link.stage, "item": link.item, "name": link.name, "id": link.id, "outcome": link.outcome}
    told |= {
        "row": link.row,
        "reject": link.reject,
        "version": _version(link),
        "built": vars(built).copy(),
        "calls": [],
        "notes": [],
    }
    if link.stage == "selection":
        told |= {"candidates": link.beside["candidates"], "choice": choice(link)}
    if link.beside.get("answers"):
        told["measured"] = link.beside["answers"][0]
    return told


def _version(link: Link) -> str | None:
    """The pipeline's version, as the row says it; a row set aside does not."""
    entries = (link.row or {}).get("provenance") or []
    return next((entry["version"] for entry in reversed(entries) if entry["stage"] == link.stage), None)


def _own(link: Link, links: list[Link], calls: list[Call]) -> list[Call]:
    """The calls of a stage that belong to one of its links; grades of an answer go with its first verdict."""
    if link.stage not in _SHARED:
        return calls
    first = next(other for other in links if other.name == link.name) is link
    names = {other.id for other in links}
    return [
        call for call in calls if call.id == link.id or (first and link.stage == "verdicts" and call.id not in names)
    ]


def _call(call: Call) -> Told:
    request, answer = call.request, call.answer
    return {
        "id": call.id,
        "step": call.step,
        "role": call.role,
        **{name: getattr(request, name) for name in ("engine", "model", "revision")},
        "prompt": call.prompt,
        "sampling": vars(request.sampling),
        **{name: getattr(request, name) for name in ("candidate", "attempt", "seed", "key", "schema")},
        "messages": [{"role": role, "content": content} for role, content in request.messages],
        "received": answer
        and {
            "words": answer.text,
            **{name: getattr(answer, name) for name in ("finish_reason", "tokens_in", "tokens_out", "logprob")},
        },
        "read": call.read,
        "fault": call.fault,
    }


def _doubts(link: Link, calls: list[Call]) -> list[str]:
    """What a reader of the calls must know."""
    notes = []
    if missing := sum(call.answer is None for call in calls):
        notes.append(
            f"{missing} of {len(calls)} answers are not in this response store: the prompt is as sent, the words are not to be had"
        )
    said = {entry["prompt"] for entry in (link.row or {}).get("provenance", []) if entry["stage"] == link.stage}
    changed = sorted({call.prompt for call in calls if call.prompt and call.prompt not in said}) if said else []
    if changed and link.stage != "verdicts":
        notes.append(
            f"the row was made with {', '.join(sorted(said))}, and the files here are {', '.join(changed)}: the prompts shown are theirs"
        )
    return notes


def choice(link: Link) -> str:
    """Why a selection chose the candidate that it chose, or none."""
    rivals = sorted(link.beside["candidates"], key=lambda row: row["candidate"])
    if link.reject:
        return f"none was fit: {link.reject['detail']}"
    won = next((row for row in rivals if row["chosen"]), None)
    if won is None:
        return "no candidate is marked as chosen"
    others = [row for row in rivals if row is not won]
    told = [_against(row, won) for row in others]
    return f"candidate {won['candidate']} of {len(rivals)} has the best quality, {won['quality']:.4f}" + "".join(
        f"; {words}" for words in told
    )


def _against(row: Told, won: Told) -> str:
    if row["quality"] is None:
        return f"{row['candidate']} is unfit: {', '.join(row['problems']) or 'it has no estimate'}"
    if row["quality"] == won["quality"]:
        return f"{row['candidate']} has the same, and of equals the earlier is taken"
    return f"{row['candidate']} has {row['quality']:.4f}"
