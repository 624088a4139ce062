"""A build's benchmark as a publication: a config for each set, a split for each language, a card and metadata written from the build.

The rows hold all that `benchmark.source` reads, so that another build has the same prompts with the same ids.
"""

from collections import defaultdict
from io import BytesIO
from typing import Any

import polars as pl
from yaml import safe_dump

from xlforge.base.errors import BuildError
from xlforge.base.frames import valid
from xlforge.config import params
from xlforge.config.params import Config
from xlforge.languages import phrasings
from xlforge.languages.registry import LANGUAGES
from xlforge.publish import build, croissant, licences, state
from xlforge.publish.hub import Publication
from xlforge.publish.markdown import rendered
from xlforge.publish.rows import Field, Split, assembled, chosen, head, named
from xlforge.report.labels import called

COLUMNS = {
    "instruction": "what a model is sent: the question, in config crosslingual with a request for the language",
    "id": "prompt id / config / language; files of answers name it",
    "prompt_id": "the same for one question in every config and language",
    "source_id": "the id of the prompt in its source, with characters other than letters, digits, `.` and `-` as `_`",
    "language": "code of the language that the answer must be in",
    "part": "the part of the source that the prompt is from",
    "instruction_en": "the question in English, without a request",
    "passage": "English text with the facts, which the reference may read and the compared models may not",
    "truth": "a right answer, by code of its language",
    "slots": "the facts of the answer: name, then its phrase by code of the language",
}
"""The columns of every config, of which `instruction` is XL-AlpacaEval's. A column without any value is left out."""
CONTENTS = {
    "crosslingual": "English questions with a request for an answer in the language of the split",
    "english": "the questions without a request",
    "same_language": "the questions in the language of the split",
}
TAGS = ["cross-lingual", "benchmark", "xlforge", "arxiv:2503.22973"]
_GIVEN = r"^(.+)-[0-9a-f]{8}(?:\.\d+)?$"
"""A prompt id with an id of the source in it; without one, a prompt id is 16 hexadecimal digits."""


def publication(repo: str) -> tuple[Publication, list[str]]:
    """What would be published, and notes for the user. Raises BuildError where the benchmark must not be published."""
    config = params.load()
    here = state.checked("benchmark", config)
    path = build.DATA / "benchmark" / "rows.parquet"
    if not path.exists():
        raise BuildError(f"{path} is missing: `dvc checkout` or `dvc repro benchmark` restores it")
    found = splits(valid(pl.read_parquet(path), config.schema("benchmark").Rows, str(path)), config)
    notes = [f"config {name} has no split of {called(code)}: it has no prompts" for name, code in empty(found, config)]
    return assembled(repo, found, written(repo, here, config, found=found), CONTENTS), notes


def splits(rows: pl.DataFrame, config: Config) -> list[Split]:
    """The rows by set and language, with `COLUMNS`. Raises BuildError where there are none."""
    if rows.is_empty():
        raise BuildError(
            "the build has no benchmark: `benchmark.source` gives no prompts, so there is nothing to publish"
        )
    table, found = _published(rows), []
    for name, code in _places(config):
        if len(part := table.filter(rows["set"] == name, rows["language"] == code)):
            part.write_parquet(content := BytesIO(), compression="zstd")
            found.append(Split(name, LANGUAGES[code].split, part, content.getvalue()))
    return found


def empty(found: list[Split], config: Config) -> list[tuple[str, str]]:
    """The sets and languages of params.yaml without a prompt, which have no split."""
    have = {(split.config, split.name) for split in found}
    return [(name, code) for name, code in _places(config) if (name, LANGUAGES[code].split) not in have]


def _places(config: Config) -> list[tuple[str, str]]:
    block = config.block("benchmark")
    return [(name, code) for name in block.sets for code in (("en",) if name == "english" else block.languages)]


def _published(rows: pl.DataFrame) -> pl.DataFrame:
    truths: dict[str, dict[str, str]] = defaultdict(dict)
    for prompt, code, truth in rows.select("prompt_id", "language", "truth").iter_rows():
        truths[prompt] |= {code: truth} if truth else {}
    facts = [
        {
            one["slot"]: {each["language"]: each["phrase"] for each in one["phrases"]}
            for one in every or ()
            if one["phrases"]
        }
        for every in rows["slots"].to_list()
    ]
    # A struct has a field for every key that any row has, which is how `load_dataset` reads mappings.
    known = [
        {"truth": truths[prompt] or None, "slots": fact or None}
        for prompt, fact in zip(rows["prompt_id"], facts, strict=True)
    ]
    made = rows.with_columns(
        pl.from_dicts(known, infer_schema_length=None),
        instruction="prompt",
        source_id=pl.col("prompt_id").str.extract(_GIVEN),
    ).select(list(COLUMNS))
    return made.select(column for column in made if column.null_count() < len(made))


