"""`xlforge cache`: what was bought, and its care."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from xlforge.cache import Cache

GRACE = 30.0
"""Days that what a run took is kept though no revision holds what it made: it may not be committed yet, or elsewhere."""

_PLACE = click.Path(path_type=Path)


def _store() -> Cache:
    from xlforge.cache import Cache
    from xlforge.config.environment import execution
    from xlforge.config.params import load_execution

    return Cache(execution(load_execution()).cache)


@click.group()
def command() -> None:
    """The response store: every answer bought, kept across stages, crashes and branches."""


@command.command(epilog="Example: xlforge cache stats --json")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
def stats(as_json: bool) -> None:
    """Answers, tokens and bytes, by model."""
    import orjson

    with _store() as store:
        found = store.stats()
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    click.echo(f"{'model':40} {'answers':>10} {'tokens in':>12} {'tokens out':>12} {'bytes':>12}")
    for row in found["models"]:
        click.echo(
            f"{row['model'][:40]:40} {row['answers']:>10,} {row['tokens_in']:>12,} {row['tokens_out']:>12,} "
            f"{row['bytes']:>12,}"
        )


@command.command(epilog="Example: xlforge cache export answers")
@click.argument("target", type=_PLACE)
def export(target: Path) -> None:
    """Write every answer to TARGET, a FILE.parquet or a folder of shards that gains what it lacks."""
    from xlforge.cache import transfer as exchange

    with _store() as store:
        count = exchange.export(store, target)
    click.echo(f"{count:,} answers written to {target}")


@command.command("import", epilog="Example: xlforge cache import answers")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
def import_(source: Path) -> None:
    """Take in what another store exported to SOURCE, a file or a folder; what is here stays as it is."""
    from xlforge.cache import transfer as exchange

    with _store() as store:
        found = exchange.import_(store, source)
    click.echo(f"{found.added:,} answers added, {found.known:,} were here")
    if found.differing:
        click.echo(f"{found.differing:,} of those here have other words than in {source}; they stay", err=True)


@command.command(epilog="Example: xlforge cache gc --unused --older-than 90 --apply")
@click.option("--older-than", type=click.FloatRange(0), metavar="DAYS", help="bought more than so many days ago")
@click.option("--model", help="of this model alone, as params.yaml names it")
@click.option("--revision", help="of this revision of the model alone")
@click.option("--unused", is_flag=True, help="taken only by builds that no revision of git holds")
@click.option(
    "--repo", "repos", multiple=True, type=_PLACE, help="other projects on this store, for --unused; repeatable"
)
@click.option(
    "--grace", default=GRACE, show_default=True, metavar="DAYS", help="builds as young as this count, for --unused"
)
@click.option("--apply", is_flag=True, help="delete; without it nothing is")
def gc(
    *,
    older_than: float | None,
    model: str | None,
    revision: str | None,
    unused: bool,
    repos: tuple[Path, ...],
    grace: float,
    apply: bool,
) -> None:
    """Delete answers that meet every condition given; without --apply, tell which these are.

    --unused knows the builds that this store remembers and the commits of the repositories named, no others: fetch first. It leaves
    alone what no build that ended has taken, such as imports.
    """
    from xlforge.cache import maintenance as care
    from xlforge.cache.revisions import made

    if older_than is None and model is None and not unused:
        raise click.UsageError("say what may go: --older-than, --model or --unused")
    if revision is not None and model is None:
        raise click.UsageError("--revision needs --model")
    held = {build for repo in (Path(), *repos) for build in made(repo)} if unused else None
    with _store() as store:
        found = care.garbage(store, older=older_than, model=model, revision=revision, made=held, grace=grace)
        for name, counts in sorted(found.models.items()):
            click.echo(
                f"{name[:40]:40} {counts['answers']:>10,} answers, bought with {counts['tokens_in']:,} tokens in and "
                f"{counts['tokens_out']:,} out"
            )
        if found.unknown:
            click.echo(f"{found.unknown:,} answers were taken by no build that ended, and stay")
        if apply:
            click.echo(f"{care.delete(store, found):,} answers deleted; `xlforge cache vacuum` gives the space back")
        else:
            click.echo(f"{len(found.keys):,} answers would go: say --apply to delete them")


@command.command(epilog="Example: xlforge cache verify")
@click.option("--drop", is_flag=True, help="delete answers that are damaged, so that they are bought again")
def verify(drop: bool) -> None:
    """Check that every key is the hash of its request and every answer can be read; exit status 1 if not."""
    from xlforge.cache import maintenance as care

    with _store() as store:
        bad = []
        for key, fault in care.faults(store):
            bad.append(key)
            click.echo(f"{key or 'the file'}: {fault}", err=True)
        damaged = [key for key in bad if key]
        if drop and damaged:
            click.echo(f"{care.drop(store, damaged):,} answers deleted")
        if not bad:
            click.echo(f"{sum(store.models().values()):,} answers, all as they were bought")
    if bad and not (drop and len(damaged) == len(bad)):
        remedy = (
            "--drop deletes them, so that they are bought again"
            if damaged
            else "export what can be read, and start anew"
        )
        click.echo(f"{len(bad)} faults: {remedy}", err=True)
        sys.exit(1)


@command.command(epilog="Example: xlforge cache vacuum")
def vacuum() -> None:
    """Give back the space of what was deleted; on Postgres, to new answers."""
    from xlforge.cache import maintenance as care

    with _store() as store:
        before, after = care.vacuum(store)
    click.echo(f"{before:,} bytes before, {after:,} after")
