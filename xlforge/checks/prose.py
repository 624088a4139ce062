"""Responses that should be English prose: questions that stand by themselves, and answers to them."""

import re
from dataclasses import replace
from pathlib import Path

from xlforge.checks.added import english, marks
from xlforge.checks.added.echo import words
from xlforge.checks.added.loops import loops
from xlforge.checks.added.reading import Reading
from xlforge.checks.language import share
from xlforge.steps.parsing import ParseError, plain_text

_MIN_SHARE = 0.5
"""A name or a quotation in another language is no fault."""


def english_text(text: str) -> str:
    """The text of a response that should be English. Raises ParseError where it is not, or is no text at all."""
    plain = plain_text(text)
    found = share(plain, "en")
    if found < _MIN_SHARE:
        raise ParseError("not_english", f"{found:.2f} of it is English")
    return plain


def english_question(text: str) -> str:
    """The text of a response that should be one English question or request, in one paragraph. Raises ParseError where it is not."""
    question = english_text(text)
    if "\n" in question:
        raise ParseError("not_one_question", f"{len(question.splitlines())} lines")
    return question


_MATERIAL = "text|passage|article|paragraph|excerpt|extract|snippet|document|narrator|author|writer"
_REFERENCE = re.compile(
    r"\b(?:the|this|that|these|those)\s+(?:(?:above|given|provided|following|said|preceding|previous|short|attached)\s+)*"
    rf"(?P<noun>{_MATERIAL})s?\b"
    r"(?!['’]s name|\s+(?:of|or|and|that|which|who|messages?|editors?|files?|box(?:es)?|fields?|formats?|from)\b|\s+\d)"
    r"|\b(?:described|discussed|mentioned|stated|listed|given|provided|outlined|shown|referred to)\s+"
    r"(?:above|below|here|in the (?:above|following))\b"
    r"|\bthe (?:above|information (?:above|given|provided))\b"
    r"|\bthe (?:given|provided|above) (?:information|context|content|description|statement|details)\b|\bfrom the context\b",
    re.IGNORECASE,
)
"""What only a reader of the prompt's material understands."""
_ANSWER_REFERENCE = re.compile(
    rf"\b(?:the|this)\s+(?:provided|given|above)\s+(?:(?P<given>{_MATERIAL})s?|information|context|content|description|details)\b"
    r"|\b(?:the|this)\s+above\s+(?P<above>answer|question|response|sentence|statement)\b"
    r"|\b(?:the|this)\s+(?P<about>text|passage|excerpt|snippet)\s+(?:is|was|has|does|did|can)\b"
    rf"|\b(?:according to|based on|in|from|as per|per)\s+(?:the|this)\s+(?P<noun>{_MATERIAL})\b(?!\s+(?:of|or|and|that|which)\b)"
    rf"|\b(?:the|this)\s+(?P<subject>{_MATERIAL})\s+(?:(?:also|only|does|did|not|doesn['’]t|didn['’]t)\s+){{0,3}}(?:says?|states?|mentions?|describes?|provides?|notes?|explains?"
    r"|suggests?|highlights?|emphasi[sz]es?|discusses|discuss|indicates?|contains?|includes?|specif(?:y|ies)|implies|imply|gives?|offers?|lists?|tells?)\b",
    re.IGNORECASE,
)
"""The same in an answer, which may speak of texts and documents in general."""
_QUESTION_END = re.compile(r"\?[\"'”’»)\]*_]*(?=\s|$)")
_REQUEST = re.compile(
    r"\b(?:i(?:['’]d| would)? (?:want|need|like|wish|love)|i wonder|help me"
    r"|i(?:['’]m| am) (?:looking for|trying to|preparing|curious|wondering|interested)"
    r"|(?:can|could|would|will) (?:you|we|someone|anyone)|need|please|you should)\b",
    re.IGNORECASE,
)
_QUESTION_WORD = re.compile(
    r"(?:^|[.!:;–—-]\s+|,\s+(?:and |but |so )?(?=what|why|how))\W*"
    r"(?:(?:and|but|so|or|then|also|exactly|just|in|on|at|to|for|from|by|with|of|about|under|since|until|into|through|than|as|after|before|during)\s+){0,2}(?:who|whom|whose|what|which|when|where|why|how)\b",
    re.IGNORECASE,
)
"""At the start of a clause, where it is no relative pronoun."""
_IMPERATIVES_WORDS = """
    act add advise analyse analyze answer apologise apologize apply argue arrange assess brainstorm break build calculate
    categorise categorize change check choose cite clarify classify collect combine come comment compare complain complete
    compose compute confirm congratulate consider construct contrast convert convince correct count create critique curate
    debate debunk decide define demonstrate describe design detail determine develop devise differentiate discover discuss
    disprove distinguish do draft dramatise dramatize draw edit elaborate enumerate estimate evaluate examine expand explain
    explore express extract fact-check fill find fix format formulate generate get give guide help identify illustrate
    imagine implement improve include indicate infer inform inspire instruct interpret introduce invent investigate invite
    justify let list look make mention motivate name narrate note offer order organise organize outline output paraphrase
    perform persuade phrase pick pitch plan play point predict prepare present pretend prove provide publish put quiz rank
    rate react read reassure rebut recommend recount reformulate refute remember remind rephrase reply report respond review
    revise rewrite rhyme role-play schedule select settle share show simplify simulate sing sketch solve sort speak specify
    spell state structure study suggest summarise summarize support take talk teach tell thank think trace translate try
    turn use verify walk warn weave weigh write
"""
_IMPERATIVES = frozenset(_IMPERATIVES_WORDS.split())
_OBJECT = re.compile(
    r"\W*(?:please\s+)?(?!(?:about|after|all|among|around|before|behind|believe|between|both|by|excuse|for|from|like|most|near|none|of|"
    r"over|some|than|to|trust|with|without)\b)[a-z-]+\s+(?:me|us)\b",
    re.IGNORECASE,
)
"""A verb, whatever it is, since `me` and `us` are its objects: "Surprise me"."""
_AUXILIARIES_WORDS = """
    am is are was were do does did have has had can could will would shall should may might must isn't aren't wasn't weren't don't
    doesn't didn't haven't hasn't can't couldn't won't wouldn't shouldn't
"""
_AUXILIARIES = frozenset(_AUXILIARIES_WORDS.split())
_MIN_COPY = 5
"""Words of a sentence that is not a copy by chance."""


