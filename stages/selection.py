"""selection@LANG: the best candidate of each answer, and the table of all candidates with their scores."""

from __future__ import annotations

from statistics import fmean

from xlforge.core.rows import frame, valid, write_parquet
from xlforge.core.spine import Build, main


def work(build: Build) -> None:
    """Checks and scores every candidate translation and chooses the best of each answer."""
    candidates = build.rows("translations", build.item)
    made = build.run(candidates.to_dicts())
    table = frame([{"chosen": False, "problems": []} | _filled(row) for row in made], build.schema.Candidates)
    write_parquet(valid(table, build.schema.Candidates, "candidates"), build.out / "candidates.parquet")
    rows = build.module("pipeline").chosen(made, build.params.least_quality)
    best = [row for row in rows if not row["reject"]]
    both = [row for row in best if row["first"] is not None]
    metrics = {
        "candidates": {"all": len(table), "fit": int(table["quality"].is_not_null().sum())},
        "quality": {
            "first": _mean([row["first_quality"] for row in both]),
            "best": _mean([row["quality"] for row in both]),
        },
        "chosen_first": _mean([float(row["candidate"] == 0) for row in best]),
    }
    answers = candidates["answer_id"].unique().to_list()
    build.deliver(rows, expected=[f"{answer}/{build.item}" for answer in answers], metrics=metrics)


def _filled(row: dict[str, object]) -> dict[str, object]:
    """A candidate set aside half-way shows its reason among its problems."""
    mark = row["reject"]
    return row | {"problems": [mark["reason"]]} if isinstance(mark, dict) else row


def _mean(values: list[float]) -> float | None:
    return round(fmean(values), 4) if values else None


if __name__ == "__main__":
    main("selection", work)
