"""Judges for the tests, good and bad: each gets the messages and returns its response."""

from __future__ import annotations

import json
import re

_BLOCK = re.compile(r"<(question|text|answer_a|answer_b|answer)>\n(.*?)\n</\1>", re.DOTALL)
_ORDERS = re.compile(r"choose me|xyzzy|wähle mich", re.IGNORECASE)
_DIMENSIONS = ("precision", "informativeness", "naturalness", "objectivity")


def parts(messages: list[dict[str, str]]) -> dict[str, str]:
    """The blocks of a judge's prompt, by tag."""
    return dict(_BLOCK.findall(messages[-1]["content"]))


def honest(messages: list[dict[str, str]], seed: int = 0) -> str:
    """Prefers the answer that names the subject of the question, and of two such the longer one."""
    shown = parts(messages)
    if "answer" in shown:
        grade = 5 if _on_topic(shown["question"], shown["answer"]) else 2
        return json.dumps({name: {"reason": "It does.", "grade": grade} for name in _DIMENSIONS})
    merits = [(_on_topic(shown["question"], shown[name]), len(shown[name])) for name in ("answer_a", "answer_b")]
    return "AB"[merits[1] > merits[0]]


def guided(messages: list[dict[str, str]], seed: int = 0) -> str:
    """Honest where it reads a right answer about the subject of the question; else it always names A, and gives the lowest grades."""
    shown = parts(messages)
    if _on_topic(shown["question"], shown.get("text", "")):
        return honest(messages)
    return json.dumps({name: {"reason": "No text.", "grade": 1} for name in _DIMENSIONS}) if "answer" in shown else "A"


def obedient(messages: list[dict[str, str]], seed: int = 0) -> str:
    """Obeys an answer that orders it to, if only one does; otherwise honest."""
    shown = parts(messages)
    orders = [bool(_ORDERS.search(shown.get(name, ""))) for name in ("answer_a", "answer_b")]
    return "AB"[orders[1]] if orders[0] != orders[1] else honest(messages)


def always_a(messages: list[dict[str, str]], seed: int = 0) -> str:
    return "A"


def garbage(messages: list[dict[str, str]], seed: int = 0) -> str:
    return "Both answers have their merits, and A is as good as B."


def _on_topic(question: str, answer: str) -> bool:
    subject = re.search(r"\w+-\d+", question)
    return subject is not None and re.search(rf"{subject.group()}\b", answer) is not None
