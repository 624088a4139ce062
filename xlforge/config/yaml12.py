"""YAML as DVC reads it: version 1.2, in which `no`, `on` and `12:30` are text, `017` is 17, and a key that appears twice is an error."""

from pathlib import Path
from typing import Any

from xlforge.base.errors import BuildError


def read_yaml(path: Path) -> Any:
    """The content of a file. Raises BuildError where it is missing or not valid YAML."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise BuildError(f"{path} is missing: run from the root of the project") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise BuildError(f"{path} is not valid YAML: {error}") from error
