"""What dvc records differently in two revisions: plots, metrics, parameters, and the stages of dvc.lock."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from xlforge.base.dvc_lock import LOCK, lock
from xlforge.base.errors import BuildError
from xlforge.base.escape import plain
from xlforge.base.git import git_or_none

_MARKUP = re.compile(r"([\\`*<>\[\]~]|(?<!\w)_|_(?!\w)|^#)")


def dvc(*words: str) -> str:
    """What a dvc command prints. Raises BuildError with its message."""
    done = subprocess.run([sys.executable, "-m", "dvc", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"dvc {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def table(what: str, base: str) -> str:
    """dvc's table of changed metrics or params, without its padding; text in it is escaped."""
    rows = [plain(row) for row in dvc(what, "diff", "--md", base).splitlines() if row.strip()]
    narrow = [re.sub(" {2,}", " ", re.sub("-{3,}", "---", row)) for row in rows]
    return "\n".join(_MARKUP.sub(r"\\\1", row) for row in narrow) if len(rows) > 2 else "None changed."


def plots(base: str, folder: Path) -> str:
    """Writes every plot whose figures changed since `base` into the folder, and lists them."""
    found = orjson.loads(dvc("plots", "diff", base, "--json"))["data"]
    shutil.rmtree(folder, ignore_errors=True)
    changed = [name for name in found if _changed(base, name)]
    drawn = [(name, plot["content"]) for name in changed for plot in found[name] if plot["type"] == "vega"]
    lines = [f"| `{name.replace('`', '')}` | {_image(spec, name, folder)} |" for name, spec in drawn]
    same = len(found) - len(changed)
    head = ["| plot | image |", "|---|---|"] * bool(lines)
    return "\n".join([*head, *lines, "", f"{same} plots did not change." * bool(same)])


def _changed(base: str, path: str) -> bool:
    """Whether the file behind a plot differs from the one at `base`, or is missing on a side."""
    here = Path(path)
    before = git_or_none("show", f"{base}:./{path}")
    return before is None or not here.is_file() or before != here.read_bytes().decode("utf-8", "replace")


def _image(spec: Any, name: str, folder: Path) -> str:
    """Writes the image of a plot, and names its file."""
    try:
        import vl_convert
    except ImportError:
        return "not written: `pip install vl-convert-python` (the extra `dev` has it)"
    folder.mkdir(parents=True, exist_ok=True)
    image = folder / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', str(Path(name.removeprefix('data/')).with_suffix('')))}.png"
    image.write_bytes(vl_convert.vegalite_to_png(spec, scale=2.0, allowed_base_urls=[]))
    return f"`{image.as_posix()}`"


def stages(base: str) -> str:
    """The stages whose entries in dvc.lock differ, each with the parts that differ."""
    old, new = (lock(text).get("stages", {}) for text in (git_or_none("show", f"{base}:{LOCK}") or "", None))
    lines = [f"- `{name}`: {_change(old.get(name), new.get(name))}" for name in _differing(old, new)]
    return "\n".join(lines) or "`dvc.lock` is the same."


def _change(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    if old is None or new is None:
        return "was not built before" if old is None else "was removed"
    return ", ".join(f"`{part}`" for part in _differing(_parts(old), _parts(new)))


def _parts(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry of a stage, flat: `deps data/seeds` → its hash, `params scores.version` → its value."""
    parts = {"cmd": entry.get("cmd")}
    for kind in ("deps", "outs"):
        parts |= {f"{kind} {each['path']}": each for each in entry.get(kind, [])}
    for values in entry.get("params", {}).values():
        parts |= {f"params {key}": value for key, value in values.items()}
    return parts


def _differing(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
