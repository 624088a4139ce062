"""A build's dataset as a publication: its configs as they are, and a card written from the build."""

from pathlib import Path

from xlforge.config import params
from xlforge.config.params import Config
from xlforge.languages.registry import LANGUAGES
from xlforge.publish import build, licences, secrets, state
from xlforge.publish.evaluated import Evaluated, evaluated, what
from xlforge.publish.hub import Publication
from xlforge.publish.markdown import rendered
from xlforge.publish.rows import Split, chosen, configs, fields, module, splits
from xlforge.report.labels import called

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))


def publication(repo: str) -> tuple[Publication, list[str]]:
    """What would be published, and notes for the user. Raises BuildError where the build must not be published."""
    config = params.load()
    here = state.checked("dataset", config)
    found, known = splits(config), secrets.known_here()
    secrets.refuse((text for split in found for text in split.texts()), known)
    figures, notes = evaluated(config)
    card = written(repo, here, config, found=found, figures=figures)
    secrets.refuse([("the card", card)], known)
    files: dict[str, bytes | Path] = {split.place: split.path for split in found}
    owned = tuple(f"{name}/*" for name in dict.fromkeys(split.config for split in found))
    return Publication("dataset", repo, files | {"README.md": card.encode()}, owned), notes


def written(repo: str, here: state.State, config: Config, *, found: list[Split], figures: Evaluated | None) -> str:
    """The card. The same build gives the same bytes."""
    calls = build.calls((split.rows for split in found), build.unpinned(config))
    table, described = licences.load(), module(config)
    stages, codes = build.stages("dataset"), config.languages
    best = {split.name: split.rows for split in found if split.config == "bestof3"}
    widest = max(found, key=lambda split: len(split.rows.columns)).rows.schema
    examples = [best[name].filter(language=code) for code in ("en", *codes) if (name := LANGUAGES[code].split) in best]
    body = rendered(
        "dataset.md.jinja2",
        repo=repo,
        state=here,
        licence=table.dataset,
        names=[called(code) for code in codes],
        contents=described.CONFIGS,
        splits=found,
        fields=fields(widest, config.schema("dataset").Rows, described.ADDED),
        added=described.ADDED,
        stages=stages,
        calls=calls,
        prompts={(call.stage, call.version, call.prompt): call for call in calls if call.text}.values(),
        terms=terms(table, calls, config),
        parameters=build.parameters(stages),
        counts=build.counts(stages, config),
        grades=build.metrics("scores")["grades"],
        selected={called(code): build.metrics("selection", code) for code in codes},
        figures=figures,
        compared={name: what(name, config) for name in config.models},
        groups=["mean", "zero_shot", *codes],
        examples=[example for rows in examples if (example := chosen(rows))],
        scored=next((chosen(split.rows) for split in found if split.config == "scored"), None),
        source=source(config),
        given=given(),
        seeds=config.block("seeds").source,
    )
    return head(table.dataset, codes, found, config) + body


def head(licence: str, codes: tuple[str, ...], found: list[Split], config: Config) -> str:
    """The card's YAML, as the Hub reads it."""
    from huggingface_hub import DatasetCardData

    total = sum(len(split.rows) for split in found)
    seeds = config.block("seeds").source
    data = DatasetCardData(
        language=["en", *codes],
        license=licence,
        annotations_creators="machine-generated",
        language_creators=["found", "machine-generated"] if given() else "machine-generated",
        multilinguality="multilingual",
        size_categories=next((name for limit, name in SIZES if total < limit), "n>10M"),
        source_datasets=[seeds.name] if seeds.kind == "hub" else ["original"],
        task_categories=["text-generation"],
        pretty_name=f"Cross-lingual instructions: {', '.join(map(called, codes))}",
        tags=["cross-lingual", "instruction-tuning", "synthetic", "distilabel", "xlforge", "arxiv:2503.22973"],
        configs=configs(),
    )
    return f"---\n{data.to_yaml(line_break=chr(10))}\n---\n\n"


def terms(table: licences.Licences, calls: list[build.Call], config: Config) -> dict[str, licences.Source]:
    """The licences of the seeds and of every model whose text or figures are in the rows. Raises BuildError where one forbids it."""
    selection = config.block("selection")
    used = {selection.comet} if selection.weights.comet else set()
    if getattr(selection.weights, "embedding", 0):
        used.add(selection.embedding.model)
    return table.of_rows([source(config)], sorted({call.model for call in calls} | used))


def given() -> str:
    """How many questions and English answers the source gives, in words; empty for none."""
    counts = {"questions": "instructions", "English answers": "responses"}
    found = {what: build.metrics(stage).get("given") for what, stage in counts.items()}
    return " and ".join(f"{count:,} {what}" for what, count in found.items() if count)


def source(config: Config) -> str:
    """Where the seeds come from, as conf/licences.yaml names it."""
    seeds = config.block("seeds").source
    return str(seeds.name if seeds.kind == "hub" else seeds.path)
