"""`xlforge merge`: a student as a model of its own, for servers that take no adapters."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click


@click.command(epilog="Example: xlforge merge bestof3 /tmp/bestof3")
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="replace the folder if it is there")
def command(name: str, folder: Path, force: bool) -> None:
    """Merge the adapter of the student NAME into its base and write the model to FOLDER.

    The sum is made in float32 and kept in the base's own precision; for a base that was trained on in 4 bits it is the base in full.
    """
    import torch
    from transformers import AutoConfig

    from xlforge.base.errors import BuildError
    from xlforge.config.models import ADAPTERS
    from xlforge.config.params import load
    from xlforge.config.students import Recipe
    from xlforge.models.transformers.adapters import with_adapter
    from xlforge.training.bases import model_of, options_of, tokenizer_of

    config = load()
    if name not in config.students:
        known = ", ".join(config.students)
        raise BuildError(f"no student is called {name!r}: `students` in params.yaml has {known or 'none'}")
    if folder.exists() and not force:
        raise BuildError(f"{folder} is there already: name another folder, or say --force")
    student = config.students[name]
    base = config.bases[student.base]
    tokenizer = tokenizer_of(base)
    recipe: Recipe = student.model_copy(update={"quantised": False, "precision": "float32"})
    merged: Any = with_adapter(model_of(base, recipe, "cpu"), tokenizer, ADAPTERS / name)
    kept = AutoConfig.from_pretrained(base.model, **options_of(base)).dtype or torch.float32
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    merged.to(kept).save_pretrained(part)
    tokenizer.save_pretrained(part)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    click.echo(f"{folder}: {name} merged into {base.model}, in {str(kept).removeprefix('torch.')}")
