"""`xlforge summary`: what the last build made."""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlforge.base.errors import BuildError
from xlforge.base.escape import line

if TYPE_CHECKING:
    import polars as pl

DATA = Path("data")
_OTHERS = {
    "zero-shot": ("crosslingual", "zero_shot"),
    "English": ("english", "en"),
    "same language": ("same_language", "mean"),
}
"""The other sets: the heading to (set, group of languages) of the table."""
_GRADES = ("precision", "informativeness", "naturalness", "objectivity")
FEW_STEPS = 30
"""Optimizer steps under which a student has hardly changed, or has its few rows by heart: our choice."""


@click.command(epilog="Example: xlforge summary --examples 5")
@click.option("--examples", default=3, show_default=True, help="how many training examples to show")
def command(examples: int) -> None:
    """Show where the dataset is, how many rows each language has, what was rejected and why, win rates, and a few examples.

    Figures of stages that were not built from this dataset, or from what it was built from, are listed as outdated and not shown.
    """
    from xlforge.config.current import outdated

    path = DATA / "dataset" / "rows.parquet"
    if not path.exists():
        raise BuildError(f"{path} is missing: `dvc repro` builds it")
    old = outdated()
    click.echo(f"\nThe dataset is in {path.parent}: load_dataset({str(path.parent)!r}, 'bestof3')\n")
    if "dataset" in old:
        click.echo(f"It is outdated: {line(old['dataset'])}; `dvc repro dataset` rebuilds it.\n")
    for folder in sorted(path.parent.glob("*/")):
        _show_sizes(folder)
    click.echo("\nRejected:")
    hidden = []
    for metrics in sorted(DATA.glob("**/metrics.json"), key=_place):
        name = "@".join(metrics.parent.relative_to(DATA).parts)
        if name in old:
            hidden.append(name)
        else:
            _show_rejects(name, metrics)
    if "evaluation" not in old:
        _show_evaluation(DATA / "evaluation" / "table.csv")
        _show_differences(DATA / "evaluation" / "differences.csv")
    if hidden:
        names, why = line(", ".join(hidden)), line(old[hidden[0]])
        click.echo(f"\nOutdated, and so not shown: {names} ({why}). `dvc repro` builds them again.")
    _show_examples(path, examples)


def _show_sizes(config: Path) -> None:
    import polars as pl

    files = sorted(config.glob("*.parquet"))
    sizes = [f"{file.stem} {pl.scan_parquet(file).select(pl.len()).collect().item()}" for file in files]
    if sizes:
        click.echo(f"  {line(config.name):11} {line(', '.join(sizes))}")


def _place(metrics: Path) -> tuple[int, str]:
    from xlforge.config.dag import position

    return position(metrics.relative_to(DATA).parts[0]), str(metrics)


def _show_rejects(name: str, metrics: Path) -> None:
    import orjson

    counts: dict[str, Any] = orjson.loads(metrics.read_bytes())
    if not (whole := counts.get("rows", 0) + counts.get("rejects", 0)):
        return
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts["reasons"].items()) or "none"
    click.echo(f"  {line(name):24} {counts['rejects']:>5} of {whole:>5}: {line(reasons)}")
    if (steps := counts.get("steps", FEW_STEPS)) < FEW_STEPS:
        trained = f"trained on {sum(counts['languages'].values())} rows in {steps} steps"
        click.echo(f"  {'':24} {trained}, too few to learn from: more rows, or smaller batches")


def _show_evaluation(path: Path) -> None:
    """The four sets in a line a model, where an evaluation was made."""
    import polars as pl

    if not path.exists() or not path.read_text(encoding="utf-8").strip():  # without a benchmark it is empty
        return
    rows = pl.read_csv(path)
    cut = _cut_off(rows)
    others = [*_OTHERS, *["cut off"] * bool(cut)]
    click.echo(
        "\nEvaluated: win rate, and answers in the language (data/evaluation has every language and more figures):"
    )
    click.echo(
        f"  {'':18} {'languages trained on (95 %)':30} {'facts':>6}   "
        + "".join(f"{name:16}" for name in others).rstrip()
    )
    for row in rows.filter(set="crosslingual", language="mean").to_dicts():
        found = [rows.filter(model=row["model"], set=name, language=code).to_dicts() for name, code in _OTHERS.values()]
        cells = [*(_cell(next(iter(each), None)) for each in found), cut.get(row["model"], "")]
        facts = "–" if row["facts"] is None else f"{row['facts']:.0%}"
        shown = "".join(f"{cell:16}" for cell in cells).rstrip()
        click.echo(f"  {line(row['model']):18} {_cell(row, interval=True):30} {facts:>6}   {shown}")
    _show_grades(rows)


