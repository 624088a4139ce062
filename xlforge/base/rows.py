"""A row on its way through a pipeline, and the mark that rejects it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]


def reject(reason: str, detail: str = "", raw: str = "") -> dict[str, str]:
    """The mark under `reject`: later steps pass the row by, and the stage writes it to `rejects.parquet`.

    Args:
        reason: in snake_case.
        detail: what is wrong, in words.
        raw: the text that could not be used, as it came.
    """
    return {"reason": reason, "detail": writable(detail), "raw": writable(raw)}


def writable(text: str) -> str:
    """Text as parquet takes it: lone surrogates, which are not valid in UTF-8, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def stripped_counts(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """A metric: how often what was stripped from the responses of accepted rows, by name; nothing for rows without that column."""
    rows = [row for row in rows if "stripped" in row and not row["reject"]]
    counts = Counter(name for row in rows for name in row["stripped"])
    return {"stripped": dict(sorted(counts.items()))} if rows else {}


def given_counts(rows: Iterable[Row], stage: str) -> dict[str, int]:
    """A metric: the number of accepted rows that a stage made no call for, as their source gives the text; nothing where there is none."""
    accepted = [row for row in rows if not row["reject"]]
    given = sum(all(call["stage"] != stage for call in row["provenance"]) for row in accepted)
    return {"given": given} if given else {}
