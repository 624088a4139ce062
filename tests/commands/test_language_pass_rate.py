"""`xlforge language-pass-rate`: figures by language, and a message where there are none."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from tests.evaluation.test_pass_rates import ENGLISH, GERMAN, HINDI, OTHERS


def rate(path: Path, *args: str) -> Result:
    return CliRunner().invoke(cli, ["language-pass-rate", str(path), *args])


def written(folder: Path, answers: list[tuple[object, object]]) -> Path:
    path = folder / "answers.jsonl"
    rows = [{"source": "okapi", "language": language, "completion": text} for language, text in answers]
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)) + b"\n")
    return path


def test_figures_by_language_and_their_mean(tmp_path: Path) -> None:
    path = written(tmp_path, [("de", GERMAN), ("de", ENGLISH), ("hi", HINDI), ("hi", None), ("ja", OTHERS["ja"])])
    figures = orjson.loads(rate(path, "--json").stdout)
    assert figures["line_pass_rate"] == pytest.approx(250 / 3)
    assert figures["word_pass_rate"] == 100
    assert figures["by_language"]["de"]["line_pass_rate"] == 50
    assert figures["by_language"]["de"]["word_pass_rate"] is None
    assert (figures["by_language"]["hi"]["n"], figures["by_language"]["hi"]["skipped"]) == (1, 1)
    assert any("Latin letters: de" in note for note in figures["notes"])
    text = rate(path).stdout
    assert "mean" in text and "83.3 %" in text


def test_latin_letters_alone_have_no_word_level_figure(tmp_path: Path) -> None:
    figures = orjson.loads(rate(written(tmp_path, [("de", GERMAN)]), "--json").stdout)
    assert figures["word_pass_rate"] is None


def test_nothing_to_judge_is_an_error_after_the_figures(tmp_path: Path) -> None:
    done = rate(written(tmp_path, [("de", ""), ("de", "Ja.")]), "--json")
    assert done.exit_code == 1
    assert orjson.loads(done.stdout)["line_pass_rate"] is None
    assert "nothing to judge" in str(done.exception)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("xx", GERMAN), "row 2: language is 'xx', and must be a code that py3langid knows: "),
        (("german", GERMAN), "row 2: language is 'german'"),
        (([], GERMAN), "row 2: language is []"),
        (("de", 3), "row 2: completion is 3, and must be text, or null"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: tuple[object, object], message: str) -> None:
    assert message in str(rate(written(tmp_path, [("de", GERMAN), row])).exception)


def test_a_row_without_an_answer_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"source": "okapi", "language": "de"}\n')
    assert "row 1 has no completion" in str(rate(path).exception)


def test_a_line_may_hold_separators_that_are_no_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(f'{{"source": "a", "language": "de", "completion": "{GERMAN}\u2028{GERMAN}\x85"}}\n' * 2)
    assert orjson.loads(rate(path, "--json").stdout)["by_language"]["de"]["n"] == 2
