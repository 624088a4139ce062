"""What a model adds to a translation is stripped or rejected; what its source has stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checks.added.wrappings import WRAPPINGS, Text
from tests.texts import QUICK, TEXTS
from xlforge.checks.added.translations import read
from xlforge.checks.integrity import problems
from xlforge.steps.parsing import ParseError

FULL = Path("pipelines/translations/v1/prompts/full.jinja2")
BRIEF = FULL.with_name("brief.jinja2")
SOURCE = "The old mill by the river closed in 1962. Its wheel still turns when the water is high, and children like to watch it."
TARGET = (
    "Die alte Mühle am Fluss wurde 1962 geschlossen. Ihr Rad dreht sich noch immer, wenn das Wasser hoch steht, "
    "und Kinder sehen ihm gern zu."
)
OTHER = "Die alte Mühle am Fluss machte 1962 zu. Das Rad dreht sich bei hohem Wasser noch, und die Kinder schauen gern dabei zu."
REASONS = {"empty", "added_text", "refusal", "special_tokens", "control_characters", "repeated"}


def left(reply: str, source: str = SOURCE, code: str = "de", template: Path = FULL) -> str:
    """What is left of a reply, or the reason why it is rejected."""
    try:
        return read(reply, source, code, template).text
    except ParseError as error:
        return error.reason


@pytest.mark.parametrize("template", [FULL, BRIEF], ids=lambda path: path.stem)
@pytest.mark.parametrize("name", WRAPPINGS)
def test_a_wrapped_translation_is_stripped_to_itself_or_rejected(name: str, template: Path) -> None:
    reply = WRAPPINGS[name](Text(TARGET, SOURCE, "de", OTHER))
    found = left(reply, template=template)
    if template == FULL or not name.startswith("prompt"):
        assert found == TARGET or found in REASONS, found


def test_a_plain_translation_stays_as_it_is() -> None:
    assert read(f"\n{TARGET} ", SOURCE, "de", FULL).stripped == ()
    assert left(TARGET) == TARGET


@pytest.mark.parametrize(
    ("reply", "names"),
    [
        (f"Hier die Übersetzung:\n\n{TARGET}", ("lead_in",)),
        (f'**German:** "{TARGET}"', ("label", "quotes")),
        (f"```\n<translation>{TARGET}</translation>\n```", ("code_fence", "tag")),
        (
            f"Sure! Here it is:\n{TARGET}\nI hope you like it.<|im_end|>",
            ("special_tokens", "lead_in", "closing"),
        ),
        (f'{{"language": "German", "translation": "{TARGET}"}}', ("json",)),
        (f"{TARGET}\n\nReply with the translation alone.", ("prompt",)),
        (f"\x1b[1m{TARGET}\x1b[0m", ("escape_sequences",)),
    ],
)
def test_what_was_stripped_is_named_from_outside_in(reply: str, names: tuple[str, ...]) -> None:
    found = read(reply, SOURCE, "de", FULL)
    assert (found.text, found.stripped) == (TARGET, names)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "empty"),
        ("```\n\n```", "added_text"),
        (f"{TARGET}<|im_end|>\n<|im_start|>user\nDanke!", "special_tokens"),
        (f"{TARGET[:20]}\u202e{TARGET[20:]}", "control_characters"),
        (f"\u2066{TARGET}\u2069", "control_characters"),
        (f"{TARGET}\x9b1m", "control_characters"),
        (TARGET + "".join(chr(0xE0000 + ord(char)) for char in "go"), "control_characters"),
        ("I'm sorry, but I cannot translate this.", "refusal"),
        ("As a language model I am not able to help with that.", "refusal"),
        ("Es tut mir leid, das kann ich leider nicht übersetzen.", "refusal"),
        ("The weather was fine and we all went to the sea together.", "added_text"),
        (f"{TARGET} / {OTHER}", "added_text"),
        (f"{TARGET}\n\n{OTHER}", "added_text"),
        (f"Fassung 1: {TARGET}", "added_text"),
        (f"{TARGET} </answer> und mehr", "added_text"),
        (f"{TARGET}{' und so weiter' * 30}", "repeated"),
    ],
)
def test_what_cannot_be_stripped_is_rejected_by_name(reply: str, reason: str) -> None:
    assert left(reply) == reason


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ('"The mill is closed."', "„Die Mühle ist geschlossen.“"),
        ('"Closed," she said, "for good."', "„Geschlossen“, sagte sie, „für immer.“"),
        ("Note: the mill is closed.", "Hinweis: Die Mühle ist geschlossen."),
        ("What you need:\n- flour\n- water", "Sie brauchen:\n- Mehl\n- Wasser"),
        ("```\nmake all\n```", "```\nmake all\n```"),
        ('{"mill": "closed"}', '{"mill": "geschlossen"}'),
        ("**The mill is closed.**", "**Die Mühle ist geschlossen.**"),
        ("The tag <text> opens it.", "Das Tag <text> öffnet es."),
        ("The token </s> ends it.", "Das Token </s> beendet es."),
        ("The German translation: a short history.", "Die deutsche Übersetzung: eine kurze Geschichte."),
        ("Sorry, I cannot come.", "Tut mir leid, ich kann nicht kommen."),
        ("He came.\n\nShe left.", "Er kam.\n\nSie ging."),
        ("Tea / coffee.", "Tee / Kaffee."),
        (
            "no no no no no no no no no no no no no no no no",
            "nein nein nein nein nein nein nein nein nein nein nein nein",
        ),
        ("Version 2: it works.", "Version 2: Es geht."),
    ],
)
def test_what_the_source_has_stays(source: str, target: str) -> None:
    found = read(target, source, "de", FULL)
    assert (found.text, found.stripped) == (target, ())


@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("ar", "أُغلقت الطاحونة القديمة\u200f عام 1962."),
        ("hi", "पुरानी चक्की 1962 में बंद हुई, पर पहिया क्\u200dया अब भी घूमता है।"),
        ("fa", "آسیاب قدیمی در سال ۱۹۶۲ بسته شد و چرخ آن هنوز می\u200cچرخد."),
    ],
)
def test_marks_and_joiners_that_scripts_need_are_text(code: str, target: str) -> None:
    assert left(target, "The old mill closed in 1962.", code) == target


def test_a_closing_after_a_quotation_leaves_its_mark() -> None:
    target = "Er sagte: „Die Mühle ist alt.“"
    assert left(f"{target} I hope this is what you need.", 'He said: "The mill is old."') == target


def test_two_paragraphs_of_one_are_no_addition() -> None:
    target = TARGET.replace(". Ihr", ".\nIhr")
    assert left(target) == target


@pytest.mark.parametrize(
    ("code", "source", "target"),
    [
        (
            "hu",
            "The bakery in our street is open until 1 p.m. on Sundays.",
            "Az utcánk péksége vasárnaponként 13:00-ig tart nyitva.",
        ),
        ("zh", "The first boat to the island leaves at 4.40 every morning.", "开往该岛的第一班船每天早上4:40出发。"),
        ("hi", "Children get free milk at the farm on Mondays.", "सोमवार को खेत पर बच्चों को नि:शुल्क दूध मिलता है।"),
    ],
)
def test_a_colon_in_a_time_or_a_word_begins_no_sentence(code: str, source: str, target: str) -> None:
    assert "added_text" not in {problem.reason for problem in problems(source, target, code)}


@pytest.mark.parametrize(
    "target",
    [
        f"{TARGET} Zögern Sie bitte nicht, sich bei weiteren Fragen jederzeit wieder bei mir zu melden.",
        f"Gern doch, bitte sehr: {TARGET}",
        f"Gern doch, bitte sehr.\n{TARGET}",
    ],
)
def test_a_sentence_that_aligns_with_none_is_added_text(target: str) -> None:
    assert "added_text" in [problem.reason for problem in problems(SOURCE, target, "de")]
    assert "added_text" not in [problem.reason for problem in problems(SOURCE, TARGET, "de")]


@QUICK
@given(TEXTS, TEXTS, st.sampled_from(["de", "zh", "th", "xx", "en"]))
def test_any_reply_is_read_or_rejected(reply: str, source: str, code: str) -> None:
    assert left(reply, source, code)


@QUICK
@given(st.sampled_from(sorted(WRAPPINGS)), st.sampled_from(sorted(WRAPPINGS)))
def test_wrappings_in_each_other_are_read_or_rejected(first: str, second: str) -> None:
    inner = WRAPPINGS[first](Text(TARGET, SOURCE, "de", OTHER))
    assert left(WRAPPINGS[second](Text(inner, SOURCE, "de", OTHER)))
