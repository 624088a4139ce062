"""The text of a model is only text on a card: nothing in it is markup, HTML or a link, or reverses the reading direction."""

from __future__ import annotations

import jinja2
import pytest
from markdown_it import MarkdownIt

from xlforge.publish.markdown import code, fenced, plain, rendered, table

HOSTILE = [
    "```\n# Owned\n```",
    "~~~~\n````\n<script>alert(1)</script>\n`````",
    "</details><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png) <http://evil.example>",
    "a | b\n---\n\n| c |\n# Head\n- item\n1. item\n> quote",
    "abc\u202edef \x1b[31mred\x00 \u2066hidden\ud800",
    "*bold* __bold__ `code` ~~gone~~ \\[x](y) &lt;b&gt; &#60;b&#62;",
    "---\nlicense: mit\n---",
    "",
]


def kinds(markdown: str) -> set[str]:
    """Types of all tokens, inline ones too, as a reader's parser sees them."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return {token.type for token in tokens} | {inner.type for token in tokens for inner in token.children or []}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_block_holds_the_text_and_nothing_else(text: str) -> None:
    assert kinds(str(fenced(text))) == {"fence"}


@pytest.mark.parametrize("text", HOSTILE)
def test_plain_text_is_a_paragraph(text: str) -> None:
    assert kinds(f"Text: {plain(text)}") <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}


@pytest.mark.parametrize("text", HOSTILE)
def test_code_is_one_span(text: str) -> None:
    assert kinds(f"Text: {code(text)}.") <= {"paragraph_open", "inline", "text", "code_inline", "paragraph_close"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_keeps_its_cells(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(str(table(["a", "b"], [[text, code(text)], ["x", 1]])))
    assert [token.type for token in tokens].count("td_open") == 4
    assert not any(token.type.startswith("html") for token in tokens)


@pytest.mark.parametrize("made", [plain, code, fenced])
def test_invisible_characters_are_escaped(made: object) -> None:
    shown = made("a\u202eb\x1b[31mc\u2066d")  # type: ignore[operator]
    assert not {"\u202e", "\x1b", "\u2066"} & set(shown)
    assert "\\u202e" in shown


def test_letters_that_join_stay_whole() -> None:
    assert "क्\u200dष" in fenced("क्\u200dष")


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendered("adapter.md.jinja2", repo="someone/x")


def test_a_value_that_does_not_exist_is_a_dash() -> None:
    assert code(None) == code("") == "–"
