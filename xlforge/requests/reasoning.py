"""What a model wrote while it thought, which is no part of its answer, however it is marked.

The marks are those of public chat templates: `<think>` and its relatives, `[THINK]`, `◁think▷`, `<|START_THINKING|>`, harmony's channels,
and the phrases of Granite. Where the template itself opens the block, only its end is in the text.
"""

from dataclasses import dataclass

import regex

_NAME = (
    r"(?:[a-z]+:)?(?:ant)?(?:think(?:ing)?|thoughts?|thought_process|reasoning(?:_content)?|reflection|scratchpad|analysis|cot"
    r"|(?:inner|internal)_(?:thoughts?|monologue))"
)
_FLAGS = regex.IGNORECASE | regex.DOTALL
_BLOCKS = [
    (rf"<\s*{_NAME}(?:\s[^<>]*)?>", rf"<\s*/\s*{_NAME}\s*>"),
    (rf"\[\s*{_NAME}\s*\]", rf"\[\s*/\s*{_NAME}\s*\]"),
    (rf"◁\s*{_NAME}\s*▷", rf"◁\s*/\s*{_NAME}\s*▷"),
    (rf"<\|(?:start|begin)_(?:of_)?{_NAME}\|>", rf"<\|end_(?:of_)?{_NAME}\|>"),
    (rf"<\|{_NAME}\|>", rf"<\|/{_NAME}\|>"),
    (r"<unused94>", r"<unused95>"),
    (
        r"(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary)[^<]*<\|message\|>",
        r"(?:<\|end\|>|(?=<\|start\|>|<\|channel\|>final))",
    ),
    (r"\A\s*here(?:'s| is) my thought process:", r"here(?:'s| is) my response:"),
    (r"\A\s*analysis(?=\p{Lu}|\s)(?=.*assistantfinal)", r"assistantfinal"),
]
"""(how a block opens, how it closes)"""
_OPEN = [regex.compile(opening, _FLAGS) for opening, _ in _BLOCKS]
_CLOSE = [regex.compile(closing, _FLAGS) for _, closing in _BLOCKS]
_ORPHANS = _CLOSE[:5]
"""The ends that show by themselves that a block came before."""
_HINT = regex.compile(r"[<\[◁]|assistantfinal|thought process", regex.IGNORECASE)
_EMPTY = regex.compile(rf"<\s*{_NAME}\s*/>", _FLAGS)
_FRAME = regex.compile(
    r"<\|start\|>assistant|<\|channel\|>final[^<]*<\|message\|>|<\|(?:return|end)\|>\s*\Z"
    r"|<\|(?:start|end|begin)_(?:of_)?(?:response|solution|answer)\|>",
    _FLAGS,
)
"""Marks around the answer that come with such blocks."""


@dataclass(frozen=True)
class Answer:
    """The text of a response that is meant for the reader.

    Args:
        text: without reasoning, stripped if there was any.
        reasoned: whether there was any.
        unfinished: whether a block does not end, so that the answer is missing or not whole.
    """

    text: str
    reasoned: bool = False
    unfinished: bool = False


def without_reasoning(text: str, prompt: str = "") -> Answer:
    """The answer in a response. Marks that stand in the prompt too are part of what the text is about, and stay."""
    if not _HINT.search(text):
        return Answer(text)
    rest = _EMPTY.sub("", text)
    found = rest != text
    for opening, closing in zip(_OPEN, _CLOSE, strict=True):
        start = 0
        while opened := opening.search(rest, start):
            if opened.group().strip() and opened.group().strip() in prompt:
                start = opened.end()
                continue
            closed = closing.search(rest, opened.end())
            if closed is None:
                return Answer(rest[: opened.start()].strip(), True, True)
            rest, found = rest[: opened.start()] + rest[closed.end() :], True
    for closing in _ORPHANS:
        for closed in reversed(list(closing.finditer(rest))):
            if closed.group() not in prompt:
                rest, found = rest[closed.end() :], True
                break
    if not found:
        return Answer(text)
    return Answer(_FRAME.sub("", rest).strip(), True)
