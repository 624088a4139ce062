"""A build's dataset as a publication: its configs as they lie, and a card written from the build."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from commands.publishing import licences, made, secrets, state
from commands.publishing.evaluated import Evaluated, evaluated, what
from commands.publishing.examples import chosen, cut, examples
from commands.publishing.fields import fields
from commands.publishing.gates import passed
from commands.publishing.markdown import rendered
from commands.publishing.publication import Publication
from commands.publishing.rows import Split, splits
from xlforge.core import params
from xlforge.core.languages import LANGUAGES

POCKET = "models/pocket/"
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))


def publication(repo: str) -> tuple[Publication, list[str]]:
    """What would be published, and notes for whoever publishes; BuildError where the build must not leave."""
    here = state.settled()
    everything = params.load()
    state.matched("dataset")
    passed(everything["gates"], [stage.name for stage in made.stages("dataset")], here.commit)
    found = splits(configs(), importlib.import_module(f"pipelines.dataset.{everything['dataset'].version}.schema").Rows)
    known = secrets.known_here()
    secrets.refuse((text for split in found for text in split.texts()), known)
    figures, notes = evaluated(everything)
    card = written(repo, here, everything, found, figures)
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


def written(
    repo: str, here: state.State, everything: dict[str, Any], found: list[Split], figures: Evaluated | None
) -> str:
    """The card. The same build gives the same bytes."""
    dag = made.stages("dataset")
    codes = [code for code in everything["languages"] if code != "en"]
    best = {split.name: split.rows for split in found if split.config == "bestof3"}
    asked = sorted({call for split in found for call in made.calls(split.rows)}, key=_order)
    table = licences.load()
    terms = licences.entries_of_rows(table, [source(everything)], models(asked, everything))
    schema = importlib.import_module(f"pipelines.dataset.{everything['dataset'].version}.schema").Rows
    widest = max(found, key=lambda split: len(split.rows.columns))
    common = set.intersection(*(set(split.rows.columns) for split in found))
    scored = chosen(next(split.rows for split in found if split.config == "scored"))
    return str(head(table.dataset, codes, found, everything)) + rendered(
        "dataset.md.jinja2",
        repo=repo,
        state=here,
        licence=table.dataset,
        names=[LANGUAGES[code].name for code in codes],
        meant=importlib.import_module(f"pipelines.dataset.{everything['dataset'].version}.configs").CONFIGS,
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
        compared={name: what(name, everything) for name in everything["models"]},
        groups={"mean": "mean", "zero_shot": "zero-shot mean", **{code: LANGUAGES[code].name for code in codes}},
        examples=[row for code in ["en", *codes] for row in examples(best[LANGUAGES[code].split], [code])],
        scored=scored and scored | {"reasons": [cut(reason) for reason in scored["reasons"]]},
        pocket=any(call.model.startswith(POCKET) for call in asked),
        source=source(everything),
        seeds=everything["seeds"].source,
    )


def head(licence: str, codes: list[str], found: list[Split], everything: dict[str, Any]) -> str:
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
        source_datasets=[everything["seeds"].source.name] if everything["seeds"].source.kind == "hub" else ["original"],
        task_categories=["text-generation"],
        pretty_name=f"Cross-lingual instructions: {', '.join(LANGUAGES[code].name for code in codes)}",
        tags=["cross-lingual", "instruction-tuning", "synthetic", "distilabel", "xlforge", "arxiv:2503.22973"],
        configs=configs(),
    )
    return f"---\n{data.to_yaml(line_break=chr(10))}\n---\n\n"


def models(asked: list[made.Call], everything: dict[str, Any]) -> list[str]:
    """The models whose words or figures are in the rows."""
    chosen_by = everything["selection"]
    comet = [chosen_by.comet] if chosen_by.weights.comet and chosen_by.comet else []
    return sorted({call.model for call in asked} | set(comet))


def source(everything: dict[str, Any]) -> str:
    """Where the seeds come from, as conf/licences.yaml names it."""
    read = everything["seeds"].source
    return str(read.name if read.kind == "hub" else read.path)


def _names(found: list[Split]) -> list[str]:
    return list(dict.fromkeys(split.config for split in found))


def _order(call: made.Call) -> tuple[Any, ...]:
    return params.STAGES.index(call.stage), call.prompt, call.model, call.revision
