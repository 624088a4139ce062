"""The estimation model scores sentence by sentence in another Python, and an error has the remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks.test_alignment import SOURCE, TARGET
from xlforge.checks import comet
from xlforge.checks.comet import CometError, scores

FAKE = '''#!{python}
"""Stands in for the other environment's Python: scores a pair 0.5, or 0.25 where it is long and counts as cut."""
import json, sys
runner, model, *rest = sys.argv[1:]
assert runner.endswith("runner.py") and rest == ["--device", "cpu"], sys.argv
pairs = [json.loads(line) for line in sys.stdin.buffer.read().split(b"\\n") if line]
if model == "broken":
    sys.exit("OSError: this repository is gated")
if model == "chatty":
    print("Downloading...")
for pair in pairs[: len(pairs) - (model == "short")]:
    long = len(pair["src"]) > 500
    print(json.dumps({{"score": 0.25 if long else 0.5, "cut": long, "seen": pair}}))
'''


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "python"
    path.write_text(FAKE.format(python=sys.executable))
    path.chmod(0o755)
    monkeypatch.setenv("XLFORGE_COMET_PYTHON", str(path))
    return path


def test_a_text_is_scored_by_its_sentences_and_cut_pairs_are_counted(
    fake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [(" ".join(SOURCE), " ".join(TARGET)), ("word " * 150, "Wort " * 150)]
    assert scores("kiwi", texts, "de") == [pytest.approx(0.5), pytest.approx(0.25)]
    assert "1 of 5 pairs of sentences were cut" in capsys.readouterr().err
    assert scores("kiwi", texts[:1], "de") == [pytest.approx(0.5)]
    assert not capsys.readouterr().err


def test_a_dropped_sentence_counts_nothing(fake: Path) -> None:
    whole, part = scores("kiwi", [(" ".join(SOURCE), " ".join(TARGET)), (" ".join(SOURCE), " ".join(TARGET[1:]))], "de")
    assert part == pytest.approx(whole * 3 / 4, abs=0.03)


def test_text_that_is_not_utf8_and_odd_line_breaks_reach_the_model(fake: Path) -> None:
    assert len(scores("kiwi", [("a\u2028b\x00", "\ud800 c"), ("one\rtwo", "eins\ntwei")], "de")) == 2


def test_no_texts_need_no_model(fake: Path) -> None:
    assert scores("broken", []) == []


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("broken", r"(?s)ended with 1.*gated.*hf auth login"),
        ("short", "0 of 1 scores"),
        ("chatty", "2 of 1 scores"),
        (None, "no estimation model is named"),
    ],
)
def test_a_model_that_fails_is_an_error_with_the_cause_and_the_remedy(
    fake: Path, model: str | None, message: str
) -> None:
    with pytest.raises(CometError, match=message):
        scores(model, [("One.", "Eins.")], "de")


def test_an_absent_environment_is_an_error_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XLFORGE_COMET_PYTHON", str(tmp_path / "nowhere"))
    with pytest.raises(CometError, match=r"nowhere.*pip install.*weight of comet to 0"):
        scores("kiwi", [("One.", "Eins.")])


def test_the_runner_imports_nothing_of_ours_and_its_folder_shadows_nothing() -> None:
    ran = subprocess.run(
        [sys.executable, str(comet.RUNNER), "model"], input=b"", capture_output=True, cwd="/", check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert {path.name for path in comet.RUNNER.parent.glob("*.py")} == {"__init__.py", "runner.py"}


COMET_PYTHON = Path(os.environ.get("XLFORGE_COMET_PYTHON") or Path(__file__).parents[2] / ".venv-comet/bin/python")


@pytest.mark.slow
@pytest.mark.skipif(not COMET_PYTHON.exists(), reason="no .venv-comet and no XLFORGE_COMET_PYTHON: COMET is optional")
def test_comet_itself_scores_through_the_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XLFORGE_COMET_PYTHON", str(COMET_PYTHON))
    model = tmp_path / "kiwi"
    subprocess.run([COMET_PYTHON, Path(__file__).with_name("tiny_comet.py"), model], check=True, capture_output=True)
    texts = [(" ".join(SOURCE), " ".join(TARGET)), ("word " * 400, "Wort " * 400), ("One.", "Eins.")]
    together = scores(str(model), texts, "de")
    assert "1 of 6 pairs" in capsys.readouterr().err
    assert len(set(together)) == 3
    assert all(0 < score < 1 for score in together)
    alone = [scores(str(model), [text], "de")[0] for text in texts[::2]]
    assert alone == pytest.approx([together[0], together[2]], abs=1e-4)
