"""Croissant 1.0 metadata of a published dataset (http://mlcommons.org/croissant/1.0), with its provenance in the terms of W3C PROV.

Written here and not by `mlcroissant`, so that publishing needs none of its packages; the tests validate the result with it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import polars as pl

from xlforge.publish.build import Call, Stage
from xlforge.publish.licences import Source
from xlforge.publish.markdown import TEMPLATES
from xlforge.publish.rows import Field, Split
from xlforge.publish.state import State

CONTEXT = TEMPLATES / "croissant_context.json"
"""The `@context` that Croissant 1.0 prescribes, and `prov`."""


def written(
    repo: str,
    found: list[Split],
    here: State,
    *,
    description: str,
    contents: Mapping[str, str],
    fields: Iterable[Field],
    licence: str,
    languages: list[str],
    keywords: list[str],
    stages: list[Stage],
    calls: list[Call],
    sources: Iterable[str],
    terms: Mapping[str, Source],
) -> str:
    """The JSON. It has no time of its own: the date is that of the build's commit. The files' addresses are relative to the JSON.

    Args:
        repo: its name on the Hub.
        found: the splits; each is a record set `config/split`.
        here: the build.
        description: of the whole, in a sentence.
        contents: what each config has.
        fields: descriptions by path, such as `prompt[].role`.
        licence: it is published under.
        languages: codes.
        keywords: the tags of the card.
        stages: that built it; the last one is its own.
        calls: the model calls behind the rows.
        sources: of the texts, by their names in `terms`.
        terms: the licences of the sources and models.
    """
    texts = {field.name: field.description for field in fields}
    metadata = {
        "@context": json.loads(CONTEXT.read_bytes()),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": repo.rpartition("/")[2],
        "description": description,
        "url": f"https://huggingface.co/datasets/{repo}",
        "license": licence,
        "citeAs": "https://arxiv.org/abs/2503.22973",
        "inLanguage": languages,
        "keywords": keywords,
        "version": f"{(stages[-1].version or 'v1')[1:]}.0.0+{here.lock[:12]}",
        **({"dateCreated": here.date} if here.date else {}),
        "identifier": _marks({"git commit": here.commit, "dvc.lock": here.lock}),
        "prov:wasDerivedFrom": [
            {"@type": "prov:Entity", "name": name, "license": terms[name].licence, "usageInfo": terms[name].terms}
            for name in sources
        ],
        "prov:wasGeneratedBy": [_activity(stage, calls, terms) for stage in stages],
        "distribution": [
            {
                "@type": "cr:FileObject",
                **dict.fromkeys(("@id", "name", "contentUrl"), split.place),
                "encodingFormat": "application/x-parquet",
                "sha256": split.digest,
            }
            for split in found
        ],
        "recordSet": [_records(split, contents[split.config], texts) for split in found],
    }
    return json.dumps(metadata, indent=1) + "\n"  # ASCII, so no name can hold an invisible character


def _activity(stage: Stage, calls: list[Call], terms: Mapping[str, Source]) -> dict[str, Any]:
    models = dict.fromkeys((call.model, call.revision) for call in calls if call.stage == stage.name)
    return {
        "@type": "prov:Activity",
        "name": stage.name,
        "description": stage.description,
        "identifier": _marks({"version": stage.version, "pipeline": stage.fingerprint, "code": ", ".join(stage.code)}),
        "prov:wasAssociatedWith": [
            {"@type": "prov:SoftwareAgent", "name": name, "version": revision, "license": terms[name].licence}
            for name, revision in models
        ],
    }


def _marks(marks: Mapping[str, str | None]) -> list[dict[str, str]]:
    return [{"@type": "PropertyValue", "propertyID": key, "value": value} for key, value in marks.items() if value]


def _records(split: Split, content: str, texts: Mapping[str, str]) -> dict[str, Any]:
    place = split.place.removesuffix(".parquet")
    fields = [_field(place, (name,), name, kind, texts) for name, kind in split.rows.schema.items()]
    what = f"{content}; split {split.name}, {len(split.rows)} rows"
    return {"@type": "cr:RecordSet", "@id": place, "name": place, "description": what, "field": fields}


def _field(place: str, keys: tuple[str, ...], path: str, kind: Any, texts: Mapping[str, str]) -> dict[str, Any]:
    """A field, with those of a struct as subfields. keys: from the column inwards. path: as `fields` of the card has it."""
    field: dict[str, Any] = {"@type": "cr:Field", "@id": "/".join((place, *map(quote, keys))), "name": keys[-1]}
    field |= {"description": texts[path]} if path in texts else {}
    if isinstance(kind, pl.List):
        field, path, kind = field | {"repeated": True}, f"{path}[]", kind.inner
    if isinstance(kind, pl.Struct):
        inner = [_field(place, (*keys, each.name), f"{path}.{each.name}", each.dtype, texts) for each in kind.fields]
        return field | {"subField": inner}
    inside = "".join("['" + re.sub(r"([\\'])", r"\\\1", key) + "']" for key in keys[1:])
    source = {"fileObject": {"@id": f"{place}.parquet"}, "extract": {"column": keys[0]}}
    return field | {
        "dataType": _type(kind),
        "source": source | ({"transform": {"jsonPath": f"${inside}"}} if inside else {}),
    }


def _type(kind: Any) -> str:
    known = {"sc:Integer": kind.is_integer(), "sc:Float": kind.is_float(), "sc:Boolean": kind == pl.Boolean}
    return next((name for name, fits in known.items() if fits), "sc:Text")
