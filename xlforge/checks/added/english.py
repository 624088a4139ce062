"""Remarks around an English question or answer: lead-ins, labels, closings, refusals, second versions.

Unlike a translation, such a text has no source to compare with. A line was added where it speaks of nothing but the task: all its words of
content are the prompt's own, or words for questions, answers and help.
"""

import re
from pathlib import Path

from xlforge.checks.added import marks
from xlforge.checks.added.echo import is_echo, vocabulary, without_echo, words
from xlforge.checks.added.loops import loops
from xlforge.checks.added.reading import Layer, Reading, unwrapped
from xlforge.checks.added.words import SORRY, UNABLE_ENGLISH
from xlforge.checks.added.wrappers import META_TAG, WRAPPERS
from xlforge.steps.parsing import ParseError

_STOP_WORDS = """
    a an the this that these those it its is are was were be been being have has had do does did of to in on at for from with
    without as by and or but if so not no any all some i i'm i've i'll you you're your me my we us our he she they them their what
    which who how here there here's there's below above following itself can could would should will shall may might must just also then
    than more most very one two each both based into about up out s ve ll re m d t let please
"""
_STOP = frozenset(_STOP_WORDS.split())
_NAMING_WORDS = """
    sure certainly absolutely okay ok course great answer answers question questions request requests response responses reply output
    result version versions revised rewritten rewrite draft text passage prompt task translation instruction understood done
"""
_NAMING = frozenset(_NAMING_WORDS.split())
"""Words of the task of which a line needs one: "You need:" can begin a list."""
_TASK_WORDS = """
    happy glad help helps helpful hope hopes know need needs want would like feel free ask asked answered refined refine
    improved paragraph article content given provide provided instructions final possible suitable appropriate well-written concise
    clear complete full brief short detailed careful expert suggestion example format formatted generated written write created
    create assist assistance further anything else changes adjust adjustments clarification information additional details
    thanks thank welcome note english
"""
_TASK = _NAMING.union(_TASK_WORDS.split())
_LEAD = re.compile(
    r"\A\W*(?:(?:sure|certainly|absolutely|of course|okay|ok|great|understood|alright)\b[^\n:]{0,60})?\W*"
    r"(?:here(?:['’]s| is| are)|below (?:is|are)|the following|this is|i['’](?:ve|ll)|i have)\b[^\n:]{0,160}"
    r"\b(?:answer|response|reply|question|request|version|rewrite|draft)s?\b[^\n:]{0,160}:\W*\Z",
    re.IGNORECASE,
)
_COLON = re.compile(r"\A([^\n]{1,160}?[:：][*_]{0,3})[ \t]*(?=\S)")
_SENTENCE = re.compile(r"\A([^.!?\n]{2,120}[.!])[ \t]+(?=\S)")
_LAST = re.compile(r"(?<=[.!?\"”)])[ \t]+([^.!?\n]{2,200}[.!?]{0,3})\Z")
_CLOSING = re.compile(
    r"\bhope (?:this|that|it|these|you)\b|\blet me know\b|\bfeel free\b|\bhappy to (?:help|assist)\b|\bhesitate to\b|\banything else\b"
    r"|\bif you (?:have|need|want|would like) (?:any|more|further|another|additional|me)\b|\bis there anything\b|\bthank you for\b"
    r"|\bwould you like me to\b",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\A\W{0,4}(?:note|notes|explanation|disclaimer|remark|rationale|reasoning|p\.?s\.?|word count|source|sources)\b[*_]{0,3}\s?[:：]",
    re.IGNORECASE,
)
_SECOND = re.compile(
    r"^\W*(?:alternatively|or|another (?:version|option|possibility|answer|question|request)"
    r"|(?:option|version|variant|alternative|answer|question|response|request) ?(?:\d|[A-C])\b)\W{0,3}[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_ABOUT_TEXT = re.compile(
    r"\b(?:i|my|me|the (?:given |provided |original |above )?(?:text|passage|prompt|answer|response|question|request|original))\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\W*(?:(?:unfortunately|apologies|sorry|i['’]m sorry|i am sorry|i apologi[sz]e|my apologies)[^.!?\n]{0,40}?)?(?:but )?(?="
    + UNABLE_ENGLISH.pattern
    + ")"
)
_APOLOGY = re.compile(
    r"\W*(?:i['’]m |i am |we are |my )?(?:really |very )?(?:sorry(?! (?:to hear|for your|about your|that you))|apolog)"
)
_OFFER = re.compile(
    r"\W*(?:(?:hi|hello|hey|yes|sure|certainly|of course|okay|great)\b[^\n.!?]{0,30}[.!,]\s*)?"
    r"(?:(?:i['’]m|i am|we are) (?:here|ready|available|able|happy|glad)\b[^.!?\n]{0,40}\b(?:help|assist)"
    r"|how (?:can|may|could|might) (?:i|we) (?:help|assist)|what(?:['’]s| is| are) your (?:request|question|query|task)s?\b"
    r"|what (?:would you like|do you want|do you need) (?:me|help|assistance)\b"
    r"|(?:please|could you|can you|you (?:haven['’]t|have not|didn['’]t|did not)|there is no)\W+(?:please )?"
    r"(?:provided?|shared?|gave|give|send|sent|paste|enter|specify)\b[^.!?\n]{0,20}\b(?:the|your|a|any) "
    r"(?:text|passage|question|request|article|prompt|paragraph|material)\b(?!\s+(?:of|for|from|in|about|on)\b))"
)
"""What an assistant writes that saw no task: it offers help, or wants the text."""
_RESTATED = re.compile(
    r"\A\W*(?:so|therefore|thus|hence)?\W*(?:the|my) (?:\w+ )?(?:answer|response|reply)"
    r"(?P<to> to (?:the|this|that|your) (?:\w+ )?(?:question|request|query))?[\s:,]*(?:[\"“'‘][^\n]{3,400}?[?.]?[\"”'’])?[\s,]*"
    r"(?:of [^\n:]{3,300}? )?(?:is|was|would be)(?: that)?\s*(?P<end>:|(?=[\"“]))\s*",
    re.IGNORECASE,
)
"""'The answer to the question "…" is:', and the same before an answer in quotation marks."""
_RESTATES = re.compile(
    r"\A\W*(?:the|my) (?:\w+ )?(?:answer|response|reply) to (?:the|this|that|your) (?:\w+ )?(?:question|request|query)\b"
    r"(?!\s+(?:of|about|as|why|how|whether|what|who|when|where|which|if)\b)",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\n\W*(?:so|therefore|thus|hence)?\W*the (?:correct )?answer(?: to (?:the|this|your) (?:question|request)[^\n]{0,400})? is\s*:",
    re.IGNORECASE,
)
"""The announcement of an answer below another one."""
_IN_QUOTES = re.compile(r"\A[\"“]([^\"“”\n]+)[\"”]\W?\Z")
_SENTENCES = re.compile(r"(?<=[.!?])\s|\n")
_LABEL = re.compile(r"\W{0,4}(?:question|request|reply|answer|response)\W{0,3}[:：]\W*", re.IGNORECASE)
_SENTENCE_CHARS, _REPEATED = 30, 0.3
_RULE = re.compile(r"\A[ \t]*[-–—*_=~#]{3,}[ \t]*\Z")
_TURN = re.compile(
    r"^(?:\W{0,4}(?:user|human|assistant)\W{0,3}[:：]|#{2,4} ?(?:instruction|response|input|system)\b)",
    re.IGNORECASE | re.MULTILINE,
)


