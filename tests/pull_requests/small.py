"""A repository with two branches, each with a build that no stage made; and what a reader's GitHub would obey in a Markdown text."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

HOSTILE = [
    "@torvalds and (@org/team, **@all**, \\@one &#64;two &commat;three &#x40;four",
    "<script>alert(1)</script><img src=x onerror=alert(1)> <!-- </details>",
    "![pixel](https://evil.example/p.png) [click](https://evil.example) <https://evil.example> www.evil.example",
    "[text][ref]\n\n[ref]: https://evil.example 'x'",
    "````text\n# fence\n~~~~\n</details></summary>",
    "| a | b |\n|---|---|\n| \\| ` | `` |\n",
    "closes #1, torvalds/linux#2, GH-3",
    "\x1b[2Jwipe \u202etxt.exe\u2066",
]
_FOLDED = re.compile(r"\s*(</?details>|</?summary>)")


class Repository:
    """A folder with git and dvc, and files that dvc.lock names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("git", "init", "--quiet", "--initial-branch=main")
        self.run(sys.executable, "-m", "dvc", "init", "--quiet")
        (folder / "dvc.yaml").write_text(
            yaml.safe_dump(
                {
                    "stages": {"dataset": {"cmd": "true", "params": ["bar"]}},
                    "metrics": ["data/dataset/metrics.json"],
                    "plots": [{"data/dataset/loss.csv": {"x": "step", "y": "loss"}}],
                }
            )
        )
        (folder / ".gitignore").write_text("*.parquet\n.xlforge/\n")

    def run(self, *command: str) -> str:
        author = {"GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org"}
        author |= {"GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.org"}
        return subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, text=True, env=os.environ | author
        ).stdout

    def build(
        self, words: list[str], figures: dict[str, Any], bar: Any = 4, loss: float = 0.5, kept: bool = True
    ) -> None:
        """A dataset of these words, committed. kept: whether dvc has the rows in its cache."""
        folder = self.folder / "data" / "dataset"
        folder.mkdir(parents=True, exist_ok=True)
        ids = [f"{place}/de" for place in range(len(words))]
        rejects = pl.DataFrame({"id": ["x/de"], "reason": ["dropped"], "raw": [words[0]]})
        pl.DataFrame({"id": ids, "language": "de", "translation": words}).write_parquet(folder / "rows.parquet")
        rejects.write_parquet(folder / "rejects.parquet")
        (folder / "metrics.json").write_bytes(orjson.dumps(figures))
        (folder / "loss.csv").write_text(f"step,loss\n1,{loss}\n2,{loss / 2}\n")
        (self.folder / "params.yaml").write_text(yaml.safe_dump({"bar": bar}))
        outs = []
        for path in sorted(folder.iterdir()):
            digest = hashlib.md5(path.read_bytes()).hexdigest()
            outs.append({"path": str(path.relative_to(self.folder)), "md5": digest})
            if kept and path.suffix == ".parquet":
                cached = self.folder / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]
                cached.parent.mkdir(parents=True, exist_ok=True)
                cached.write_bytes(path.read_bytes())
        locked = {"schema": "2.0", "stages": {"dataset": {"cmd": "true", "outs": outs}}}
        (self.folder / "dvc.lock").write_text(yaml.safe_dump(locked))
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", "built")


def obeyed(text: str) -> list[str]:
    """What of a Markdown text is more than text to be read: tags but `<details>` and `<summary>`, links, images, mentions."""
    return list(_obeyed(MarkdownIt("commonmark").enable("table").parse(text)))


def folds(text: str) -> list[str]:
    """The tags of `<details>` as they follow one another; those in code are none."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    whole = [each for token in tokens for each in [token, *(token.children or [])]]
    html = "".join(token.content for token in whole if token.type in ("html_block", "html_inline"))
    return re.findall(r"</?details>", html)


def _obeyed(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("link_open", "image"):
            yield f"{token.type} {token.attrs}"
        elif token.type in ("html_block", "html_inline"):
            left = re.sub(_FOLDED, "", token.content)
            if "<" in left:
                yield left
        elif token.type == "text" and re.search(r"(?<![A-Za-z0-9])@\w|#\d|GH-\d|https?://|www\.", token.content):
            yield token.content
        yield from _obeyed(token.children or [])
