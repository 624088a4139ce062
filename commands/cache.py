"""`xlforge cache`: what the response cache holds, export and import, maintenance."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from xlforge.cache import Cache


def _cache() -> Cache:
    from xlforge.cache import Cache
    from xlforge.config.environment import execution
    from xlforge.config.params import load_execution

    return Cache(execution(load_execution()).cache)


@click.group()
def command() -> None:
    """The response cache: every response a model generated, kept across stages, crashes and branches."""


@command.command(epilog="Example: xlforge cache stats --json")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
def stats(as_json: bool) -> None:
    """Responses, tokens and bytes, by model."""
    import orjson

    with _cache() as cache:
        found = cache.stats()
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    click.echo(f"{'model':40} {'responses':>10} {'tokens in':>12} {'tokens out':>12} {'bytes':>12}")
    for row in found["models"]:
        counts = " ".join(f"{row[name]:>12,}" for name in ("tokens_in", "tokens_out", "bytes"))
        click.echo(f"{row['model'][:40]:40} {row['responses']:>10,} {counts}")


@command.command(epilog="Example: xlforge cache export cache-export")
@click.argument("target", type=click.Path(path_type=Path))
def export(target: Path) -> None:
    """Write every response to TARGET: a FILE.parquet, or a folder of shards that gains what it lacks."""
    from xlforge.cache import transfer

    with _cache() as cache:
        count = transfer.export(cache, target)
    click.echo(f"{count:,} responses written to {target}")


@command.command("import", epilog="Example: xlforge cache import cache-export")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
def import_(source: Path) -> None:
    """Add the responses that another cache exported to SOURCE, a file or a folder. Cached responses are not replaced."""
    from xlforge.cache import transfer

    with _cache() as cache:
        found = transfer.import_(cache, source)
    click.echo(f"{found.added:,} responses added, {found.known:,} were cached before")
    if found.differing:
        click.echo(
            f"{found.differing:,} cached responses differ from those in {source}; they are not replaced", err=True
        )


@command.command(epilog="Example: xlforge cache gc --older-than 180 --apply")
@click.option("--older-than", type=click.FloatRange(0), metavar="DAYS", help="generated more than so many days ago")
@click.option("--model", help="of this model only, as params.yaml names it")
@click.option("--revision", help="of this revision of the model only")
@click.option("--apply", is_flag=True, help="delete; without it nothing is deleted")
def gc(*, older_than: float | None, model: str | None, revision: str | None, apply: bool) -> None:
    """Delete responses that meet every condition given. Without --apply, list them by model."""
    from xlforge.cache import maintenance

    if older_than is None and model is None:
        raise click.UsageError("give a condition: --older-than or --model")
    if revision is not None and model is None:
        raise click.UsageError("--revision needs --model")
    with _cache() as cache:
        where = maintenance.condition(cache, older_than=older_than, model=model, revision=revision)
        listed = cache.by_model(where)
        for row in listed:
            click.echo(
                f"{row['model'][:40]:40} {row['responses']:>10,} responses, which took {row['tokens_in']:,} tokens in and "
                f"{row['tokens_out']:,} out"
            )
        if apply:
            click.echo(
                f"{maintenance.delete(cache, where):,} responses deleted; `xlforge cache vacuum` gives the space back"
            )
        else:
            count = sum(row["responses"] for row in listed)
            click.echo(f"{count:,} responses would be deleted: add --apply to delete them")


@command.command(epilog="Example: xlforge cache verify")
@click.option("--drop", is_flag=True, help="delete damaged responses, so that they are generated again")
def verify(drop: bool) -> None:
    """Check that every key is the hash of its request and every response can be read; exit status 1 if not."""
    from xlforge.cache import maintenance

    with _cache() as cache:
        found = list(maintenance.faults(cache))
        for key, fault in found:
            click.echo(f"{key or 'the file'}: {fault}", err=True)
        if not found:
            click.echo(f"{sum(cache.models().values()):,} responses, none of them damaged")
            return
        damaged = [key for key, _ in found if key]
        if drop and damaged:
            click.echo(f"{maintenance.drop(cache, damaged):,} responses deleted")
            if len(damaged) == len(found):
                return
    remedy = (
        "--drop deletes them, so that they are generated again" if damaged else "export what can be read to a new cache"
    )
    click.echo(f"{len(found)} faults: {remedy}", err=True)
    sys.exit(1)


@command.command(epilog="Example: xlforge cache vacuum")
def vacuum() -> None:
    """Give the space of deleted responses back to the disk; on Postgres, to new responses."""
    from xlforge.cache import maintenance

    with _cache() as cache:
        before, after = maintenance.vacuum(cache)
    click.echo(f"{before:,} bytes before, {after:,} after")
