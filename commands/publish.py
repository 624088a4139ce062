"""`xlforge publish`: a build's dataset or benchmark, or a student's adapter, on the Hugging Face Hub."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlforge.base.errors import BuildError

if TYPE_CHECKING:
    from xlforge.publish.hub import Publication

FOLDER = Path(".xlforge", "publish")


@click.group(epilog="Example: xlforge publish dataset --repo USER/NAME --dry-run")
def command() -> None:
    """Publish a build on the Hugging Face Hub: one commit and a tag, or nothing where nothing changed.

    The token is that of `hf auth login`, or HF_TOKEN. A build is refused if it cannot be rebuilt, breaks its schema, holds a secret,
    fails a gate, or if a licence forbids it.
    """


def _options(work: Callable[..., Any]) -> Callable[..., Any]:
    folder = click.Path(file_okay=False, path_type=Path)
    for option in (
        click.option("--folder", type=folder, help=f"where a dry run writes; default {FOLDER}/USER--NAME"),
        click.option("--dry-run", is_flag=True, help="write everything to a folder, and publish nothing"),
        click.option("--revision", default="main", show_default=True, help="the branch; created if it does not exist"),
        click.option("--private", is_flag=True, help="make a new repository private"),
        click.option("--repo", required=True, metavar="USER/NAME", help="the repository; created if it does not exist"),
    ):
        work = option(work)
    return work


@command.command(epilog="Example: xlforge publish dataset --repo USER/NAME --private --dry-run")
@_options
def dataset(repo: str, **options: Any) -> None:
    """The dataset's configs with their language splits, and a card written from the build."""
    from xlforge.publish.dataset import publication

    _check(repo)
    _deliver(*publication(repo), **options)


@command.command(epilog="Example: xlforge publish benchmark --repo USER/NAME --dry-run")
@_options
def benchmark(repo: str, **options: Any) -> None:
    """The benchmark's prompts: a config for each set, a split for each language, and a card written from the build."""
    from xlforge.publish.benchmark import publication

    _check(repo)
    _deliver(*publication(repo), **options)


@command.command(epilog="Example: xlforge publish adapter --student bestof3 --repo USER/NAME --dataset USER/DATASET")
@click.option("--student", required=True, metavar="NAME", help="under `students` in params.yaml")
@click.option("--dataset", "data", metavar="USER/NAME", help="where the dataset is published, for the card")
@_options
def adapter(repo: str, student: str, data: str | None, **options: Any) -> None:
    """A student's adapter with its tokenizer, its loss curve, and a card with its recipe and win rates."""
    from xlforge.publish.adapter import publication

    _check(repo)
    _deliver(*publication(repo, student, data), **options)


def _check(repo: str) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise BuildError(f"--repo {repo!r}: {error}") from None
    if repo.count("/") != 1:
        raise BuildError(f"--repo {repo!r}: give USER/NAME, the owner and the name")


def _deliver(
    made: "Publication", notes: list[str], *, private: bool, revision: str, dry_run: bool, folder: Path | None
) -> None:
    for note in notes:
        click.echo(f"xlforge: {note}", err=True)
    if dry_run:
        _write(made, folder or FOLDER / made.repo.replace("/", "--"))
        return
    from xlforge.publish.hub import publish

    done = publish(made, private=private, revision=revision, message=f"xlforge {made.tag}")
    if done.changed:
        click.echo(f"{made.repo}: commit {done.commit}, tag {made.tag}")
    else:
        tagged = f"; created the missing tag {made.tag}" if done.tagged else f", tag {made.tag}"
        click.echo(f"{made.repo}: nothing changed since commit {done.commit}{tagged}")


def _write(made: "Publication", folder: Path) -> None:
    """The default folder is replaced. A folder of the user must be empty, so that nothing is removed from it."""
    if folder.is_relative_to(FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists() and any(folder.iterdir()):
        raise BuildError(f"{folder} is not empty: name another folder, or empty this one")
    made.write(folder)
    click.echo(f"{folder}: the {len(made.files)} files of {made.repo} with tag {made.tag}; nothing was published")
