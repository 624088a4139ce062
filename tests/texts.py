# ruff: noqa: E501
"""Texts for property tests: of every script, with acronyms, numbers, markup, template parts, and pieces of real texts where these exist.

XLFORGE's tests draw few examples; `EXAMPLES=20000 pytest tests/checks/test_total.py -m ""` draws many.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

_SHARED = Path(__file__).parents[2] / "shared" / "data"
EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
"""Examples of one test."""
QUICK = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 100,
    suppress_health_check=list(HealthCheck),
)
"""Few and always the same in an ordinary run; many and different ones in a long run."""

ROMAN = st.text("MDCLXVI", min_size=1, max_size=6)
ACRONYMS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=5)
DIGITS = st.text("0123456789٠١٢٣٤٥٦٧٨٩०१२३४५६७८९０１２３²³¹⁴⁻½¼¾⅓①Ⅻ〇一二三十百千万億亿", min_size=1, max_size=8)
NUMBER_PARTS = st.sampled_from(
    [*".,:'’ -−–+^×*/%‰°$€£¥₹()٫٬٪", "10^", "**", "e", " million", " Mio.", "k", "bn", "th", "s", "pm", " percent", " km", " miles", " °F",
     " half", " and a half", "minus ", "half a ", " lakh", "万", "億", " лет", "-", "er", "1/2", "0/0", "1/0", "00", "^-0", "^999999999"]
)  # fmt: skip
MARKUP = st.sampled_from(
    ["`", "``", "```", "```python\n", "\n", "\r\n", "\n\n", "# ", "- ", "1. ", "| a | b |\n", "|---|\n", "**", "_", "> ", "<b>", "</b>", "<br/>",
     "{", "}", "{{ x }}", "{name}", "{0}", "%s", "%(n)d", "%%", "${A}", "$a", ":id:", "[[x]]", "[a](b)", "https://a.b/c", "me@a.b", "@", "<|im_end|>",
     "<think>", "</think>", "[INST]", "&amp;", "\\", "$$", "\\frac{1}{2}", "\t", "\x00", "\x1b[31m", "\ufeff", "\u202e", "\u200b", "\ud800", "\ufffd"]
)  # fmt: skip
SENTENCES = st.sampled_from(
    [
        "The old bridge was built by monks in 1712. ", "Dr. Smith paid $2.5m for LC-34! ", "Der Fluss ist 12 km lang. ", "这座桥建于三百多年前。",
        "這座橋建於三百多年前。", "नदी पर बना यह पुल पुराना है। ", "Мост построили в 1712 году. ", "هل الجسر قديم؟ ", "สะพานนี้เก่ามาก ", "橋は古いです。",
        "다리는 오래되었다. ", "Η γέφυρα είναι παλιά; ", "გამარჯობა. ", "ድልድዩ አሮጌ ነው። ", "Ո՞վ է։ ", "Tógadh an droichead fadó. ", "LCD, CD and MIX. ",
    ]
)  # fmt: skip


@cache
def _real() -> tuple[str, ...]:
    """Some texts of the shared data; none where it is absent."""
    return tuple(_read()) if _SHARED.is_dir() else ()


def _read() -> Iterator[str]:
    for path in (_SHARED / "ntrex" / "parallel.jsonl", _SHARED / "xquad" / "passages.jsonl"):
        for number, row in enumerate(path.read_text(encoding="utf-8").splitlines()):
            if number % 10 == 0:
                yield from (value for value in json.loads(row).values() if isinstance(value, str))


def _pieces() -> st.SearchStrategy[str]:
    """Pieces of real texts; own sentences where there are none."""
    if not _real():
        return SENTENCES
    cuts = st.tuples(st.sampled_from(_real()), st.integers(0, 200), st.integers(1, 300))
    return cuts.map(lambda cut: cut[0][cut[1] : cut[1] + cut[2]] or cut[0])


PARTS = st.one_of(st.text(max_size=12), ROMAN, ACRONYMS, DIGITS, NUMBER_PARTS, MARKUP, SENTENCES, st.deferred(_pieces))
TEXTS = st.lists(PARTS, max_size=14).map("".join) | st.lists(PARTS, max_size=14).map(" ".join)
