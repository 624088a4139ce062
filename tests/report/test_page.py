"""The page as a file: whole in itself, equal for equal builds, under its size, and honest about what it leaves out."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from tests.project import Project
from tests.report import small
from xlforge.report import browser, truth
from xlforge.report.page import MOST, visible


class Elements(HTMLParser):
    """The elements of a page with their attributes, its text, and what its script elements hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


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


def test_nothing_is_fetched_and_nothing_else_may_run(html: str, elements: Elements) -> None:
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


def test_words_of_models_are_text(html: str, elements: Elements) -> None:
    tags = Counter(tag for tag, _ in elements.elements)
    assert (tags["script"], tags["style"], tags["main"]) == (2, 1, 1)
    for text in small.HOSTILE:
        if "<" in text:
            assert text not in html
    embedded = html.split('id="data">')[1].split("</script>", maxsplit=1)[0]
    assert "\x00" not in html and not set("<>&\u2028\u2029") & set(embedded)
    assert "{{ 7 * 7 }}" in elements.said and "␀␇␛[31m" in elements.said
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
    assert f"{sum(rows.values())} of {sum(rows.values())} rows are in this page." in elements.said
    cost = elements.said.split("Model calls behind the rows")[1]
    assert "12\u202f345" in cost and "tokens out" in cost
    row = next(row for row in held["rows"] if row["stage"] == "dataset" and row["language"] == "zh")
    assert [one["chosen"] for one in row["candidates"]] == [False, True, False]
    assert row["students"] == ["tuned"]
    set_aside = next(row for row in held["rows"] if row["stage"] == "selection")
    assert set_aside["reason"] == "dropped_sentences" and len(set_aside["candidates"]) == 3


def test_quality_is_compared_with_the_truth_only_where_it_is_known(made: Project, elements: Elements) -> None:
    config = {
        path.parent.name: pl.read_parquet(path)
        for path in (made.folder / "data/selection").glob("*/candidates.parquet")
    }
    candidates = pl.concat(config.values())
    facts = truth.known((made.folder / "truth.jsonl").read_bytes().splitlines())

    class Known:
        codes = list(small.TEXTS)

        def __init__(self, facts: dict[str, Any]) -> None:
            self.candidates, self.truth = candidates, facts

    right = truth.rightness(Known(facts))  # type: ignore[arg-type]
    assert {int(one.split("-")[1].split("/")[0]) % 7 == 0 for one in right if one.startswith("seed-")} == {False}
    assert {one[-1] for one, is_right in right.items() if is_right} == {"1"}
    for row in truth.agreement(Known(facts), right):  # type: ignore[arg-type]
        assert (row["first"], row["chosen"], row["best"], row["auc"]) == (0.0, 1.0, 1.0, 1.0)
        assert row["random"] == pytest.approx(1 / 3) and row["unfit"][0] == 0
    assert truth.rightness(Known({})) == {} and truth.agreement(Known({}), {}) == []  # type: ignore[arg-type]
    assert "The quality estimate against the truth" in elements.said


def test_what_is_not_known_or_not_compared_is_left_out(made: Project, tmp_path: Path) -> None:
    other = made.copy(tmp_path / "project")
    (other.folder / "truth.jsonl").write_text("")
    (other.folder / "data/evaluation/differences.csv").write_text("\n")
    said = Elements(small.report(other).read_text()).said
    assert (
        "against the truth" not in said and "Differences of win rates" not in said and "Candidates side by side" in said
    )


def test_a_large_build_is_sampled_evenly_and_the_page_says_so(tmp_path: Path) -> None:
    made = small.project(tmp_path / "project", {"report.truth": "truth.jsonl"})
    small.build(made, count=400, padding=" ".join([" a long text"] * 200))
    page = small.report(made)
    size = page.stat().st_size
    assert 0.8 * MOST < size < MOST
    held = data(page.read_text(encoding="utf-8"))
    have, there = (sum(pair[place] for pair in held["counts"].values()) for place in (0, 1))
    assert have == len(held["rows"]) < there
    assert f"{have:,} of {there:,} rows".replace(",", "\u202f") in Elements(page.read_text(encoding="utf-8")).said
    groups = Counter((row["stage"], row["item"], row["language"], row["reason"]) for row in held["rows"])
    assert groups["selection", "de", "de", "dropped_sentences"] == 1, "a rare reason is not crowded out"
    assert groups["prompts", "crosslingual", "zh", ""] == 8, "nor is a small stage"
    languages = [groups["dataset", "", code, ""] for code in ("en", *small.TEXTS)]
    assert max(languages) - min(languages) <= 1 and min(languages) > 20
    small_page = made.copy(tmp_path / "fewer")
    small_page.set({"report.rows": 40})
    assert len(data(small.report(small_page).read_text(encoding="utf-8"))["rows"]) == 40


def test_a_left_over_item_stops_the_stage_with_the_remedy(made: Project, tmp_path: Path) -> None:
    other = made.copy(tmp_path / "project")
    (other.folder / "data/answers/gone").mkdir()
    done = other.run(sys.executable, "-m", "stages.report", check=False)
    assert done.returncode == 1
    assert "rm -r data/answers/gone" in done.stderr


@pytest.mark.slow
def test_dvc_makes_the_page_and_then_finds_nothing_to_do(made: Project, page: Path, tmp_path: Path) -> None:
    other = made.copy(tmp_path / "project")
    other.run("dvc", "repro", "--single-item", "report")
    assert (other.folder / "data/report/index.html").read_bytes() == page.read_bytes()
    assert len(other.lock()["report"]["outs"]) == 1
    assert "didn't change" in other.run("dvc", "repro", "--single-item", "report").stdout
    (other.folder / "data/evaluation/table.csv").write_text("changed")
    assert "data/evaluation" in other.run("dvc", "status", "report").stdout


def test_json_closes_no_element_and_very_long_texts_are_cut_with_their_number() -> None:
    told = browser.embedded({"text": "</script><!-- & \u2028"})
    assert orjson.loads(told) == {"text": "</script><!-- & \u2028"}
    assert not set("<>&\u2028") & set(told)
    assert browser.cut("x" * 4001) == "x" * 4000 + " … (1 more characters)"
    assert visible("a\x00\x7f\n") == "a␀␡\n"
