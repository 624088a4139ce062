"""`xlforge check-params`: params.yaml, checked."""

from __future__ import annotations

import click


@click.command(epilog="Example: xlforge check-params")
def command() -> None:
    """Check params.yaml: every fault at once, with the nearest right name; nothing is built or asked."""
    from xlforge.config.params import load

    blocks = load()
    click.echo(f"params.yaml is right: {len(blocks)} blocks, languages {', '.join(blocks['languages'])}")