def _show_differences(path: Path) -> None:
    """The differences of two models, each with the smallest one that so many prompts can show."""
    import polars as pl

    if not path.exists() or not path.read_text(encoding="utf-8").strip():
        return
    rows = pl.read_csv(path)
    if "detectable" not in rows.columns:  # an evaluation of an earlier version
        return
    click.echo("\nDifferences in percentage points (95 %), and what is detectable at 80 % power and a level of 5 %:")
    for row in rows.filter(language="mean").drop_nulls("low").to_dicts():
        alike = (
            row["detectable"] is None or row["detectable"] < 0.05
        )  # the sample has nothing that tells the models apart
        power = "–" if alike else f"{row['detectable']:.1f}"
        truth = "" if row.get("truth_difference") is None else f"   by the truth {_points(row, 'truth_')}"
        click.echo(
            f"  {line(row['model'] + ' – ' + row['other']):30} {_points(row):26} detectable {power:4}{truth}".rstrip()
        )


def _points(row: dict[str, Any], by: str = "") -> str:
    difference, low, high = (round(row[f"{by}{key}"], 1) + 0.0 for key in ("difference", "low", "high"))
    return f"{difference:+.1f} ({low:+.1f} to {high:+.1f})"


def _show_grades(rows: Any) -> None:
    """The judge's grades in a line a model, where it gave any."""
    graded = rows.filter(set="crosslingual", language="mean").drop_nulls("precision")
    if graded.is_empty():
        return
    click.echo("\nGrades by the judge, 1 to 5 (95 %), languages trained on:")
    click.echo(f"  {'':18} " + "".join(f"{name:23}" for name in _GRADES).rstrip())
    for row in graded.to_dicts():
        cells = "".join(f"{_spread(row, name):23}" for name in _GRADES).rstrip()
        click.echo(f"  {line(row['model']):18} {cells}")


def _spread(row: dict[str, Any], grade: str) -> str:
    low, high = row.get(f"{grade}_low"), row.get(f"{grade}_high")
    return f"{row[grade]:.2f} " + ("(too few prompts)" if low is None else f"({low:.2f} to {high:.2f})")


def _cut_off(rows: "pl.DataFrame") -> dict[str, str]:
    """How many answers of each model did not end by themselves, in all sets; no model where all of them did."""
    import polars as pl

    if "cut_off" not in rows.columns:  # an evaluation of an earlier version
        return {}
    single = rows.filter(~pl.col("language").is_in(["mean", "zero_shot"]))
    counts = single.group_by("model").agg(pl.col("cut_off", "prompts").sum()).rows()
    return {name: f"{cut} of {prompts}" for name, cut, prompts in counts} if single["cut_off"].sum() else {}


def _cell(row: dict[str, Any] | None = None, interval: bool = False) -> str:
    """Win rate and the share in the language; the reference has no win rate."""
    if row is None:
        return "–"
    rate = "–" if row["win_rate"] is None else f"{row['win_rate']:.1f}"
    if interval and row["win_rate"] is not None:
        few = row["low"] is None
        rate += " (too few prompts)" if few else f" ({row['low']:.1f} to {row['high']:.1f})"
    return f"{rate}, {row['right_language']:.0%}"


def _show_examples(path: Path, count: int) -> None:
    import polars as pl

    from xlforge.languages.registry import LANGUAGES

    rows = pl.scan_parquet(path).filter(pl.col("language") != "en").sort(pl.col("id").hash(0)).head(count).collect()
    click.echo(f"\n{len(rows)} examples:")
    for row in rows.iter_rows(named=True):
        click.echo(f"\n  {line(row['id'])} ({LANGUAGES[row['language']].name}, quality {row['qe']['quality']:.2f})")
        for turn in (row["prompt"][0], row["completion"][0]):
            text = textwrap.fill(line(turn["content"]), 110, initial_indent="    ", subsequent_indent="    ")
            click.echo(f"  {line(turn['role'])}:\n{text}")
