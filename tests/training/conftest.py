"""A small dataset in the layout of the stage `dataset`, a tiny base, and a checkout in which the stage `student` runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
import yaml
from transformers import PreTrainedTokenizerBase

from tests.models import tiny
from xlforge.config.params import Config, load
from xlforge.languages.registry import LANGUAGES
from xlforge.models.revision import folder_digest
from xlforge.training.bases import load_tokenizer

ROOT = Path(__file__).parents[2]
WORDS = {"de": ["der", "Fluss", "ist", "lang", "und", "kalt"], "hu": ["a", "folyó", "hosszú", "és", "hideg"]}
SMALL = {
    "languages": ["de", "hu"],
    "student": {
        "learning_rate": 0.01,
        "num_train_epochs": 3,
        "train_batch_size": 8,
        "max_length": 160,
        "r": 4,
        "paired": True,
        "max_reject_rate": 0.1,
    },
    "students": {
        "best": {"base": "tiny", "config": "bestof3"},
        "first": {"base": "tiny", "config": "default"},
        "quarter": {"base": "tiny", "config": "bestof3", "rows": 0.25},
    },
}


def example(number: int, code: str, answer: str | None = None) -> dict[str, Any]:
    text = answer or " ".join(Random(f"{number} {code}").choices(WORDS[code], k=2 + number % 9))
    prompt = f"What of river {number}? Answer in {LANGUAGES[code].name}."
    return {
        "id": f"river-{number:03}/{code}",
        "language": code,
        "prompt": [{"role": "user", "content": prompt}],
        "completion": [{"role": "assistant", "content": text}],
    }


def write_dataset(folder: Path, count: int = 40, lacking: int = 3, answers: dict[str, str] | None = None) -> Path:
    """`default` and `bestof3` in two languages; `default` lacks some rows. answers: texts to use, by id."""
    for code in WORDS:
        rows = [example(number, code) for number in range(count)]
        rows = [row | example(int(row["id"][6:9]), code, (answers or {}).get(row["id"])) for row in rows]
        for config, kept in (("default", rows[lacking:]), ("bestof3", rows)):
            path = folder / config / f"{LANGUAGES[code].split}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pl.DataFrame(kept).write_parquet(path)
    return folder


@dataclass
class Workshop:
    """A checkout with a dataset and a tiny base, in which students are trained."""

    folder: Path

    def set(self, **changes: Any) -> None:
        """Sets blocks of params.yaml; mappings are merged, one level deep."""
        path = self.folder / "params.yaml"
        raw = yaml.safe_load(path.read_text())
        for block, value in changes.items():
            raw[block] = raw[block] | value if isinstance(value, dict) and block != "students" else value
        path.write_text(yaml.safe_dump(raw, sort_keys=False))

    def start(self, *command: str, **env: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XLFORGE_")}
        return subprocess.Popen(
            command, cwd=self.folder, env=kept | {"PYTHONPATH": str(ROOT)} | env, text=True, stderr=subprocess.PIPE
        )

    def train(self, name: str, **env: str) -> str:
        """Runs the stage and returns its standard error."""
        process = self.start(sys.executable, "-m", "stages.student", name, **env)
        error = process.communicate(timeout=300)[1]
        assert process.returncode == 0, error
        return error

    def delivered(self, name: str) -> dict[str, bytes]:
        """Every file that the stage delivered, by path."""
        places = [self.folder / "models" / "students" / name, self.folder / "data" / "student" / name]
        files = [path for place in places for path in place.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save(tmp_path_factory.mktemp("base") / "tiny", tiny.config())


@pytest.fixture(scope="session")
def make_workshop(base: Path) -> Callable[[Path], Workshop]:
    def make(folder: Path) -> Workshop:
        write_dataset(folder / "data" / "dataset")
        (folder / "models").mkdir()
        for name in ("pipelines", "stages", "xlforge", "dvc.yaml", ".dvcignore"):
            (folder / name).symlink_to(ROOT / name)
        (folder / "models" / "tiny").symlink_to(base)
        raw = yaml.safe_load((ROOT / "params.yaml").read_text())
        bases = {"tiny": {"model": "models/tiny", "revision": folder_digest(base)}}
        models = {"base": {"model": "models/tiny", "against": "base", "needs": "models/tiny"}}
        raw |= SMALL | {
            "evaluation": {"compare": []},
            "bases": bases,
            "models": {"reference": models["base"] | {"against": "reference"}} | models,
        }
        (folder / "params.yaml").write_text(yaml.safe_dump(raw, sort_keys=False))
        return Workshop(folder)

    return make


@pytest.fixture
def workshop(make_workshop: Callable[[Path], Workshop], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop; it is the working directory."""
    made = make_workshop(tmp_path)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def config(workshop: Workshop) -> Config:
    """Its params.yaml, checked."""
    return load()


@pytest.fixture
def tokenizer(config: Config) -> PreTrainedTokenizerBase:
    return load_tokenizer(config.bases["tiny"])
