"""Prompts are files: rendered strictly, with whatever a row holds made harmless, and identified by fingerprint.

A row is hostile input. A passage that closes our `<text>` tag, or that spells a chat template's control tokens, could speak
to the model in the prompt's own voice; both are defused in the prompt (the row itself stays as it is).
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta

_TAGS = "text|question|answer|translation|instruction|passage|answer_a|answer_b"
_DELIMITERS = re.compile(
    rf"<(?=\s*/?\s*(?:{_TAGS})\b)"  # our own tags
    r"|<(?=\|)|(?<=\|)>"  # <|im_start|>, <|eot_id|>
    r"|<(?=\s*/?s>|(?:start|end)_of_turn>|(?:bos|eos|pad|unk)>)"  # sentencepiece control tokens
    r"|\[(?=/?INST\]|/?SYS)",
    re.IGNORECASE,
)
_DEFUSED = {"<": "‹", ">": "›", "[": "⁅"}


def neutral(value: Any) -> Any:
    """The value with every prompt or chat-template delimiter in it replaced by a look-alike that none is made of."""
    return _DELIMITERS.sub(lambda match: _DEFUSED[match.group()], value) if isinstance(value, str) else value


@cache
def _template(path: Path) -> jinja2.Template:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, finalize=neutral, autoescape=False)
    return environment.from_string(path.read_text(encoding="utf-8"))


def render(path: Path, **variables: Any) -> str:
    """The prompt for one row, without the file's last newline; jinja2.UndefinedError names a variable not given."""
    return _template(path).render(**variables).rstrip("\n")


@cache
def variables(path: Path) -> frozenset[str]:
    """The variables that a prompt wants: the columns its rows must have."""
    tree = jinja2.Environment().parse(path.read_text(encoding="utf-8"))
    return frozenset(jinja2.meta.find_undeclared_variables(tree))


def fingerprint(path: Path) -> str:
    """12 hexadecimal digits of the prompt's text, as rows and cards carry it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
