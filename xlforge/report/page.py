"""The page: sections filled into a template, with its style, its script and its data inside; nothing is fetched.

Text of models and seeds is never markup: Jinja escapes it in HTML, `embedded` in JSON, the script writes it as text nodes, and the
page's content security policy allows no style and no script but the two whose hashes it names.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup

from xlforge.config import packages
from xlforge.languages.registry import LANGUAGES
from xlforge.report import browser, figures, labels, origin, truth
from xlforge.report.built import Built

TEMPLATE = Path(__file__).parent / "template"
MAX_BYTES = 5_000_000
"""Of the page, as long as all but its rows takes less than half of it."""
RESERVE = 100_000
"""Bytes for what is counted only when the rows are known."""


def render(built: Built) -> str:
    """The page, as HTML."""
    right = truth.rightness(built)
    style, script = (Markup((TEMPLATE / name).read_text(encoding="utf-8")) for name in ("style.css", "page.js"))
    content = sections(built, right) | {"style": style, "script": script, "policy": _policy(style, script)}
    empty = _page().render(content, held=None, data="")
    held = browser.rows(built, right, MAX_BYTES - len(empty.encode()) - RESERVE)
    held["languages"] = {code: [language.name, labels.tagged(code)] for code, language in LANGUAGES.items()}
    return _page().render(content, held=held, data=Markup(browser.embedded(held)))


def sections(built: Built, right: dict[str, bool]) -> dict[str, Any]:
    """What the sections of the template show, rows aside."""
    calls = origin.calls(built)
    table = built.csv("table.csv", "evaluation").to_dicts()
    return {
        "built": built,
        "funnel": figures.funnel(built),
        "languages": figures.languages(built),
        "grades": figures.grades(built),
        "qualities": figures.qualities(built),
        "lengths": figures.lengths(built),
        "quantiles": figures.QUANTILES,
        "shown": examples(built, right),
        "agreement": truth.agreement(built, right),
        "students": figures.students(built),
        "table": table,
        "models": figures.by_model(built, table),
        "groups": figures.groups(table),
        "sets": figures.SETS,
        "grade_names": figures.GRADES,
        "differences": built.csv("differences.csv", "evaluation").to_dicts(),
        "limits": figures.limits,
        "cost": origin.cost(built, calls),
        "roles": origin.models(built),
        "versions": origin.versions(built, calls),
        "packages": packages.declared(),
    }


def examples(built: Built, right: dict[str, bool]) -> list[dict[str, Any]]:
    """In each language the two answers whose candidates differ most in quality, with all their candidates."""
    candidates = built.table("selection", "candidates")
    gap, texts = pl.col("quality").max() - pl.col("quality").min(), pl.col("translation").n_unique()
    answers = candidates.group_by("language", "answer_id").agg(pl.col("chosen").any(), gap=gap, texts=texts)
    order = ["gap", "texts", "answer_id"]
    most = answers.filter("chosen").sort(order, descending=[True, True, False], nulls_last=True)
    found = []
    for code in built.config.languages:
        for answer in most.filter(language=code).head(2)["answer_id"]:
            part = candidates.filter(answer_id=answer, language=code).sort("candidate").to_dicts()
            rows = [row | {"right": right.get(row["id"])} for row in part]
            found.append({"id": f"{answer}/{code}", "code": code, "answer": rows[0]["response"], "candidates": rows})
    return found


@cache
def _page() -> jinja2.Template:
    blocks: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "undefined": jinja2.StrictUndefined}
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True, **blocks)
    filters = (labels.number, labels.percent, labels.visible, labels.called, labels.tagged)
    environment.filters |= {each.__name__: each for each in filters}
    return environment.get_template("page.html.jinja2")


def _policy(style: str, script: str) -> str:
    """The content security policy: this style, this script, and nothing else from anywhere."""
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)]
    allowed = f"style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
