"""`xlforge summary`: what the last build made."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import click

DATA = Path("data")


@click.command(epilog="Example: xlforge summary --examples 5")
@click.option("--examples", default=3, show_default=True, help="how many training examples to show")
def command(examples: int) -> None:
    """Where the dataset lies, how many rows each language has, what was set aside and why, win rates, and a few examples."""
    import polars as pl

    from xlforge.languages.registry import LANGUAGES

    path = DATA / "dataset" / "rows.parquet"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: `dvc repro` makes it")
    rows = pl.read_parquet(path)
    click.echo(f"\nThe dataset is in {path.parent}: load_dataset({str(path.parent)!r}, 'bestof3')\n")
    for name in ("default", "bestof3", "scored"):
        sizes = {file.stem: pl.scan_parquet(file).select(pl.len()).collect().item() for file in _files(name)}
        click.echo(f"  {name:8} " + ", ".join(f"{split} {count}" for split, count in sizes.items()))
    click.echo("\nSet aside:")
    for metrics in sorted(DATA.glob("**/metrics.json"), key=_when):
        _show_rejects(metrics)
    _show_evaluation(DATA / "evaluation" / "table.csv")
    shown = rows.filter(pl.col("language") != "en").sort(pl.col("id").hash(0)).head(examples)
    click.echo(f"\n{len(shown)} examples:")
    for row in shown.to_dicts():
        click.echo(f"\n  {row['id']} ({LANGUAGES[row['language']].name}, quality {row['qe']['quality']:.2f})")
        for turn in (row["prompt"][0], row["completion"][0]):
            told = textwrap.fill(turn["content"], 110, initial_indent="    ", subsequent_indent="    ")
            click.echo(f"  {turn['role']}:\n{told}")


def _show_evaluation(path: Path) -> None:
    """Win rates in a line a model, where an evaluation was made."""
    import polars as pl

    if not path.exists():
        return
    click.echo("\nEvaluated, mean over the languages trained on (data/evaluation has every language and set):")
    rows = pl.read_csv(path).filter(pl.col("set") == "crosslingual")
    groups = {
        name: {row["model"]: row for row in rows.filter(pl.col("language") == name).to_dicts()}
        for name in ("mean", "zero_shot")
    }
    click.echo(f"  {'':18} win rate (95 %)         in the language   facts   zero-shot: win rate, in the language")
    for name, row in groups["mean"].items():
        rate = (
            "is the reference"
            if row["win_rate"] is None
            else f"{row['win_rate']:5.1f} ({row['low']:.1f} to {row['high']:.1f})"
        )
        other = groups["zero_shot"].get(name)
        told = f"{_percent(other['win_rate'], 1)}, {_percent(other['right_language'])}" if other else ""
        click.echo(f"  {name:18} {rate:23} {_percent(row['right_language']):>15} {_percent(row['facts']):>7}   {told}")


def _percent(value: float | None, scale: float = 100) -> str:
    return "–" if value is None else f"{scale * value:.1f} %"


def _files(config: str) -> list[Path]:
    return sorted((DATA / "dataset" / config).glob("*.parquet"))


def _when(metrics: Path) -> tuple[int, str]:
    from xlforge.config.dag import position

    stage = metrics.relative_to(DATA).parts[0]
    return position(stage), str(metrics)


def _show_rejects(metrics: Path) -> None:
    import orjson

    counts: dict[str, Any] = orjson.loads(metrics.read_bytes())
    if not counts.get("rows", 0) + counts.get("rejects", 0):
        return
    what = "@".join(metrics.parent.relative_to(DATA).parts)
    told = ", ".join(f"{count} {reason}" for reason, count in counts["reasons"].items()) or "nothing"
    click.echo(f"  {what:24} {counts['rejects']:>5} of {counts['rows'] + counts['rejects']:>5}: {told}")
