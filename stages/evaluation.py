"""evaluation: win rates, differences and transfer, from all verdicts."""

from typing import Any

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.base.files import write_json, write_text
from xlforge.config.params import Config
from xlforge.evaluation import table
from xlforge.evaluation.table import Evaluated
from xlforge.stage.stage import DATA, Stage, main, refuse_leftovers

Rows = list[dict[str, Any]]
INTERVAL = ("win_rate", "low", "high")
HEADLINE = (*INTERVAL, "length_controlled", "coverage", "agreement", "cut_off", "length", "line_pass", "facts")
DIFFERENCE = (*table.DIFFERENCE, "head_to_head", *(f"truth_{key}" for key in table.DIFFERENCE))
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
            f"verdicts are missing: {'; '.join(low)}, but evaluation.min_coverage in params.yaml is "
            f"{stage.params.min_coverage:.0%}; read data/verdicts/*/rejects.parquet, fix the cause or lower it"
        )
    pairs = [(name, model.against) for name, model in config.models.items() if model.against not in (reference, name)]
    differences = [
        row
        for one, other in [*pairs, *stage.params.compare]
        for row in table.compared(models[one], models[other], reference, wanted, trained)
    ]
    means = [row for row in rows if (row["set"], row["language"]) == ("crosslingual", "mean")]
    judged = [row for row in means if row["win_rate"] is not None]
    write(stage, rows, "table.csv")
    write(stage, differences, "differences.csv")
    write(stage, over_rows(config, means), "rows.csv")
    write(stage, [{key: row[key] for key in ("model", *INTERVAL)} for row in judged], "win_rates.csv")
    write_json({"models": headlines(rows), "differences": by_pair(differences)}, stage.out / "metrics.json")
    stage.record.rows_out = len(rows)


def gathered(stage: Stage, name: str) -> Evaluated:
    """The verdicts on one model, and the measures of its answers."""
    answers = DATA / "verdicts" / name / "answers.parquet"
    return Evaluated(name, stage.rows("verdicts", name), pl.read_parquet(answers))


def over_rows(config: Config, means: Rows) -> Rows:
    """Mean win rates with the number of rows that each student was trained on; one series for each base and config."""
    import orjson

    out = []
    for row in means:
        name = config.models[row["model"]].student
        if name is not None:
            student = config.students[name]
            trained = orjson.loads((DATA / "student" / name / "metrics.json").read_bytes())
            figures = {key: row[key] for key in INTERVAL}
            out.append(
                {"series": f"{student.base} {student.config}", "rows": sum(trained["languages"].values()), **figures}
            )
    return sorted(out, key=lambda row: (row["series"], row["rows"]))


def headlines(rows: Rows) -> dict[str, Any]:
    """model → group → figure, for `dvc metrics show`."""
    models: dict[str, Any] = {}
    for row in rows:
        group = SETS[row["set"]] + row["language"] if row["language"] != "en" else row["set"]
        models.setdefault(row["model"], {})[group] = {key: row[key] for key in HEADLINE if row[key] is not None}
    return models


def by_pair(differences: Rows) -> dict[str, Any]:
    """model-other → group → figure."""
    pairs: dict[str, Any] = {}
    for row in differences:
        figures = {key: row[key] for key in DIFFERENCE if row[key] is not None}
        pairs.setdefault(f"{row['model']}-{row['other']}", {})[row["language"]] = figures
    return pairs


def write(stage: Stage, rows: Rows, name: str) -> None:
    """Rows as CSV, for dvc plots and for people."""
    write_text(pl.DataFrame(rows, infer_schema_length=None).write_csv(), stage.out / name)


if __name__ == "__main__":
    main("evaluation", work)
