"""A project with a small benchmark and models whose answers are files, for the tests of answers and verdicts."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import yaml

from pipelines.benchmark.v1.schema import Rows
from tests.project import Project
from xlforge.base.frames import frame, valid
from xlforge.config.params import load
from xlforge.stage.stage import Stage

SERVED = {"engine": "openai", "model": "judge-1", "revision": "1", "prompts": "full"}
COUNT = 6


def prompts(count: int = COUNT) -> list[dict[str, Any]]:
    """Questions about lakes, each with a request for a German answer, and without one."""
    rows = []
    for number in range(count):
        question = f"Where is Mere-{number}?"
        truths = {
            "de": f"Mere-{number} liegt im Tal am Fluss und ist {number + 20} Meter tief.",
            "en": f"Mere-{number} lies in the valley by the river and is {number + 20} metres deep.",
        }
        slots = [
            {"slot": "place", "phrases": [{"language": "de", "phrase": "im Tal"}, {"language": "en", "phrase": "in the valley"}]},
            {"slot": "depth", "phrases": [{"language": code, "phrase": str(number + 20)} for code in ("de", "en")]},
        ]  # fmt: skip
        for name, code, text in (
            ("crosslingual", "de", f"{question} Reply in German."),
            ("english", "en", question),
        ):
            rows.append(
                {
                    "id": f"p{number}/{name}/{code}",
                    "prompt_id": f"p{number}",
                    "set": name,
                    "language": code,
                    "part": None,
                    "instruction": question,
                    "prompt": text,
                    "instruction_en": question,
                    "passage": f"Cookies - Accept. {truths['en']}",
                    "truth": truths[code],
                    "slots": slots,
                    "provenance": [],
                }
            )
    return rows


def answers(german: str, english: str) -> dict[str, str]:
    """Texts by benchmark id; `{n}` is the prompt's number, `{d}` its lake's depth."""
    texts = {"de": german, "en": english}
    return {
        row["id"]: texts[row["language"]].format(n=row["prompt_id"][1:], d=int(row["prompt_id"][1:]) + 20)
        for row in prompts()
    }


def project(folder: Path, models: dict[str, dict[str, str]], params: dict[str, Any] | None = None) -> Project:
    """A project with these models' answers in files, compared with `reference`; only `answers` and `verdicts` are in its dvc.yaml."""
    made = Project.make(folder, {"languages": ["de"]})
    entries = {}
    for name, texts in models.items():
        path = made.folder / "ready" / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(
            b"".join(orjson.dumps({"id": key, "answer": text}) + b"\n" for key, text in texts.items()) or b"\n"
        )
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        entry = {"file": f"ready/{name}.jsonl", "revision": f"sha256:{digest}", "needs": f"ready/{name}.jsonl"}
        entries[name] = {**entry, "against": name}
    made.set({"models": entries, "evaluation.compare": [], "judge": SERVED, **(params or {})})
    stages = yaml.safe_load((made.folder / "dvc.yaml").read_text())["stages"]
    kept = {name: stages[name] for name in ("answers", "verdicts")}
    (made.folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": kept}))
    data = made.folder / "data" / "benchmark"
    data.mkdir(parents=True, exist_ok=True)
    valid(frame(prompts(), Rows), Rows, "benchmark").write_parquet(data / "rows.parquet")
    return made


def work(made: Project, stage: str, name: str) -> None:
    """A stage that calls no model, in this process."""
    with contextlib.chdir(made.folder), tempfile.TemporaryDirectory() as scratch:
        importlib.import_module(f"stages.{stage}").work(Stage(stage, name, load(), Path(scratch)))


def run(made: Project, stage: str, name: str, check: bool = True, env: dict[str, str] | None = None) -> str:
    """A stage as dvc runs it; its standard error."""
    return made.run(sys.executable, "-m", f"stages.{stage}", name, check=check, env=env).stderr


def verdicts(made: Project, name: str, opponent: str = "reference") -> pl.DataFrame:
    return made.read("verdicts", item=name).filter(pl.col("opponent") == opponent)
