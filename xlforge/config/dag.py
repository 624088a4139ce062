"""What dvc.yaml declares: the stages in the order data flows, and the items of each. The one place that knows their names."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlforge.config.yaml12 import read_yaml

if TYPE_CHECKING:
    from xlforge.config.params import Config

DVC = Path("dvc.yaml")
_KEY = re.compile(r"\$\{([a-z_.]+)\}")


@dataclass(frozen=True)
class Declared:
    """A stage of dvc.yaml.

    Args:
        name: without its item.
        description: one line.
        over: the block of params.yaml that has its items, such as `languages`; None for a stage without.
        params: what it tracks of params.yaml, as written.
        deps, outs: paths, as written; metrics and plots are among the outs.
    """

    name: str
    description: str
    over: str | None
    params: tuple[str, ...]
    deps: tuple[str, ...]
    outs: tuple[str, ...]


@cache
def stages(path: Path = DVC) -> dict[str, Declared]:
    """The stages by name, in the order of the file, which is the order data flows."""
    return {name: _declared(name, entry) for name, entry in read_yaml(path)["stages"].items()}


def holds(folder: str, path: str) -> bool:
    """Whether a path, or an id, is the same as another or lies inside it."""
    return f"{path}/".startswith(f"{folder}/")


def position(name: str) -> int:
    """Where a stage stands in the order data flows; after all others for a name that dvc.yaml does not have."""
    return list(stages()).index(name) if name in stages() else len(stages())


def items(name: str, config: "Config") -> tuple[str, ...]:
    """A stage's items, in the order of params.yaml; one empty name for a stage without items."""
    over = stages()[name].over
    if over is None:
        return ("",)
    block, *keys = over.split(".")
    found: Any = config.block(block)
    for key in keys:
        found = getattr(found, key)
    return tuple(found)


def unset(raw: dict[str, Any]) -> list[str]:
    """What params.yaml leaves without a value, and dvc.yaml needs for the path of a dependency: DVC ends with an error there."""
    wanted = {key: (name, dep) for name, each in stages().items() for dep in each.deps for key in _KEY.findall(dep)}
    return [
        f"{key}: null, but stage {name} depends on it, and DVC cannot run so: name a file, or remove {dep} from its deps in {DVC}"
        for key, (name, dep) in wanted.items()
        if not key.startswith("item.") and key != "key" and _at(raw, key) is None
    ]


def _at(raw: Any, key: str) -> Any:
    for part in key.split("."):
        raw = raw.get(part) if isinstance(raw, dict) else None
    return raw


def names() -> list[str]:
    """Every stage and item, as dvc names them, in the order data flows; from params.yaml as it is, unchecked."""
    from xlforge.config.params import read

    raw, found = read(), []
    for name, declared in stages().items():
        if declared.over is None:
            found.append(name)
            continue
        found += [f"{name}@{item}" for item in _at(raw, declared.over) or ()]
    return found


def _declared(name: str, entry: dict[str, Any]) -> Declared:
    body = entry.get("do", entry)
    matrix = list(entry.get("matrix", {}).values())
    over = entry.get("foreach", matrix[0] if matrix else None)
    written = [out for kind in ("outs", "metrics", "plots") for out in body.get(kind, [])]
    outs = [next(iter(out)) if isinstance(out, dict) else out for out in written]
    params, deps = tuple(map(str, body.get("params", []))), tuple(body.get("deps", []))
    return Declared(name, body.get("desc", ""), over and over.strip("${} "), params, deps, tuple(outs))
