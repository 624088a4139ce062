"""`xlforge revision`: the digest that pins a local model folder."""

from pathlib import Path

import click


@click.command(epilog="Example: xlforge revision models/pocket/teacher")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """The revision of a local model FOLDER: put it into params.yaml as the model's `revision`."""
    from xlforge.models.revision import folder_digest

    click.echo(folder_digest(folder))
