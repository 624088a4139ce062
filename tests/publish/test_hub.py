"""Publishing is one commit and a tag, or nothing: whichever step fails, and however often it runs."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from huggingface_hub import HfApi

from tests.publish.hub_server import Blob, Hub
from xlforge.base.errors import BuildError
from xlforge.publish.hub import Outcome, Publication, publish, read

REPO = "someone/data"
CARD = b"---\nlicense: cc-by-sa-4.0\n---\n# Card %d\n"
STEPS = ["create", "refs", "info", "validate", "preupload", "batch", "upload", "verify", "commit"]


def made(folder: Path, number: int, languages: tuple[str, ...] = ("german", "irish")) -> Publication:
    """A build: files that differ with its number, but for one."""
    files: dict[str, bytes | Path] = {
        "README.md": CARD % number,
        "default/english.parquet": parquet(folder, "english", 0),
    }
    for language in languages:
        files[f"default/{language}.parquet"] = parquet(folder, language, number)
    return Publication("dataset", REPO, files, ("default/*",))


def parquet(folder: Path, language: str, number: int) -> Path:
    path = folder / f"{language}-{number}.parquet"
    pl.DataFrame({"id": [f"{language}/{number}"], "text": ["words " * 50]}).write_parquet(path)
    return path


def send(publication: Publication, *, private: bool = False, revision: str = "main") -> Outcome:
    return publish(publication, private=private, revision=revision, message="a build")


def committed(hub: Hub) -> dict[str, list[str]]:
    """The paths in the last commit, by what is done with them."""
    body = next(body for _, path, _, body in reversed(hub.seen) if "/commit/" in path)
    found: dict[str, list[str]] = {}
    for operation in [json.loads(line) for line in body.splitlines()][1:]:
        found.setdefault(operation["key"], []).append(operation["value"]["path"])
    return found


def contents(publication: Publication) -> dict[str, bytes]:
    return {path: read(content) for path, content in publication.files.items()}


def test_a_build_is_one_commit_and_a_tag_that_hold_its_bytes(hub: Hub, tmp_path: Path) -> None:
    first = made(tmp_path, 1)
    done = send(first)
    assert (done.changed, done.tagged) == (True, True)
    assert hub.files(REPO) == contents(first) == hub.files(REPO, revision=first.tag)
    assert hub.repository(REPO).log == ["initial commit", "a build"]


def test_the_same_build_again_commits_uploads_and_tags_nothing(hub: Hub, tmp_path: Path) -> None:
    done = send(made(tmp_path, 1))
    before, hub.steps[:] = hub.repository(REPO).shown, []
    again = send(made(tmp_path, 1))
    assert hub.repository(REPO).shown == before
    assert not {"upload", "commit", "tag"} & set(hub.steps)
    assert again == Outcome(done.commit, changed=False, tagged=False)


def test_a_changed_build_sends_what_changed_and_removes_what_is_gone(hub: Hub, tmp_path: Path) -> None:
    send(made(tmp_path, 1))
    repository = hub.repository(REPO)
    repository.commit(
        "main", repository.trees[repository.branches["main"]] | {"notes.txt": Blob(b"mine", False)}, "theirs"
    )
    second = made(tmp_path, 2, languages=("german",))
    hub.seen.clear()
    assert send(second).changed
    assert committed(hub) == {
        "file": ["README.md"], "lfsFile": ["default/german.parquet"], "deletedFile": ["default/irish.parquet"]
    }  # fmt: skip
    assert hub.files(REPO) == contents(second) | {"notes.txt": b"mine"}
    assert repository.log == ["initial commit", "a build", "theirs", "a build"]
    assert set(repository.tags) == {made(tmp_path, 1).tag, second.tag}


@pytest.mark.parametrize("how", [403, 500, "drop"], ids=["refused", "broken", "cut"])
@pytest.mark.parametrize("step", STEPS)
def test_a_failure_leaves_the_repository_as_it_was_and_the_next_run_succeeds(
    step: str, how: int | str, hub: Hub, tmp_path: Path
) -> None:
    send(made(tmp_path, 1))
    before = hub.repository(REPO).shown
    second = made(tmp_path, 2)
    hub.fail(step, how)
    if (step, how) == ("create", 403):  # a token that may write here and make nothing: the repository is there
        send(second)
        return
    with pytest.raises(BuildError, match=r"could not .*run the same command again") as error:
        send(second)
    assert hub.token not in str(error.value)
    assert hub.repository(REPO).shown == before
    hub.repair()
    assert send(second).tagged
    assert hub.files(REPO) == contents(second)
    assert len(hub.repository(REPO).log) == 3
    assert send(second).changed is False


@pytest.mark.parametrize("step", [*STEPS, "tag"])
def test_a_first_publication_that_fails_shows_no_file_or_all(step: str, hub: Hub, tmp_path: Path) -> None:
    hub.fail(step, 500)
    with pytest.raises(BuildError):
        send(made(tmp_path, 1))
    if ("dataset", REPO) in hub.repositories:
        assert hub.repository(REPO).tags == {}
        assert hub.files(REPO) == (contents(made(tmp_path, 1)) if step == "tag" else {})
    hub.repair()
    send(made(tmp_path, 1))
    assert hub.files(REPO, revision=made(tmp_path, 1).tag) == contents(made(tmp_path, 1))
    assert hub.repository(REPO).log == ["initial commit", "a build"]


@pytest.mark.parametrize("how", [500, "drop", "lost"])
def test_a_tag_that_failed_is_created_by_the_next_run_without_a_commit(
    how: int | str, hub: Hub, tmp_path: Path
) -> None:
    hub.fail("tag", how)
    with pytest.raises(BuildError, match="could not create the tag build-"):
        send(made(tmp_path, 1))
    assert hub.files(REPO) == contents(made(tmp_path, 1))
    hub.repair()
    assert send(made(tmp_path, 1)).changed is False
    assert hub.files(REPO, revision=made(tmp_path, 1).tag) == contents(made(tmp_path, 1))
    assert hub.repository(REPO).log == ["initial commit", "a build"]


def test_a_commit_whose_response_is_lost_is_not_made_twice(hub: Hub, tmp_path: Path) -> None:
    send(made(tmp_path, 1))
    hub.fail("commit", "lost")
    with pytest.raises(BuildError, match="could not upload and commit"):
        send(made(tmp_path, 2))
    hub.repair()
    done = send(made(tmp_path, 2))
    assert (done.changed, done.tagged) == (False, True)
    assert hub.repository(REPO).log == ["initial commit", "a build", "a build"]


def test_uploaded_files_are_not_sent_again(hub: Hub, tmp_path: Path) -> None:
    hub.fail("commit", 500)
    with pytest.raises(BuildError):
        send(made(tmp_path, 1))
    hub.repair()
    hub.steps.clear()
    send(made(tmp_path, 1))
    assert "batch" in hub.steps and "upload" not in hub.steps


def test_a_commit_of_somebody_else_in_between_is_not_overwritten(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(made(tmp_path, 1))
    repository, real = hub.repository(REPO), HfApi.create_commit

    def late(self: HfApi, *args: object, **options: object) -> object:
        repository.commit("main", {"theirs.txt": Blob(b"theirs", False)}, "theirs")
        return real(self, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(HfApi, "create_commit", late)
    with pytest.raises(BuildError, match="A commit has happened since"):
        send(made(tmp_path, 2))
    assert hub.files(REPO) == {"theirs.txt": b"theirs"}


def test_another_branch_is_created_and_main_stays(hub: Hub, tmp_path: Path) -> None:
    send(made(tmp_path, 1))
    send(made(tmp_path, 2), revision="next")
    assert hub.files(REPO) == contents(made(tmp_path, 1))
    assert hub.files(REPO, revision="next") == contents(made(tmp_path, 2))


@pytest.mark.parametrize("how", [403, "drop"])
def test_a_branch_that_cannot_be_created_is_reported(how: int | str, hub: Hub, tmp_path: Path) -> None:
    send(made(tmp_path, 1))
    before = hub.repository(REPO).shown
    hub.fail("branch", how)
    with pytest.raises(BuildError, match="could not create the branch next"):
        send(made(tmp_path, 2), revision="next")
    assert hub.repository(REPO).shown == before


def test_private_makes_a_private_repository_and_refuses_one_that_is_public(hub: Hub, tmp_path: Path) -> None:
    send(made(tmp_path, 1), private=True)
    assert hub.repository(REPO).private
    send(made(tmp_path, 2), private=True)
    hub.repository(REPO).private = False
    with pytest.raises(BuildError, match="is public"):
        send(made(tmp_path, 3), private=True)
    assert hub.files(REPO) == contents(made(tmp_path, 2))


def test_a_missing_token_is_reported_with_the_remedy_and_a_wrong_one_is_not_shown(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_" + "W" * 34)
    with pytest.raises(BuildError, match="401") as error:
        send(made(tmp_path, 1))
    assert "W" * 34 not in str(error.value)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(BuildError, match="hf auth login"):
        send(made(tmp_path, 1))


def test_the_token_of_the_login_file_is_used(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "no-token").write_text(hub.token + "\n")
    assert send(made(tmp_path, 1)).tagged


def test_the_token_is_only_in_the_header_of_the_api_and_never_sent_to_the_storage(hub: Hub, tmp_path: Path) -> None:
    send(made(tmp_path, 1))
    sent: dict[str, set[str]] = {"PUT": set(), "POST": set(), "GET": set()}
    for method, path, headers, body in hub.seen:
        assert hub.token not in path and hub.token.encode() not in body
        sent[method] |= {name.lower() for name, value in headers.items() if hub.token in value}
    assert any(method == "PUT" for method, *_ in hub.seen)
    assert sent == {"PUT": set(), "POST": {"authorization"}, "GET": {"authorization"}}
