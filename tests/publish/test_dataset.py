"""A build's dataset goes to the Hub and comes back row for row; what must not be published is refused before anything is sent."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import orjson
import polars as pl
import pytest
from click.testing import CliRunner
from huggingface_hub import DatasetCard
from markdown_it import MarkdownIt

from commands.main import cli
from tests.project import Project
from tests.publish.conftest import environment
from tests.publish.hub_server import Hub
from xlforge.base.errors import BuildError
from xlforge.publish.dataset import given, publication
from xlforge.publish.hub import read

REPO = "someone/pocket"
PAGES = {"README.md", "croissant.json", "TRAINING_CONTENT.md"}
LOAD = """
import sys
from pathlib import Path
from datasets import get_dataset_config_names, load_dataset
repo, out = sys.argv[1], Path(sys.argv[2])
for config in get_dataset_config_names(repo):
    for split, rows in load_dataset(repo, config).items():
        (out / config).mkdir(parents=True, exist_ok=True)
        rows.to_parquet(out / config / f"{split}.parquet")
"""
HOSTILE = "```\n</details><script>alert(1)</script>\n# Owned\u202e\n~~~\n````"


def publish(project: Project, hub: Hub, home: Path, *options: str) -> str:
    """The output of the command, as a user would type it."""
    done = project.run("xlforge", "publish", "dataset", "--repo", REPO, *options, env=environment(hub, home))
    return done.stdout + done.stderr


def plant(
    project: Project, split: str, change: Callable[[pl.DataFrame], pl.DataFrame], config: str = "bestof3"
) -> None:
    """Changes a file of the dataset as a stage would have: dvc.lock and git know of it."""
    path = project.folder / "data" / "dataset" / config / f"{split}.parquet"
    rows = change(pl.read_parquet(path))
    path.unlink()
    rows.write_parquet(path)
    project.run("dvc", "commit", "--force", "dataset")
    project.commit("planted")


def completion(text: str) -> pl.Expr:
    """A completion with this text."""
    return pl.concat_list(pl.struct(role=pl.lit("assistant"), content=pl.lit(text))).alias("completion")


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A built project that this process is in."""
    monkeypatch.chdir(project.folder)
    return project


@pytest.mark.slow
def test_a_published_dataset_is_loaded_back_row_for_row_and_a_second_time_changes_nothing(
    project: Project, hub: Hub, tmp_path: Path
) -> None:
    assert "tag build-" in publish(project, hub, tmp_path / "home")
    repository = hub.repository(REPO)
    out = tmp_path / "loaded"
    project.run("python", "-c", LOAD, REPO, str(out), env=environment(hub, tmp_path / "loader"))
    made = sorted((project.folder / "data/dataset").glob("*/*.parquet"))
    assert [path.relative_to(out) for path in sorted(out.glob("*/*.parquet"))] == [
        path.relative_to(project.folder / "data/dataset") for path in made
    ]
    for path in made:
        there = pl.read_parquet(out / path.relative_to(project.folder / "data/dataset"))
        assert there.to_dicts() == pl.read_parquet(path).to_dicts()
    before = repository.shown
    (project.folder / "NOTES.md").write_text("about something else\n")
    project.commit("a note")
    assert "nothing changed" in publish(project, hub, tmp_path / "home")
    assert repository.shown == before and repository.log == ["initial commit", repository.log[1]]


@pytest.mark.slow
def test_the_token_is_in_no_file_and_no_output(project: Project, hub: Hub, tmp_path: Path) -> None:
    words = publish(project, hub, tmp_path / "home")
    assert hub.token not in words
    for folder in (project.folder, tmp_path / "home"):
        for path in folder.rglob("*"):
            assert not path.is_file() or hub.token.encode() not in path.read_bytes(), path
    assert not any(hub.token.encode() in data for data in [*hub.stored.values(), *hub.files(REPO).values()])


@pytest.mark.slow
def test_two_checkouts_of_a_build_write_the_same_bytes(project: Project, tmp_path: Path) -> None:
    copy = project.copy(tmp_path / "elsewhere" / "copy")
    for one, seed in ((project, "1"), (copy, "2")):
        done = one.run(
            "xlforge",
            "publish",
            "dataset",
            "--repo",
            REPO,
            "--dry-run",
            "--folder",
            "../out",
            env={"PYTHONHASHSEED": seed},
        )
        assert "nothing was published" in done.stdout
        assert one.git("status", "--porcelain") == ""
    first, second = project.folder.parent / "out", copy.folder.parent / "out"
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(names) == 6 + len(PAGES)
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert not any(str(tmp_path) in (first / page).read_text() for page in PAGES)


