"""A row's story as a page for a terminal. Whatever a model or a source wrote is spelt out where it would be obeyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlforge.base.escape import line, plain, styled

Told = dict[str, Any]
_HIDDEN = ("id", "provenance", "slots")
_LONG = 60
_COLOURS = {"kept": "green", "set_aside": "red", "not_reached": "yellow"}


def page(told: Told) -> Iterator[str]:
    """The lines of a story. A long text that an earlier step has shown under the same name is left out."""
    yield styled(line(told["id"]), bold=True)
    shown: set[tuple[str, str]] = set()
    for step in told["steps"]:
        yield ""
        yield from _step(step, shown)


def _step(step: Told, shown: set[tuple[str, str]]) -> Iterator[str]:
    outcome = styled(step["outcome"].replace("_", " "), fg=_COLOURS[step["outcome"]])
    version = f" {step['version']}" if step["version"] else ""
    yield f"{styled(step['name'] + version, bold=True)}  {outcome}  {line(step['id'])}"
    yield f"  built: {_built(step['built'])}"
    for note in step["notes"]:
        yield styled(f"  note: {line(note)}", fg="yellow")
    yield from _calls(step)
    if step["reject"]:
        yield f"  {styled('set aside', fg='red')}: {line(step['reject']['reason'])}"
        yield from _field("detail", step["reject"]["detail"])
        yield from _field("its words", step["reject"]["raw"])
    columns = {(name, repr(value)): value for name, value in (step["row"] or {}).items() if name not in _HIDDEN}
    for (name, spelt), value in columns.items():
        if (name, spelt) not in shown:
            yield from _field(name, value)
    shown |= {column for column in columns if len(column[1]) > _LONG}
    if "choice" in step:
        for candidate in step["candidates"]:
            yield from _candidate(candidate)
        yield f"  {styled('why', bold=True)}: {line(step['choice'])}"
    for name, value in step.get("measured", {}).items():
        if value is not None and name not in ("id", "prompt_id", "set", "language"):
            yield from _field(f"measured {name}", value)


def _calls(step: Told) -> Iterator[str]:
    """Every call; one that is another's to the letter is bought once, and told once."""
    told: dict[str, str] = {}
    for call in step["calls"]:
        if call["key"] in told:
            yield f"  the same is asked for {line(call['id'])}"
        else:
            yield from _call(call, step["id"])
        told[call["key"]] = call["id"]


def _built(built: Told) -> str:
    if built["commit"] is None:
        return line(built["note"])
    return f"{built['commit'][:10]} {built['date']} {line(built['subject'])}"


def _call(call: Told, row_id: str) -> Iterator[str]:
    again = f", for the {call['attempt'] + 1}. time" if call["attempt"] else ""
    about = f" about {line(call['id'])}" if call["id"] != row_id else ""
    model = call["model"] + (f"@{_short(call['revision'])}" if call["revision"] else "")
    drawn = ", ".join(f"{name} {value:g}" for name, value in call["sampling"].items())
    asks = f"asks the {call['role']}{about}{again}"
    yield f"  {styled(call['step'], bold=True)} {asks}: {line(model)} ({line(call['engine'])})"
    yield f"    prompt {call['prompt'] or 'none: words of the row as they are'}"
    yield f"    {drawn}, candidate {call['candidate']}, seed {call['seed']}, key {call['key']}"
    for message in call["messages"]:
        yield f"    sent ({line(message['role'])}):"
        yield from _block(message["content"])
    received = call["received"]
    if received is None:
        yield styled("    received: not in this store", fg="yellow")
        return
    yield f"    received ({line(received['finish_reason'])}, {received['tokens_in']} tokens in, {received['tokens_out']} out):"
    yield from _block(received["words"])
    if call["fault"]:
        yield styled(f"    not usable: {line(call['fault'])}", fg="red")


def _candidate(row: Told) -> Iterator[str]:
    mark = styled("→", fg="green", bold=True) if row["chosen"] else " "
    scores = {
        name: row[name]
        for name in ("quality", "round_trip", "likelihood", "comet", "language_share")
        if row[name] is not None
    }
    told = ", ".join(f"{name} {value:.4f}" for name, value in scores.items())
    yield f"  {mark} candidate {row['candidate']} by {line(row['translator'])}: {told}"
    yield from _block(row["translation"])
    for problem in row["problems"]:
        yield f"      {styled(line(problem), fg='red')}"


def _field(name: str, value: Any) -> Iterator[str]:
    if value is None or value == []:
        return
    if isinstance(value, dict):
        value = ", ".join(
            f"{key} {part:g}" if isinstance(part, float) else f"{key} {part}"
            for key, part in value.items()
            if part is not None
        )
    if isinstance(value, list):
        for part in value:
            words = f"{part['role']}: {part['content']}" if isinstance(part, dict) and "content" in part else str(part)
            yield from _field(name, words)
        return
    words = str(value)
    if "\n" in words or len(words) > 100:
        yield f"  {line(name)}:"
        yield from _block(words)
    elif words:
        yield f"  {line(name)}: {line(words)}"


def _block(words: str) -> Iterator[str]:
    for part in plain(words).split("\n"):
        yield f"      {part}"


def _short(revision: str) -> str:
    """Digests, cut to what tells them apart."""
    return "+".join(part[:19] if part.startswith("sha256:") else part for part in revision.split("+"))
