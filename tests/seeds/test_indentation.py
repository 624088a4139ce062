"""Code in a passage keeps its indentation; every other passage is cleaned as by v2."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from textwrap import dedent

import polars as pl
import pytest
import yaml
from hypothesis import given

from pipelines.seeds.v1.cleaning import cleaned as cleaned_v1
from pipelines.seeds.v2.build import build as build_v2
from pipelines.seeds.v2.schema import Params as ParamsV2
from pipelines.seeds.v3.build import build
from pipelines.seeds.v3.cleaning import cleaned
from pipelines.seeds.v3.schema import Params
from tests.seeds.conftest import PROSE
from tests.seeds.test_cleaning import NOISE, PLAIN
from tests.texts import QUICK, TEXTS
from xlforge.base.rows import writable

FUNCTION = "def add(item, basket=None):\n    if basket is None:\n        basket = []\n    basket.append(item)\n    return basket"
CODE = {
    "function": FUNCTION,
    "loop": "for number in range(3):\n    print(number)",
    "class": "class Dog:\n    legs = 4\n\n    def bark(self):\n        return 'wow'",
    "branches": "if x:\n    y = 1\nelse:\n    y = 2",
    "string with blanks": "if x:\n    y = 'a  b'",
    "comment first": "def f():\n    # one\n    return 1",
}
OTHER = {
    "c": 'int main(void) {\n    printf("hi");\n    return 0;\n}',
    "json": '{\n  "name": {\n    "first": "Ann"\n  }\n}',
    "fence": "```yaml\nlevels:\n  - one:\n      two\n```",
    "shell": "for f in *.txt; do\n  mv $f old/$f\ndone\nif true; then\n  name=(a b)\nfi\n  run(x)",
}
ORDINARY = [
    "A list:\n  apples\n  pears",
    "  If you can keep your head when all about you\n    Are losing theirs and blaming it on you;",
    "It costs\n   12 euros (about)  13 dollars",
    "First line\n\tsecond line\n\t\tthird line",
    "<div>\n   <p>One  two</p>\n   <ul>\n      <li>three</li>\n   </ul>\n</div>",
    "<script>\n  var x = f(1);\n</script>\nText\n    more text",
]


def clean(text: str) -> str:
    return str(cleaned(pl.Series([text]))[0]["passage"][0])


@pytest.mark.parametrize("code", CODE)
@pytest.mark.parametrize("around", ["{}", "Look  at this:\n\n{}\n\nThat  is all.", "Home | News | About\n{}\r\n"])
def test_python_stays_the_same_program(code: str, around: str) -> None:
    text = clean(around.format(CODE[code]))
    assert CODE[code] in text and "  at" not in text and "Home" not in text
    ast.parse(CODE[code])


@pytest.mark.parametrize("code", OTHER)
def test_other_code_keeps_its_indentation(code: str) -> None:
    assert clean(f"{PROSE[0]}\n\n{OTHER[code]}") == f"{PROSE[0]}\n\n{OTHER[code]}"


@pytest.mark.parametrize(
    ("given_code", "wanted"),
    [
        (FUNCTION.replace("    ", "\t"), FUNCTION),
        (FUNCTION.replace("\n", "\r\n"), FUNCTION),
        (f"<p>See:</p><pre>\n{FUNCTION}\n</pre>", f"See:\n\n{FUNCTION}"),
        ("    " + FUNCTION.replace("\n", "\n    "), FUNCTION),
        (FUNCTION.replace("\n", "   \n") + "\n    \n\n\n  \nYes", FUNCTION + "\n\nYes"),
        (FUNCTION.replace("    ", "&nbsp;&nbsp; \u00a0"), FUNCTION),
        (f"```\n\u00a0 x = {{}}\n    y = f(x)\n```\n{PROSE[0]}", f"```\n  x = {{}}\n    y = f(x)\n```\n{PROSE[0]}"),
    ],
    ids=[
        "tabs",
        "line ends",
        "markup",
        "a block that is indented",
        "blanks at ends",
        "fixed blanks",
        "two blanks",
    ],
)
def test_indentation_becomes_spaces(given_code: str, wanted: str) -> None:
    assert clean(given_code) == wanted


@pytest.mark.parametrize("text", [*ORDINARY, *PROSE, *PLAIN, *(given_text for given_text, _ in NOISE.values())])
def test_ordinary_passages_are_cleaned_as_before(text: str) -> None:
    assert clean(text) == cleaned_v1(pl.Series([text]))[0]["passage"][0]


@QUICK
@given(TEXTS, TEXTS)
def test_only_blanks_differ_from_v2(first: str, second: str) -> None:
    text = writable(f"{first}\n{FUNCTION}\n{second}")
    before, after = cleaned_v1(pl.Series([text]))[0]["passage"][0], clean(text)
    assert after.split() == before.split() and after == after.strip() and "\ufdd0" not in after
    assert dedent(after).splitlines() and not any(line != line.rstrip() for line in after.splitlines())


def test_the_shipped_seeds_give_the_same_bytes_as_v2(tmp_path: Path) -> None:
    block = yaml.safe_load(Path("params.yaml").read_text())["seeds"] | {"sample": None}
    build(Params.model_validate(block | {"version": "v3"}), tmp_path / "v3")
    block.pop("personal_data", None)
    build_v2(ParamsV2.model_validate(block | {"version": "v2"}), tmp_path / "v2")
    for name in ("rows.parquet", "rejects.parquet"):
        assert (tmp_path / "v3" / name).read_bytes() == (tmp_path / "v2" / name).read_bytes()


def test_the_real_passages_keep_their_code(tmp_path: Path) -> None:
    path = Path("data/seeds/real.jsonl")
    build(Params.model_validate({"version": "v3", "source": {"path": str(path), "id": "id"}}), tmp_path)
    passages = set(pl.read_parquet(tmp_path / "rows.parquet")["passage"])
    assert passages == {json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()}
