"""`xlforge winrate`: AlpacaEval's figures, and a message where they do not hold."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from xlforge.base.errors import BuildError

XLFORGE = str(Path(sys.executable).with_name("xlforge"))
ROW = {"instruction": "Say why.", "reference_output": "Because.", "model_output": "Because it is so.", "preference": 2}


def winrate(*args: object) -> Result:
    return CliRunner().invoke(cli, ["winrate", *map(str, args)])


def written(folder: Path, rows: list[dict[str, Any]], lines: bool = False) -> Path:
    path = folder / "judgements.json"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)) if lines else orjson.dumps(rows))
    return path


def rows(preferences: list[Any]) -> list[dict[str, Any]]:
    return [
        {**ROW, "instruction": f"Say why {number}.", "preference": value} for number, value in enumerate(preferences)
    ]


@pytest.mark.parametrize("name", ["FuseChat-Gemma-2-9B-Instruct", "FuseChat-Llama-3.2-3B-Instruct"])
def test_the_win_rate_is_the_leaderboards(shared: Path, name: str) -> None:
    published = orjson.loads((shared / "alpacaeval" / "published.json").read_bytes())[name]
    done = winrate(shared / "alpacaeval" / f"{name}.json", "--json")
    assert done.exit_code == 0, done.output
    figures = orjson.loads(done.stdout)
    assert figures["win_rate"] == pytest.approx(published["win_rate"], abs=5e-5)
    assert (figures["coverage"], figures["n"], figures["of"]) == (1, 805, 805)
    low, high = figures["interval"]
    assert low < figures["win_rate"] < high
    assert (high - low) / 2 == pytest.approx(1.96 * figures["standard_error"], rel=0.05)


def test_a_fifth_without_a_verdict_is_an_error(shared: Path, tmp_path: Path) -> None:
    judged = orjson.loads((shared / "alpacaeval" / "FuseChat-Gemma-2-9B-Instruct.json").read_bytes())
    for row in judged[::5]:
        row["preference"] = None
    done = subprocess.run(
        [XLFORGE, "winrate", str(written(tmp_path, judged)), "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert orjson.loads(done.stdout)["coverage"] == 0.8
    assert "161 of 805" in done.stderr
    assert "0.95" in done.stderr and "--min-coverage" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_caller_may_lower_the_minimum_coverage(tmp_path: Path) -> None:
    path = written(tmp_path, rows([2, None]))
    assert winrate(path, "--min-coverage", "0.6").exit_code == 1
    assert winrate(path, "--min-coverage", "0.5").exit_code == 0


def test_absent_rows_count_as_missing(tmp_path: Path) -> None:
    path = written(tmp_path, rows([2, 1, 1.5, 1.5]))
    done = winrate(path, "--json", "--of", 5)
    assert done.exit_code == 1
    assert orjson.loads(done.stdout)["coverage"] == 0.8
    assert winrate(path, "--of", 4).exit_code == 0
    assert "at least that many" in str(winrate(path, "--of", 3).exception)


def test_the_figures_are_printed_as_text_too(tmp_path: Path) -> None:
    done = winrate(written(tmp_path, rows([2, 1, 1.25, 1.75]))).stdout
    assert "50.00 %" in done
    assert "4 of 4 have a verdict" in done
    assert "length and quality cannot be separated" in done
    assert "unknown" in done


def test_lines_lists_text_numbers_and_nan_give_the_same_figures(tmp_path: Path) -> None:
    for lines in (True, False):
        path = written(tmp_path, rows([2, "1.5", 1, None]), lines)
        assert orjson.loads(winrate(path, "--json").stdout)["win_rate"] == pytest.approx(50)
    path.write_text("\ufeff" + path.read_text().replace("null", "NaN"), encoding="utf-8")
    figures = orjson.loads(winrate(path, "--json").stdout)
    assert (figures["n"], figures["of"]) == (3, 4)


def test_a_repeated_instruction_is_noted(tmp_path: Path) -> None:
    figures = orjson.loads(winrate(written(tmp_path, [ROW, ROW, *rows([1, 2])]), "--json").stdout)
    assert any("1 rows repeat" in note for note in figures["notes"])


def test_no_verdict_at_all_is_no_figure(tmp_path: Path) -> None:
    done = winrate(written(tmp_path, rows([None, None])), "--json", "--min-coverage", "0")
    figures = orjson.loads(done.stdout)
    assert done.exit_code == 1
    assert (figures["win_rate"], figures["length_controlled_win_rate"], figures["coverage"]) == (None, None, 0)


@pytest.mark.parametrize(
    "value",
    [0.0001, 2.1, 0.5, -1, "better", " ?", True, [1], {}, 1e400, "inf", 10**400],
    ids=lambda value: repr(value)[:12],
)
def test_a_preference_out_of_range_names_its_row(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "judgements.json"
    text = (
        repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else orjson.dumps(value).decode()
    )
    path.write_bytes(orjson.dumps(rows([2, 1])).replace(b'"preference":1', b'"preference":' + text.encode()))
    path.write_text(path.read_text().replace(":inf", ":Infinity"))
    error = str(winrate(path).exception)
    assert "row 2" in error and "preference" in error and "from 1 (the first answer is better) to 2" in error


def pairs(preferences: list[Any], first: str = "old", second: str = "new") -> list[dict[str, Any]]:
    """AlpacaEval's own layout."""
    return [
        {
            "instruction": f"Name a river, number {number}.",
            "output_1": "The Elbe.",
            "generator_1": first,
            "output_2": "The river Tisza.",
            "generator_2": second,
            "preference": value,
        }
        for number, value in enumerate(preferences)
    ]


