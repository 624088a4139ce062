"""selection@LANG: the best candidate of each answer, and the table of all candidates with their scores."""

from statistics import fmean

from xlforge.base.files import write_parquet
from xlforge.base.frames import frame, valid
from xlforge.base.rows import Row
from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Checks and scores every candidate translation and chooses the best of each answer."""
    candidates = stage.rows("translations", stage.item)
    made = stage.run(candidates.to_dicts())
    nothing = dict.fromkeys(stage.schema.Candidates.to_schema().columns)
    table = frame([_filled({**nothing, **row}) for row in made], stage.schema.Candidates)
    write_parquet(valid(table, stage.schema.Candidates, "candidates"), stage.out / "candidates.parquet")
    rows = stage.module("pipeline").chosen(made, stage.params.min_quality)
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
    stage.deliver(rows, expected=[f"{answer}/{stage.item}" for answer in answers], metrics=metrics)


def _filled(row: Row) -> Row:
    """A candidate as a row of the table; the reason of a rejected one is among its problems."""
    whole = row | {"chosen": bool(row["chosen"]), "problems": row["problems"] or []}
    return whole | {"problems": [row["reject"]["reason"]]} if row["reject"] else whole


def _mean(values: list[float]) -> float | None:
    return round(fmean(values), 4) if values else None


if __name__ == "__main__":
    main("selection", work)
