"""A comparison for a terminal, or as Markdown for a comment. What models wrote is escaped or quoted, so that neither obeys it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tabulate import tabulate

from xlforge.base.escape import line, plain, styled
from xlforge.base.markdown import fenced, inert, literal
from xlforge.diff.tables import KINDS
from xlforge.diff.words import as_text, shortened

Entry = dict[str, Any]
Table = tuple[str, list[str], list[list[str]]]
"""Title, head, rows."""
Pieces = list[tuple[str, str]]
"""The text of a sample in parts, each with its kind: same, removed or added."""
LARGEST = 60_000
"""Characters of a Markdown text: GitHub takes 65,536 in a comment."""
_LONG = 300
_WORD = 20
"""Characters above which a value without a blank is a text too: some scripts write none."""
_ORDER = ("beyond", "noise", "too few", "exact")
_MARKS = {"removed": ("[-", "-]"), "added": ("{+", "+}"), "same": ("", "")}
_COLOURS = {"removed": "red", "added": "green"}


def summary(found: Entry) -> str:
    """The comparison in one line."""
    before, after = (_side(found[name]) for name in ("before", "after"))
    if not found["differs"]:
        return f"nothing changed from {before} to {after}"
    of_rows = (table["languages"].values() for table in found["tables"] if table["table"] == "rows")
    each = [count for counts in of_rows for count in counts]
    counts = {kind: sum(count[kind] for count in each) for kind in KINDS}
    rows = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if counts[kind]) or "unchanged"
    beyond = sum(figure["is"] == "beyond" for figure in found["metrics"])
    return f"{before} → {after}: rows {rows}; {beyond} figures changed beyond their interval"


def _side(side: Entry) -> str:
    return line(side["name"]) + (f" ({side['commit'][:10]})" if side["commit"] else "")


def tables(found: Entry) -> list[Table]:
    """Everything but the samples."""
    every = [(table, language, count) for table in found["tables"] for language, count in table["languages"].items()]
    rows = [{**table, "language": code, **count} for table, code, count in every if any(count[kind] for kind in KINDS)]
    columns = [{**table, "columns": names} for table in found["tables"] if (names := _columns(table))]
    reasons = sorted(found["reasons"], key=lambda entry: -abs(entry["change"]))
    shown: list[tuple[str, tuple[str, ...], list[Entry]]] = [
        ("Rows", ("stage", "table", "language", "before", "after", *KINDS), rows),
        ("Changed columns", ("stage", "table", "columns"), columns),
        ("Rejected", ("stage", "language", "reason", "before", "after", "change"), reasons),
        ("Moved", ("stage", "now_rejected", "now_kept"), found["moved"]),
        ("Metrics", ("stage", "figure", "before", "after", "change", "is"), _metrics(found["metrics"])),
        ("Files", ("path", "is"), found["files"]),
        ("Not compared: these files are not available", ("path", "why"), found["not_compared"]),
    ]
    return [
        (title, [name.replace("_", " ") for name in head], [[_text(entry, name) for name in head] for entry in entries])
        for title, head, entries in shown
        if entries
    ]


def _columns(table: Entry) -> str:
    counts = sorted(table["columns"].items(), key=lambda pair: -pair[1])
    words = [f"{name} {count:,}" for name, count in counts]
    words += [f"{name} is gone" for name in table["only_before"]] + [f"{name} is new" for name in table["only_after"]]
    return ", ".join(words)


def _metrics(figures: list[Entry]) -> list[Entry]:
    """Those beyond their interval first; of those that are new or gone, only how many there are in each stage."""
    counts = Counter((entry["stage"], entry["is"]) for entry in figures if entry["is"] not in _ORDER)
    changed = [entry for entry in figures if entry["is"] in _ORDER]
    changed.sort(key=lambda entry: _ORDER.index(entry["is"]))
    others = [{"stage": stage, "figure": f"{count} figures", "is": kind} for (stage, kind), count in counts.items()]
    return changed + others


def _text(entry: Entry, name: str) -> str:
    """A cell of a table, in one line."""
    value = entry.get(name)
    if name == "change":
        interval = f" ({entry['low']:+g} to {entry['high']:+g})" if "low" in entry else ""
        return "" if value is None else f"{value:+g}{interval}"
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else line(str(value))


def samples(found: Entry) -> Iterator[tuple[str, Pieces]]:
    """(title, pieces) of every sampled row."""
    for table in found["tables"]:
        for kind, rows in table["samples"].items():
            for row in rows:
                pieces = list(_changes(row["columns"]) if "columns" in row else _whole(row["row"], kind))
                yield f"{table['stage']} {table['table']}, {kind}: {line(row['id'])}", pieces


def _whole(row: Entry, kind: str) -> Iterator[tuple[str, str]]:
    """The last two texts of a row that only one side has: what a stage adds stands last."""
    texts = {name: as_text(value) for name, value in row.items() if isinstance(value, str | list)}
    for name in [name for name, text in texts.items() if " " in text or len(text) > _WORD][-2:]:
        yield kind, f"{name}: {texts[name][:_LONG]}{'…' * (len(texts[name]) > _LONG)}\n"


def _changes(columns: Entry) -> Iterator[tuple[str, str]]:
    for name, change in columns.items():
        yield "same", f"{name}: "
        if "words" in change:
            yield from shortened(change["words"])
        else:
            yield "removed", as_text(change["before"]) or "nothing"
            yield "added", as_text(change["after"]) or "nothing"
        yield "same", "\n"


def _marked(pieces: Pieces, colour: bool) -> str:
    """The text of a sample, with what was removed as [-words-] and what was added as {+words+}."""
    parts = []
    for kind, words in pieces:
        start, end = _MARKS[kind]
        text = f"{start}{plain(words).rstrip(chr(10))}{end}"
        text = styled(text, fg=_COLOURS[kind]) if colour and kind in _COLOURS else text
        parts.append(text + "\n" * words.endswith("\n"))
    return "".join(parts).rstrip("\n")


def page(found: Entry) -> Iterator[str]:
    """The lines for a terminal."""
    yield styled(summary(found), bold=True)
    yield from (styled(f"note: {line(note)}", fg="yellow") for note in found["notes"])
    for title, head, rows in tables(found):
        yield ""
        yield styled(title, bold=True)
        aligned = tabulate([head, *rows], tablefmt="plain", disable_numparse=True)
        yield from (f"  {row.rstrip()}" for row in aligned.splitlines())
    for title, pieces in samples(found):
        yield ""
        yield styled(title, bold=True)
        yield from (f"    {words}" for words in _marked(pieces, colour=True).split("\n"))


def markdown(found: Entry) -> str:
    """The same for a comment, at most LARGEST characters; rows and samples that do not fit are counted."""
    parts = [f"**xlforge diff** {_cell(summary(found))}\n", *(f"> {_cell(note)}\n" for note in found["notes"])]
    for title, head, rows in tables(found):
        lines = [f"| {' | '.join(map(_cell, row))} |\n" for row in rows]
        shown, left = _fitting(lines, LARGEST // 2 - sum(map(len, parts)))
        parts += [f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}\n", *shown]
        parts += [f"\n{left} more rows are in `xlforge diff`.\n"] * bool(left)
    entries = [f"\n{_cell(title)}\n{fenced(_marked(pieces, colour=False))}\n" for title, pieces in samples(found)]
    shown, left = _fitting(entries, LARGEST - 200 - sum(map(len, parts)))
    if entries:
        parts += ["\n<details><summary>Samples</summary>\n", *shown, "\n</details>\n"]
    parts += [f"\n{left} more samples are in `xlforge diff`.\n"] * bool(left)
    return "".join(parts)


def _fitting(texts: Iterable[str], room: int) -> tuple[list[str], int]:
    """The texts that fit into so many characters, in order; and how many do not."""
    shown, left = [], 0
    for text in texts:
        if len(text) <= room:
            shown.append(text)
            room -= len(text)
        else:
            left += 1
    return shown, left


def _cell(text: str) -> str:
    """Text in a Markdown line, of which nothing is markup, a mention or a link."""
    return inert(literal(line(text)))
