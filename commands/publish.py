"""`xlforge publish`: a build's dataset, or a student's adapter, on the Hugging Face Hub."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from xlforge.publish.publication import Publication

FOLDER = Path(".xlforge", "publish")


@click.group(epilog="Example: xlforge publish dataset --repo USER/NAME --dry-run")
def command() -> None:
    """Publish what a build made, on the Hugging Face Hub: one commit and a tag, or nothing where nothing changed.

    The token is the one that `hf auth login` keeps, or HF_TOKEN. A build that cannot be rebuilt, breaks its schema, holds a
    secret, fails a gate, or whose licences forbid it, is refused.
    """


def _options(given: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        [
            click.option("--repo", required=True, metavar="USER/NAME", help="the repository, made if it is not there"),
            click.option("--private", is_flag=True, help="make the repository private, if it is new"),
            click.option("--revision", default="main", show_default=True, help="the branch, made if it is not there"),
            click.option("--dry-run", is_flag=True, help="write everything to a folder, and publish nothing"),
            click.option(
                "--folder",
                type=click.Path(file_okay=False, path_type=Path),
                help=f"where a dry run writes; default {FOLDER}/USER--NAME",
            ),
        ]
    ):
        given = option(given)
    return given


@command.command(epilog="Example: xlforge publish dataset --repo USER/NAME --private --dry-run")
@_options
def dataset(*, repo: str, private: bool, revision: str, dry_run: bool, folder: Path | None) -> None:
    """The dataset's configs with their language splits, and a card written from the build."""
    from xlforge.publish.dataset import publication

    _checked(repo)
    made, notes = publication(repo)
    _deliver(made, notes, private=private, revision=revision, folder=(folder or _place(repo)) if dry_run else None)


@command.command(epilog="Example: xlforge publish adapter --student bestof3 --repo USER/NAME --dataset USER/DATASET")
@click.option("--student", required=True, metavar="NAME", help="under `students` in params.yaml")
@click.option("--dataset", "data", metavar="USER/NAME", help="where the dataset is published, for the card")
@_options
def adapter(
    *, student: str, data: str | None, repo: str, private: bool, revision: str, dry_run: bool, folder: Path | None
) -> None:
    """A student's adapter with its tokenizer, loss curve, and a card with its recipe and win rates."""
    from xlforge.publish.adapter import publication

    _checked(repo)
    made, notes = publication(repo, student, data)
    _deliver(made, notes, private=private, revision=revision, folder=(folder or _place(repo)) if dry_run else None)


def _checked(repo: str) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    from xlforge.base.errors import BuildError

    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise BuildError(f"--repo {repo!r}: {error}") from None
    if repo.count("/") != 1:
        raise BuildError(f"--repo {repo!r}: give USER/NAME, the owner and the name")


def _place(repo: str) -> Path:
    return FOLDER / repo.replace("/", "--")


def _deliver(made: Publication, notes: list[str], *, private: bool, revision: str, folder: Path | None) -> None:
    """Publishes, or rehearses into a folder where one is given."""
    for note in notes:
        click.echo(f"xlforge: {note}", err=True)
    if folder:
        _rehearse(made, folder)
        return
    from xlforge.publish.hub import publish

    done = publish(made, private=private, revision=revision, message=f"xlforge {made.tag}")
    if not done.changed and not done.removed:
        tagged = f"; the tag {done.tag} was missing and is there now" if done.tagged else f", tag {done.tag}"
        click.echo(f"{made.repo}: nothing changed since commit {done.commit}{tagged}")
        return
    removed = f", {len(done.removed)} removed" if done.removed else ""
    click.echo(f"{made.repo}: commit {done.commit}, tag {done.tag}: {len(done.changed)} files changed{removed}")


def _rehearse(made: Publication, folder: Path) -> None:
    """The default folder is written anew; one that the user names must be empty, so that nothing of theirs is removed."""
    from xlforge.base.errors import BuildError

    if folder.is_relative_to(FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists() and any(folder.iterdir()):
        raise BuildError(f"{folder} is not empty: name another folder, or empty this one")
    made.write(folder)
    click.echo(
        f"{folder}: {len(made.files)} files, as {made.repo} would hold them with tag {made.tag}; nothing was published"
    )
