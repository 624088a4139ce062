"""`xlforge cache`: what the response cache holds, export and import, maintenance."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlforge.base import escape

if TYPE_CHECKING:
    from xlforge.cache import Cache


def _cache() -> "Cache":
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
    with _cache() as cache:
        found = cache.stats()
    if as_json:
        click.echo(escape.as_json(found))
        return
    click.echo(f"{'model':40} {'responses':>10} {'tokens in':>12} {'tokens out':>12} {'bytes':>12}")
    for row in found["models"]:
        counts = " ".join(f"{row[name]:>12,}" for name in ("tokens_in", "tokens_out", "bytes"))
        click.echo(f"{escape.line(row['model'])[:40]:40} {row['responses']:>10,} {counts}")


@command.command(epilog="Example: xlforge cache export cache-export")
@click.argument("target", type=click.Path(path_type=Path))
def export(target: Path) -> None:
    """Write every response to TARGET: a FILE.parquet, or a folder of shards that gains what it lacks."""
    from xlforge.cache import maintenance, transfer

    damaged: list[maintenance.Damage] = []
    with _cache() as cache:
        count = transfer.export(cache, target, damaged)
    click.echo(f"{count:,} responses written to {target}")
    if damaged:
        click.echo(f"{len(damaged):,} faults: what is damaged was left out; see `xlforge cache verify`", err=True)


@command.command("import", epilog="Example: xlforge cache import cache-export")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
def import_(source: Path) -> None:
    """Add the responses that another cache exported to SOURCE, a file or a folder. Cached responses are not replaced."""
    from xlforge.cache import transfer

    with _cache() as cache:
        found = transfer.import_(cache, source)
    click.echo(f"{found.added:,} responses added, {found.known:,} were cached before")
    if found.differing:
        click.echo(f"{found.differing:,} cached responses differ from {source}; they are not replaced", err=True)


@command.command(epilog="Example: xlforge cache gc --older-than 180 --apply")
@click.option("--older-than", type=click.FloatRange(0), metavar="DAYS", help="generated more than so many days ago")
@click.option("--model", help="of this model only, as params.yaml names it")
@click.option("--revision", help="of this revision of the model only")
@click.option("--tokens-in", type=int, metavar="N", help="with a prompt of N tokens, as a server counts that cuts it")
@click.option("--apply", is_flag=True, help="delete; without it nothing is deleted")
def gc(older_than: float | None, model: str | None, revision: str | None, tokens_in: int | None, apply: bool) -> None:
    """Delete responses that meet every condition given. Without --apply, list them by model."""
    from xlforge.cache import maintenance

    if older_than is None and model is None:
        raise click.UsageError("give a condition: --older-than or --model")
    if revision is not None and model is None:
        raise click.UsageError("--revision needs --model")
    with _cache() as cache:
        where = maintenance.condition(cache, older_than=older_than, model=model, revision=revision, tokens_in=tokens_in)
        listed = cache.by_model(where)
        for row in listed:
            click.echo(
                f"{escape.line(row['model'])[:40]:40} {row['responses']:>10,} responses, which took {row['tokens_in']:,} tokens in and "
                f"{row['tokens_out']:,} out"
            )
        if apply:
            count = maintenance.delete(cache, where)
            click.echo(f"{count:,} responses deleted; `xlforge cache vacuum` gives the space back")
        else:
            count = sum(row["responses"] for row in listed)
            click.echo(f"{count:,} responses would be deleted: add --apply to delete them")


@command.command(epilog="Example: xlforge cache verify")
@click.option("--drop", is_flag=True, help="delete damaged responses, so that they are generated again")
def verify(drop: bool) -> None:
    """Check that every response is what was written, and the answer to its request; exit status 1 if not.

    With --drop the cache has only whole responses afterwards. A damaged SQLite file is replaced by a new one with all responses that can be
    read; the damaged file is kept.
    """
    from xlforge.cache import maintenance

    with _cache() as cache:
        found, whole = [], 0
        for each in maintenance.read(cache):
            if isinstance(each, maintenance.Damage):
                found.append(each)
                click.echo(f"{each.key or 'the file'}: {escape.line(each.description)}", err=True)
            else:
                whole += 1
        if not found:
            click.echo(f"{whole:,} responses, none of them damaged")
            return
        if drop and all(each.key for each in found):
            click.echo(f"{maintenance.drop(cache, (each.key for each in found if each.key)):,} responses deleted")
            return
        if drop:
            count, kept = maintenance.rescue(cache)
            click.echo(f"{count:,} responses are in a new file; the damaged one is {kept}")
            return
    click.echo(f"{len(found)} faults, {whole:,} responses are whole: --drop keeps these alone", err=True)
    sys.exit(1)


@command.command(epilog="Example: xlforge cache vacuum")
def vacuum() -> None:
    """Give the space of deleted responses back to the disk; on Postgres, to new responses."""
    from xlforge.cache import maintenance

    with _cache() as cache:
        before, after = maintenance.vacuum(cache)
    click.echo(f"{before:,} bytes before, {after:,} after")
