"""A build's dataset as a publication: its configs as they lie, and a card written from the build."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from xlforge.config import params
from xlforge.config.dag import position
from xlforge.config.params import Config
from xlforge.languages.registry import LANGUAGES
from xlforge.publish import licences, made, secrets, state
from xlforge.publish.evaluated import Evaluated, evaluated, what
from xlforge.publish.examples import chosen, cut, examples
from xlforge.publish.fields import fields
from xlforge.publish.gates import passed
from xlforge.publish.markdown import rendered
from xlforge.publish.publication import Publication
from xlforge.publish.rows import Split, splits

POCKET = "models/pocket/"
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))


def publication(repo: str) -> tuple[Publication, list[str]]:
    """What would be published, and notes for whoever publishes; BuildError where the build must not leave."""
    here = state.settled()
    config = params.load()
    state.matched("dataset")
    passed(config.gates, [stage.name for stage in made.stages("dataset")], here.commit)
    found = splits(
        configs(), importlib.import_module(f"pipelines.dataset.{config.block('dataset').version}.schema").Rows
    )
    known = secrets.known_here()
    secrets.refuse((text for split in found for text in split.texts()), known)
    figures, notes = evaluated(config)
    card = written(repo, here, config, found, figures)
    secrets.refuse([("the card", card)], known)
    files: dict[str, bytes | Path] = {split.place: split.path for split in found}
    return Publication(
        "dataset", repo, files | {"README.md": card.encode()}, tuple(f"{name}/*" for name in _names(found))
    ), notes


def configs() -> list[dict[str, Any]]:
    """The configs of the dataset as it lies, from the YAML of its own README."""
    from huggingface_hub import DatasetCard

    found: list[dict[str, Any]] = DatasetCard((made.DATA / "dataset" / "README.md").read_text(encoding="utf-8")).data[
        "configs"
    ]
    return [{key: config[key] for key in ("config_name", "data_files")} for config in found]


def written(repo: str, here: state.State, config: Config, found: list[Split], figures: Evaluated | None) -> str:
    """The card. The same build gives the same bytes."""
    dag = made.stages("dataset")
    codes = [code for code in config.languages if code != "en"]
    best = {split.name: split.rows for split in found if split.config == "bestof3"}
    asked = sorted({call for split in found for call in made.calls(split.rows)}, key=_order)
    table = licences.load()
    terms = licences.entries_of_rows(table, [source(config)], models(asked, config))
    schema = importlib.import_module(f"pipelines.dataset.{config.block('dataset').version}.schema").Rows
    widest = max(found, key=lambda split: len(split.rows.columns))
    common = set.intersection(*(set(split.rows.columns) for split in found))
    scored = chosen(next(split.rows for split in found if split.config == "scored"))
    return str(head(table.dataset, codes, found, config)) + rendered(
        "dataset.md.jinja2",
        repo=repo,
        state=here,
        licence=table.dataset,
        names=[LANGUAGES[code].name for code in codes],
        meant=importlib.import_module(f"pipelines.dataset.{config.block('dataset').version}.configs").CONFIGS,
        splits=found,
        fields=[
            (field, field.name.split(".")[0].split("[")[0] in common) for field in fields(widest.rows.schema, schema)
        ],
        stages=dag,
        calls=asked,
        prompts={(call.stage, call.version, call.prompt): call for call in asked},
        terms=terms,
        parameters=made.parameters(dag),
        counts=made.counts(dag, {"translations": codes, "selection": codes}),
        grades=made.metrics("scores")["grades"],
        selected={LANGUAGES[code].name: made.metrics("selection", code) for code in codes},
        figures=figures,
        compared={name: what(name, config) for name in config.models},
        groups={"mean": "mean", "zero_shot": "zero-shot mean", **{code: LANGUAGES[code].name for code in codes}},
        examples=[row for code in ["en", *codes] for row in examples(best[LANGUAGES[code].split], [code])],
        scored=scored and scored | {"reasons": [cut(reason) for reason in scored["reasons"]]},
        pocket=any(call.model.startswith(POCKET) for call in asked),
        source=source(config),
        seeds=config.block("seeds").source,
    )


def head(licence: str, codes: list[str], found: list[Split], config: Config) -> str:
    """The card's YAML, as the Hub wants it."""
    from huggingface_hub import DatasetCardData

    total = sum(len(split.rows) for split in found)
    data = DatasetCardData(
        language=["en", *codes],
        license=licence,
        annotations_creators="machine-generated",
        language_creators="machine-generated",
        multilinguality="multilingual",
        size_categories=next((name for least, name in SIZES if total < least), "n>10M"),
        source_datasets=[config.block("seeds").source.name]
        if config.block("seeds").source.kind == "hub"
        else ["original"],
        task_categories=["text-generation"],
        pretty_name=f"Cross-lingual instructions: {', '.join(LANGUAGES[code].name for code in codes)}",
        tags=["cross-lingual", "instruction-tuning", "synthetic", "distilabel", "xlforge", "arxiv:2503.22973"],
        configs=configs(),
    )
    return f"---\n{data.to_yaml(line_break=chr(10))}\n---\n\n"


def models(asked: list[made.Call], config: Config) -> list[str]:
    """The models whose words or figures are in the rows."""
    chosen_by = config.block("selection")
    comet = [chosen_by.comet] if chosen_by.weights.comet and chosen_by.comet else []
    return sorted({call.model for call in asked} | set(comet))


def source(config: Config) -> str:
    """Where the seeds come from, as conf/licences.yaml names it."""
    read = config.block("seeds").source
    return str(read.name if read.kind == "hub" else read.path)


def _names(found: list[Split]) -> list[str]:
    return list(dict.fromkeys(split.config for split in found))


def _order(call: made.Call) -> tuple[Any, ...]:
    return position(call.stage), call.prompt, call.model, call.revision
