"""An invented build for the report: every out of every stage, in three scripts, with text that tries to be markup."""

from __future__ import annotations

import contextlib
import importlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import yaml

from pipelines.answers.v1 import schema as answers
from pipelines.benchmark.v1 import schema as benchmark
from pipelines.dataset.v2 import schema as dataset
from pipelines.instructions.v1 import schema as instructions
from pipelines.responses.v1 import schema as responses
from pipelines.scores.v1 import schema as scores
from pipelines.seeds.v1 import schema as seeds
from pipelines.selection.v2 import schema as selection
from pipelines.translations.v1 import schema as translations
from pipelines.verdicts.v2 import schema as verdicts
from tests.project import ROOT, Project
from xlforge.base.frames import Rejects, frame
from xlforge.base.rows import reject
from xlforge.config.params import load
from xlforge.stage.stage import Stage
from xlforge.training import rows as training_rows

HOSTILE = (
    "<script>window.hacked = 1</script>",
    '<img src=x onerror="window.hacked = 1">',
    '<a href="javascript:window.hacked = 1">here</a>',
    "</script><script>window.hacked = 1</script>",
    "\u2028window.hacked = 1\u2029",
    '"><svg onload=window.hacked=1>',
    "' onclick='window.hacked=1' x='",
    "<!--<script>",
    "<style>* { display: none }</style>",
    "{{ 7 * 7 }}{% raw %}",
    "\x00\x07\x1b[31m \u202ereversed &lt;b&gt; &amp;",
    "</p></li></main></body></html>",
)
TEXTS = {
    "de": "Der See ist {d} Meter tief und liegt nahe der Grenze.",
    "zh": "这个湖深{d}米，位于边境附近。",
    "hi": "यह झील {d} मीटर गहरी है और सीमा के पास है।",
}
HEBREW = "האגם נמצא ליד הגבול ועומקו עשרים מטרים"
ARABIC = "تقع البحيرة بالقرب من الحدود"
MODELS = yaml.safe_load((ROOT / "params.yaml").read_text())["models"]
PARAMS = {
    "languages": list(TEXTS),
    "students": {"tuned": {"base": "pocket", "config": "bestof3", "languages": None, "rows": None}},
    "models": {
        "reference": MODELS["reference"],
        "base": MODELS["base"],
        "tuned": {"student": "tuned", "against": "base", "needs": "models/students/tuned"},
    },
    "evaluation.compare": [["tuned", "base"]],
}
TRUTH = "data/seeds/truth.jsonl"
USED = {"requests": 40, "tokens_in": 12345, "tokens_out": 678}
"""The requests in the metrics of a stage that calls a model."""
Row = dict[str, Any]


def call(stage: str, key: str, fault: str | None = None) -> Row:
    return {
        "stage": stage,
        "version": "v1",
        "step": "Write",
        "model": "models/<b>teacher</b>@sha256:" + "a1" * 32,
        "prompt": "brief@0123456789ab",
        "key": f"{stage} {key}",
        "fault": fault,
    }


def hostile(number: int) -> str:
    return HOSTILE[number % len(HOSTILE)]


def project(folder: Path, params: Row | None = None) -> Project:
    """A project with no outs yet."""
    return Project.make(folder, PARAMS | (params or {}))


