"""Plots where a comment can show them: a comment shows only images that are on the web, and GitHub takes no upload of one.

Those of a pull request are one commit without parents, which a ref of its own keeps: no branch, so that no clone fetches it, and the
next run's take its place. The images were drawn by the pull request's own code: only what is a PNG of a bounded size is taken.
"""

from __future__ import annotations

import base64
import io
import re
import struct
import zipfile
import zlib

from xlforge.report.pull_request.github import GitHub, Refused

LARGEST_ARCHIVE = 32 << 20
_MOST, _LARGEST, _WIDEST = 12, 4 << 20, 10_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}\.png")
"""Few and short: what shows them has its place in the comment beside the text, and GitHub bounds the whole."""
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def images(archive: bytes) -> dict[str, bytes]:
    """The PNGs of an archive, by name, at most 12; nothing is written. Raises ValueError where it is no archive."""
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for name in sorted(filter(_NAME.fullmatch, opened.namelist()))[:_MOST]:
                with opened.open(name) as file:
                    content = file.read(_LARGEST + 1)  # the size that the archive states may be a lie
                if len(content) <= _LARGEST and _is_png(content):
                    found[name] = content
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, OSError, EOFError, zlib.error) as error:
        raise ValueError(f"the plots cannot be read: {error}") from None
    return found


def publish(github: GitHub, number: int, found: dict[str, bytes]) -> str:
    """The commit that holds the images of a pull request. Raises Refused."""
    tree = [
        {"path": name, "mode": "100644", "type": "blob", "sha": _made(github, "blobs", _blob(content))}
        for name, content in found.items()
    ]
    message = f"The plots of pull request {number}"
    commit = _made(
        github, "commits", {"message": message, "tree": _made(github, "trees", {"tree": tree}), "parents": []}
    )
    ref = f"refs/plots/pull-{number}"
    try:
        github.json(f"git/{ref}", {"sha": commit, "force": True}, "PATCH")
    except Refused:
        github.json("git/refs", {"ref": ref, "sha": commit}, "POST")
    return commit


def shown(repository: str, commit: str, names: list[str]) -> str:
    """Markdown that shows them. repository: its address on the web."""
    told = [f"**{name.removesuffix('.png')}**\n\n![]({repository}/blob/{commit}/{name}?raw=true)\n" for name in names]
    return "\n".join(
        [
            f"<details><summary>{len(names)} plots, drawn by this pull request's own code</summary>\n",
            *told,
            "</details>\n",
        ]
    )


def _is_png(content: bytes) -> bool:
    return content.startswith(_PNG) and len(content) > 24 and max(struct.unpack(">II", content[16:24])) <= _WIDEST


def _blob(content: bytes) -> dict[str, str]:
    return {"content": base64.b64encode(content).decode(), "encoding": "base64"}


def _made(github: GitHub, kind: str, what: object) -> str:
    sha = str(github.json(f"git/{kind}", what, "POST").get("sha"))
    if not re.fullmatch(r"[0-9a-f]{40,64}", sha):
        raise ValueError(f"GitHub names what it made {sha[:80]!r}")
    return sha
