"""The page as a file: self-contained, equal for equal builds, no larger than its limit, and with the count of what it leaves out."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated, Any

import orjson
import pandera.polars as pa
import polars as pl
import pytest
import yaml

from tests.project import Project
from tests.report import small
from xlforge.base.provenance import PROVENANCE
from xlforge.base.rows import reject
from xlforge.config.params import load
from xlforge.report import browser, truth
from xlforge.report.built import Built
from xlforge.report.labels import visible
from xlforge.report.page import MAX_BYTES


class Elements(HTMLParser):
    """The elements of a page with their attributes, its text, and what its script elements hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        self.text += " | " if tag in ("td", "th") else ""


@pytest.fixture(scope="module")
def html(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def elements(html: str) -> Elements:
    return Elements(html)


def data(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    embedded: dict[str, Any] = orjson.loads(found[1])
    return embedded


def test_nothing_is_fetched_and_no_other_script_may_run(html: str, elements: Elements) -> None:
    for tag, attributes in elements.elements:
        assert not {name for name in attributes if name.startswith("on") or name == "style"}, (tag, attributes)
        assert "src" not in attributes and tag not in ("iframe", "object", "embed", "base", "img")
        href = attributes.get("href") or "#"
        assert href.startswith("#") or href == "data:,", href
    policy = next(dict(attrs)["content"] for tag, attrs in elements.elements if "http-equiv" in attrs)
    script = html.rsplit("<script>", 1)[1].split("</script>", maxsplit=1)[0]
    style = html.split("<style>", 1)[1].split("</style>", maxsplit=1)[0]
    for text, directive in ((script, "script-src"), (style, "style-src")):
        mark = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{mark}';" in str(policy)
    assert "unsafe" not in str(policy) and str(policy).startswith("default-src 'none'")


def test_text_of_models_is_never_markup(html: str, elements: Elements) -> None:
    tags = Counter(tag for tag, _ in elements.elements)
    assert (tags["script"], tags["style"], tags["main"]) == (2, 1, 1)
    for text in small.HOSTILE:
        if "<" in text:
            assert text not in html
    embedded = html.split('id="data">')[1].split("</script>", maxsplit=1)[0]
    assert "\x00" not in html and not set("<>&\u2028\u2029") & set(embedded)
    assert "{{ 7 * 7 }}" in elements.text and "␀␇␛[31m" in elements.text
    held = data(html)
    passages = {pair["passage"] for pair in held["pairs"].values()}
    assert {f"Passage {text}" for text in small.HOSTILE} == passages


def test_two_folders_and_another_order_of_rows_give_equal_bytes(page: Path, made: Project, tmp_path: Path) -> None:
    other = made.copy(tmp_path / "elsewhere")
    (other.folder / "data/report/index.html").unlink()
    small.shuffled(other)
    other.run(sys.executable, "-m", "stages.report", env={"PYTHONHASHSEED": "7"})
    assert (other.folder / "data/report/index.html").read_bytes() == page.read_bytes()
    assert [record["stage"] for record in other.runs()] == ["report"]


def test_the_counts_are_the_builds(elements: Elements, html: str, made: Project) -> None:
    held = data(html)
    rows = Counter(row["stage"] for row in held["rows"])
    assert rows["dataset"] == len(made.read("dataset")) == 125
    assert rows["seeds"] == len(made.read("seeds", "rejects")) == 14
    assert rows["prompts"] == len(made.read("benchmark")) == 24
    assert {stage: have for stage, (have, _) in held["counts"].items() if have} == dict(rows)
    assert f"{sum(rows.values())} of {sum(rows.values())} rows are in this page." in elements.text
    row = next(row for row in held["rows"] if row["stage"] == "dataset" and row["language"] == "zh")
    assert [one["chosen"] for one in row["candidates"]] == [False, True, False]
    assert row["students"] == ["tuned"]
    rejected = next(row for row in held["rows"] if row["stage"] == "selection")
    assert rejected["reason"] == "dropped_sentences" and len(rejected["candidates"]) == 3


def test_a_win_rate_of_eight_prompts_has_no_interval(elements: Elements, html: str) -> None:
    assert "too few prompts" in elements.text
    assert '<svg class="interval"' not in html


def test_cut_answers_are_a_column_where_there_are_any(elements: Elements, made: Project, tmp_path: Path) -> None:
    assert "cut off" not in elements.text
    other = made.copy(tmp_path / "project")
    answers = other.folder / "data/verdicts/base/answers.parquet"
    cut = pl.when(pl.col("id") == "p0/english/en").then(pl.lit("length")).otherwise("finish")
    pl.read_parquet(answers).with_columns(finish=cut).write_parquet(answers)
    small.work(other, "evaluation")
    pass_rates = Elements(small.report(other).read_text()).text.split("Measures of the answers alone")[1]
    crosslingual, english = pass_rates.split("Pass rates, English", 1)
    assert "cut off" not in crosslingual
    assert english.count("cut off") == 1


def test_each_call_is_counted_once(elements: Elements, html: str) -> None:
    cost = elements.text.split("Model calls by stage")[1].split("Versions")[0]
    # 36 pairs are graded, every fourth of them twice; later stages repeat these calls in their provenance.
    assert "scores | 32 | 45 | 9 | 40 | 12\u202f345 | 678 |" in cost
    held = data(html)
    row = next(row for row in held["rows"] if row["id"] == "seed-00003-00000003/de")
    calls = [held["calls"][place] for place in row["calls"]]
    assert [call["stage"] for call in calls] == [
        "instructions",
        "responses",
        "scores",
        "scores",
        "translations",
        "selection",
    ]
    assert [call["fault"] for call in calls] == [None, None, "not_parsed", None, None, None]
    assert len(held["calls"]) < 12, "a kind of call is held once"


def test_quality_is_compared_with_the_truth_only_where_it_is_known(made: Project, elements: Elements) -> None:
    with contextlib.chdir(made.folder):
        config = load()
        built = Built(config)
        right = truth.rightness(built)
        unknown = truth.rightness(Built(replace(config, report=config.report.model_copy(update={"truth": None}))))
        agreement = truth.agreement(built, right)
    assert {int(one.split("-")[1].split("/")[0]) % 7 == 0 for one in right if one.startswith("seed-")} == {False}
    assert {one[-1] for one, is_right in right.items() if is_right} == {"1"}
    assert [row["code"] for row in agreement] == list(small.TEXTS)
    for row in agreement:
        assert (row["first"], row["chosen"], row["best"], row["auc"]) == (0.0, 1.0, 1.0, 1.0)
        assert row["random"] == pytest.approx(1 / 3) and row["unfit"][0] == 0
    assert unknown == {} and truth.agreement(built, unknown) == []
    assert "The quality estimate against the truth" in elements.text


@pytest.mark.parametrize("truth", ["empty", "none"])
def test_what_is_not_known_or_not_compared_is_left_out(made: Project, tmp_path: Path, truth: str) -> None:
    other = made.copy(tmp_path / "project")
    if truth == "none":
        other.set({"report.truth": None})
    (other.folder / small.TRUTH).write_text("")
    (other.folder / "data/evaluation/differences.csv").write_text("\n")
    text = Elements(small.report(other).read_text()).text
    assert "against the truth" not in text and "Quality and truth" not in text
    assert "Differences of win rates" not in text
    assert "Candidates side by side" in text


def glossary_rows() -> type[pa.DataFrameModel]:
    """The rows of a stage that does not exist here."""

    class Rows(pa.DataFrameModel):
        id: str
        provenance: Annotated[pl.List, PROVENANCE.inner]

    return Rows


SCHEMA = """
import pandera.polars as pa
from pydantic import BaseModel

class Params(BaseModel):
    version: str
    max_reject_rate: float = 0.1

class Rows(pa.DataFrameModel):
    id: str
"""


def test_a_new_matrix_stage_is_in_the_page_and_no_file_of_ours_names_it(made: Project, tmp_path: Path) -> None:
    other = made.copy(tmp_path / "project")
    declared = yaml.safe_load((other.folder / "dvc.yaml").read_text())
    declared["stages"]["glossary"] = {
        "matrix": {"lang": "${languages}"},
        "desc": "terms of <each> language",
        "cmd": "true",
    }
    (other.folder / "dvc.yaml").write_text(yaml.safe_dump(declared, sort_keys=False))
    other.set({"glossary": {"version": "v1"}})
    pipeline = other.folder / "pipelines/glossary/v1"
    pipeline.mkdir(parents=True)
    (pipeline / "schema.py").write_text(SCHEMA)
    other.run(sys.executable, "-m", "stages.report")  # declared, but not built yet
    model = glossary_rows()
    for code in small.TEXTS:
        calls = [small.call("glossary", f"{code} {number}") for number in range(3)]
        good = {"id": f"a/{code}", "provenance": calls[:2]}
        bad = {"id": f"b/{code}", "provenance": calls[2:], "reject": reject("no_term", "none <b>found</b>", "text")}
        small.write(other, "glossary", code, model, [good, bad])
    other.run(sys.executable, "-m", "stages.report")
    html = (other.folder / "data/report/index.html").read_text(encoding="utf-8")
    text = Elements(html).text
    assert "terms of <each> language" in text
    assert "glossary | 3 | 9 | 0 | – | – | – |" in text, "its calls are in the cost"
    assert "glossary | v1 | brief@0123456789ab |" in text, "its version and prompts"
    rows = [row for row in data(html)["rows"] if row["stage"] == "glossary"]
    assert sorted((row["item"], row["language"], row["reason"]) for row in rows) == [
        (code, code, "no_term") for code in sorted(small.TEXTS)
    ]
    (other.folder / "data/glossary/hi/metrics.json").unlink()
    done = other.run(sys.executable, "-m", "stages.report", check=False)
    assert "data/glossary/hi/metrics.json is missing" in done.stderr


def test_a_large_build_is_sampled_evenly_and_the_page_has_the_counts(tmp_path: Path) -> None:
    made = small.project(tmp_path / "project", {"report.truth": small.TRUTH})
    small.build(made, count=400, padding=" ".join([" a long text"] * 200))
    page = small.report(made)
    size = page.stat().st_size
    assert 0.8 * MAX_BYTES < size < MAX_BYTES
    held = data(page.read_text(encoding="utf-8"))
    have, there = (sum(pair[place] for pair in held["counts"].values()) for place in (0, 1))
    assert have == len(held["rows"]) < there
    assert f"{have:,} of {there:,} rows".replace(",", "\u202f") in Elements(page.read_text(encoding="utf-8")).text
    groups = Counter((row["stage"], row["item"], row["language"], row["reason"]) for row in held["rows"])
    assert groups["selection", "de", "de", "dropped_sentences"] == 1, "a rare reason is not crowded out"
    assert groups["prompts", "crosslingual", "zh", ""] == 8, "nor is a small stage"
    languages = [groups["dataset", "", code, ""] for code in ("en", *small.TEXTS)]
    assert max(languages) - min(languages) <= 1 and min(languages) > 20
    small_page = made.copy(tmp_path / "fewer")
    small_page.set({"report.rows": 40})
    assert len(data(small.report(small_page).read_text(encoding="utf-8"))["rows"]) == 40


def test_the_truth_must_be_in_the_folder_that_the_stage_depends_on(made: Project, tmp_path: Path) -> None:
    other = made.copy(tmp_path / "project")
    other.set({"report.truth": "truth.jsonl"})
    done = other.run(sys.executable, "-m", "stages.report", check=False)
    assert "report.truth: 'truth.jsonl': the stage report depends on the folder data/seeds" in done.stderr


def test_a_left_over_item_stops_the_stage_with_the_remedy(made: Project, tmp_path: Path) -> None:
    other = made.copy(tmp_path / "project")
    (other.folder / "data/answers/gone").mkdir()
    done = other.run(sys.executable, "-m", "stages.report", check=False)
    assert done.returncode == 1
    assert "rm -r data/answers/gone" in done.stderr


@pytest.mark.slow
def test_dvc_builds_the_page_once(made: Project, page: Path, tmp_path: Path) -> None:
    other = made.copy(tmp_path / "project")
    other.run("dvc", "repro", "--single-item", "report")
    assert (other.folder / "data/report/index.html").read_bytes() == page.read_bytes()
    assert len(other.lock()["report"]["outs"]) == 1
    assert "didn't change" in other.run("dvc", "repro", "--single-item", "report").stdout
    other.set({"report.truth": None})
    other.run("dvc", "repro", "--single-item", "report")
    assert "against the truth" not in (other.folder / "data/report/index.html").read_text(encoding="utf-8")
    (other.folder / "data/evaluation/table.csv").write_text("changed")
    assert "data/evaluation" in other.run("dvc", "status", "report").stdout


def test_json_closes_no_element_and_very_long_texts_are_cut_with_their_number() -> None:
    embedded = browser.embedded({"text": "</script><!-- & \u2028"})
    assert orjson.loads(embedded) == {"text": "</script><!-- & \u2028"}
    assert not set("<>&\u2028") & set(embedded)
    assert browser.cut("x" * 4001) == "x" * 4000 + " … (1 more characters)"
    assert visible("a\x00\x7f\n") == "a␀␡\n"