def read_question(reply: str, passage: str, template: Path) -> Reading:
    """The one English question or request in a reply, which can be understood without the passage it was written from.

    Raises:
        ParseError: what was added cannot be stripped; `not_english`, `not_one_question`, `not_a_question`, `refers_to_text`.
    """
    found = english.read(plain_text(reply), passage, template)
    question = english_question(found.text)
    if not asks(question) or copies(question, passage):
        raise ParseError("not_a_question", question[:80])
    _stands_alone(_REFERENCE, question, passage)
    return replace(found, text=question)


def read_answer(reply: str, question: str, text: str, template: Path) -> Reading:
    """The English answer in a reply, which can be understood without the text that it was written from.

    Raises:
        ParseError: what was added cannot be stripped; `not_english`, `not_an_answer` where it is the question, `refers_to_text`.
    """
    found = english.read(plain_text(reply), f"{question}\n{text}", template, question)
    answer = english_text(found.text)
    if _repeats(answer, question) or _only_asks(answer, question):
        raise ParseError("not_an_answer", answer[:80])
    _stands_alone(_ANSWER_REFERENCE, answer, f"{question}\n{text}")
    return replace(found, text=answer)


def check_given_question(text: str) -> None:
    """Raises ParseError where a question or request that a user gives cannot be used. It may be about anything, in any form.

    Raises:
        ParseError: `special_tokens`, `control_characters`, `repeated`.
    """
    _check_given(text, "")


def check_given_answer(text: str, question: str) -> None:
    """Raises ParseError where an answer that a user gives cannot be used. question: the one that it answers; empty where it has none yet.

    Raises:
        ParseError: `special_tokens`, `control_characters`, `refusal`, `not_an_answer` where it is the question, `repeated`.
    """
    if english.refuses(text, question):
        raise ParseError("refusal", text[:80])
    if words(text) == words(question):
        raise ParseError("not_an_answer", text[:80])
    _check_given(text, question)


def _check_given(text: str, question: str) -> None:
    if fault := marks.fault(text, question):
        raise ParseError(*fault)
    if loops(text) and not loops(question):
        raise ParseError("repeated", text[-80:])


def asks(text: str) -> bool:
    """Whether an English text asks or requests something: by a question mark, a question word, or a verb in the imperative."""
    if _QUESTION_END.search(text) or _REQUEST.search(text[:160]) or _QUESTION_WORD.search(text[:160]):
        return True
    starts = re.findall(r"(?:^|[.!,:;]\s+|\bthen\s+|\band\s+)([A-Za-z'-]+)(?:\s+([A-Za-z]+))?", text.casefold())
    imperative = any(verb in _IMPERATIVES or (verb.endswith("ly") and after in _IMPERATIVES) for verb, after in starts)
    return (
        imperative
        or bool(_OBJECT.match(text))
        or any(word.lower() in _AUXILIARIES for word in text.split(maxsplit=1)[:1])
    )


def copies(question: str, passage: str) -> bool:
    """Whether a text that ends in no question mark is a part of a passage, word for word."""
    run, marked = words(question), question.rstrip("\"'”’)*_ ").endswith("?")
    return len(run) >= _MIN_COPY and not marked and " ".join(run) in " ".join(words(passage))


def _repeats(answer: str, question: str) -> bool:
    """Whether an answer is its question, or most of it."""
    ours, theirs = words(answer), words(question)
    long = len(ours) > 0.6 * len(theirs) and len(ours) >= _MIN_COPY
    return ours == theirs or (long and " ".join(ours) in " ".join(theirs))


def _only_asks(answer: str, question: str) -> bool:
    """Whether an answer is nothing but a question, where none was wanted."""
    one = answer.rstrip("\"'”’)*_ ").endswith("?") and not re.search(r"[.!?:;\n]", answer.rstrip("?\"'”’)*_ "))
    return one and not re.search(r"\b(?:questions?|ask|asks|asking)\b", question, re.IGNORECASE)


def _stands_alone(reference: re.Pattern[str], text: str, given: str) -> None:
    """Raises ParseError for a reference to a text, where what was given speaks of none such itself."""
    for match in reference.finditer(text):
        noun = next(filter(None, match.groupdict().values()), None)
        if noun is None or not re.search(rf"\b{noun}s?\b", given, re.IGNORECASE):
            raise ParseError("refers_to_text", match.group())