@pytest.mark.parametrize("kind", ["json", "jsonl", "csv"])
@pytest.mark.parametrize(
    ("preferences", "rate", "verdicts"),
    [([2, 1, 0, 1.5], 50, 4), ([2.0, 0, None, 2], 100 * 2.5 / 3, 3), (["1.25", "0.0", 2], 100 * 1.75 / 3, 3)],
    ids=["the old tie", "without a verdict", "numbers as text"],
)
def test_alpacaevals_own_layout_in_every_kind_of_file(
    tmp_path: Path, kind: str, preferences: list[Any], rate: float, verdicts: int
) -> None:
    path = tmp_path / f"annotations.{kind}"
    if kind == "csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, pairs([1])[0])
            table.writeheader()
            table.writerows(pairs(preferences))
    else:
        found = pairs(preferences)
        path.write_bytes(b"\n".join(map(orjson.dumps, found)) if kind == "jsonl" else orjson.dumps(found))
    figures = orjson.loads(winrate(path, "--json", "--min-coverage", 0).stdout)
    assert figures["win_rate"] == pytest.approx(rate)
    assert (figures["n"], figures["of"]) == (verdicts, len(preferences))


def test_the_model_is_named_where_its_answers_stand_on_both_sides(tmp_path: Path) -> None:
    path = written(tmp_path, pairs([2, 2, 1.75]) + pairs([1], "new", "old"))
    assert "--model" in str(winrate(path).exception)
    assert orjson.loads(winrate(path, "--model", "new", "--json").stdout)["win_rate"] == pytest.approx(93.75)
    assert orjson.loads(winrate(path, "--model", "old", "--json").stdout)["win_rate"] == pytest.approx(6.25)
    assert "it has new, old" in str(winrate(path, "--model", "other").exception)


def test_of_several_models_one_is_chosen(tmp_path: Path) -> None:
    path = written(tmp_path, pairs([2, 1]) + pairs([1, 1, 1], second="third"))
    assert "old, third" in str(winrate(path).exception)
    figures = orjson.loads(winrate(path, "--model", "third", "--json").stdout)
    assert (figures["win_rate"], figures["of"]) == (0, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no rows"),
        (b"[]", "has no rows"),
        (b"[{", "is not valid JSON"),
        (b"not json", "line 1 is not valid JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[1]", "row 1 is 1"),
        (b'{"instruction": "a"}', "row 1 has no reference_output, model_output, preference"),
        (orjson.dumps([ROW, {**ROW, "model_output": None}]), "row 2: model_output is None"),
        (orjson.dumps([{**ROW, "instruction": 3}]), "row 1: instruction is 3"),
        (b"[" * 100_000, "is not valid JSON"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_wrong_file_is_one_message(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "judgements.json"
    path.write_bytes(content)
    error = winrate(path).exception
    assert isinstance(error, BuildError)
    assert message in str(error)


def test_few_prompts_have_no_interval_and_the_output_says_why(tmp_path: Path) -> None:
    path = written(tmp_path, rows([1, 2, 1]))
    assert "interval none: too few prompts, at least 10 are needed" in winrate(path).stdout
    assert orjson.loads(winrate(path, "--json").stdout)["interval"] is None
    assert "too few" not in winrate(written(tmp_path, rows([1, 2] * 5))).stdout
