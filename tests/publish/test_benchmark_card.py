"""What is published of a benchmark and what is refused; its card names source, licence, exclusions, requests and sizes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from huggingface_hub import DatasetCard
from markdown_it import MarkdownIt

from pipelines.benchmark.v1.exclusions import fingerprint
from pipelines.benchmark.v1.schema import Params
from tests.benchmark.conftest import written
from tests.benchmark.test_shipped_prompts import OVERLAYS, overlaid
from tests.publish.benchmarks import PROMPTS, STATE, Publish, pocket
from xlforge.base.errors import BuildError
from xlforge.languages.phrasings import END, MIDDLE, START
from xlforge.publish import benchmark, licences
from xlforge.stage.versions import released


def test_a_language_without_prompts_has_no_split(publish: Publish) -> None:
    made = publish(pocket())
    rows = made.stage.rows.filter((pl.col("set") != "same_language") | (pl.col("language") != "hu"))
    found = benchmark.splits(rows, made.config)
    assert [(split.config, split.name) for split in found][-2:] == [("english", "english"), ("same_language", "german")]
    assert benchmark.empty(found, made.config) == [("same_language", "hu")]
    card = benchmark.written("someone/x", STATE, made.config, found=found)["README.md"]
    assert "`same_language` has no split of Hungarian" in card
    assert benchmark.again("someone/x", found, made.config)["languages"] == ["de"]
    files = {entry["path"] for config in DatasetCard(card).data["configs"] for entry in config["data_files"]}
    assert files == {split.place for split in found}


def test_a_build_without_a_benchmark_is_refused(publish: Publish) -> None:
    made = publish(pocket())
    with pytest.raises(BuildError, match="no benchmark"):
        benchmark.splits(made.stage.rows.clear(), made.config)


@pytest.mark.parametrize("apply", [True, False])
def test_the_card_counts_the_exclusions(apply: bool, publish: Publish, tmp_path: Path) -> None:
    rows = pocket()
    entry = {"prompt": fingerprint(rows[0]["prompt"]), "reason": "english_letters", "why": "Wants letters."}
    path = written(tmp_path / "list.jsonl", [entry])
    made = publish(rows, exclusions={"path": str(path), "apply": apply})
    kept = made.load()["english"]["english"]["source_id"].to_list()
    assert ("p0" in kept) is not apply and len(kept) == 5 - apply
    text = " ".join(made.card.text.split())
    assert f"{path}`" in text and ("applied." in text)
    assert ("| `english_letters` | 1 |" in text, "excluded 1" in text, "was not applied" in text) == (
        apply,
        apply,
        not apply,
    )
    assert f"| `english` | english | {5 - apply} |" in text


def test_the_card_names_source_licence_requests_and_build(publish: Publish, tmp_path: Path) -> None:
    made = publish(pocket(), exclusions={"path": "unused"})
    card = made.card
    assert card.data["license"] == "cc-by-sa-4.0" and card.data["language"] == ["en", "de", "hu"]
    for wanted in (
        f"| `benchmark.source` | `{tmp_path / 'source.jsonl'}` |",
        "made for this project",
        "small invented world",
        "The source has 5 prompts. 5 were used",
        "a" * 40,
        "b" * 64,
        *(f"`{text.strip()}`" for text in (*START, *MIDDLE, *END)),
    ):
        assert wanted in card.text
    assert f"| v1 | `{released()['benchmark/v1']}` |" in card.text
    for split in ("german", "hungarian"):
        assert f"| `same_language` | {split} | 5 |" in card.text


def test_hostile_prompts_stay_in_their_block(publish: Publish) -> None:
    hostile = "```\n# Owned\u202e <script>alert(1)</script>"
    card = publish([row | {"prompt": f"{hostile} {row['id']}"} for row in pocket()], sets=["english"]).card.text
    tokens = MarkdownIt("commonmark").enable("table").parse(card)
    assert {token.type for token in tokens if "alert(1)" in token.content} == {"fence"}
    assert "\u202e" not in card


def test_a_secret_in_a_prompt_is_refused(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SERVICE_TOKEN", "what-the-environment-keeps")
    rows = [row | {"prompt": row["prompt"] + " Use what-the-environment-keeps."} for row in pocket()]
    with pytest.raises(BuildError, match=r"crosslingual/german\.parquet, row .*instruction holds") as error:
        publish(rows)
    assert "what-the-environment" not in str(error.value)


TABLE = licences.load()


@pytest.mark.parametrize(
    ("names", "licence"),
    [
        ([PROMPTS], "cc-by-sa-4.0"),
        (["viyer98/XL-AlpacaEval", "viyer98/m-AlpacaEval"], "cc-by-nc-4.0"),
        (["../shared/data/language_confusion/prompts.jsonl"], "apache-2.0"),
    ],
)
def test_a_benchmark_has_the_licence_of_its_prompts(names: list[str], licence: str) -> None:
    assert TABLE.of_prompts(names)[0] == licence
    assert list(TABLE.of_prompts(names)[1]) == names


def test_a_source_without_a_licence_is_refused() -> None:
    with pytest.raises(BuildError, match=r"no licence of the source of prompts 'mine\.jsonl'.*under `prompts`"):
        TABLE.of_prompts([PROMPTS, "mine.jsonl"])


def test_sources_without_a_common_licence_are_refused() -> None:
    with pytest.raises(
        BuildError, match=r"(?s)no licence fits .*pocket\.jsonl .*viyer98/m-AlpacaEval \(cc-by-nc-4\.0\)"
    ):
        TABLE.of_prompts([PROMPTS, "viyer98/m-AlpacaEval"])
    free, closed = (
        TABLE.prompts[0].model_copy(update={"name": name, "rows": rows})
        for name, rows in (("free", "any"), ("closed", ()))
    )
    table = TABLE.model_copy(update={"prompts": (free, closed, *TABLE.prompts)})
    assert table.of_prompts(["free"])[0] == TABLE.dataset
    assert table.of_prompts(["free", "viyer98/m-AlpacaEval"])[0] == "cc-by-nc-4.0"
    with pytest.raises(BuildError, match=r"closed .*no licence"):
        table.of_prompts(["closed", "free"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_sources_of_the_shipped_overlays_have_a_licence(overlay: str, tmp_path: Path) -> None:
    block = Params.model_validate(overlaid(tmp_path, f"+conf/benchmark={overlay}"))
    assert TABLE.of_prompts(table["name"] for table in benchmark.tables(block))
