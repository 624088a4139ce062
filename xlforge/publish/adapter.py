"""A student's adapter as a publication: weights, tokenizer, loss curve, and a card with its recipe and win rates."""

import tempfile
from pathlib import Path
from typing import Any

import yaml

from xlforge.config import params
from xlforge.config.models import ADAPTERS
from xlforge.config.params import Config
from xlforge.config.students import Base
from xlforge.publish import build, licences, secrets, state
from xlforge.publish.dataset import terms
from xlforge.publish.evaluated import Evaluated, evaluated
from xlforge.publish.hub import Publication, read
from xlforge.publish.markdown import rendered
from xlforge.publish.rows import splits
from xlforge.report.labels import called

OWNED = (
    *("adapter_*", "tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab.*", "merges.txt", "*.model"),
    *("loss.csv", "chat_template.jinja"),
)


def publication(repo: str, student: str, data: str | None) -> tuple[Publication, list[str]]:
    """What would be published, and notes for the user. Raises BuildError where the adapter must not be published.

    Args:
        repo: its name on the Hub.
        student: its name in params.yaml.
        data: the name of the dataset on the Hub, for the card.
    """
    config = params.load()
    base = config.bases[config.trained(student).base]
    here = state.checked(f"student@{student}", config)
    figures, notes = evaluated(config)
    files: dict[str, bytes | Path] = dict(tokenizer(base))
    files |= {path.name: path for path in sorted((ADAPTERS / student).iterdir())}
    files["loss.csv"] = build.DATA / "student" / student / "loss.csv"
    files["README.md"] = written(repo, student, config, here=here, data=data, figures=figures).encode()
    texts = ((path, read(content).decode("utf-8", "replace")) for path, content in files.items())
    secrets.refuse(texts, secrets.known_here())
    return Publication("model", repo, files, OWNED), notes


def tokenizer(base: Base) -> dict[str, bytes]:
    """The base's tokenizer, with the chat template that students are trained with, as files."""
    from xlforge.training.bases import load_tokenizer

    with tempfile.TemporaryDirectory() as folder:
        load_tokenizer(base).save_pretrained(folder)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir()) if path.is_file()}


def written(
    repo: str, student: str, config: Config, *, here: state.State, data: str | None, figures: Evaluated | None
) -> str:
    """The card. The same build gives the same bytes."""
    recipe, table = config.students[student], licences.load()
    base = config.bases[recipe.base]
    local = Path(base.model).is_dir()
    calls = build.calls((split.rows for split in splits(config, recipe.config)), build.unpinned(config))
    licence = table.of_adapter(base.model)
    rows = compared(config, student, figures)
    codes = recipe.languages or tuple(config.languages)
    body = rendered(
        "adapter.md.jinja2",
        repo=repo,
        state=here,
        student=student,
        base=base,
        local=local,
        config=recipe.config,
        data=data,
        code=build.stages("student")[-1].code,
        names=[called(code) for code in codes],
        metrics=build.metrics("student", student),
        recipe=yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False),
        figures=figures,
        rows=rows,
        licence=licence,
        terms={base.model: table.model(base.model)} | terms(table, calls, config),
    )
    name, base_name = repo.split("/")[1], None if local else base.model
    return head(name, licence=licence, base=base_name, codes=codes, data=data, found=results(config, rows)) + body


def compared(config: Config, student: str, figures: Evaluated | None) -> list[dict[str, Any]]:
    """The figures of the models that are this student, on prompts that request another language."""
    names = {name for name, entry in config.models.items() if entry.student == student}
    return [row for row in figures.rows if row["model"] in names and row["set"] == "crosslingual"] if figures else []


def results(config: Config, rows: list[dict[str, Any]]) -> list[Any]:
    """The rows as the Hub's evaluation results: for each group of languages the win rate and the share of answers in the language."""
    from huggingface_hub import EvalResult

    source = config.block("benchmark").source
    name = source.name if source.kind == "hub" else Path(source.path).stem
    metrics = {
        "win_rate": f"Win rate against {config.block('verdicts').reference}, percent",
        "right_language": "Share of answers in the requested language",
    }
    return [
        EvalResult(
            task_type="text-generation",
            task_name="Cross-lingual open-ended generation",
            dataset_type=name,
            dataset_name=f"{name}, English prompts that request another language",
            dataset_config=row["set"],
            dataset_split=row["language"],
            metric_type=metric,
            metric_name=title,
            metric_value=row[metric],
        )
        for row in rows
        for metric, title in metrics.items()
        if row[metric] is not None
    ]


def head(
    name: str, *, licence: str, base: str | None, codes: tuple[str, ...], data: str | None, found: list[Any]
) -> str:
    """The card's YAML, as the Hub reads it, with `model-index`. base: its name on the Hub, None for a local folder."""
    from huggingface_hub import ModelCardData

    card = ModelCardData(
        language=["en", *(code for code in codes if code != "en")],
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