def read(reply: str, given: str, template: Path, echoed: str = "") -> Reading:
    """The English question or answer in a reply.

    Args:
        reply: the response's text.
        given: everything that was filled into the prompt; what it has is not added.
        template: the prompt's file.
        echoed: a part of `given` that a reply may begin by repeating: the question before its answer.

    Raises:
        ParseError: `empty`, `special_tokens`, `control_characters`, `refusal`, `repeated`, or `added_text` with what was added.
    """
    found = unwrapped(reply, given, lambda text: _layer(text, given, template, echoed))
    if not found.text:
        raise ParseError("empty" if not reply.strip() else "added_text", ", ".join(found.stripped))
    if fault := _fault(found.text, given, template):
        raise ParseError(*fault)
    return found


def _layer(text: str, given: str, template: Path, echoed: str) -> Layer | None:
    for name, unwrap in WRAPPERS.items():
        if name == "label":
            continue  # bold labels structure an answer
        inside = unwrap(text, given if name in ("tag", "loose_tag") else "")
        if name == "quotes" and text[:1] in (inside or ""):
            continue  # "One" and "two"
        if inside is not None and inside.strip() != text:
            return name, inside
    if (rest := without_echo(text, template, given)) is not None:
        return "prompt", rest
    known = _TASK | vocabulary(template)
    if (rest := _without_question(text, echoed)) or (rest := _without_lead(text, known)):
        return "lead_in", rest
    return ("closing", rest) if (rest := _without_closing(text, known)) else None


