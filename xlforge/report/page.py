"""The page: sections filled into a template, with its style, its script and its data inside, and nothing fetched from anywhere.

Words of models and seeds are text and nothing else: Jinja escapes them in HTML, `embedded` in the JSON, the script writes them as text
nodes, and the page's own policy lets no other script or style run than the two whose hashes it names.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup

from xlforge.languages.registry import LANGUAGES
from xlforge.report import browser, charts, distributions, flow, origin, outcome, truth
from xlforge.report.built import Built, called, tagged

TEMPLATE = Path(__file__).parent / "template"
MOST = 5_000_000
"""Bytes of the page, at most."""
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def render(built: Built, rows: int) -> str:
    """The page, as HTML; rows: the most that its browser holds. Under MOST bytes, as long as the rest takes less than half of that."""
    right = truth.rightness(built)
    sections = {
        "built": built,
        "funnel": flow.funnel(built),
        "languages": flow.languages(built),
        "grades": distributions.grades(built),
        "qualities": distributions.qualities(built),
        "lengths": distributions.lengths(built),
        "quantile_names": [f"{share:.0%}" for share in distributions.QUANTILES],
        "shown": examples(built, right),
        "agreement": truth.agreement(built, right),
        "students": outcome.students(built),
        "models": outcome.win_rates(built),
        "groups": outcome.groups(built),
        "sets": outcome.SETS,
        "differences": built.differences.to_dicts(),
        "reach": outcome.reach,
        "cost": origin.cost(built),
        "roles": origin.models(built),
        "versions": origin.versions(built),
        "charts": charts,
    }
    style, script = (_part(name) for name in ("style.css", "page.js"))
    empty = _page().render(**sections, style=style, script=script, policy=_policy(style, script), held=None, data="")
    held = browser.rows(built, right, rows, MOST - len(empty.encode()) - 100_000)
    held["languages"] = {code: [language.name, tagged(code)] for code, language in LANGUAGES.items()}
    data = Markup(browser.embedded(held))
    return _page().render(**sections, style=style, script=script, policy=_policy(style, script), held=held, data=data)


def examples(built: Built, right: dict[str, bool]) -> list[dict[str, Any]]:
    """Two answers a language whose candidates differ most in quality, with all their candidates."""
    spread = (
        built.candidates.group_by("language", "answer_id")
        .agg(
            gap=pl.col("quality").max() - pl.col("quality").min(),
            chosen=pl.col("chosen").any(),
            different=pl.col("translation").n_unique(),
        )
        .filter("chosen")
        .sort("gap", "different", "answer_id", descending=[True, True, False], nulls_last=True)
    )
    found = []
    for code in built.codes:
        for answer in spread.filter(language=code).head(2)["answer_id"]:
            part = built.candidates.filter(answer_id=answer, language=code).sort("candidate").to_dicts()
            rows = [row | {"right": right.get(row["id"])} for row in part]
            found.append({"id": f"{answer}/{code}", "code": code, "answer": rows[0]["response"], "candidates": rows})
    return found


@cache
def _page() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "percent": percent,
        "visible": visible,
        "called": called,
        "tagged": tagged,
    }
    return environment.get_template("page.html.jinja2")


def number(value: float | None, digits: int = 0) -> str:
    """A number as tables have it: thousands apart, a dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}".replace(",", "\u202f").replace("-", "−")


def percent(value: float | None, digits: int = 1) -> str:
    """A share in percent."""
    return "–" if value is None else f"{100 * value:.{digits}f}\u202f%"


def visible(text: str) -> str:
    """Text with its control characters as the signs that stand for them, since HTML has no way to hold them."""
    return _UNSEEN.sub(lambda match: chr(0x2421 if match.group() == "\x7f" else 0x2400 + ord(match.group())), text)


def _part(name: str) -> Markup:
    return Markup((TEMPLATE / name).read_text(encoding="utf-8"))


def _policy(style: str, script: str) -> str:
    """The content security policy: this style, this script, and nothing else from anywhere."""
    marks = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{marks[0]}'; script-src 'sha256-{marks[1]}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
