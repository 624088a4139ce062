"""A fastText model identifies a language that py3langid does not know."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checks import tiny_fasttext
from xlforge.checks.detectors import DetectorError, detector
from xlforge.checks.language import is_language, share
from xlforge.config.params import ParamsError, parse, read
from xlforge.evaluation.pass_rates import line_pass
from xlforge.languages.registry import LANGUAGES, FastText, Language

WORDS = {
    "yor_Latn": ["ọjọ", "náà", "ni", "wọ́n", "ti", "ilé", "omi", "dára"],
    "eng_Latn": ["the", "river", "runs", "by", "house", "and", "water", "is", "good"],
}
YORUBA = "Ọjọ náà dára, wọ́n ti ni omi ni ilé náà."
ENGLISH = "The water is good and the river runs by the house."


@pytest.fixture
def yoruba(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastText]:
    """A language whose file names a detector."""
    pytest.importorskip("fasttext", reason="fasttext-predict is not installed: `make extras` installs it")
    lowered = {label: [form for word in words for form in (word, word.capitalize())] for label, words in WORDS.items()}
    marked = {
        label: [form for word in words for form in (word, f"{word}.", f"{word},")] for label, words in lowered.items()
    }
    path = tmp_path / "model.bin"
    spec = FastText(str(path), tiny_fasttext.write(path, marked), "yor_Latn")
    made = Language("yo", "Yoruba", "Latn", "low", detector=spec)
    monkeypatch.setitem(sys.modules, "xlforge.languages.yo", type("File", (), {"LANGUAGE": made}))
    monkeypatch.setattr("xlforge.languages.registry.LANGUAGES._codes", [*LANGUAGES, "yo"])
    yield spec
    detector.cache_clear()


def test_a_text_is_in_the_language_that_the_model_finds(yoruba: FastText) -> None:
    assert share(YORUBA, "yo") == 1
    assert share(ENGLISH, "yo") == 0
    assert 0.3 < share(f"{YORUBA}\n{ENGLISH}", "yo") < 0.6
    assert is_language(YORUBA, "yo")
    assert share("Das Wasser ist gut, und der Fluss ist nahe beim Haus.", "de") == 1, "py3langid identifies the others"


def test_a_line_passes_in_the_language_of_its_detector(yoruba: FastText) -> None:
    assert line_pass(YORUBA, "yo") is True
    assert line_pass(ENGLISH, "yo") is False


def test_a_missing_model_is_a_fault_of_params(yoruba: FastText) -> None:
    raw = read()
    assert parse(raw | {"languages": ["yo"]}).languages == ("yo",)
    Path(yoruba.model).unlink()
    with pytest.raises(ParamsError, match=r"model\.bin is missing, which identifies Yoruba"):
        parse(raw | {"languages": ["yo"]})


def test_another_model_label_or_file_is_an_error(yoruba: FastText, tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"no model")
    revision = f"sha256:{hashlib.sha256(b'no model').hexdigest()}"
    for spec, fault in (
        (FastText(str(other), revision, "yor_Latn"), "is no fastText model"),
        (FastText(yoruba.model, "sha256:0", "yor_Latn"), "has the revision sha256:"),
        (FastText(yoruba.model, yoruba.revision, "yor_Latm"), "no label 'yor_Latm'; the nearest of its 2 are yor_Latn"),
        (FastText(str(tmp_path / "none.bin"), "sha256:0", "yor_Latn"), "none.bin is missing"),
    ):
        with pytest.raises(DetectorError, match=fault):
            detector(spec)