def about_task(line: str, known: frozenset[str]) -> bool:
    """Whether all words of content of a line are words of the task, one that names it among them."""
    content = [word for word in words(line) if word not in _STOP]
    return not _NAMING.isdisjoint(content) and len(line) <= 240 and all(word in known for word in content)


def _without_question(text: str, question: str) -> str | None:
    bare = question.strip()
    return text[len(bare) :].strip() if bare and text.startswith(bare) and len(text) > len(bare) else None


def _without_lead(text: str, known: frozenset[str]) -> str | None:
    match = _RESTATED.match(text)
    rest = text[match.end() :].strip() if match else ""
    if match and (inside := _IN_QUOTES.match(rest)):
        return inside[1]
    if match and rest and (match["end"] or match["to"]):
        return rest
    head, _, rest = text.partition("\n")
    if rest.strip():
        colon = head.rstrip(" \t*_#").endswith((":", "："))
        if _RULE.match(head) or _LEAD.match(head) or (colon and about_task(head, known)) or _only_label(head):
            return rest.strip()
    match = _COLON.match(text)
    if match and (_LEAD.match(match.group(1)) or about_task(match.group(1), known)) and match.end() < len(text):
        return text[match.end() :].strip()
    match = _SENTENCE.match(text)
    return text[match.end() :].strip() if match and about_task(match.group(1), _TASK) else None


def _only_label(line: str) -> bool:
    """Whether a line is a heading of one to three words of the task: "## Answer"."""
    marked = line.strip()[:1] in "*#_["
    return marked and len(words(line)) <= 3 and about_task(line, _TASK)


def _without_closing(text: str, known: frozenset[str]) -> str | None:
    rest, _, last = text.rpartition("\n")
    if rest.strip() and (_RULE.match(last) or (_NOTE.match(last) and _ABOUT_TEXT.search(last)) or _is_closing(last)):
        return rest.strip()
    match = _LAST.search(text, max(0, len(text) - 240))
    return text[: match.start()].strip() if match and _is_closing(match.group(1)) else None


def _is_closing(line: str) -> bool:
    return len(line) <= 240 and bool(_CLOSING.search(line)) and about_task(_CLOSING.sub(" done ", line), _TASK)


def _fault(text: str, given: str, template: Path) -> tuple[str, str] | None:
    if fault := marks.fault(text, given):
        return fault
    if refuses(text, given):
        return "refusal", text[:80]
    if (match := _RESTATES.match(text) or _AGAIN.search(text)) and not _AGAIN.search(given):
        return "added_text", match.group().strip()[:80]
    if not _repeats(given) and (twice := _repeats(text)):
        return "repeated", twice[:80]
    if tags := set(META_TAG.findall(text)) - set(META_TAG.findall(given)):
        return "added_text", f"tags: {', '.join(sorted(tags))}"
    if echo := next((line for line in _SENTENCES.split(text) if is_echo(line, template, given)), None):
        return "added_text", f"the prompt: {echo[:80]}"
    if _NAMING.isdisjoint(words(given)) and (line := next(filter(_is_about_reply, _SENTENCES.split(text)), None)):
        return "added_text", line[:80]
    if (match := _SECOND.search(text) or _TURN.search(text)) and not _SECOND.search(given) and not _TURN.search(given):
        return "added_text", match.group()[:80]
    return ("repeated", text[-80:]) if loops(text) and not loops(given) else None


def _is_about_reply(line: str) -> bool:
    """Whether a sentence or a line says nothing but something of the question and the reply: a label, a plan, a remark."""
    return _LABEL.fullmatch(line) is not None or (len(words(line)) > 5 and about_task(line, _TASK))


def _repeats(text: str) -> str:
    """The first sentence that stands in a text again, where what stands again is a large part of it."""
    found, seen, again = [" ".join(words(each)) for each in _SENTENCES.split(text)], set[str](), []
    for each in found:
        if each in seen:
            again.append(each)
        elif len(each) >= _SENTENCE_CHARS:
            seen.add(each)
    return again[0] if again and sum(map(len, again)) >= _REPEATED * sum(map(len, found)) else ""


def refuses(text: str, given: str) -> bool:
    """Whether a text begins by what it cannot do, apologises, or offers help, where what was given does not."""
    first, low = text[:160].casefold(), given.casefold()
    apology = _APOLOGY.match(first) and not SORRY.search(low)
    offer = _OFFER.match(first) and not _OFFER.search(low)
    return bool(apology or offer or (_REFUSAL.match(first) and not UNABLE_ENGLISH.search(low)))
