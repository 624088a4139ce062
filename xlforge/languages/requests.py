"""How people ask for an answer in another language: many phrasings, at the start, in the middle and at the end of a prompt.

The Language Confusion Benchmark's prompts show the three positions in about equal parts; the wordings here are this project's own.
Which one a row gets is a function of its id alone.
"""

from __future__ import annotations

import hashlib
import re

START = (
    "Reply in {language}. ",
    "Answer in {language}: ",
    "In {language}, please: ",
    "Please write your answer in {language}. ",
    "Use {language} for your reply. ",
    "Respond only in {language}. ",
    "I would like the answer in {language}. ",
    "Write in {language}. ",
    "Your reply should be in {language}. ",
)
MIDDLE = (
    " (in {language})",
    ", in {language}",
    ", answering in {language}",
    " (reply in {language})",
    ", put in {language}",
    " (please use {language})",
    ", with the answer in {language}",
    " (answer to be in {language})",
)
END = (
    " Reply in {language}.",
    " Answer in {language}, please.",
    " Please respond in {language}.",
    " Write the answer in {language}.",
    " Give your answer in {language}.",
    " I need the reply in {language}.",
    " Only use {language} in your answer.",
    " Let me have it in {language}.",
    " Tell me in {language}.",
)
_POSITIONS = (START, MIDDLE, END)
_ASKED = re.compile(r"[?]+[!?]*(?=\s|\Z)")
_STOP = re.compile(r"[.?!:]+(?=\s|\Z)")


def ask_in(instruction: str, language: str, row_id: str) -> str:
    """The instruction with a request for the language (its English name) woven in, drawn from the row's id.

    In the middle means before the mark of the first question, "What is it called, in German?", or the stop of the only sentence.
    Where there is neither, the request goes to the end: after a sentence that asks for nothing it would read oddly.
    """
    drawn = int.from_bytes(hashlib.sha256(f"request:{row_id}".encode()).digest()[:8])
    phrasings = _POSITIONS[drawn % len(_POSITIONS)]
    stop = _ASKED.search(instruction) or _only(instruction)
    if phrasings is MIDDLE and not stop:
        phrasings = END
    phrase = phrasings[drawn // len(_POSITIONS) % len(phrasings)].format(language=language)
    if phrasings is START:
        return phrase + instruction
    if phrasings is END:
        return instruction.rstrip() + ("" if re.search(r"[.?!:]\Z", instruction.rstrip()) else ".") + phrase
    assert stop is not None
    return instruction[: stop.start()] + phrase + instruction[stop.start() :]


def _only(instruction: str) -> re.Match[str] | None:
    """The stop of an instruction that is one sentence."""
    stops = list(_STOP.finditer(instruction.rstrip()))
    return stops[0] if len(stops) == 1 and stops[0].end() == len(instruction.rstrip()) else None
