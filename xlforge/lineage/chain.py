"""The way of one row through a build, from the passage or the benchmark prompt that it began as to all that was made of it.

Ids tell the way: what a passage became is named `PASSAGE/LANGUAGE` and `PASSAGE/LANGUAGE/CANDIDATE`, what a benchmark prompt
became `PROMPT/SET/LANGUAGE` and, a judgement, `PROMPT/SET/LANGUAGE/OPPONENT`. Nothing is asked, run or changed here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.lineage.tables import Row, Tables

ENGLISH = ("seeds", "instructions", "responses", "scores")
"""The stages that a passage goes through under its own id."""


class UnknownId(BuildError):
    """No row has the id; the message names those that are most like it."""


@dataclass(frozen=True)
class Link:
    """What one stage did with one row.

    id: what the row is called there. item: the language or name of a matrix stage. row: its columns where it was kept; reject: the
    reason and the words where it was set aside; both None in a stage that it did not reach. beside: rows of the stage's other tables: all
    `candidates` of a selection, the `answers` measured for a verdict.
    """

    stage: str
    item: str | None
    id: str
    row: Row | None
    reject: Row | None = None
    beside: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The stage as dvc names it: `selection@de`."""
        return f"{self.stage}@{self.item}" if self.item else self.stage

    @property
    def outcome(self) -> Literal["kept", "set_aside", "not_reached"]:
        """What became of the row in this stage."""
        return "kept" if self.row else "set_aside" if self.reject else "not_reached"


@dataclass(frozen=True)
class Lineage:
    """All links of one row, in the order data flows. root: the id of the passage or the benchmark row that it began as."""

    id: str
    root: str
    links: list[Link]


def lineage(row_id: str, tables: Tables | None = None) -> Lineage:
    """The whole way of a row: what it was made from, and everything that was made of it.

    row_id: of any stage. Given a passage's, all languages are there; given `PASSAGE/de`, that one; given a candidate's, that candidate and
    the selection among its rivals. Raises UnknownId.
    """
    tables = tables or Tables()
    parts = row_id.split("/")
    for length in range(len(parts), 0, -1):
        root, rest = "/".join(parts[:length]), parts[length:]
        if len(rest) <= 2 and _link(tables, "seeds", None, root).outcome != "not_reached":
            links = _of_passage(tables, root, rest)
        elif len(rest) <= 1 and _link(tables, "benchmark", None, root).outcome != "not_reached":
            links = _of_prompt(tables, root, rest)
        else:
            continue
        if any(link.id == row_id and link.outcome != "not_reached" for link in links):
            return Lineage(row_id, root, links)
    if not any(tables.scan(stage, None, "rejects") is not None for stage in ("seeds", "benchmark")):
        raise UnknownId("nothing is built here: run from the root of the project, after `dvc repro` or `dvc pull`")
    near = tables.near(row_id)
    hint = f"the nearest are {', '.join(near)}" if near else "`xlforge trace --find TEXT` looks for words"
    raise UnknownId(f"no row of this build has the id {row_id!r}: {hint}")


def _link(tables: Tables, stage: str, item: str | None, row_id: str, **beside: list[Row]) -> Link:
    where = pl.col("id") == row_id
    row = next(iter(tables.find(where, stage, item)), None)
    reject = None if row else next(iter(tables.find(where, stage, item, "rejects")), None)
    return Link(stage, item, row_id, row, reject, beside)


def _of_passage(tables: Tables, seed: str, rest: list[str]) -> list[Link]:
    links = [_link(tables, stage, None, seed) for stage in ENGLISH]
    end = next((number for number, link in enumerate(links, 1) if link.outcome != "kept"), len(links))
    if end < len(links) or links[-1].outcome != "kept":
        return links[:end]
    asked = rest[0] if rest else None
    for code in tables.items("translations") if asked is None else [asked] if asked != "en" else []:
        links += _translated(tables, seed, code, rest[1:])
    grown = pl.col("id").str.starts_with(f"{seed}/") if asked is None else pl.col("id") == f"{seed}/{asked}"
    links += _all(tables, grown, "dataset", None)
    for student in tables.items("student"):
        links += _all(tables, grown, "student", student)
    return links


def _translated(tables: Tables, seed: str, code: str, number: list[str]) -> list[Link]:
    answer = f"{seed}/{code}"
    which = pl.col("id") == "/".join([answer, *number]) if number else pl.col("id").str.starts_with(f"{answer}/")
    candidates = tables.find(pl.col("answer_id") == seed, "selection", code, "candidates")
    chosen = _link(tables, "selection", code, answer, candidates=candidates)
    return [*_all(tables, which, "translations", code), *([chosen] if chosen.outcome != "not_reached" else [])]


def _of_prompt(tables: Tables, prompt: str, rest: list[str]) -> list[Link]:
    links = [_link(tables, "benchmark", None, prompt)]
    for model in tables.items("answers"):
        answer = _link(tables, "answers", model, prompt)
        row_id = "/".join([prompt, *rest])
        which = pl.col("id") == row_id if rest else pl.col("id").str.starts_with(f"{prompt}/")
        measured = tables.find(pl.col("id") == prompt, "verdicts", model, "answers")
        verdicts = _all(tables, which, "verdicts", model, answers=measured)
        concerned = not rest or verdicts or model == rest[0]
        links += [answer, *verdicts] if answer.outcome != "not_reached" and concerned else []
    return links


def _all(tables: Tables, where: pl.Expr, stage: str, item: str | None, **beside: list[Row]) -> list[Link]:
    """A link for every row, kept or set aside, for which an expression is true."""
    kept = [Link(stage, item, row["id"], row, None, beside) for row in tables.find(where, stage, item)]
    aside = [Link(stage, item, row["id"], None, row, beside) for row in tables.find(where, stage, item, "rejects")]
    return sorted([*kept, *aside], key=lambda link: link.id)
