"""`xlforge diff` of two builds with a million rows a side: wall time and peak memory of the whole command.

    python -m bench.diff [ROWS]

One side lies in the DVC cache, the other, in another order, in the working tree; what was added, removed and changed is known.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson
import polars as pl
import yaml

from bench.common import table
from xlforge.base.dvc_lock import md5

ROWS = 1_000_000
WALL, MEMORY = 60.0, 4.0
PATH = Path("data/scores/rows.parquet")


def rows(count: int) -> pl.DataFrame:
    """Rows as wide as a graded pair: about 800 characters of words that no compression makes small, and a list of structs."""
    number = pl.int_range(count, dtype=pl.UInt64)
    sizes = {"passage": 18, "instruction": 5, "response": 18}
    words = {
        name: pl.concat_str([(number * 64 + part).hash(seed) for part in range(parts)], separator=" ")
        for seed, (name, parts) in enumerate(sizes.items())
    }
    made_by = pl.concat_list(
        pl.struct(
            stage=pl.lit("scores"), version=pl.lit("v1"), model=pl.lit("m@r"), prompt=number.hash(9).cast(pl.String)
        )
    )
    row_id = pl.format("seed-{}-{}", number, number.hash(7))
    made = {"id": row_id, **words, "mean": (number % 5).cast(pl.Float64), "provenance": made_by}
    return pl.select([column.alias(name) for name, column in made.items()])


def changed(before: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """The rows with a hundredth gone, a hundredth new and a twentieth changed, in another order; and how many of each."""
    count = len(before)
    gone, other = count // 100, count // 20
    after = before.slice(gone).with_row_index("number")
    words = pl.when(pl.col("number") < other).then(pl.col("response") + " indeed").otherwise("response")
    after = after.with_columns(response=words).drop("number")
    new = rows(gone).with_columns(id=pl.col("id") + "-new")
    return pl.concat([new, after]).reverse(), {"added": gone, "removed": gone, "changed": other}


def project(folder: Path, count: int) -> dict[str, int]:
    """A repository with one build committed and another in the working tree; what is otherwise."""
    for words in (["git", "init", "--quiet"], [sys.executable, "-m", "dvc", "init", "--quiet"]):
        subprocess.run(words, cwd=folder, check=True)
    before = rows(count)
    after, expected = changed(before)
    out = folder / PATH
    out.parent.mkdir(parents=True)
    before.write_parquet(out, compression_level=1)
    digest = md5(out)
    cached = folder / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]
    cached.parent.mkdir(parents=True)
    out.rename(cached)
    lock = {
        "schema": "2.0",
        "stages": {"scores": {"cmd": "-", "outs": [{"path": str(PATH), "hash": "md5", "md5": digest}]}},
    }
    (folder / "dvc.lock").write_text(yaml.safe_dump(lock))
    author = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    subprocess.run(["git", "add", "dvc.lock"], cwd=folder, check=True)
    subprocess.run(["git", *author, "commit", "--quiet", "--message", "before"], cwd=folder, check=True)
    after.write_parquet(out, compression_level=1)
    return expected


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        maker = os.fork()  # so that the rows' memory is given back before the command is timed
        if maker == 0:
            (folder / "expected").write_bytes(orjson.dumps(project(folder, count)))
            os._exit(0)
        os.waitpid(maker, 0)
        sizes = [path.stat().st_size / 1e6 for path in (folder / PATH, *folder.glob(".dvc/cache/files/md5/*/*"))]
        start = time.perf_counter()
        with (folder / "told.json").open("wb") as told:
            command = subprocess.Popen(
                [Path(sys.executable).with_name("xlforge"), "diff", "--json"], cwd=folder, stdout=told
            )
            _, status, usage = os.wait4(command.pid, 0)
        seconds = time.perf_counter() - start
        if status:
            sys.exit(f"xlforge diff ended with {status}")
        found = orjson.loads((folder / "told.json").read_bytes())["tables"][0]["languages"]["en"]
        expected = orjson.loads((folder / "expected").read_bytes())
    memory = usage.ru_maxrss / 1e6
    lines = [("seconds", seconds), ("seconds allowed", WALL), ("GB at most", memory), ("GB allowed", MEMORY)]
    table(f"xlforge diff, {count:,} rows a side, {sizes[0]:.0f} and {sizes[1]:.0f} MB of parquet", [("", ""), *lines])
    if any(found[kind] != number for kind, number in expected.items()):
        sys.exit(f"it told {found}, but the difference is {expected}")
    if count == ROWS and (seconds > WALL or memory > MEMORY):
        sys.exit("too slow, or too much memory")


if __name__ == "__main__":
    main()
