"""A student's adapter as a publication: weights, tokenizer, loss curve, and a card with its recipe and win rates."""

from __future__ import annotations

import importlib
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import yaml

from xlforge.base.errors import BuildError
from xlforge.config import params
from xlforge.config.models import ADAPTERS
from xlforge.config.params import Config
from xlforge.languages.registry import LANGUAGES
from xlforge.publish import dataset, licences, made, secrets, state
from xlforge.publish.evaluated import Evaluated, evaluated
from xlforge.publish.gates import passed
from xlforge.publish.markdown import rendered
from xlforge.publish.publication import Publication, read
from xlforge.publish.rows import splits

OWNED = ("adapter_*", "tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab.*", "merges.txt", "*.model")
POINTS = 10
"""Of the loss curve, as the card tells it; loss.csv has every step."""


def publication(repo: str, student: str, data: str | None) -> tuple[Publication, list[str]]:
    """What would be published, and notes for whoever publishes; BuildError where the adapter must not leave.

    data: the Hub's name of the dataset, for the card.
    """
    here = state.settled()
    config = params.load()
    if student not in config.students:
        known = ", ".join(config.students)
        raise BuildError(f"no student is called {student!r}: `students` in params.yaml has {known or 'none'}")
    state.matched(f"student@{student}")
    passed(config.gates, [stage.name for stage in made.stages("student")], here.commit)
    figures, notes = evaluated(config)
    files: dict[str, bytes | Path] = dict(tokenizer(config, student))
    files |= {path.name: path for path in sorted((ADAPTERS / student).iterdir())}
    files["loss.csv"] = made.DATA / "student" / student / "loss.csv"
    files["README.md"] = written(repo, student, config, here=here, data=data, figures=figures).encode()
    known_secrets = secrets.known_here()
    texts = {path: read(content) for path, content in files.items()}
    secrets.refuse(((path, text.decode("utf-8", "replace")) for path, text in texts.items()), known_secrets)
    return Publication("model", repo, files, (*OWNED, "loss.csv", "chat_template.jinja")), notes


def tokenizer(config: Config, student: str) -> dict[str, bytes]:
    """The base's tokenizer with the chat template that the student was trained with, as files."""
    from xlforge.training.bases import tokenizer_of

    kept = tokenizer_of(config.bases[config.students[student].base])
    with tempfile.TemporaryDirectory() as folder:
        kept.save_pretrained(folder)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir()) if path.is_file()}


def written(
    repo: str,
    student: str,
    config: Config,
    *,
    here: state.State,
    data: str | None,
    figures: Evaluated | None,
) -> str:
    """The card. The same build gives the same bytes."""
    recipe = config.students[student]
    base = config.bases[recipe.base]
    table = licences.load()
    schema = importlib.import_module(f"pipelines.dataset.{config.block('dataset').version}.schema").Rows
    config = [one for one in dataset.configs() if one["config_name"] == recipe.config]
    asked = {call for split in splits(config, schema) for call in made.calls(split.rows)}
    terms = licences.entries_of_rows(table, [dataset.source(config)], dataset.models(list(asked), config))
    licence = licences.of_adapter(table, base.model)
    told = made.metrics("student", student)
    local = Path(base.model).is_dir()
    rows = compared(config, student, figures)
    codes = recipe.languages or tuple(config.languages)
    there = None if local else base.model
    found = results(config, rows)
    top = head(repo.split("/")[1], licence=licence, base=there, codes=codes, data=data, found=found)
    return top + rendered(
        "adapter.md.jinja2",
        repo=repo,
        state=here,
        student=student,
        base=base,
        local=local,
        config=recipe.config,
        data=data,
        names=[LANGUAGES[code].name for code in codes],
        told=told,
        recipe=yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False),
        curve=curve(made.DATA / "student" / student / "loss.csv"),
        figures=figures,
        rows=[(group_name(row["language"]), row) for row in rows],
        licence=licence,
        terms={base.model: table.model(base.model)} | terms,
        pocket=base.model.startswith(dataset.POCKET),
    )


def compared(config: Config, student: str, figures: Evaluated | None) -> list[dict[str, Any]]:
    """The figures of the models that are this student, on prompts that ask for another language."""
    names = {name for name, entry in config.models.items() if entry.student == student}
    return [row for row in figures.rows if row["model"] in names and row["set"] == "crosslingual"] if figures else []


def results(config: Config, rows: list[dict[str, Any]]) -> list[Any]:
    """The rows as the Hub's evaluation results: win rate, and the share of answers in the language, for each group of languages."""
    from huggingface_hub import EvalResult

    read_from = config.block("benchmark").source
    name = read_from.name if read_from.kind == "hub" else Path(read_from.path).stem
    told = []
    for row in rows:
        shared = {
            "task_type": "text-generation",
            "task_name": "Cross-lingual open-ended generation",
            "dataset_type": name,
            "dataset_name": f"{name}, asked in English for another language",
            "dataset_config": row["set"],
            "dataset_split": row["language"],
        }
        metrics = (
            ("win_rate", f"Win rate against {config.block('verdicts').reference}, percent", row["win_rate"]),
            ("right_language", "Share of answers in the language asked for", row["right_language"]),
        )
        told += [
            EvalResult(**shared, metric_type=kind, metric_name=words, metric_value=value)
            for kind, words, value in metrics
            if value is not None
        ]
    return told


def head(
    name: str, *, licence: str, base: str | None, codes: tuple[str, ...], data: str | None, found: list[Any]
) -> str:
    """The card's YAML, as the Hub wants it, with `model-index`. base: its name on the Hub, None for a folder here."""
    from huggingface_hub import ModelCardData

    card = ModelCardData(
        language=["en", *[code for code in codes if code != "en"]],
        license=licence,
        library_name="peft",
        pipeline_tag="text-generation",
        base_model=base,
        datasets=[data] if data else None,
        tags=["lora", "cross-lingual", "xlforge", "arxiv:2503.22973"],
        model_name=name if found else None,
        eval_results=found or None,
    )
    return f"---\n{card.to_yaml(line_break=chr(10))}\n---\n\n"


def curve(path: Path) -> list[tuple[str, float]]:
    """The mean loss over each of POINTS parts of the steps: (steps, loss)."""
    losses = [float(line.split(",")[1]) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    edges = sorted({round(number * len(losses) / POINTS) for number in range(POINTS + 1)})
    return [(f"{start + 1} to {end}", fmean(losses[start:end])) for start, end in pairwise(edges)]


def group_name(group: str) -> str:
    """A group of languages in words."""
    if group in LANGUAGES:
        return LANGUAGES[group].name
    return {"mean": "mean over the languages trained on", "zero_shot": "zero-shot"}.get(group, group)