def test_the_card_describes_the_build(here: Project) -> None:
    made, notes = publication(REPO)
    card = DatasetCard(read(made.files["README.md"]).decode())
    assert card.data["license"] == "cc-by-sa-4.0" and card.data["language"] == ["en", "de"]
    assert card.data["size_categories"] == "n<1K"
    files = {entry["path"] for config in card.data["configs"] for entry in config["data_files"]}
    assert files == made.files.keys() - PAGES
    assert [config["config_name"] for config in card.data["configs"]] == ["default", "bestof3", "scored", "preferences"]
    for path in files:
        config, split = path.removesuffix(".parquet").split("/")
        assert f"| `{config}` | {split} | {len(pl.read_parquet(made.files[path]))} |" in card.text
    reasons = here.read("scores", "rejects")["reason"]
    assert f"| `scores` | {24 - len(reasons)} | {len(reasons)} | below_threshold {len(reasons)} |" in card.text
    lock = here.run("sha256sum", "dvc.lock").stdout.split()[0]
    commit = here.git("log", "-1", "--format=%H", "--", "dvc.lock", "params.yaml").strip()
    for wanted in (
        lock,
        commit,
        "small invented world",
        "Write the question that the text answers.",
        "arXiv 2503.22973",
        "`qe.round_trip`",
    ):
        assert wanted in card.text
    code = [
        orjson.loads((here.folder / f"data/code/{stage}.json").read_bytes())["code"] for stage in ("seeds", "dataset")
    ]
    assert all(f"| `{each}` |" in card.text for each in code)
    model = here.read("scores")["provenance"][0][0]["model"].split("@")
    assert f"| `{model[0]}` | `{model[1]}` | cc-by-sa-4.0 |" in card.text
    pairs = pl.read_parquet(made.files["preferences/german.parquet"])
    for kind, count in pairs["kind"].value_counts().iter_rows():
        assert re.search(rf"^\| `{kind}` \| .* \| {count} \|", card.text, re.MULTILINE), kind
        assert f"**A pair of kind `{kind}`**" in card.text
    assert (
        "| `kind` | string | why the rejected answer is worse" in card.text and "; only in preferences |" in card.text
    )
    assert "the card" in notes[0] and "There is no evaluation of this build." in card.text


def test_hostile_text_stays_in_its_block(here: Project) -> None:
    plant(here, "german", lambda rows: rows.with_columns(completion(HOSTILE)))
    card = DatasetCard(read(publication(REPO)[0].files["README.md"]).decode()).text
    tokens = MarkdownIt("commonmark").enable("table").parse(card)
    holding = [token for token in tokens if "alert(1)" in token.content]
    assert [token.type for token in holding] == ["fence"]
    assert "Owned" in holding[0].content and "\u202e" not in card


def test_a_dirty_work_tree_is_refused(here: Project) -> None:
    (here.folder / "scratch.txt").write_text("x")
    with pytest.raises(BuildError, match=r"no commit has \(scratch\.txt\)"):
        publication(REPO)


def test_outputs_that_do_not_match_the_lock_are_refused(here: Project) -> None:
    path = here.folder / "data/dataset/bestof3/german.parquet"
    rows = pl.read_parquet(path)
    path.unlink()
    rows.head(3).write_parquet(path)
    with pytest.raises(BuildError, match=r"outputs do not match dvc\.lock: dataset: data/dataset/bestof3 is modified"):
        publication(REPO)
    path.unlink()
    with pytest.raises(BuildError, match="outputs do not match"):
        publication(REPO)


def test_a_build_of_other_params_is_refused(here: Project) -> None:
    here.set({"scores.threshold.min_mean": 4.5})
    here.commit("another bar")
    with pytest.raises(
        BuildError, match=r"built from other inputs .*scores: parameter scores\.threshold\.min_mean: 4\.0 → 4\.5"
    ):
        publication(REPO)


