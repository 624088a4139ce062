"""Phrasings that request an answer in another language, at the start, in the middle or at the end of a prompt.

The Language Confusion Benchmark's prompts show the three positions in about equal parts; the wordings here are this project's own.
Which one a row gets is a function of its id alone.
"""

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
_QUESTION_MARK = re.compile(r"[?]+[!?]*(?=\s|\Z)")
_STOP = re.compile(r"[.?!:]+(?=\s|\Z)")


def with_request(instruction: str, language: str, row_id: str) -> str:
    """The instruction with a request for an answer in a language.

    In the middle means before the mark of the first question, "What is it called, in German?", or before the stop of the only sentence.
    Where there is neither, the request goes to the end.

    Args:
        instruction: in English.
        language: its English name.
        row_id: selects the phrasing.
    """
    number = int.from_bytes(hashlib.sha256(f"request:{row_id}".encode()).digest()[:8])
    phrasings = _POSITIONS[number % len(_POSITIONS)]
    stop = _QUESTION_MARK.search(instruction) or _only_stop(instruction)
    if phrasings is MIDDLE and not stop:
        phrasings = END
    phrase = phrasings[number // len(_POSITIONS) % len(phrasings)].format(language=language)
    if phrasings is START:
        return phrase + instruction
    if phrasings is END:
        return instruction.rstrip() + ("" if re.search(r"[.?!:]\Z", instruction.rstrip()) else ".") + phrase
    assert stop is not None
    return instruction[: stop.start()] + phrase + instruction[stop.start() :]


def _only_stop(instruction: str) -> re.Match[str] | None:
    """The stop of an instruction that is one sentence."""
    stops = list(_STOP.finditer(instruction.rstrip()))
    return stops[0] if len(stops) == 1 and stops[0].end() == len(instruction.rstrip()) else None
