"""A published benchmark loads, and a build that reads it has the same prompts; its card names source, licence, exclusions and requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from click.testing import CliRunner
from datasets import get_dataset_config_names, load_dataset
from huggingface_hub import DatasetCard
from markdown_it import MarkdownIt

from commands.main import cli
from pipelines.benchmark.v1.exclusions import fingerprint
from pipelines.benchmark.v1.schema import Params
from tests.benchmark.conftest import COLUMNS, POCKET, Built, built, written
from tests.benchmark.test_shipped_prompts import OVERLAYS, overlaid
from tests.project import Project
from xlforge.base.errors import BuildError
from xlforge.config import params
from xlforge.config.params import Config
from xlforge.languages.phrasings import END, MIDDLE, START
from xlforge.publish import benchmark, build, licences, state
from xlforge.publish.hub import Publication
from xlforge.publish.rows import assembled
from xlforge.stage.versions import released

PROMPTS = "data/prompts/pocket.jsonl"
OVERLAY = re.compile(r"```yaml\n(# @package _global_\n.*?)```", re.DOTALL)
STATE = state.State("a" * 40, "b" * 64)


@dataclass
class Made:
    """A benchmark as the stage builds it, and its publication, written to a folder."""

    stage: Built
    config: Config
    publication: Publication
    folder: Path

    @property
    def card(self) -> DatasetCard:
        return DatasetCard((self.folder / "README.md").read_text())

    def load(self) -> dict[str, dict[str, pl.DataFrame]]:
        """Rows by config and split, as `load_dataset` gives them."""
        home = str(self.folder)
        return {
            name: {split: rows.to_polars() for split, rows in load_dataset(home, name).items()}
            for name in get_dataset_config_names(home)
        }

    def again(self, tmp_path: Path) -> Built:
        """The benchmark of a build that reads the publication, with the overlay that the card shows."""
        (overlay,) = OVERLAY.findall(self.card.text)
        path = tmp_path / "root" / "conf" / "benchmark" / "published.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(overlay)
        (tmp_path / "root" / "params.yaml").write_bytes(Path("params.yaml").read_bytes())
        return built(overlaid(tmp_path, "+conf/benchmark=published", root=tmp_path / "root"))


Publish = Callable[..., Made]


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Builds a benchmark from rows like the pocket prompts, and publishes it; further arguments are params."""
    times = iter(range(1000))
    monkeypatch.setattr(build, "DATA", tmp_path / "data")

    def run(rows: list[Any], source: dict[str, Any] | None = None, licence: str = PROMPTS, **given: Any) -> Made:
        written(tmp_path / "source.jsonl", rows)
        block = {
            "version": "v1", "languages": ["de", "hu"], "exclusions": {"path": "unused"},
            "source": COLUMNS | {"path": str(tmp_path / "source.jsonl")} | (source or {}),
        }  # fmt: skip
        stage = built(block | given)
        metrics = stage.counts | {"reasons": stage.reasons}
        (tmp_path / "data" / "benchmark").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "benchmark" / "metrics.json").write_bytes(orjson.dumps(metrics))
        config = params.load()
        checked = Params.model_validate(block | given)
        config = replace(config, blocks=config.blocks | {"benchmark": checked})
        table = licences.load()
        entry = table.prompts[0].model_copy(update={"name": str(tmp_path / "*")})
        monkeypatch.setattr(licences, "load", lambda: table.model_copy(update={"prompts": (entry, *table.prompts)}))
        folder = tmp_path / f"out{next(times)}"
        found = benchmark.splits(stage.rows, config)
        card = benchmark.written(str(folder), STATE, config, found=found)
        made = assembled(str(folder), found, card, benchmark.CONTENTS)
        made.write(folder)
        return Made(stage, config, made, folder)

    return run


