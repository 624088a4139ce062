"""A whole project in a temporary folder, built with real dvc: what the tests of builds work on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import yaml

ROOT = Path(__file__).parent.parent
SMALL = {"languages": ["de"], "seeds.sample": 24, "responses.sampling.temperature": 1.3}
"""What most tests build: one language, 24 seeds, and responses sampled so hot that the judge rejects some."""

SHORT = {"responses.rounds": 0, "verdicts.judge": "embedded", "verdicts.truth": False, "verdicts.grades": False}
"""No rounds, and verdicts that call no model, unless a test is about them."""


class Project:
    """A checkout of the working tree, with params changed; commands run in it as a user's would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def make(cls, folder: Path, params: dict[str, Any] | None = None) -> Project:
        """The files of the working tree that git tracks or would track, as a repository of its own."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True,
        )  # fmt: skip
        for name in listed.stdout.decode().split("\0"):
            source = ROOT / name
            made = name.startswith("data/") and not name.startswith(("data/seeds/", "data/prompts/"))
            built = made or (name.startswith("data/") and name.endswith(("metrics.json", ".gitignore")))
            if name and source.is_file() and name != "dvc.lock" and not built:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, folder / name)
        project = cls(folder)
        project.set(SHORT | (params if params is not None else SMALL))
        project.git("init", "--quiet", "--initial-branch=main")
        project.git("config", "user.name", "Test")
        project.git("config", "user.email", "test@example.org")
        project.commit("a project")
        return project

    def copy(self, folder: Path) -> Project:
        """The same project elsewhere, built as far as this one is."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        return Project(folder)

    def set(self, params: dict[str, Any]) -> None:
        """Sets dotted keys of params.yaml."""
        path = self.folder / "params.yaml"
        raw = yaml.safe_load(path.read_text())
        raw = orjson.loads(orjson.dumps(raw))
        for dotted, value in params.items():
            place = raw
            *parents, last = dotted.split(".")
            for part in parents:
                place = place.setdefault(part, {})
            place[last] = value
        path.write_text(yaml.safe_dump(raw, sort_keys=False))

    @property
    def environment(self) -> dict[str, str]:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("XLFORGE_")}
        return bare | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "DVC_NO_ANALYTICS": "1"}

    def run(
        self, *command: str, check: bool = True, env: dict[str, str] | None = None, timeout: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """A command in the project, to its end; its output is in the assertion where it fails."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment | (env or {}), capture_output=True, text=True,
            timeout=timeout, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *command: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """A command in the project, in a process group of its own."""
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment | (env or {}), start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def repro(
        self, *args: str, upto: str = "dataset", check: bool = True, env: dict[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """`dvc repro` as far as a stage, for most tests the dataset; the records of the stages that ran."""
        before = len(self.runs())
        self.run("dvc", "repro", upto, *args, check=check, env=env)
        return self.runs()[before:]

    def runs(self) -> list[dict[str, Any]]:
        """The run log."""
        path = self.folder / ".xlforge" / "runs.jsonl"
        return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []

    def git(self, *args: str) -> str:
        return self.run("git", *args).stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def lock(self) -> dict[str, Any]:
        """The stages of dvc.lock."""
        found: dict[str, Any] = yaml.safe_load((self.folder / "dvc.lock").read_text())["stages"]
        return found

    def read(self, stage: str, name: str = "rows", item: str = "") -> pl.DataFrame:
        """A parquet file of a stage."""
        return pl.read_parquet(self.folder / "data" / stage / item / f"{name}.parquet")


def names(records: list[dict[str, Any]]) -> list[str]:
    """The stages that ran, as dvc names them."""
    return [f"{record['stage']}@{record['item']}" if record["item"] else record["stage"] for record in records]
