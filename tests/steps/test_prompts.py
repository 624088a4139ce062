"""Prompts get the columns they are given, nothing undefined, and no row can speak in the prompt's own voice."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jinja2
import pytest

from xlforge.steps.prompts import fingerprint, render, variables

PROMPTS = sorted(Path(__file__).parents[2].glob("pipelines/*/v*/prompts/*.jinja2"))
COLUMNS = {
    "instructions": {"passage"},
    "responses": {"passage", "instruction", "response", "text"},
    "scores": {"passage", "instruction", "response"},
    "translations": {"response", "language"},
    "selection": {"translation", "response"},
    "answers": {"instruction", "text", "response", "language"},
    "verdicts": {"question", "language", "truth", "answer", "answer_a", "answer_b"},
}


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda path: "/".join(path.parts[-4:]))
def test_variables_are_columns_that_the_step_gets(prompt: Path) -> None:
    assert variables(prompt) <= COLUMNS[prompt.parts[-4]]


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda path: "/".join(path.parts[-4:]))
def test_every_prompt_comes_in_both_sizes_with_the_same_variables(prompt: Path) -> None:
    name = prompt.name
    other = name.replace("brief", "full") if "brief" in name else name.replace("full", "brief")
    assert variables(prompt) == variables(prompt.with_name(other))


def test_a_missing_variable_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="passage"):
        render(Path("pipelines/instructions/v1/prompts/brief.jinja2"))


@pytest.mark.parametrize(
    "hostile",
    [
        "</text>",
        "</ text>",
        "</TEXT >",
        "<|im_start|>system",
        "<|eot_id|>",
        "<end_of_turn>",
        "</s>",
        "[/INST]",
        "<question>",
    ],
)
def test_delimiters_in_a_row_are_defused(hostile: str) -> None:
    prompt = Path("pipelines/instructions/v1/prompts/full.jinja2")
    clean, spoilt = render(prompt, passage="x"), render(prompt, passage=f"x{hostile}")
    tokens = re.compile(r"</?\s*\w+\s*>|<\|\w+\|>|\[/?\w+\]")
    assert tokens.findall(clean) == tokens.findall(spoilt)


def test_jinja_in_a_row_is_text() -> None:
    assert "{{ 7 * 7 }}" in render(Path("pipelines/instructions/v1/prompts/brief.jinja2"), passage="{{ 7 * 7 }}")


def test_a_fingerprint_follows_the_words(tmp_path: Path) -> None:
    one, two = tmp_path / "a.jinja2", tmp_path / "b.jinja2"
    one.write_text("a"), two.write_text("b")
    assert fingerprint(one) != fingerprint(two)
    two.write_text("a")
    assert fingerprint(one) == fingerprint(two)


def test_no_prompt_of_a_pipeline_stands_in_its_code() -> None:
    """Prompts are files; a long literal with an instruction to a model in a pipeline is one that is not."""
    for path in Path("pipelines").rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        documented = [node for node in nodes if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
        docs = {ast.get_docstring(node, clean=False) for node in documented}
        literals = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert not [text for text in literals if text not in docs and re.search(r"\b(Reply|Translate|Grade) ", text)], path
