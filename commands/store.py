"""`xlforge store`: what was bought."""

from __future__ import annotations

import click


@click.group()
def command() -> None:
    """The response store: every answer bought, kept across stages, crashes and branches."""


@command.command(epilog="Example: xlforge store stats --json")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
def stats(as_json: bool) -> None:
    """Answers, tokens and bytes, by model."""
    import orjson

    from xlforge.core.params import load_execution
    from xlforge.execution.environment import execution
    from xlforge.execution.store import Store

    url = execution(load_execution()).store
    with Store(url) as store:
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
