"""Wrappers around a whole text: code fences, JSON, tags, quotation marks, bold. Each function gives what is inside, or None.

A wrapper that the source has too is part of the text.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

_FENCE = re.compile(r"\A(`{3,}|~{3,})[ \t]*([\w+-]*)[ \t]*\n(.*?)\n?[ \t]*\1\s*\Z", re.DOTALL)
_CODE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})", re.MULTILINE)
_OPEN = re.compile(r"\A(?:`{3,}|~{3,})[ \t]*[\w+-]*[ \t]*\n|\n[ \t]*(?:`{3,}|~{3,})\s*\Z")
"""A fence that is opened and not closed, or the reverse."""
_PROSE_NAMES = "text txt plain plaintext markdown md json html xml translation answer output"
_PROSE = frozenset(["", *_PROSE_NAMES.split()])
_ELEMENT = re.compile(r"<\s*([A-Za-z][\w-]{0,30})(?:\s[^<>\n]{0,100})?>(.*?)<\s*/\s*\1\s*>", re.DOTALL)
_META_TAGS = (
    "text|question|answer|translation|translated_text|instruction|passage|output|response|result|target|request|source|final|"
    "final_answer|rewritten|reply|content|input|translated|answer_a|answer_b"
)
META_TAG = re.compile(rf"<\s*/?\s*(?:{_META_TAGS})\s*/?\s*>", re.IGNORECASE)
_LOOSE_TAG = re.compile(rf"\A\s*{META_TAG.pattern}|{META_TAG.pattern}\s*\Z", re.IGNORECASE)
_PAIRS_TEXT = "\"\" '' `` “” ”” „“ ‟” ‘’ ‚‘ «» »« ‹› ›‹ 「」 『』 《》 〈〉 【】 ＂＂ 〝〞 ｢｣ ❝❞ [] () {} （） ［］ <>"
_PAIRS = {pair[0]: pair[1] for pair in _PAIRS_TEXT.split()}
_CLOSING = {"„": '“”"', "“": '”“"', "‚": "‘’'", "‘": "’‘'", "「": "」", "”": "”“"}
"""Where an opening mark has several closing ones."""
_BOLD_LABEL = re.compile(r"\A\s*\*\*[^*\n]{1,60}(?:[:：]\s*\*\*|\*\*\s*[:：])\s*(?=\S)")
_EMPHASIS = ("***", "**", "__", "*", "_")
_DOUBLE = frozenset('"“”„‟«»‹›「」『』＂〝〞｢｣❝❞')
_SINGLE = re.compile(r"(?<!\w)['‘‚](?=\w)|(?<=[\w.,!?…])['’](?!\w)")
"""Single quotation marks, at the edge of a word; inside one they are apostrophes."""
_QUOTES = frozenset("\"'`“”„‟‘’‚«»‹›「」『』《》〈〉【】＂〝〞｢｣❝❞[](){}（）［］<>*_#")

_LABEL = 24
"""Characters of the longest string beside the text in a JSON object: "German", "de", "success"."""

_SEVERAL = 4
"""Quotation marks of a source from which on those around its translation can be separated from its own by their number."""

Unwrap = Callable[[str, str], str | None]


def code_fence(text: str, source: str) -> str | None:
    """The inside of a code fence around the whole text."""
    if len(_CODE.findall(text)) == 1 and not _CODE.search(source):
        return _OPEN.sub("", text) if _OPEN.search(text) else None
    found = _FENCE.match(text)
    if not found or _CODE.search(source) or _CODE.search(found.group(3)) or found.group(2).lower() not in _PROSE:
        return None
    return found.group(3)


def json_value(text: str, source: str) -> str | None:
    """The text in a JSON or Python literal that is the whole reply: a string, or the only one of several that is longer than a label."""
    start = text[:1]
    if start not in ("{", "[", '"', "'") or source.lstrip()[:1] == start or len(text) > 100_000:
        return None
    if start in "\"'" and "\\" not in text:
        return None  # plain quotation marks
    for read in (partial(json.loads, strict=False), ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        found = list(dict.fromkeys(each for each in _strings(value, 0) if each.split() != source.split()))
        longer = [each for each in found if len(each) > _LABEL] if len(found) > 1 else found
        return longer[0] if len(longer) == 1 else None
    return None


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple) and depth < 5:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each, depth + 1)


def element(text: str, source: str) -> str | None:
    """The inside of a tag around the whole text; and of the only tag of a prompt, with text around it, that does not hold the source."""
    found = list(_ELEMENT.finditer(text[:100_000])) if "<" in text and "</" in text.replace("< /", "</") else []
    if len(found) != 1 or META_TAG.search(source):
        return None
    (match,) = found
    name = f"<{match.group(1)}>"
    if match.group(2).split() == source.split() and META_TAG.match(name):
        return (text[: match.start()] + "\n" + text[match.end() :]).strip() or None
    whole = not text[: match.start()].strip() and not text[match.end() :].strip()
    if (whole and not source.lstrip().startswith("<")) or META_TAG.match(name):
        return match.group(2).strip() or None
    return None


def loose_tag(text: str, source: str) -> str | None:
    """The text without a tag of a prompt at its start or end."""
    if META_TAG.search(source):
        return None
    bare = _LOOSE_TAG.sub("", text).strip()
    return bare if bare != text else None


def quotes(text: str, source: str) -> str | None:
    """The inside of quotation marks, brackets or backticks around the whole text."""
    text = text[:-1] if text[-1:] in (".", "。") else text  # "A sentence".
    first, last, source = text[:1], text[-1:], source.strip()
    if len(text) < 3 or text.startswith("```") or first not in _PAIRS or last not in _CLOSING.get(first, _PAIRS[first]):
        return None
    inside = text[1:-1].strip()
    begins, ends = bool(source) and source[0] in _QUOTES, bool(source) and source[-1] in _QUOTES
    more = _marks(inside) - _marks(source)
    if not inside or (_closes_early(first, last, inside) and not _dangling(inside)):
        return None
    if source[:1] == first and first not in _DOUBLE and inside[0] != first:
        return None
    moved = begins and ends and inside[0] not in _QUOTES and inside[-1] not in _QUOTES
    if moved and _marks(source) < _SEVERAL:
        return None  # the marks are the source's
    return inside if more >= 0 or not (begins or ends) else None


def _closes_early(first: str, last: str, inside: str) -> bool:
    """Whether what the first mark opens is closed inside: "A" and "B"."""
    at = next((at for at, char in enumerate(inside) if char in (first, last)), -1)
    before = inside[at - 1 : at]
    if last not in _PAIRS:
        return at >= 0 and inside[at] == last  # a mark that opens nothing
    return at > 0 and inside[at] == last and first != "'" and not before.isspace() and before not in _QUOTES


def _dangling(text: str) -> bool:
    """Whether a text opens a quotation that it does not close, or the reverse."""
    return sum(char in _DOUBLE for char in text) % 2 == 1


def _marks(text: str) -> int:
    return sum(char in _DOUBLE for char in text) + len(_SINGLE.findall(text))


def emphasis(text: str, source: str) -> str | None:
    """The inside of bold or italics around the whole text."""
    for mark in _EMPHASIS:
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            inside = text[len(mark) : -len(mark)].strip()
            return inside if inside and mark not in inside and not source.lstrip().startswith(mark) else None
    return None


def bold_label(text: str, source: str) -> str | None:
    """The text after a bold label, where the source has nothing bold."""
    match = _BOLD_LABEL.match(text)
    return text[match.end() :] if match and "**" not in source else None


WRAPPERS: dict[str, Unwrap] = {
    "code_fence": code_fence,
    "json": json_value,
    "tag": element,
    "loose_tag": loose_tag,
    "quotes": quotes,
    "emphasis": emphasis,
    "label": bold_label,
}
"""By the name under which what was stripped is counted."""