def build(made: Project, count: int = 36, padding: str = "") -> None:
    """The outs of all stages, for `count` seeds; the judge rejects every ninth. padding: added to every text."""
    given = [f"seed-{number:05}" for number in range(count)]
    given[1] = "it's <img src=x onerror=window.hacked=1>&?#\" odd"
    ids = [f"{name}-{number:08x}" for number, name in enumerate(given)]
    english = {
        one: f"The lake is {number + 10} metres deep and lies near the border. {hostile(number)}{padding}"
        for number, one in enumerate(ids)
    }
    passages = [
        {
            "id": one,
            "source": hostile(number),
            "passage": f"Passage {hostile(number)}{padding}",
            "original": "x",
            "chars": 9,
            "english": 1.0,
        }
        for number, one in enumerate(ids)
    ]
    rejected = [
        {"id": f"bad-{number}", "reject": reject("not_english", f"most seems other {hostile(number)}", text)}
        for number, text in enumerate((HEBREW, ARABIC, *HOSTILE))
    ]
    read = {"source_rows": count + len(rejected) + 2, "not_sampled": 2}
    write(made, "seeds", "", seeds.Rows, [*passages, *rejected], metrics=read)
    questions = [
        {
            "id": one,
            "passage": row["passage"],
            "instruction": f"How deep is it? {hostile(number + 1)}",
            "provenance": [call("instructions", one)],
        }
        for number, (one, row) in enumerate(zip(ids, passages, strict=True))
    ]
    write(made, "instructions", "", instructions.Rows, questions)
    answered = [
        row | {"response": english[row["id"]], "provenance": [*row["provenance"], call("responses", row["id"])]}
        for row in questions
    ]
    write(made, "responses", "", responses.Rows, answered)
    graded: list[Row] = []
    for number, row in enumerate(answered):
        grades = dict.fromkeys(scores_of(), 4 + number % 2)
        mark = {"reject": reject("below_threshold", "precision 1", row["response"])} if number % 9 == 8 else {}
        reasons = [f"Reason {hostile(number + 2)}"] * 4
        graded.append(
            row
            | grades
            | mark
            | {
                "mean": 4.0 + number % 2,
                "reasons": reasons,
                "provenance": [*row["provenance"], *graded_by(row["id"], number)],
            }
        )
    means = {"grades": dict.fromkeys((*scores_of(), "mean"), 4.5), "graded": count, "requests": USED}
    write(made, "scores", "", scores.Rows, graded, metrics=means)
    kept = [row for row in graded if "reject" not in row]
    examples = [example(row, "en", row["response"], None) for row in kept]
    for code, text in TEXTS.items():
        examples += translated(made, code, kept, text, padding)
    write(made, "dataset", "", dataset.Rows, examples)
    (made.folder / TRUTH).write_bytes(
        b"".join(orjson.dumps(known(name, number)) + b"\n" for number, name in enumerate(given))
    )
    lessons = [
        {"id": row["id"], "language": row["language"], "split": "train", "prompt_tokens": 9, "completion_tokens": 9}
        for row in examples
        if row["language"] != "en"
    ]
    trained = {
        "parameters": 10,
        "steps": 200,
        "loss": {"first": 1.0, "last": 0.1, "mean": 0.2},
        "validation": {"rows": 0},
    }
    tokens = {"tokens": {"prompts": 9, "completions": 9, "read": 99, "longest": 9}, "languages": {}}
    write(made, "student", "tuned", training_rows.Rows, lessons, metrics=trained | tokens)
    curve = [f"{step},{1 / step:.4f}\n" for step in range(1, 201)]
    (made.folder / "data/student/tuned/loss.csv").write_text("step,loss\n" + "".join(curve))
    judged(made, padding)


def known(name: str, number: int) -> Row:
    """The facts of a seed: the depth of its lake; every seventh has none."""
    depth = {code: str(number + 10) for code in ("en", *TEXTS)} | {"zh": f"深{number + 10}米"}
    slots = {"depth": depth} if number % 7 else None
    return {"id": name, "slots": slots}


def graded_by(row: str, number: int) -> list[Row]:
    """The judge's calls: every fourth is retried."""
    retried = [call("scores", f"{row} first", "not_parsed")] if number % 4 == 3 else []
    return [*retried, call("scores", row)]


def scores_of() -> tuple[str, ...]:
    return ("precision", "informativeness", "naturalness", "objectivity")


def example(pair: Row, code: str, text: str, qe: Row | None) -> Row:
    return {
        "id": f"{pair['id']}/{code}",
        "seed_id": pair["id"],
        "language": code,
        "instruction": pair["instruction"],
        "prompt": [{"role": "user", "content": f"{pair['instruction']} Reply in {code}."}],
        "completion": [{"role": "assistant", "content": text}],
        "first": text,
        "first_quality": 0.9,
        "scores": {name: pair[name] for name in (*scores_of(), "mean")},
        "qe": qe,
        "provenance": [
            *pair["provenance"],
            *([call(stage, f"{pair['id']}/{code}") for stage in ("translations", "selection")] if qe else []),
        ],
    }


def translated(made: Project, code: str, pairs: list[Row], text: str, padding: str) -> list[Row]:
    """Three candidates of every pair, the second one right and chosen, the third unfit; and the examples they make."""
    candidates, chosen = [], []
    for place, pair in enumerate(pairs):
        number = int(pair["id"].rsplit("-", 1)[1], 16)
        for which in range(3):
            written = text.format(d=number + (10 if which == 1 else 11)) + hostile(place) + padding
            estimate = None if which == 2 else 0.6 + 0.3 * which
            candidates.append(
                {
                    "id": f"{pair['id']}/{code}/{which}",
                    "answer_id": pair["id"],
                    "language": code,
                    "candidate": which,
                    "translator": "pocket",
                    "response": pair["response"],
                    "translation": written,
                    "back_translation": pair["response"]
                    if which == 1
                    else None
                    if which == 2
                    else f"Back {hostile(place)}",
                    "language_share": 1.0,
                    "problems": [f"numbers_missing: {text}" for text in HOSTILE] if which == 2 else [],
                    "round_trip": estimate,
                    "likelihood": estimate,
                    "comet": None,
                    "embedding": estimate,
                    "quality": estimate,
                    "chosen": which == 1,
                    "provenance": [],
                }
            )
        best = candidates[-2]
        qe = {key: best[key] for key in ("quality", "round_trip", "likelihood", "comet", "embedding", "candidate")} | {
            "fit": 2
        }
        row = best | qe | {"id": f"{pair['id']}/{code}", "first": None, "first_quality": None, "provenance": []}
        if place == 0:
            row |= {"reject": reject("dropped_sentences", f"1: {hostile(0)}", best["translation"])}
            best["chosen"] = False
        chosen.append(row)
    made_of = [
        {key: row[key] for key in ("id", "answer_id", "language", "candidate", "translator", "response", "translation")}
        | {"logprob": -0.1, "provenance": [call("translations", row["id"])]}
        for row in candidates
    ]
    write(made, "translations", code, translations.Rows, made_of)
    counts = {
        "candidates": {"all": len(candidates), "fit": 2 * len(pairs)},
        "chosen_first": 0.0,
        "quality": {"first": 0.6, "best": 0.9},
    }
    write(made, "selection", code, selection.Rows, chosen, metrics=counts)
    table(candidates, selection.Candidates).write_parquet(made.folder / f"data/selection/{code}/candidates.parquet")
    return [
        example(pair, code, row["translation"], {key: row[key] for key in dataset.QE.to_schema()})
        for pair, row in zip(pairs, chosen, strict=True)
        if "reject" not in row
    ]


