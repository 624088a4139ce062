"""The cleaning of v1, which keeps the indentation of passages with code: Python without it is another program, or none."""

from __future__ import annotations

import re
from textwrap import dedent

import polars as pl

from pipelines.seeds.v1.cleaning import _HIDDEN_BLOCKS
from pipelines.seeds.v1.cleaning import cleaned as cleaned_v1

_KEPT = "\ufdd0"
"""Stands for a blank that v1's rules must leave alone: a code point that no text has."""

_HEAD = r"(?:async |pub |public |private |static |export )*(?:def|class|for|while|if|elif|else|try|except|with|switch|function|func|fn)\b"
_CODE = (
    rf"(?m)^[ \t]*(?:```|~~~)|<(?i:pre)[\s>]|^[ \t]*{_HEAD}[^\n]*[:{{(][ \t\r]*\n[ \t]+\S"
    r"|^(?: {2,}|\t)[ \t]*(?:[\w.\[\]]+ (?:[-+*/|&.:]?=|<-) \S|[\w.]+\([^\n]*\)[;:,{]?[ \t\r]*$|\"[^\"\n]+\": \S|[})\]]+[;,]?[ \t\r]*$"
    r"|return(?: \S+)?;?[ \t\r]*$)"
)
"""A fence, the head of a block before an indented line, or an indented line that is an assignment, a call, a bracket or a return."""
_BLANKS = re.compile(r"^ +| {2,}")
_ENDS = rf"{_KEPT}+(\n|$)"


def cleaned(texts: pl.Series) -> tuple[pl.DataFrame, dict[str, int]]:
    """As v1. In passages with code, blanks at the start of lines and between the words of indented lines stay; a tab becomes spaces."""
    plain = texts.str.replace_all(r"&nbsp;|\x{a0}", " ")
    code = plain.str.replace_all(_HIDDEN_BLOCKS, " ").str.contains(_CODE).arg_true()
    if not len(code):
        return cleaned_v1(texts)
    frame, touched = cleaned_v1(texts.clone().scatter(code, [_protected(text) for text in plain.gather(code)]))
    passages = frame["passage"].gather(code).str.replace_all(_ENDS, "$1").str.replace_all(r"\n{3,}", "\n\n")
    passages = passages.str.strip_chars(f"\n{_KEPT}").str.replace_all(_KEPT, " ", literal=True)
    return frame.with_columns(passage=frame["passage"].scatter(code, passages)), touched


def _protected(text: str) -> str:
    lines = dedent(text.replace("\r\n", "\n").expandtabs(4)).split("\n")
    return "\n".join(
        _BLANKS.sub(lambda blanks: _KEPT * len(blanks[0]), line) if line[:1] == " " and line.strip() else line
        for line in lines
    )
