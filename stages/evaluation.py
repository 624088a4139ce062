"""evaluation: win rates, differences and transfer, from all verdicts."""

from __future__ import annotations

from typing import Any

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.base.files import write_json
from xlforge.config.params import Config
from xlforge.evaluation import table
from xlforge.evaluation.table import Evaluated
from xlforge.stage.stage import DATA, Stage, main, refuse_leftovers

HEADLINE = ("win_rate", "low", "high", "length_controlled", "coverage", "agreement", "length", "line_pass", "facts")
SETS = {"crosslingual": "", "english": "english_", "same_language": "same_"}


def work(stage: Stage) -> None:
    """Gathers the verdicts on every model into figures, differences and plots."""
    config = stage.config
    reference, trained = config.block("verdicts").reference, config.languages
    wanted = stage.rows("benchmark").select("id", "prompt_id", "set", "language")
    refuse_leftovers({"verdicts": config.models, "student": config.students})
    models = {name: gathered(stage, name) for name in config.models}
    rows = [row for model in models.values() for row in table.figures(model, reference, wanted, trained)]
    if low := table.uncovered(rows, stage.params.min_coverage):
        raise BuildError(
            f"verdicts are missing: {'; '.join(low)}, and evaluation.min_coverage in params.yaml wants "
            f"{stage.params.min_coverage:.0%}; read data/verdicts/*/rejects.parquet, mend the cause or lower the bar"
        )
    pairs = [(name, model.against) for name, model in config.models.items() if model.against != reference]
    pairs = [pair for pair in pairs if pair[0] != pair[1]] + [tuple(pair) for pair in stage.params.compare]
    differences = [
        row for one, other in pairs for row in table.compared(models[one], models[other], reference, wanted, trained)
    ]
    write(stage, rows, "table.csv")
    write(stage, differences, "differences.csv")
    write(stage, over_rows(config, rows), "rows.csv")
    headlines = [
        row for row in rows if (row["set"], row["language"]) == ("crosslingual", "mean") and row["win_rate"] is not None
    ]
    write(
        stage, [{key: row[key] for key in ("model", "win_rate", "low", "high")} for row in headlines], "win_rates.csv"
    )
    write_json(headline(rows, differences), stage.out / "metrics.json")
    stage.record.rows_out = len(rows)


def gathered(stage: Stage, name: str) -> Evaluated:
    """The verdicts on one model, and the measures of its answers."""
    answers = DATA / "verdicts" / name / "answers.parquet"
    return Evaluated(name, stage.rows("verdicts", name), pl.read_parquet(answers))


def over_rows(config: Config, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Win rates beside the rows that each student was trained on, a series for every base and config."""
    import orjson

    out = []
    for name, model in config.models.items():
        student = getattr(model, "student", None)
        if student is None:
            continue
        made = config.students[student]
        trained = orjson.loads((DATA / "student" / student / "metrics.json").read_bytes())
        for row in rows:
            if row["model"] == name and row["set"] == "crosslingual" and row["language"] == "mean":
                series = f"{made.base} {made.config}"
                out.append(
                    {
                        "series": series,
                        "rows": trained["rows"],
                        **{key: row[key] for key in ("win_rate", "low", "high")},
                    }
                )
    return sorted(out, key=lambda row: (row["series"], row["rows"]))


def headline(rows: list[dict[str, Any]], differences: list[dict[str, Any]]) -> dict[str, Any]:
    """What `dvc metrics show` tells: model → group → figure; then the differences."""
    models: dict[str, Any] = {}
    for row in rows:
        group = SETS[row["set"]] + row["language"] if row["language"] != "en" else row["set"]
        models.setdefault(row["model"], {})[group] = {key: row[key] for key in HEADLINE if row[key] is not None}
    told: dict[str, Any] = {f"{row['model']}-{row['other']}": {} for row in differences}
    for row in differences:
        keys = ("difference", "low", "high", "p_value", "head_to_head")
        told[f"{row['model']}-{row['other']}"][row["language"]] = {
            key: row[key] for key in keys if row[key] is not None
        }
    return {"models": models, "differences": told}


def write(stage: Stage, rows: list[dict[str, Any]], name: str) -> None:
    """Rows as CSV, which dvc plots and people read."""
    stage.out.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, infer_schema_length=None).write_csv(stage.out / name)


if __name__ == "__main__":
    main("evaluation", work)