def written(repo: str, here: state.State, config: Config, *, found: list[Split]) -> dict[str, str]:
    """The card and Croissant metadata, by file. The same build gives the same bytes."""
    block, stages = config.block("benchmark"), build.stages("benchmark")
    sources = tables(block)
    licence, terms = licences.load().of_prompts(table["name"] for table in sources)
    codes = dict.fromkeys(code for split in found for code in split.rows["language"].unique())
    ours = "crosslingual" in block.sets and not (block.requested or block.source.language)
    names = [called(code) for code in codes]
    listed = [Field(column.name, named(column.dtype), COLUMNS[column.name]) for column in found[0].rows]
    shared: dict[str, Any] = {"stages": stages, "calls": [], "terms": terms, "contents": CONTENTS, "licence": licence}
    body = rendered(
        "benchmark.md.jinja2",
        **shared,
        fields=listed,
        repo=repo,
        state=here,
        names=names,
        splits=found,
        empty=empty(found, config),
        tables=sources,
        source=sources[0]["name"],
        block=block,
        metrics=build.metrics("benchmark"),
        phrasings={name: getattr(phrasings, name.upper()) for name in ("start", "middle", "end")} if ours else {},
        overlay="# @package _global_\n" + safe_dump({"benchmark": again(repo, found, config)}, sort_keys=False),
        parameters=build.parameters(stages),
        examples={split.config: chosen(split.rows) for split in reversed(found)},
    )
    languages = list({"en": None} | codes)
    hub = dict.fromkeys(table["name"] for table in sources if table["table"].kind == "hub")
    yaml = head(
        found,
        CONTENTS,
        language=languages,
        license=licence,
        source_datasets=list(hub) or ["original"],
        pretty_name=f"Cross-lingual benchmark: {', '.join(map(called, codes))}",
        tags=TAGS,
    )
    metadata = croissant.written(
        repo,
        found,
        here,
        description=f"Prompts for answers in {', '.join(names)}, to evaluate models with",
        fields=listed,
        languages=languages,
        keywords=TAGS,
        sources=list(terms),
        **shared,
    )
    return {"README.md": yaml + body, "croissant.json": metadata}


def tables(block: Any) -> list[dict[str, Any]]:
    """The tables that the prompts are from. name: as conf/licences.yaml has it."""
    used = {"source": True, "requested": "crosslingual" in block.sets, "translated": "same_language" in block.sets}
    found = {key: getattr(block, key) for key, wanted in used.items() if wanted and getattr(block, key)}
    return [
        {"key": key, "name": table.name if table.kind == "hub" else block.source.path, "table": table}
        for key, table in found.items()
    ]


def again(repo: str, found: list[Split], config: Config) -> dict[str, Any]:
    """The keys of the block `benchmark` for a build that reads the published prompts, and has the same ids.

    A source whose prompts request a language is all its splits together; another one is the split that has most prompts.
    """
    block = config.block("benchmark")
    home = max(found, key=lambda split: (len(split.rows), split.config == "english"))
    given = block.source.language
    column = _key(found, home, paired=not given)
    missing = {code for _, code in empty(found, config)}
    table: dict[str, Any] = {"kind": "hub", "name": repo, "revision": "COMMIT", "file": None, "id": column}
    source = {
        **{"config": home.config, "split": "+".join(split.name for split in found) if given else home.name},
        **{"instruction": "instruction" if given else "instruction_en", "language": "language" if given else None},
        **{name: name if name in home.rows.columns else None for name in ("part", "passage", "truth", "slots")},
    }
    paired = {"split": "{language}", "instruction": "instruction", "language": None}
    return {
        "source": table | source | {"questions": None},
        "languages": [code for code in block.languages if code not in missing],
        "sets": list(block.sets),
        **{
            key: table | paired | {"config": name} if name in block.sets and not given else None
            for key, name in (("requested", "crosslingual"), ("translated", "same_language"))
        },
        "exclusions": {"apply": False},
        "sample": None,
    }


def _key(found: list[Split], home: Split, *, paired: bool) -> str | None:
    """The column with the source's ids. Without ids, rows pair by position; where that is not possible, by the ids that they got here."""
    if "source_id" not in home.rows.columns:
        aligned = all(len(split.rows) == len(home.rows) for split in found)
        return None if aligned or not paired else "prompt_id"
    ids = home.rows["source_id"]
    return "prompt_id" if paired and (ids.null_count() or ids.is_duplicated().any()) else "source_id"