def same(one: Built, other: Built) -> None:
    """The same prompts; a fact that a prompt does not have may be there without phrases."""
    assert one.rows["id"].to_list() == other.rows["id"].to_list()
    assert one.rows.drop("slots").to_dicts() == other.rows.drop("slots").to_dicts()
    for ours, theirs in zip(one.rows["slots"].to_list(), other.rows["slots"].to_list(), strict=True):
        facts = [
            {fact["slot"]: sorted(map(str, fact["phrases"])) for fact in facts or () if fact["phrases"]}
            for facts in (ours, theirs)
        ]
        assert facts[0] == facts[1]


def pocket(count: int = 5) -> list[dict[str, Any]]:
    """Prompts about the pocket world."""
    rows = []
    for number in range(count):
        row = json.loads(json.dumps(POCKET[number % 2]))
        rows.append(row | {"id": f"p{number}", "prompt": f"{row['prompt']} This is question {number}."})
    return rows


def without(name: str) -> list[dict[str, Any]]:
    """Prompts, of which one has no question in Hungarian."""
    rows = pocket()
    del rows[2]["questions"][name]
    return rows


PLAIN = dict.fromkeys(("questions", "passage", "truth", "slots", "part"))
REQUESTED = [
    {"id": f"p{number}", "instruction": f"{row['prompt']} Auf {name}, please.", "to": code}
    for number, row in enumerate(pocket())
    for code, name in (("de", "Deutsch"), ("hu", "Magyar"))
]
CASES: dict[str, tuple[list[Any], dict[str, Any], dict[str, Any]]] = {
    "everything known": (pocket(), {}, {}),
    "no ids": (pocket(), {"id": None}, {}),
    "a sample": (pocket(20), {}, {"sample": 7}),
    "nothing but prompts": (pocket(), PLAIN, {"sets": ["crosslingual", "english"]}),
    "no English set": (pocket(), {}, {"sets": ["crosslingual"]}),
    "English alone": (pocket(), PLAIN, {"sets": ["english"]}),
    "a question is missing": (without("hu"), {}, {}),
    "ids with spaces": ([row | {"id": f"the {row['id']}/x"} for row in pocket()], {}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_build_of_the_published_prompts_has_the_same_prompts(case: str, publish: Publish, tmp_path: Path) -> None:
    rows, source, given = CASES[case]
    made = publish(rows, source, **given)
    same(made.again(tmp_path), made.stage)


@pytest.mark.parametrize("repeated", [False, True])
def test_prompts_that_cannot_pair_by_their_source_get_the_same_texts(
    repeated: bool, publish: Publish, tmp_path: Path
) -> None:
    rows = without("hu")
    made = publish([row | {"id": "p"} for row in rows] if repeated else rows, None if repeated else {"id": None})
    columns = ["set", "language", "prompt", "instruction_en", "truth"]
    texts = made.again(tmp_path).rows.select(columns)
    assert texts.sort(columns).equals(made.stage.rows.select(columns).sort(columns))


def test_requests_of_a_table_are_kept(publish: Publish, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    written(tmp_path / "all" / "english.jsonl", pocket())
    written(tmp_path / "all" / "requested.jsonl", REQUESTED)
    source = {"path": str(tmp_path / "all"), "file": "english.jsonl"}
    made = publish([], source, requested={"file": "requested.jsonl", "id": "id", "language": "to"})
    assert all(text.endswith("Auf Deutsch, please.") for text in made.load()["crosslingual"]["german"]["instruction"])
    same(made.again(tmp_path), made.stage)
    assert "those of `benchmark.requested`" in made.card.text and END[0] not in made.card.text


@pytest.mark.parametrize("given", ["id", None])
def test_prompts_with_their_own_requests_are_read_from_all_splits(
    given: str | None, publish: Publish, tmp_path: Path
) -> None:
    rows = [
        {"id": f"q{number}", "prompt": f"How old is hill {number}? In {name}, please.", "to": name.lower()}
        for number in range(6)
        for name in ("German", "Hungarian")[: 1 + number % 2]
    ]
    made = publish(rows, PLAIN | {"id": given, "language": "to"}, sets=["crosslingual"])
    sizes = {split: len(table) for split, table in made.load()["crosslingual"].items()}
    assert sizes == {"german": 6, "hungarian": 3}
    again = made.again(tmp_path)
    assert again.rows["id"].to_list() == made.stage.rows["id"].to_list()
    assert again.rows["prompt"].to_list() == made.stage.rows["prompt"].to_list()
    assert "Each prompt of the source has its own request" in made.card.text


def test_each_config_has_a_split_a_language_and_the_authors_column(publish: Publish) -> None:
    loaded = publish(pocket()).load()
    assert {name: list(splits) for name, splits in loaded.items()} == {
        "crosslingual": ["german", "hungarian"], "english": ["english"], "same_language": ["german", "hungarian"],
    }  # fmt: skip
    assert {tuple(table.columns) for splits in loaded.values() for table in splits.values()} == {
        tuple(benchmark.COLUMNS)
    }
    row = loaded["crosslingual"]["hungarian"].to_dicts()[0]
    assert "Hungarian" in row["instruction"] and "Hungarian" not in row["instruction_en"]
    assert row["truth"] == POCKET[0]["truth"] and row["slots"]["depth"] == POCKET[0]["slots"]["depth"]
    assert (row["source_id"], row["language"], row["part"]) == ("p0", "hu", "lake")
    assert row["id"] == f"{row['prompt_id']}/crosslingual/hu" and row["passage"] == POCKET[0]["passage"]
    assert set(loaded["same_language"]["german"]["instruction"]) == {row["questions"]["de"] for row in POCKET}


def test_a_column_without_values_is_left_out(publish: Publish) -> None:
    made = publish(pocket(), PLAIN | {"id": None}, sets=["crosslingual", "english"])
    expected = ["instruction", "id", "prompt_id", "language", "instruction_en"]
    assert made.load()["english"]["english"].columns == expected
    described = made.card.text.partition("## Fields")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", described, re.MULTILINE) == expected


def test_a_changed_publication_in_the_same_folder_is_loaded_again(publish: Publish, tmp_path: Path) -> None:
    made = publish(pocket(5))
    assert len(made.load()["english"]["english"]) == 5
    publish(pocket(3)).publication.write(made.folder)
    assert len(made.load()["english"]["english"]) == 3


def test_a_language_without_prompts_has_no_split(publish: Publish) -> None:
    made = publish(pocket())
    rows = made.stage.rows.filter((pl.col("set") != "same_language") | (pl.col("language") != "hu"))
    found = benchmark.splits(rows, made.config)
    assert [(split.config, split.name) for split in found][-2:] == [("english", "english"), ("same_language", "german")]
    assert benchmark.empty(found, made.config) == [("same_language", "hu")]
    card = benchmark.written("someone/x", STATE, made.config, found=found)
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


def typed(*words: str) -> str:
    """The output of a command in this process."""
    done = CliRunner().invoke(cli, list(words))
    assert done.exit_code == 0, done.exception or done.output
    return done.output


@pytest.mark.slow
def test_a_copy_of_the_project_builds_the_same_prompts_from_a_dry_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.make(tmp_path / "project", {"benchmark.sample": 20, "benchmark.languages": ["hu", "fr"]})
    project.repro(upto="benchmark")
    project.commit("built")
    folder = tmp_path / "out"
    monkeypatch.chdir(project.folder)
    words = typed("publish", "benchmark", "--repo", "a/b", "--dry-run", "--folder", str(folder))
    assert "nothing was published" in words
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "README.md", "english/english.parquet",
        *(f"{name}/{split}.parquet" for name in ("crosslingual", "same_language") for split in ("hungarian", "french")),
    }  # fmt: skip
    copy = project.copy(tmp_path / "copy")
    monkeypatch.chdir(copy.folder)
    overlay = OVERLAY.findall((folder / "README.md").read_text())[0].replace("a/b", str(folder))
    Path("conf/benchmark/published.yaml").write_text(overlay)
    typed("use", "benchmark/published")
    copy.repro(upto="benchmark")
    assert copy.read("benchmark").drop("slots").equals(project.read("benchmark").drop("slots"))
