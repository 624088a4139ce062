"""A language is one file: adding one changes nothing for the others, and work on one imports only its own and English's."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checks.test_alignment import SOURCE, TARGET
from xlforge.languages.registry import LANGUAGES, Language, language, traits

SWAHILI = '''"""Swahili."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "sw", "Swahili", "Latn", "mid",
    rendering=Rendering(0.1, 1.5, word=0.05, name=0.8), decimal_point=True, scales={10**3: ("elfu",)}, neighbours=("rw",),
)
'''
CHECKS = """
import json, sys
from xlforge.checks.integrity import problems
from xlforge.checks.language import share
for source, target, code in json.load(sys.stdin):
    print(json.dumps([[str(problem) for problem in problems(source, target, code)], share(target, code)]))
print(json.dumps(sorted(name for name in sys.modules if name.startswith("xlforge.languages."))))
"""
TEXTS = [
    (" ".join(SOURCE), " ".join(TARGET), "de"),
    (" ".join(SOURCE), " ".join(TARGET[1:]), "de"),
    (" ".join(SOURCE), " ".join([*TARGET[:2], *SOURCE[2:]]), "de"),
    ("They have 1.5 million books.", "Sie haben 15 Millionen Bücher.", "de"),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the project's package, to be changed."""
    shutil.copytree("xlforge", tmp_path / "xlforge", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def checked(folder: Path, texts: list[tuple[str, str, str]]) -> list[Any]:
    """Problems and share of every text, and then the modules of languages that were imported, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", CHECKS], cwd=folder, input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_a_new_file_is_a_new_language(checkout: Path) -> None:
    (checkout / "xlforge/languages/sw.py").write_text(SWAHILI)
    texts = [("It has 3,000 rooms.", "Ina vyumba 3 elfu.", "sw"), ("It has 3,000 rooms.", "Ina vyumba 4 elfu.", "sw")]
    (kept, share), (changed, _), _ = checked(checkout, texts)
    assert (kept, share) == ([], 1.0)
    assert changed == ["numbers_changed: 3,000 → 4"]


def test_a_new_language_changes_no_result_of_the_others(checkout: Path) -> None:
    before = checked(checkout, TEXTS)
    (checkout / "xlforge/languages/sw.py").write_text(SWAHILI)
    assert checked(checkout, TEXTS) == before
    assert len({json.dumps(each) for each in before[:-1]}) == len(TEXTS), "the texts differ in what is found"


def test_work_on_one_language_imports_its_file_and_english_alone(checkout: Path) -> None:
    assert checked(checkout, TEXTS)[-1] == [f"xlforge.languages.{name}" for name in ("de", "en", "registry")]


def test_a_file_with_another_code_is_an_error(checkout: Path) -> None:
    (checkout / "xlforge/languages/rw.py").write_text(SWAHILI)
    with pytest.raises(subprocess.CalledProcessError) as error:
        checked(checkout, [("One.", "Moja.", "rw")])
    assert "rw.py has the code 'sw': it must be that of its file" in error.value.stderr


def test_every_language_that_ships_has_figures_of_its_own() -> None:
    default = traits("xx")
    for code in LANGUAGES:
        known = LANGUAGES[code]
        assert known.rendering != default.rendering, code
        assert known.split == known.split_name or known.split == known.name.lower().replace(" ", "_")
    splits = [LANGUAGES[code].split for code in LANGUAGES]
    assert len(splits) == len({*splits})
    assert [LANGUAGES[code].split for code in ("zh", "zh-Hant")] == ["chinese", "traditional_chinese"]


def test_a_code_without_a_file_has_the_defaults_and_is_no_language() -> None:
    assert traits("xx") == Language("xx", "xx", "Zyyy", "low")
    with pytest.raises(KeyError):
        LANGUAGES["xx"]


@pytest.mark.parametrize(
    ("code", "hint"),
    [("german", "did you mean 'de'"), ("deu", "did you mean 'de'"), ("qqq", "add its file"), ("registry", "unknown")],
)
def test_an_unknown_language_is_an_error_with_the_nearest_right_code(code: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f"unknown language {code!r}; known codes: de, en.*{hint}|{hint}"):
        language(code)
