"""The plots of two revisions, as images. The text names them; `images` puts them where a comment shows them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson

from xlforge.report.pull_request.running import run_dvc

_SCALE = 2.0


def section(base: str, folder: Path) -> str:
    """Draws every plot that is otherwise than at `base` into the folder, and names them. Raises BuildError."""
    told = orjson.loads(run_dvc("plots", "diff", base, "--json"))
    shutil.rmtree(folder, ignore_errors=True)
    changed = [name for name in told["data"] if _changed(base, name)]
    lines, lost = [], []
    for name in changed:
        for plot in told["data"][name]:
            if plot["type"] == "vega":
                image = _image(plot["content"], name, folder)
                lines.append(f"| `{name.replace('`', '')}` | `{image.name}` |" if image else "")
                lost += [] if image else [name]
    same = len(told["data"]) - len(changed)
    out = ["| plot | image |", "|---|---|", *filter(None, lines), ""] if any(lines) else []
    if lost:
        out.append(f"{len(lost)} plots were not drawn: `pip install vl-convert-python` (the extra `dev` has it).")
    if any(lines):
        out.append(f"The images are in `{folder.as_posix()}`; on GitHub they stand above.")
    return "\n".join([*out, f"{same} plots are as they were." if same else ""])


def _changed(base: str, path: str) -> bool:
    """Whether the file that a plot is drawn from is another one than at `base`; where that cannot be told, it is."""
    was = subprocess.run(["git", "show", f"{base}:./{path}"], capture_output=True, check=False)
    here = Path(path)
    return was.returncode != 0 or not here.is_file() or was.stdout != here.read_bytes()


def _image(spec: Any, name: str, folder: Path) -> Path | None:
    """None where there is nothing to draw with."""
    try:
        import vl_convert
    except ImportError:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    image = folder / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', str(Path(name.removeprefix('data/')).with_suffix('')))}.png"
    image.write_bytes(vl_convert.vegalite_to_png(spec, scale=_SCALE, allowed_base_urls=[]))
    return image
