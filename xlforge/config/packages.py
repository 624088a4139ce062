"""The packages that decide data (generation, tokenisation, language identification) are identity, like our own code.

Their versions are in `packages.yaml` in this folder, in a folder that every stage depends on; what is installed must agree.
"""

from importlib.metadata import version
from pathlib import Path

from xlforge.config.params import ParamsError
from xlforge.config.yaml12 import read_yaml

DECLARED = Path(__file__).with_name("packages.yaml")


def declared() -> dict[str, str]:
    """Package name to version."""
    return dict(read_yaml(DECLARED))


def check() -> None:
    """ParamsError if an installed version is another than the declared one; a build label such as `+cpu` is no matter."""
    wrong = {name: (want, have) for name, want in declared().items() if (have := version(name).split("+")[0]) != want}
    if wrong:
        listed = "; ".join(f"{name} is {have}, declared {want}" for name, (want, have) in wrong.items())
        raise ParamsError(
            f"installed packages differ from xlforge/config/{DECLARED.name}: {listed}. They decide what a build "
            "makes: run `make env`, or declare the new version (every stage then runs again)"
        )
