"""Only what was said is deleted, damage is found, and space comes back."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from commands.main import cli
from xlforge.cache import Cache, CacheError, revisions
from xlforge.cache import maintenance as care
from xlforge.cache.tables import ANSWERS, RUNS
from xlforge.requests.request import Request
from xlforge.requests.response import Response

DAY = 86_400


def asked(number: int, model: str = "model", revision: str | None = "r1") -> Request:
    return Request("openai", model, revision, (("user", f"Question {number}?"),))


def keys(*numbers: int) -> list[str]:
    return [asked(number).key for number in numbers]


@pytest.fixture
def store(url: str) -> Any:
    """Ten answers of a model, five of another at two revisions."""
    with Cache(url) as opened:
        opened.insert([(asked(number), Response("words", "stop", 10, 2)) for number in range(10)])
        opened.insert([(asked(number, "other", "r1"), Response("words", "stop", 1, 1)) for number in range(3)])
        opened.insert([(asked(number, "other", "r2"), Response("words", "stop", 1, 1)) for number in range(2)])
        yield opened


def command(store: Cache, *words: str) -> Result:
    url = store.database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(cli, ["store", *words], env={"XLFORGE_CACHE": url})


def count(store: Cache) -> int:
    return sum(store.models().values())


def test_nothing_goes_without_apply_and_with_it_what_was_told(store: Cache) -> None:
    told = command(store, "gc", "--model", "other")
    assert "5 answers would go" in told.output
    assert count(store) == 15
    done = command(store, "gc", "--model", "other", "--revision", "r2", "--apply")
    assert "2 answers deleted" in done.output
    assert store.models() == {("model", "r1"): 10, ("other", "r1"): 3}


def test_a_condition_is_asked_for(store: Cache) -> None:
    assert "--older-than" in command(store, "gc", "--apply").output
    assert "--model" in command(store, "gc", "--revision", "r1", "--apply").output
    assert count(store) == 15


def test_old_answers_go_by_their_age(store: Cache) -> None:
    with store.database.engine.begin() as connection:
        old = sa.update(ANSWERS).where(ANSWERS.c.key.in_(keys(0, 1, 2)))
        connection.execute(old.values(bought_at=time.time() - 40 * DAY))
    assert "3 answers would go" in command(store, "gc", "--older-than", "30").output
    assert "0 answers would go" in command(store, "gc", "--older-than", "50").output
    assert "0 answers would go" in command(store, "gc", "--older-than", "30", "--model", "other").output
    command(store, "gc", "--older-than", "30", "--apply")
    assert store.get_many(keys(*range(10))).keys() == {*keys(*range(3, 10))}


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *words], cwd=folder, check=True)


def lock(folder: Path, **rows: str) -> None:
    """A dvc.lock that says what each stage made."""
    stages = "".join(
        f"  {stage}:\n    outs:\n    - path: data/{stage}/rows.parquet\n      md5: {md5}\n"
        for stage, md5 in rows.items()
    )
    (folder / "dvc.lock").write_text(f"schema: '2.0'\nstages:\n{stages}")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits on a branch and one on another, with three builds between them; a fourth in the work tree."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    for number, branch in enumerate(("main", "main", "aside")):
        if branch == "aside":
            git(folder, "checkout", "--quiet", "-b", branch)
        lock(folder, scores=str(number) * 32)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", str(number))
    git(folder, "checkout", "--quiet", "main")
    lock(folder, scores="3" * 32)
    return folder


def test_revisions_are_those_of_every_branch_and_of_the_work_tree(repository: Path) -> None:
    assert revisions.made(repository) == {("scores", str(number) * 32) for number in range(4)}


def test_what_git_cannot_tell_is_not_taken_for_unused(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", "shallow")
    with pytest.raises(CacheError, match="unshallow"):
        revisions.made(tmp_path / "shallow")
    (repository / "dvc.lock").write_text("<<<<<<< HEAD")
    with pytest.raises(CacheError, match="cannot be read"):
        revisions.made(repository)
    with pytest.raises(CacheError, match="git"):
        revisions.made(tmp_path)


def test_unused_is_what_only_builds_of_no_revision_took(store: Cache, repository: Path) -> None:
    store.remember("scores", "0" * 32, keys(0, 1))  # a commit's
    store.remember("scores", "2" * 32, keys(1, 2))  # another branch's
    store.remember("scores", "3" * 32, keys(3))  # not committed yet
    store.remember("scores", "9" * 32, keys(1, 4, 5))  # of none
    store.remember("verdicts", "0" * 32, keys(6))  # another stage's, whose rows happen to be these
    store.remember("scores", "8" * 32, keys(7))  # of none, but young
    with store.database.engine.begin() as connection:
        old = sa.update(RUNS).where(RUNS.c.rows != "8" * 32)
        connection.execute(old.values(finished_at=time.time() - 40 * DAY))
    told = command(store, "gc", "--unused", "--repo", str(repository))
    assert "3 answers would go" in told.output
    assert "7 answers were taken by no build that ended" in told.output
    command(store, "gc", "--unused", "--repo", str(repository), "--apply")
    assert {*keys(*range(10))} - store.get_many(keys(*range(10))).keys() == {*keys(4, 5, 6)}
    command(store, "gc", "--unused", "--repo", str(repository), "--grace", "0", "--apply")
    assert asked(7).key not in store.get_many(keys(7))
    assert count(store) == 11


def test_a_whole_store_verifies_and_damage_is_named(store: Cache) -> None:
    assert "15 answers, all as they were bought" in command(store, "verify").output
    with store.database.engine.begin() as connection:
        for number, change in enumerate(
            ({"words": b"\xff\xff"}, {"request": b"no zlib"}, {"model": "another"}, {"key": "0" * 64})
        ):
            connection.execute(sa.update(ANSWERS).where(ANSWERS.c.key == asked(number).key).values(change))
    bad = command(store, "verify")
    assert bad.exit_code == 1
    for told in ("do not decode", "cannot be unpacked", "its request's model@r1", "not the hash of its request"):
        assert told in bad.output
    assert command(store, "verify", "--drop").exit_code == 0
    assert command(store, "verify").exit_code == 0
    assert count(store) == 11


def test_a_damaged_file_is_told(file_url: str) -> None:
    with Cache(file_url) as store:
        store.insert([(asked(number), Response("words " * 200, "stop", 10, 2)) for number in range(200)])
        care.vacuum(store)
    path = Path(file_url.removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xaa" * 4096
    path.write_bytes(content)
    done = CliRunner().invoke(cli, ["store", "verify"], env={"XLFORGE_CACHE": file_url})
    assert done.exit_code == 1
    assert "Traceback" not in done.output


def test_vacuum_gives_back_the_space_of_what_was_deleted(file_url: str) -> None:
    with Cache(file_url) as store:
        store.insert([(asked(number), Response(f"{number} words " * 300, "stop", 10, 2)) for number in range(1000)])
        care.delete(store, care.garbage(store, model="model"))
        before, after = care.vacuum(store)
    assert after < before / 5


def test_vacuum_on_a_server_leaves_all_there(store: Cache) -> None:
    assert "bytes before" in command(store, "vacuum").output
    assert count(store) == 15


@pytest.mark.parametrize("name", ["stats", "export", "import", "gc", "verify", "vacuum"])
def test_help_holds_an_example_that_names_the_command(name: str) -> None:
    said = CliRunner().invoke(cli, ["store", name, "--help"])
    assert said.exit_code == 0
    assert f"Example: xlforge cache {name}" in " ".join(said.output.split())
