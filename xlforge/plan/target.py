"""How many seeds a number of rows in each language needs, by what passed in the last build."""

from math import ceil
from pathlib import Path

import orjson

from xlforge.base.errors import BuildError
from xlforge.config.current import outdated
from xlforge.config.params import load
from xlforge.languages.registry import language


def target(rows: int) -> list[str]:
    """Lines that say how many seeds are needed, and what to write.

    The language with the fewest rows decides: seeds = rows / (its rows / seeds of the last build), rounded up.

    Args:
        rows: wanted of each language.

    Raises:
        BuildError: there is no build to estimate from, or a language has no rows in it.
    """
    config = load()
    codes = [code for code in config.languages if code != "en"]
    stages = ["seeds", *(f"selection@{code}" for code in codes)]
    files = {name: Path("data", *name.split("@"), "metrics.json") for name in stages}
    known = outdated()
    if old := [name for name, file in files.items() if name in known or not file.exists()]:
        raise BuildError(
            f"{', '.join(old)}: not built, or not of this build; `dvc repro dataset` with a small seeds.sample first"
        )
    source, *selected = (orjson.loads(file.read_bytes()) for file in files.values())
    kept = {code: int(metrics["rows"]) for code, metrics in zip(codes, selected, strict=True)}
    if none := [language(code).name for code, number in kept.items() if not number]:
        raise BuildError(f"{', '.join(none)}: no row passed in the last build, so any number of seeds would be a guess")
    seeds, have = int(source["rows"]), int(source["rows"]) + int(source.get("not_sampled", 0))
    needed = ceil(rows * seeds / min(kept.values()))
    passed = ", ".join(f"{language(code).name} {number} ({number / seeds:.0%})" for code, number in kept.items())
    lines = [
        f"{rows:,} rows of each language need about {needed:,} seeds. Of {seeds:,} seeds in the last build passed: {passed}."
    ]
    if needed > have:
        share = have / int(source["source_rows"])
        lines.append(
            f"The source has {have:,} usable seeds among {int(source['source_rows']):,} rows: it needs about "
            f"{ceil(needed / share):,} rows."
        )
    return [*lines, f"Write: xlforge use seeds.sample={needed}. Then `xlforge plan` shows what the build costs."]
