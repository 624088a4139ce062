"""verdicts@MODEL: the model's answers judged against the reference's and its opponent's, and measured alone."""

from statistics import fmean
from typing import Any

from xlforge.base.files import write_parquet
from xlforge.base.frames import frame, valid
from xlforge.stage.stage import Stage, main

Rows = list[dict[str, Any]]
Answers = dict[str, dict[str, Any]]


def work(stage: Stage) -> None:
    """Judges and measures one model's answers."""
    name, params, pairing = str(stage.item), stage.params, stage.module("pairs")
    measures = stage.module("measures")
    entry = stage.config.compared(stage.item)
    benchmark = stage.rows("benchmark").to_dicts()
    opponents = pairing.opponents(name, params.reference, entry.against)
    answers = {model: by_id(stage, model) for model in dict.fromkeys([name, params.reference, *opponents])}
    mine = answers[name]
    pairs = pairing.pairs(benchmark, mine, {opponent: answers[opponent] for opponent in opponents})
    pairs = pairing.with_controls(pairs, benchmark, answers[params.reference])
    seen = benchmark
    if params.version != "v1":
        pairs, seen = pairing.compared(pairs, benchmark, params), pairing.sampled(benchmark, params)
    judge, verdicts = judged(stage, pairs)
    answered = [row for row in benchmark if row["id"] in mine]
    to_grade = [measures.to_grade(row, mine[row["id"]]) for row in seen if row["id"] in mine]
    graded = stage.run(to_grade) if params.grades else []
    grades = {row["prompt_row"]: row for row in graded if not row["reject"]}
    no_grades = dict.fromkeys(measures.DIMENSIONS)
    known = [
        no_grades | mine[row["id"]] | grades.get(row["id"], {}) | measures.measured(row, mine[row["id"]])
        for row in answered
    ]
    table = valid(frame(known, stage.schema.Answers), stage.schema.Answers, "answers")
    write_parquet(table, stage.out / "answers.parquet")
    ungraded = [row for row in graded if row["reject"]]
    made = [{**row, "judge": judge} for row in verdicts] + ungraded
    metrics = {"answers": len(known), "opponents": {each: counts(verdicts, each) for each in opponents}}
    stage.deliver(made, expected=[row["id"] for row in [*pairs, *ungraded]], metrics=metrics)


def by_id(stage: Stage, name: str) -> Answers:
    """A model's answers by benchmark id."""
    return {row["id"]: row for row in stage.rows("answers", name).to_dicts()}


def judged(stage: Stage, pairs: Rows) -> tuple[str, Rows]:
    """The judge's name, and every pair with its verdict or rejected."""
    complete = [pair for pair in pairs if not pair["reject"]]
    missing = [pair for pair in pairs if pair["reject"]]
    if stage.params.judge == "embedded":
        embedded = stage.module("embedded")
        return embedded.NAME, [*missing, *(embedded.judged(pair, stage.params.margin) for pair in complete)]
    forfeits = [(pair, stage.module("pairs").forfeited(pair)) for pair in complete]
    settled = [verdict for _, verdict in forfeits if verdict is not None]
    called = stage.run([pair for pair, verdict in forfeits if verdict is None])
    judge = stage.config.judge
    return f"{judge.model}@{judge.revision}" if judge.revision else judge.model, [*missing, *settled, *called]


def counts(verdicts: Rows, opponent: str) -> dict[str, Any]:
    """Counts of the verdicts against one opponent, and their mean."""
    judged = [
        row for row in verdicts if row["opponent"] == opponent and not row["reject"] and row["preference"] is not None
    ]
    ordered = [row["agreed"] for row in judged if row["agreed"] is not None]
    settled = [row["settled_by"] for row in judged]
    return {
        "judged": len(judged),
        "preference": round(fmean(row["preference"] for row in judged), 4) if judged else None,
        "agreed": round(fmean(ordered), 4) if ordered else None,
        "settled_by": {how: settled.count(how) for how in sorted(set(settled))},
    }


if __name__ == "__main__":
    main("verdicts", work)
