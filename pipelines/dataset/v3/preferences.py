"""The pairs of the config `preferences`: to one request, the chosen answer and a clearly worse one. No model is called for them.

The candidates, their estimates and what the checks found are those of `selection`. The rejected answer is, by the kind of the pair,

- `quality`: the candidate with the lowest estimate, if that is lower than the chosen one's by the margin or more;
- `check`: the first candidate that failed a check;
- `wrong_language`: the English answer, which stands for what an untuned model often does with the request. Answers of a real one are
  to benchmark prompts, on which nothing may be trained.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.dataset.v3.schema import KINDS, Pairs

__all__ = ["READ", "pairs"]

READ = ("answer_id", "language", "candidate", "response", "translation", "problems", "quality", "provenance")
"""The columns of `candidates.parquet` that are read."""


def pairs(rows: pl.DataFrame, candidates: pl.DataFrame, margin: float) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The pairs, for each row at most one of a kind; and how many of each kind, and why the other rows have none.

    Args:
        rows: of the stage; the English ones have no request, and no pairs.
        candidates: of all languages, with the columns `READ`.
        margin: of the kind `quality`, in units of the estimate.
    """
    best = rows.filter(pl.col("language") != "en")
    qe, answer = pl.col("qe").struct, pl.col("completion").list[0].struct["content"]
    named = candidates.select(
        "language",
        "candidate",
        "response",
        "problems",
        seed_id="answer_id",
        text="translation",
        rejected_quality="quality",
        calls="provenance",
    )
    joined = best.join(named, on=["seed_id", "language"]).sort("id", "candidate")
    chosen = pl.col("candidate") == qe["candidate"]
    lower = pl.col("rejected_quality") <= qe["quality"] - margin
    nothing = {"calls": pl.lit([], named["calls"].dtype), "rejected_quality": pl.lit(None, pl.Float64)}
    found = {
        "quality": joined.filter(~chosen, lower).sort("id", "rejected_quality", "candidate"),
        "check": joined.filter(~chosen, _failed()),
        "wrong_language": joined.filter(chosen, answer != pl.col("response")).with_columns(text="response", **nothing),
    }
    firsts = [
        found[kind].unique("id", keep="first", maintain_order=True).with_columns(kind=pl.lit(kind)) for kind in KINDS
    ]
    counts = {kind: len(table) for kind, table in zip(KINDS, firsts, strict=True)}
    return _finished(pl.concat(firsts)), {"pairs": counts, "no_pair": _without(best, counts)}


def _failed() -> pl.Expr:
    """Whether a check found a problem.

    A candidate whose way back into English got no usable response has a bare reject reason among its problems, and is not known to be
    worse. What a check found has a detail; only a copy needs none.
    """
    first = pl.col("problems").list.get(0, null_on_oob=True)
    return first.str.contains(": ", literal=True) | (first == "copied")


def _finished(found: pl.DataFrame) -> pl.DataFrame:
    """The columns of `Pairs`."""
    return (
        found.with_columns(
            id=pl.format("{}.{}", "id", "kind"),
            chosen="completion",
            rejected=pl.concat_list(pl.struct(role=pl.lit("assistant"), content=pl.col("text"))),
            problems=pl.when(pl.col("kind") == "check").then("problems").otherwise(pl.lit([], pl.List(pl.String))),
            provenance=pl.col("provenance").list.concat("calls"),
        )
        .select(*Pairs.to_schema().columns)
        .sort("id")
    )


def _without(rows: pl.DataFrame, counts: dict[str, int]) -> dict[str, dict[str, int]]:
    """How many rows have no pair of a kind, by reason."""
    rest = {kind: len(rows) - count for kind, count in counts.items()}
    alone = rows.filter(pl.col("qe").struct["fit"] == 1).height
    return {
        "quality": {"one_candidate": alone, "within_margin": rest["quality"] - alone},
        "check": {"none_failed": rest["check"]},
        "wrong_language": {"same_text": rest["wrong_language"]},
    }
