"""`xlforge check-params`: params.yaml and what it names, checked."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from xlforge.base.errors import BuildError

if TYPE_CHECKING:
    from xlforge.config.params import Config


@click.command(epilog="Example: xlforge check-params")
def command() -> None:
    """Check params.yaml and what it names: every fault at once, with the nearest right name; nothing is built or generated.

    Also checked: XLFORGE_* in the environment and in `.env`; that the files exist which stages read and no stage writes; and that local
    weights are those whose `revision` params.yaml gives.
    """
    from xlforge.config.environment import execution
    from xlforge.config.params import load

    config = load()
    execution(config.execution)
    faults = [*_missing_inputs(), *_wrong_weights(config)]
    if faults:
        raise BuildError("\n  ".join(["params.yaml is valid, but not what it names:", *faults]))
    codes = ", ".join(config.languages)
    click.echo(f"params.yaml is valid: languages {codes}. The files and local weights that it names exist.")


def _missing_inputs() -> Iterator[str]:
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    from xlforge.config.dag import holds

    try:
        with Repo() as repo:
            written = [out.fs_path for out in repo.index.outs]
            read = {str(dep): dep for dep in repo.index.deps}
            for name, dep in sorted(read.items()):
                if not dep.exists and not any(holds(dep.fs_path, path) or holds(path, dep.fs_path) for path in written):
                    yield f"{name} does not exist, and no stage writes it"
    except DvcException as error:
        raise BuildError(f"dvc.yaml: {error}") from error


def _wrong_weights(config: "Config") -> Iterator[str]:
    """Local folders of models whose digest is not the revision; each folder is read once."""
    from xlforge.config.models import Model
    from xlforge.models.engine import EngineError
    from xlforge.models.revision import check, local_weights

    found = [config.teacher, config.judge, config.estimator, *config.translators.values()]
    found += [Model(model=base.model, revision=base.revision) for base in config.bases.values()]
    for weights in {each.model_dump_json(): each for spec in found if (each := local_weights(spec))}.values():
        try:
            check(weights)
        except EngineError as error:
            yield str(error)