def judged(made: Project, padding: str) -> None:
    """A benchmark of eight prompts in two sets, what three models answer, and the real evaluation of it."""
    prompts = []
    for number in range(8):
        for name, code in (("crosslingual", "de"), ("crosslingual", "zh"), ("english", "en")):
            prompts.append(
                {
                    "id": f"p{number}/{name}/{code}",
                    "prompt_id": f"p{number}",
                    "set": name,
                    "language": code,
                    "instruction": "Where?",
                    "prompt": f"Where is it? {hostile(number)}",
                    "truth": TEXTS.get(code, "Near the border.").format(d=number),
                    "provenance": [],
                }
            )
    write(made, "benchmark", "", benchmark.Rows, prompts)
    for place, model in enumerate(PARAMS["models"]):
        written = [
            row
            | {
                "answer": f"{row['truth']} {hostile(place)}{padding}",
                "model": model,
                "finish": "stop",
                "provenance": [call("answers", row["id"])],
            }
            for row in prompts
        ]
        write(made, "answers", model, answers.Rows, written)
        found = [
            row
            | {
                "id": f"{row['id']}/{other}",
                "prompt_row": row["id"],
                "opponent": other,
                "preference": float((number + place) % 2),
                "settled_by": "chrf",
                "length": 9,
                "opponent_length": 9,
                "judge": "chrF",
            }
            for number, row in enumerate(prompts)
            for other in ("reference", "base")
            if model != "reference"
        ]
        write(made, "verdicts", model, verdicts.Rows, found)
        measured = [
            row
            | {
                "length": 9,
                "finish": "stop",
                "line_pass": True,
                "right_language": place != 1,
                "chrf": 50.0,
                "facts": 1.0,
                "facts_in_language": 0.5,
            }
            for row in prompts
        ]
        table(measured, verdicts.Answers).write_parquet(made.folder / f"data/verdicts/{model}/answers.parquet")
    work(made, "evaluation")


def write(made: Project, stage: str, item: str, model: Any, rows: Iterable[Row], *, metrics: Row | None = None) -> None:
    """The outs of a stage, as the stage runner leaves them."""
    folder = made.folder / "data" / stage / item
    folder.mkdir(parents=True, exist_ok=True)
    every = list(rows)
    good = [row for row in every if "reject" not in row]
    bad = [{"provenance": [], **row, "stage": stage, **row["reject"]} for row in every if "reject" in row]
    table(good, model).write_parquet(folder / "rows.parquet")
    rejects = table(bad, Rejects)
    rejects.write_parquet(folder / "rejects.parquet")
    counts = {"rows": len(good), "rejects": len(bad), "reasons": dict(rejects.group_by("reason").len().iter_rows())}
    (folder / "metrics.json").write_bytes(orjson.dumps(counts | (metrics or {})))


def table(rows: Iterable[Row], model: Any) -> pl.DataFrame:
    """The rows as a model's columns; a column that a row does not have is null."""
    missing = dict.fromkeys(model.to_schema().columns)
    return frame([missing | row for row in rows], model)


def work(made: Project, stage: str) -> None:
    """A stage without a model, in this process."""
    with contextlib.chdir(made.folder), tempfile.TemporaryDirectory() as scratch:
        importlib.import_module(f"stages.{stage}").work(Stage(stage, None, load(), Path(scratch)))


def report(made: Project) -> Path:
    """The page, made by the stage."""
    work(made, "report")
    return made.folder / "data" / "report" / "index.html"


def shuffled(made: Project) -> None:
    """Every parquet file's rows in another order: which must not change the page."""
    for path in (made.folder / "data").rglob("*.parquet"):
        rows = pl.read_parquet(path)
        rows.sample(fraction=1, shuffle=True, seed=1).write_parquet(path)
