"""`xlforge merge`: a student as a complete model, for servers that load no adapters."""

from pathlib import Path
from typing import Any

import click

from xlforge.base.errors import BuildError


@click.command(epilog="Example: xlforge merge bestof3 /tmp/bestof3")
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="replace the folder if it exists")
def command(name: str, folder: Path, force: bool) -> None:
    """Merge the adapter of the student NAME into its base and write the model to FOLDER.

    The merge is computed in float32 and saved in the base's own dtype. A base that was loaded in 4 bits for the training is merged in full.
    """
    import torch
    from transformers import AutoConfig

    from xlforge.base.files import replaced
    from xlforge.config.models import ADAPTERS
    from xlforge.config.params import load
    from xlforge.config.students import Recipe
    from xlforge.models.transformers.adapters import with_adapter
    from xlforge.training.bases import load_model, load_options, load_tokenizer

    config = load()
    student = config.trained(name)
    if folder.exists() and not force:
        raise BuildError(f"{folder} exists already: name another folder, or add --force")
    base = config.bases[student.base]
    tokenizer = load_tokenizer(base)
    recipe: Recipe = student.model_copy(update={"load_in_4bit": False, "dtype": "float32"})
    merged: Any = with_adapter(load_model(base, recipe, "cpu"), tokenizer, ADAPTERS / name)
    dtype = AutoConfig.from_pretrained(base.model, **load_options(base)).dtype or torch.float32
    with replaced(folder) as part:
        merged.to(dtype).save_pretrained(part)
        tokenizer.save_pretrained(part)
    click.echo(f"{folder}: {name} merged into {base.model}, in {str(dtype).removeprefix('torch.')}")
