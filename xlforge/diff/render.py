"""A comparison in words, for a terminal or as Markdown for a comment. What models wrote is quoted so that neither obeys it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from xlforge.base.escape import line, plain, styled
from xlforge.diff.words import as_text, shortened

Told = dict[str, Any]
KINDS = ("added", "removed", "changed")
LARGEST = 60_000
"""Characters of a Markdown text: GitHub takes 65,536 in a comment."""
_WORDS = (
    "completion",
    "translation",
    "answer",
    "response",
    "instruction",
    "passage",
    "reason",
    "detail",
    "raw",
    "preference",
)
_LONG = 300
_MANY = 8
_FIGURES = {
    "beyond": "beyond its interval",
    "noise": "within its interval",
    "exact": "no interval",
    "new": "new",
    "gone": "gone",
}


def summary(told: Told) -> str:
    """The comparison in one line."""
    if not told["differs"]:
        return f"nothing changed from {_name(told['before'])} to {_name(told['after'])}"
    counts = {
        kind: sum(
            count[kind] for table in told["tables"] if table["table"] == "rows" for count in table["languages"].values()
        )
        for kind in KINDS
    }
    rows = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count) or "none otherwise"
    beyond = sum(figure["is"] == "beyond" for figure in told["metrics"])
    return (
        f"{_name(told['before'])} → {_name(told['after'])}: rows {rows}; {beyond} figures changed beyond their interval"
    )


def _name(side: Told) -> str:
    return f"{line(side['name'])}" + (f" ({side['commit'][:10]})" if side["commit"] else "")


def tables(told: Told) -> list[tuple[str, list[str], list[list[str]]]]:
    """(title, head, rows) of everything but the samples."""
    found = []
    rows = [
        [table["stage"], table["table"], language, *(f"{count[key]:,}" for key in ("before", "after", *KINDS))]
        for table in told["tables"]
        for language, count in table["languages"].items()
        if any(count[kind] for kind in KINDS)
    ]
    found.append(("Rows", ["stage", "table", "language", "before", "after", *KINDS], rows))
    columns = [[table["stage"], table["table"], _columns(table)] for table in told["tables"] if _columns(table)]
    found.append(("Changed columns", ["stage", "table", "rows by column"], columns))
    reasons = [
        [
            entry["stage"],
            entry["language"],
            line(entry["reason"]),
            str(entry["before"]),
            str(entry["after"]),
            f"{entry['after'] - entry['before']:+}",
        ]
        for entry in sorted(told["reasons"], key=lambda entry: -abs(entry["after"] - entry["before"]))
    ]
    found.append(("Set aside", ["stage", "language", "reason", "before", "after", "change"], reasons))
    moved = [[entry["stage"], str(entry["now_set_aside"]), str(entry["now_kept"])] for entry in told["moved"]]
    found.append(("Moved", ["stage", "kept, now set aside", "set aside, now kept"], moved))
    figures = list(_metrics(told["metrics"]))
    found.append(("Metrics", ["stage", "figure", "before", "after", "change (95 %)", "is"], figures))
    found.append(("Files", ["file", "is"], [[line(entry["path"]), entry["is"]] for entry in told["files"]]))
    blind = [[line(entry["path"]), line(entry["why"])] for entry in told["not_compared"]]
    found.append(("Not compared: their rows are not to be had", ["file", "why"], blind))
    return [table for table in found if table[2]]


def _metrics(figures: list[Told]) -> Iterator[list[str]]:
    """Those beyond their interval first; of a stage that is new or gone as a whole, only how many there are."""
    order = list(_FIGURES)
    counts = Counter((entry["stage"], entry["is"]) for entry in figures)
    whole = {key: count for key, count in counts.items() if key[1] in ("new", "gone") and count > _MANY}
    for entry in sorted(figures, key=lambda entry: order.index(entry["is"])):
        if (entry["stage"], entry["is"]) not in whole:
            values = [_figure(entry[name]) for name in ("before", "after")]
            yield [entry["stage"], line(entry["key"]), *values, _change(entry), _FIGURES[entry["is"]]]
    for (stage, kind), count in whole.items():
        yield [stage, f"{count} figures", "", "", "", _FIGURES[kind]]


def _columns(table: Told) -> str:
    told = [f"{line(name)} {count:,}" for name, count in sorted(table["columns"].items(), key=lambda pair: -pair[1])]
    told += [f"{line(name)} is gone" for name in table["only_before"]] + [
        f"{line(name)} is new" for name in table["only_after"]
    ]
    return ", ".join(told)


def _figure(value: Any) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else line(str(value))


def _change(entry: Told) -> str:
    if "change" not in entry:
        return ""
    interval = f" ({entry['low']:+g} to {entry['high']:+g})" if "low" in entry else ""
    return f"{entry['change']:+g}{interval}"


def samples(told: Told) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """(title, pieces) of every sampled row; a piece is a kind (`same`, `removed`, `added`) and its words."""
    for table in told["tables"]:
        for kind, rows in table["samples"].items():
            for row in rows:
                pieces = list(_changes(row["columns"]) if "columns" in row else _whole(row["row"], kind))
                yield f"{table['stage']} {table['table']}, {kind}: {line(row['id'])}", pieces


def _whole(row: Told, kind: str) -> Iterator[tuple[str, str]]:
    shown = {name: as_text(row[name]) for name in _WORDS if row.get(name) not in (None, "", [])}
    for name, words in list(shown.items())[:2]:
        yield kind, f"{name}: {words[:_LONG]}{'…' * (len(words) > _LONG)}\n"


def _changes(columns: Told) -> Iterator[tuple[str, str]]:
    for name, change in columns.items():
        yield "same", f"{name}: "
        if "words" in change:
            yield from shortened(change["words"])
        else:
            yield "removed", as_text(change["before"]) or "nothing"
            yield "added", as_text(change["after"]) or "nothing"
        yield "same", "\n"


_MARKS = {"removed": ("[-", "-]"), "added": ("{+", "+}"), "same": ("", "")}
_COLOURS = {"removed": "red", "added": "green"}


def _marked(pieces: list[tuple[str, str]], colour: bool) -> Iterator[str]:
    """The lines of a sample, with what went as [-words-] and what came as {+words+}."""
    told = []
    for kind, words in pieces:
        start, end = _MARKS[kind]
        body = plain(words).rstrip("\n")
        whole = f"{start}{body}{end}"
        told.append(
            (styled(whole, fg=_COLOURS[kind]) if colour and kind in _COLOURS else whole) + "\n" * words.endswith("\n")
        )
    yield from "".join(told).rstrip("\n").split("\n")


def page(told: Told) -> Iterator[str]:
    """The lines for a terminal."""
    yield styled(summary(told), bold=True)
    for note in told["notes"]:
        yield styled(f"note: {line(note)}", fg="yellow")
    for title, head, rows in tables(told):
        yield ""
        yield styled(title, bold=True)
        widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
        for row in [head, *rows]:
            yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for title, pieces in samples(told):
        yield ""
        yield styled(title, bold=True)
        for words in _marked(pieces, colour=True):
            yield f"    {words}"


def markdown(told: Told) -> str:
    """The same for a comment, at most LARGEST characters; samples that do not fit are counted."""
    parts = [f"**xlforge diff** {_cell(summary(told))}\n"]
    parts += [f"> {_cell(note)}\n" for note in told["notes"]]
    left_out = 0
    for title, head, rows in tables(told):
        lines = [f"\n### {title}\n", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
        room = LARGEST // 2 - sum(map(len, parts))
        kept = 0
        for row in rows:
            told_row = "| " + " | ".join(_cell(cell) for cell in row) + " |"
            room -= len(told_row) + 1
            if room < 0:
                break
            lines.append(told_row)
            kept += 1
        lines += [f"\n{len(rows) - kept} more rows are in `xlforge diff`."] * (kept < len(rows))
        parts.append("\n".join(lines) + "\n")
    shown: list[str] = []
    for title, pieces in samples(told):
        body = "\n".join(_marked(pieces, colour=False))
        fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", body)), default=0))
        entry = f"\n{_cell(title)}\n{fence}text\n{body}\n{fence}\n"
        if sum(map(len, [*parts, *shown, entry])) > LARGEST - 200:
            left_out += 1
        else:
            shown.append(entry)
    if shown or left_out:
        parts.append("\n<details><summary>Samples</summary>\n" + "".join(shown) + "\n</details>\n")
    if left_out:
        parts.append(f"\n{left_out} more samples are in `xlforge diff`.\n")
    return "".join(parts)


def _cell(text: str) -> str:
    """Words in a Markdown line: a code span where they hold anything but letters, digits and plain punctuation."""
    words = line(text)
    if (
        re.fullmatch(r"[\w ,.:;()/@+–→%-]*", words)
        and "www." not in words
        and "://" not in words
        and not re.search(r"(?<![A-Za-z0-9])@|_\b|\b_", words)
    ):
        return words
    fence = "`" * (1 + max(map(len, re.findall(r"`+", words)), default=0))
    return f"{fence} {words} {fence}".replace("|", "\\|") if words else ""