@pytest.mark.parametrize(
    ("config", "change", "message"),
    [
        ("bestof3", lambda rows: rows.with_columns(instruction=pl.lit("")), "break the schema Rows"),
        ("default", lambda rows: pl.concat([rows, rows.head(1)]), "break the schema Rows"),
        ("default", lambda rows: rows.drop("qe"), "no column qe"),
        (
            "bestof3",
            lambda rows: rows.with_columns(language=pl.lit("hu")),
            "split german, and holds rows in language 'hu'",
        ),
    ],
    ids=["empty", "twice", "column", "language"],
)
def test_rows_that_break_their_schema_are_refused(
    config: str, change: Callable[[pl.DataFrame], pl.DataFrame], message: str, here: Project
) -> None:
    plant(here, "german", change, config)
    with pytest.raises(BuildError, match=message):
        publication(REPO)


@pytest.mark.parametrize("secret", ["AKIA" + "Z2" * 8, "what-the-environment-keeps"], ids=["key", "variable"])
def test_a_secret_in_a_row_is_refused_and_not_shown(
    secret: str, here: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(here, "german", lambda rows: rows.with_columns(completion(f"Use {secret} there.")))
    monkeypatch.setenv("MY_SERVICE_TOKEN", "what-the-environment-keeps")
    with pytest.raises(BuildError, match=r"bestof3/german\.parquet, row .*completion holds") as error:
        publication(REPO)
    assert secret not in str(error.value)


def test_a_secret_in_the_card_is_refused(here: Project) -> None:
    table = here.folder / "conf/licences.yaml"
    table.write_text(
        table.read_text().replace("made for this project", "made with sk-" + "aB3_" * 8 + ", for this project")
    )
    here.commit("a slip")
    with pytest.raises(BuildError, match="the card holds OpenAI or Anthropic Key"):
        publication(REPO)


def test_a_licence_that_forbids_it_is_refused(here: Project) -> None:
    table = here.folder / "conf/licences.yaml"
    table.write_text(table.read_text().replace("dataset: cc-by-sa-4.0", "dataset: apache-2.0"))
    here.commit("another licence")
    with pytest.raises(BuildError, match=r"cannot be published under apache-2\.0"):
        publication(REPO)


def test_a_gate_that_fails_is_refused(here: Project) -> None:
    here.set({"gates": {"judged": {"metric": "scores:grades.mean", "min": 5.5}}})
    here.commit("a gate")
    with pytest.raises(BuildError, match=r"judged: scores:grades\.mean is [0-9.]+, limit: min 5\.5"):
        publication(REPO)


def test_a_gate_on_a_stage_that_was_not_built_does_not_block_a_dataset(here: Project) -> None:
    here.set({"gates": {"won": {"metric": "evaluation:models.first.mean.win_rate", "min": 1}}})
    here.commit("a gate")
    assert publication(REPO)
    here.set({"gates": {"judged": {"metric": "scores:grades.wit", "min": 1}}})
    here.commit("another gate")
    with pytest.raises(BuildError, match=r"scores:grades\.wit is missing"):
        publication(REPO)


def test_a_refusal_sends_nothing(here: Project, hub: Hub) -> None:
    (here.folder / "scratch.txt").write_text("x")
    done = CliRunner().invoke(cli, ["publish", "dataset", "--repo", REPO])
    assert isinstance(done.exception, BuildError)
    assert hub.seen == []


def test_a_dry_run_empties_no_folder_of_the_user(here: Project, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("x")
    done = CliRunner().invoke(cli, ["publish", "dataset", "--repo", REPO, "--dry-run", "--folder", str(mine)])
    assert "is not empty" in str(done.exception)
    assert os.listdir(mine) == ["thesis.tex"]


@pytest.mark.parametrize("repo", ["name", "a/b/c", "some one/x", "../x"])
def test_an_invalid_repository_name_is_reported(repo: str) -> None:
    done = CliRunner().invoke(cli, ["publish", "dataset", "--repo", repo])
    assert "--repo" in str(done.exception)


@pytest.mark.parametrize(
    ("instructions", "responses", "words"),
    [
        ({"given": 1200}, {"given": 7}, "1,200 questions and 7 English answers"),
        ({}, {"given": 7}, "7 English answers"),
        ({"rows": 3}, {"rows": 3}, ""),
    ],
)
def test_the_card_names_what_no_model_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instructions: dict[str, int], responses: dict[str, int], words: str
) -> None:
    for stage, metrics in (("instructions", instructions), ("responses", responses)):
        (tmp_path / "data" / stage).mkdir(parents=True)
        (tmp_path / "data" / stage / "metrics.json").write_bytes(orjson.dumps(metrics))
    monkeypatch.chdir(tmp_path)
    assert given() == words
