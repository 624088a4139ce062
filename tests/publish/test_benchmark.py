"""A published benchmark loads, and a build that reads it has the same prompts with the same ids, requests and facts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from commands.main import cli
from tests.benchmark.conftest import POCKET, written
from tests.benchmark.test_shipped_prompts import overlaid
from tests.project import Project
from tests.publish.benchmarks import OVERLAY, Publish, pocket, same
from xlforge.languages.phrasings import END
from xlforge.publish import benchmark


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


@pytest.mark.parametrize(
    ("overlay", "splits", "licence"),
    [
        ("alpacaeval_local", {"german", "chinese", "irish", "english"}, "cc-by-nc-4.0"),
        (
            "language_confusion",
            {"german", "french", "hindi", "portuguese", "turkish", "chinese"},
            "apache-2.0",
        ),
    ],
)
@pytest.mark.usefixtures("shared")
def test_real_prompts_come_back(overlay: str, splits: set[str], licence: str, publish: Publish, tmp_path: Path) -> None:
    block = overlaid(tmp_path, f"+conf/benchmark={overlay}")
    block["languages"] = ["de", "zh", "ga"] if overlay == "alpacaeval_local" else block["languages"]
    made = publish([], **block)
    assert {split for each in made.load().values() for split in each} == splits
    assert made.card.data["license"] == licence
    again = made.again(tmp_path)
    assert again.rows["id"].to_list() == made.stage.rows["id"].to_list()
    assert again.rows["prompt"].to_list() == made.stage.rows["prompt"].to_list()


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
        "README.md", "croissant.json", "english/english.parquet",
        *(f"{name}/{split}.parquet" for name in ("crosslingual", "same_language") for split in ("hungarian", "french")),
    }  # fmt: skip
    copy = project.copy(tmp_path / "copy")
    monkeypatch.chdir(copy.folder)
    overlay = OVERLAY.findall((folder / "README.md").read_text())[0].replace("a/b", str(folder))
    Path("conf/benchmark/published.yaml").write_text(overlay)
    typed("use", "benchmark/published")
    copy.repro(upto="benchmark")
    assert copy.read("benchmark").drop("slots").equals(project.read("benchmark").drop("slots"))
