"""`xlforge trace`: the way of one row through a build."""

import os.path
import warnings
from typing import TYPE_CHECKING

import click

from xlforge.base import escape
from xlforge.base.errors import BuildError

if TYPE_CHECKING:
    from xlforge.lineage.chain import Hit

_SHOWN = 20


@click.command(epilog="Example: xlforge trace pocket-0001-2352fa4d/de")
@click.argument("row_id", metavar="[ID]", required=False)
@click.option("--find", "text", help="the row that holds these words, whatever their case, instead of an id")
@click.option("--stage", "stages", multiple=True, help="only this stage, such as selection or selection@de; repeatable")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
def command(row_id: str | None, text: str | None, stages: tuple[str, ...], as_json: bool) -> None:
    """Show a row from seed to end: what every stage received, sent to a model and made of the response, and which commit built it.

    ID is a row's in any stage: a seed, a reject, a candidate translation (…/de/1), a training example (…/de), a benchmark
    prompt or answer (…/crosslingual/de), a judgement (…/crosslingual/de/base).

    Nothing is generated: the keys in a row's provenance are looked up in the response cache. Characters that would move the
    terminal's cursor are escaped.
    """
    from xlforge.lineage.chain import lineage, search

    if (row_id is None) == (text is None):
        raise click.UsageError("give either an id or --find TEXT")
    if text is not None:
        hits = search(text)
        # The id that all hits lie in, if there is one.
        row_id = os.path.commonpath([hit.id for hit in hits]) if hits else None
        if not row_id:
            _show(hits, text, as_json)
            return
    assert row_id is not None
    # pandera's import warns under today's pydantic.
    warnings.filterwarnings("ignore", module=r"pydantic\._internal\._generate_schema")
    from xlforge.lineage.render import page
    from xlforge.lineage.story import story

    found = story(row_id, lineage(row_id), stages)
    if stages and not found["steps"]:
        raise click.UsageError(f"none of {', '.join(stages)} is on the way of {row_id}")
    for words in [escape.as_json(found)] if as_json else page(found):
        click.echo(words)


def _show(hits: "list[Hit]", text: str, as_json: bool) -> None:

    if as_json:
        click.echo(escape.as_json({"find": text, "hits": [vars(hit) for hit in hits]}))
        return
    if not hits:
        raise BuildError(f"no row of this build holds {text!r}: try fewer words, or take an id from `xlforge summary`")
    for hit in hits[:_SHOWN]:
        name = f"{hit.stage}@{hit.item}" if hit.item else hit.stage
        row = escape.styled(escape.line(hit.id), bold=True)
        click.echo(f"{row}  {name} {hit.table}, {hit.column}: {escape.line(hit.excerpt)}")
    if len(hits) > _SHOWN:
        click.echo(f"and {len(hits) - _SHOWN} more places; --json lists all of them")
    click.echo("xlforge trace ID shows one of these rows")
