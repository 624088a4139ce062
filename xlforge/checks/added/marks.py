"""Characters and tokens that are no text: special tokens of chat templates, control characters, direction overrides.

What the source itself has is not added: each function counts what exceeds it.
"""

import re
from collections import Counter

_TOKEN = re.compile(
    r"<[|｜][^<>|｜\n]{1,60}[|｜]?>|<[^<>|｜\s]{1,40}[|｜]>"  # <|im_end|>, <｜end▁of▁sentence｜>, <|turn>, <turn|>
    r"|</?s>|</?(?:start|end)_of_(?:turn|text|image)>|<(?:bos|eos|pad|unk|cls|sep|mask)>|<(?:unused|extra_id_)\d{1,4}>|<0x[0-9A-F]{2}>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]|\[(?:BOS|EOS|PAD|UNK|CLS|SEP|MASK|gMASK)\]|</?<SYS>>|<<\/?SYS>>"
    r"|>>[a-z]{2,3}(?:_[A-Za-z]{2,4})?<<|<2[a-z]{2,3}(?:_[A-Za-z]{2,4})?>",  # language codes of Marian and MADLAD
    re.IGNORECASE,
)
_FIRST = re.compile(rf"\A\s*(?:{_TOKEN.pattern})", re.IGNORECASE)
_LAST = re.compile(rf"(?:{_TOKEN.pattern})\s*\Z", re.IGNORECASE)
_ROLE = re.compile(r"\A\s*(?:assistant|model|user|system|final)(?:[ \t]*\n|(?=[ \t]*<))", re.IGNORECASE)
_LONGEST = 80
"""Characters of the longest token, with white space around it."""

_ESCAPE = re.compile(r"\x1b\][^\x07\x1b]{0,1000}(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\^_]")
"""A whole ANSI escape sequence: a title (OSC), a colour or a movement (CSI), or one of two characters."""
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]|(?<!\U0001f3f4)(?<![\U000e0020-\U000e007e])[\U000e0000-\U000e007f]"
)
"""Control characters but tab and line breaks; direction embeddings, overrides and isolates; invisible tag characters, except in a flag.
The marks and joiners that scripts need (U+200C to U+200F, U+061C) are text."""


def without_tokens(text: str, source: str) -> str:
    """The text without special tokens at its start and its end, and without the name of a role after those at its start."""
    known, started = special_tokens(source), False
    while (match := _FIRST.match(text[: _LONGEST + 40])) and match.group().strip() not in known:
        text, started = text[match.end() :], True
        if role := _ROLE.match(text[:40]):
            text = text[role.end() :]
    while (match := _LAST.search(text, max(0, len(text) - _LONGEST))) and match.group().strip() not in known:
        text = text[: match.start()].rstrip()
    return text.lstrip() if started else text


def special_tokens(text: str) -> Counter[str]:
    """The special tokens in a text."""
    return Counter(_TOKEN.findall(text)) if "<" in text or "[" in text else Counter()


def without_escapes(text: str) -> str:
    """The text without ANSI escape sequences."""
    return _ESCAPE.sub("", text) if "\x1b" in text else text


def control_characters(text: str) -> Counter[str]:
    """The control characters, direction overrides and tag characters in a text."""
    return Counter(_CONTROL.findall(text))


def bare(reply: str, source: str) -> tuple[str, list[str]]:
    """A reply without tokens at its ends and without escape sequences, stripped; and the names of what was removed."""
    names = []
    reply = reply.strip("\ufeff")
    text = without_escapes(reply)
    if text != reply:
        names.append("escape_sequences")
    shorter = without_tokens(text, source)
    if shorter != text:
        names.append("special_tokens")
    return shorter.strip(), names


def fault(text: str, source: str) -> tuple[str, str] | None:
    """The reason and the detail why a text is none, for tokens and control characters that its source does not have."""
    if tokens := special_tokens(text) - special_tokens(source):
        return "special_tokens", ", ".join(sorted(tokens))[:80]
    if odd := control_characters(text) - control_characters(source):
        return "control_characters", ", ".join(f"U+{ord(char):04X}" for char in sorted(odd))[:80]
    return None
