"""Every command prints what others wrote on any terminal: control characters escaped, what its encoding lacks replaced."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pipelines.dataset.v2.schema import Rows
from xlforge.cache import Cache
from xlforge.requests.request import Request
from xlforge.requests.response import Response

ROOT = Path(__file__).parents[2]
XLFORGE = str(Path(sys.executable).with_name("xlforge"))
HOSTILE = "漢 Ł \x1b]0;own\x07\x1b[31m\u202e\x9b2J"
COMMANDS = (
    ["summary"],
    ["cache", "stats"],
    ["cache", "stats", "--json"],
    ["cache", "gc", "--older-than", "0"],
    ["cache", "verify"],
    ["winrate", "judged.json", "--model", "new"],
    ["winrate", "judged.json", "--model", "new", "--json"],
    ["winrate", "judged.json", "--model", "none"],
    ["check-params"],
    ["check"],
    ["trace", "nothing-of-this-id"],
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset, a cache and judgements whose every text is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, folder / name)
    row = {
        "id": HOSTILE, "seed_id": "1", "language": "de", "instruction": HOSTILE,
        "prompt": [{"role": "user", "content": HOSTILE}], "completion": [{"role": "assistant", "content": HOSTILE}],
        "qe": {"quality": 0.5}, "provenance": [],
    }  # fmt: skip
    schema = {name: column.dtype.type for name, column in Rows.to_schema().columns.items()}
    (folder / "data/dataset/bestof3").mkdir(parents=True)
    (folder / "data/scores").mkdir()
    pl.DataFrame([row], schema=schema).write_parquet(folder / "data/dataset/rows.parquet")
    pl.DataFrame([row], schema=schema).write_parquet(folder / "data/dataset/bestof3/german.parquet")
    counts = {"rows": 1, "rejects": 1, "reasons": {HOSTILE: 1}}
    (folder / "data/scores/metrics.json").write_text(json.dumps(counts))
    with Cache(f"sqlite:///{folder}/cache.sqlite") as cache:
        cache.insert([(Request("openai", HOSTILE, "r1", (("user", "Why?"),)), Response(HOSTILE, "stop", 1, 1))])
        damaged = Request("openai", HOSTILE, "r1", (("user", "Who?"),))
        cache.insert([(damaged, Response("x", "stop", 1, 1))])
        with cache.database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE responses SET model = ? WHERE key = ?", (HOSTILE + "2", damaged.key))
    pair = {"instruction": "Why?", "output_1": "a", "output_2": "b", "generator_2": "new", "preference": 2}
    judged = [pair | {"generator_1": HOSTILE}, pair | {"generator_1": "old", "instruction": "Who?"}]
    (folder / "judged.json").write_text(json.dumps(judged))
    return folder


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_prints_hostile_text(project: Path, words: list[str], encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "XLFORGE_CACHE": f"sqlite:///{project}/cache.sqlite"}
    done = subprocess.run([XLFORGE, *words], cwd=project, env=environment, capture_output=True, check=False)
    shown = (done.stdout + done.stderr).decode(encoding if encoding != "ascii" else "utf-8", "replace")
    assert "Traceback" not in shown, shown
    assert not {"\x1b", "\x07", "\u202e", "\x9b"} & {*shown}
    assert shown.strip()
