"""A build's dataset as a publication: its configs as they are, and a card, metadata and a summary written from the build."""

from typing import Any

import polars as pl

from xlforge.config import params
from xlforge.config.params import Config
from xlforge.languages.registry import LANGUAGES
from xlforge.publish import build, croissant, licences, state
from xlforge.publish.evaluated import Evaluated, evaluated, what
from xlforge.publish.hub import Publication
from xlforge.publish.markdown import rendered
from xlforge.publish.rows import Field, Split, assembled, chosen, fields, head, model, module, splits
from xlforge.report.labels import called

TAGS = ["cross-lingual", "instruction-tuning", "synthetic", "distilabel", "xlforge", "arxiv:2503.22973"]


def publication(repo: str) -> tuple[Publication, list[str]]:
    """What would be published, and notes for the user. Raises BuildError where the build must not be published."""
    config = params.load()
    here = state.checked("dataset", config)
    found = splits(config)
    figures, notes = evaluated(config)
    pages = written(repo, here, config, found=found, figures=figures)
    return assembled(repo, found, pages, module(config).CONFIGS), notes


def written(
    repo: str, here: state.State, config: Config, *, found: list[Split], figures: Evaluated | None
) -> dict[str, str]:
    """The card, Croissant metadata and the summary of training content, by file. The same build gives the same bytes."""
    calls = build.calls((split.rows for split in found), build.unpinned(config))
    table, described = licences.load(), module(config)
    stages, codes, seeds = build.stages("dataset"), config.languages, config.block("seeds").source
    best = {split.name: split.rows for split in found if split.config == "bestof3"}
    examples = [best[name].filter(language=code) for code in ("en", *codes) if (name := LANGUAGES[code].split) in best]
    shared: dict[str, Any] = {
        **{"stages": stages, "calls": calls, "terms": terms(table, calls, config), "licence": table.dataset},
        **{"contents": described.CONFIGS, "fields": described_fields(found, config)},
    }
    common = {
        **{"repo": repo, "state": here, "splits": found, "names": [called(code) for code in codes], **shared},
        **{"source": source(config), "given": given(), "seeds": seeds, "counts": build.counts(stages, config)},
        "personal": personal(config),
    }
    body = rendered(
        "dataset.md.jinja2",
        **common,
        only=only(found),
        pairs=build.metrics("dataset").get("preferences"),
        preferred=examples_of_pairs(found),
        prompts={(call.stage, call.version, call.prompt): call for call in calls if call.text}.values(),
        parameters=build.parameters(stages),
        grades=build.metrics("scores")["grades"],
        selected={called(code): build.metrics("selection", code) for code in codes},
        figures=figures,
        compared={name: what(name, config) for name in config.models},
        groups=["mean", "zero_shot", *codes],
        examples=[example for rows in examples if (example := chosen(rows))],
        scored=next((chosen(split.rows) for split in found if split.config == "scored"), None),
    )
    yaml = head(
        found,
        described.CONFIGS,
        language=["en", *codes],
        license=table.dataset,
        annotations_creators="machine-generated",
        language_creators=["found", "machine-generated"] if given() else "machine-generated",
        source_datasets=[seeds.name] if seeds.kind == "hub" else ["original"],
        pretty_name=f"Cross-lingual instructions: {', '.join(map(called, codes))}",
        tags=TAGS,
    )
    metadata = croissant.written(
        repo,
        found,
        here,
        description=f"English questions that request an answer in {', '.join(map(called, codes))}, and answers in that language",
        languages=["en", *codes],
        keywords=TAGS,
        sources=[source(config)],
        **shared,
    )
    summary = rendered("training_content.md.jinja2", **common, read=build.metrics("seeds"), sizes=sizes(found))
    return {"README.md": yaml + body, "croissant.json": metadata, "TRAINING_CONTENT.md": summary}


def described_fields(found: list[Split], config: Config) -> list[Field]:
    """The fields of all configs, each once, with the description of the first config that has it."""
    added = module(config).ADDED
    every: dict[str, Field] = {}
    for split in found:
        for field in fields(split.rows.schema, model(config, split.config), added):
            every.setdefault(field.name, field)
    return list(every.values())


def only(found: list[Split]) -> dict[str, str]:
    """The configs that have a column, for each column that not all have."""
    every = list(dict.fromkeys(split.config for split in found))
    have: dict[str, dict[str, None]] = {}
    for split in found:
        for column in split.rows.columns:
            have.setdefault(column, {})[split.config] = None
    return {column: ", ".join(configs) for column, configs in have.items() if len(configs) < len(every)}


def examples_of_pairs(found: list[Split]) -> list[dict[str, Any]]:
    """A pair of each kind."""
    tables = [split.rows for split in found if split.config == "preferences"]
    rows = pl.concat(tables).partition_by("kind", maintain_order=True) if tables else []
    return [example for table in rows if (example := chosen(table))]


def sizes(found: list[Split]) -> dict[str, tuple[int, int]]:
    """The rows, and the characters of prompts and answers, by config."""
    counts: dict[str, tuple[int, int]] = {}
    for split in found:
        sides = [side for side in ("prompt", "completion", "chosen", "rejected") if side in split.rows.columns]
        texts = [split.rows[side].explode().struct["content"].str.len_chars() for side in sides]
        rows, characters = counts.get(split.config, (0, 0))
        counts[split.config] = (rows + len(split.rows), characters + sum(int(each.sum()) for each in texts))
    return counts


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


def personal(config: Config) -> dict[str, Any] | None:
    """What the seeds' version did with personal data, and the finds by kind; None for a version that looks for none."""
    found = build.metrics("seeds").get("personal_data")
    return {"action": config.block("seeds").personal_data, "found": found} if found else None


def source(config: Config) -> str:
    """Where the seeds come from, as conf/licences.yaml names it."""
    seeds = config.block("seeds").source
    return str(seeds.name if seeds.kind == "hub" else seeds.path)
