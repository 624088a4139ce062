"""The summary of training content has the template's headings, what the build knows, and marks for what it cannot know."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.project import Project
from tests.publish.benchmarks import STATE
from tests.publish.test_croissant import split
from tests.publish.test_dataset import REPO, here
from xlforge.publish.build import Call
from xlforge.publish.dataset import publication, sizes
from xlforge.publish.hub import read
from xlforge.publish.licences import Source
from xlforge.publish.markdown import rendered

__all__ = ["here"]

HEADINGS = """1. General information
1.1. Provider identification
1.2. Model identification
1.3. Modalities, overall training data size and other characteristics
2. List of data sources
2.1. Publicly available datasets
2.2. Private non-publicly available datasets obtained from third parties
2.3. Data crawled and scraped from online sources
2.4. User data
2.5. Synthetic data
2.6. Other sources of data
3. Data processing aspects
3.1. Respect of reservation of rights from text and data mining exception or limitation
3.2. Removal of illegal content
3.3. Other information (optional)""".splitlines()


def summary(**given: Any) -> str:
    entry = Source(name="x", licence="odc-by", rows="any", reason="it is open", terms="https://example.org/terms")
    calls = [Call(1, "responses", "v1", "answer", "p", "big", "r1"), Call(2, "scores", "v1", "grade", "p", "big", "r1")]
    values: dict[str, Any] = {
        "repo": REPO,
        "state": STATE,
        "names": ["Irish"],
        "calls": [*calls, Call(3, "translations", "v1", "translate", "p", "Big", "")],
        "terms": dict.fromkeys(("pages", "big", "Big", "estimator"), entry),
        "source": "pages",
        "given": "",
        "personal": None,
        "seeds": SimpleNamespace(kind="hub", config="en", split="train", revision="r9"),
        "counts": [("seeds", SimpleNamespace(rows=1240, rejects=60, reasons={"empty": 60}))],
        "read": {"source_rows": 5310, "rows": 1240},
        "sizes": {"default": (12, 3456)},
    }
    return rendered("training_content.md.jinja2", **values | given)


def sections(text: str) -> dict[str, str]:
    """The text under each heading of the second and third level."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    found: dict[str, str] = {}
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag != "h1":
            found[tokens[number + 1].content] = ""
        elif found and token.type == "inline" and tokens[number - 1].type != "heading_open":
            found[list(found)[-1]] += token.content + "\n"
    return found


def test_it_has_the_headings_and_what_the_build_knows() -> None:
    found = sections(summary())
    assert list(found) == HEADINGS
    public, made, other = (found[name] for name in HEADINGS if name[:3] in ("2.1", "2.5", "2.6"))
    for wanted in ("pages", "train", "r9", "odc-by", "https://example.org/terms", "5,310", "1,240"):
        assert wanted in public
    assert "responses, scores" in made and made.count("`big`") == made.count("`Big`") == 1 and "`r1`" in made
    assert "estimator" in made and "Models generated all questions" in made and "pages" not in other
    assert "empty 60" in found[HEADINGS[-1]] and "3,456" in found[HEADINGS[3]] and "Irish" in found[HEADINGS[3]]


def test_a_file_is_another_source_and_given_texts_are_not_synthetic() -> None:
    file = SimpleNamespace(kind="jsonl", config=None, split=None, revision=None)
    found = sections(summary(seeds=file, given="7 English answers"))
    assert "pages" in found[HEADINGS[10]] and "pages" not in found[HEADINGS[5]]
    assert "The source gives 7 English answers" in found[HEADINGS[9]]


@pytest.mark.parametrize(
    ("action", "words"), [("mask", "`[id]` in their place"), ("reject", "rejected the rows"), ("keep", "It kept them")]
)
def test_it_describes_what_became_of_personal_data(action: str, words: str) -> None:
    found = {"email": 1234, "phone": 2, "card": 0, "id": 1}
    text = sections(summary(personal={"action": action, "found": found}))[HEADINGS[-1]]
    counts = "1,234 e-mail addresses, 2 telephone numbers, 0 payment cards and bank accounts, 1 identity numbers"
    assert counts in text.replace("\n", " ") and words in text
    assert "did not look for personal data" in sections(summary())[HEADINGS[-1]]


def test_what_the_build_cannot_know_is_marked() -> None:
    found = sections(summary())
    assert list(found) == HEADINGS
    unknown = [*HEADINGS[1:4], *HEADINGS[5:10], *HEADINGS[12:]]
    assert all("To fill in:" in found[name] for name in unknown)


@pytest.mark.parametrize("hostile", ["x`|\n# Owned <b>", "**To fill in:** nothing\u202e"])
def test_names_stay_in_their_cell(hostile: str) -> None:
    entry = Source(name="x", licence=hostile, rows="any", reason="it is open", terms=hostile)
    terms = dict.fromkeys((hostile, "big", "Big"), entry)
    text = summary(source=hostile, terms=terms)
    tokens = [each for token in MarkdownIt("commonmark").enable("table").parse(text) for each in token.children or ()]
    assert list(sections(text)) == HEADINGS and "\u202e" not in text
    assert not any(token.type == "html_inline" for token in tokens)
    bold = [tokens[number + 1].content for number, token in enumerate(tokens) if token.type == "strong_open"]
    assert bold == ["To fill in", *["To fill in:"] * 11]


def test_sizes_count_both_sides_of_a_pair() -> None:
    row = {"prompt": [{"content": "Où ?"}, {"content": "a"}], "completion": [{"content": "là"}]}
    assert sizes([split([row, row]), split([row], "other")]) == {"plain": (2, 14), "other": (1, 7)}


def test_a_dataset_has_the_summary_of_its_build(here: Project) -> None:
    found = sections(read(publication(REPO)[0].files["TRAINING_CONTENT.md"]).decode())
    model = here.read("translations", item="de")["provenance"][0][0]["model"].split("@")
    assert f"`{model[0]}`" in found[HEADINGS[9]] and "cc-by-sa-4.0" in found[HEADINGS[10]]
    assert "data/seeds/pocket.jsonl" in found[HEADINGS[10]] and "German" in found[HEADINGS[3]]
    assert "below_threshold" in found[HEADINGS[-1]] and here.git("rev-parse", "HEAD")[:40] in found[HEADINGS[2]]
