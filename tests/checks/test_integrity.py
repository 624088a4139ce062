"""Every fault has its reason, a good translation has none, and hostile text is read to the end."""

from __future__ import annotations

import time

import pydantic
import pytest

from tests.checks.test_alignment import SOURCE, TARGET
from xlforge.checks.integrity import REASONS, problems

ENGLISH, GERMAN = " ".join(SOURCE), " ".join(TARGET)
RICH = """# A bridge

See https://example.org/bridge (or write to bridge@example.org) and run `make all`.

- It was built in 1712.
- It has 3 arches.

```python
print("old")  # a comment
```

| Year | Arches |
|------|--------|
| 1712 | 3      |
"""
RICH_GERMAN = """# Eine Brücke

Siehe https://example.org/bridge (oder schreib an bridge@example.org) und führe `make all` aus.

- Sie wurde 1712 gebaut.
- Sie hat drei Bögen.

```python
print("old")  # eine Anmerkung
```

| Jahr | Bögen  |
|------|--------|
| 1712 | 3      |
"""
NAMES = (
    "Anna Karlow met Bruno Dvorak in Tirana. Then Cecil Okafor, Olga Petrov and Emil Quist left for Harare with "
    "Farid Rahimi and Greta Solberg."
)


def reasons(source: str, target: str, code: str = "de", **thresholds: float) -> list[str]:
    return [problem.reason for problem in problems(source, target, code, **thresholds)]


@pytest.mark.parametrize(("source", "target"), [(ENGLISH, GERMAN), (RICH, RICH_GERMAN)], ids=["prose", "markdown"])
def test_a_good_translation_has_no_problem(source: str, target: str) -> None:
    assert problems(source, target, "de") == []


ADDED = " Und noch ein Satz, der nirgends steht und den niemand geschrieben hat."
SPOILT = [
    ("empty", ENGLISH, " \n"),
    ("unreadable_characters", ENGLISH, GERMAN.replace("Fluss", "Flu\x00")),
    ("unreadable_characters", ENGLISH, GERMAN.replace("ä", "\ufffd")),
    ("foreign_script", ENGLISH, GERMAN.replace("Garten", "花园花园")),
    ("copied", ENGLISH, ENGLISH),
    ("untranslated", ENGLISH, f"{TARGET[0]} {SOURCE[1]} {TARGET[2]} {TARGET[3]}"),
    ("repeated", ENGLISH, TARGET[0] + " und wieder und wieder" * 12 + "."),
    ("too_short", ENGLISH, TARGET[0]),
    ("too_long", ENGLISH, GERMAN * 3),
    ("cut_off", ENGLISH, GERMAN[:-12]),
    ("dropped_sentences", ENGLISH, " ".join(TARGET[:2] + TARGET[3:])),
    ("added_text", ENGLISH, GERMAN + ADDED),
    ("numbers_changed", ENGLISH, GERMAN.replace("1712", "1721")),
    ("numbers_missing", ENGLISH, GERMAN.replace("des Jahres 1712", "")),
    ("numbers_added", ENGLISH, GERMAN.replace("Bäume", "77 Bäume")),
    ("names_missing", NAMES, "Er traf ihn in der Stadt. Dann gingen sie mit den anderen, und alle fuhren weit weg nach Süden, "
     "ohne dass jemand wusste, wohin."),
    ("addresses_changed", RICH, RICH_GERMAN.replace("org/bridge", "org/bruecke")),
    ("code_changed", RICH, RICH_GERMAN.replace("`make all`", "`mach alles`")),
    ("code_changed", RICH, RICH_GERMAN.replace('"old"', '"alt"')),
    ("structure_changed", RICH, RICH_GERMAN.replace("- Sie hat", "Sie hat")),
    ("structure_changed", RICH, RICH_GERMAN.replace("# Eine", "Eine")),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "source", "target"), SPOILT, ids=[reason for reason, _, _ in SPOILT])
def test_a_fault_has_its_reason(reason: str, source: str, target: str) -> None:
    assert reason in reasons(source, target)


def test_every_reason_is_tested() -> None:
    assert {reason for reason, _, _ in SPOILT} == set(REASONS)


def test_reasons_come_in_their_order_and_details_are_short() -> None:
    found = problems(RICH, "\x00" + RICH.replace("1712", "1721"), "de")
    order = [REASONS.index(problem.reason) for problem in found]
    assert len(order) > 2
    assert order == sorted(order)
    assert all(len(problem.detail) < 300 for problem in found)


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        ("Elite League: Dundee Stars 5-3 Belfast Giants", "Elite League: Dundee Stars 5-3 Belfast Giants", "mt"),
        ("`make all`", "`make all`", "de"),
        ('"No, no, no!"', "„Nein, nein, nein!“", "de"),
        ('"Who is there?"', "– Wer ist da?", "de"),
        ("The 19th century was long.", "19. yüzyıl uzundu.", "tr"),
        ("It is α and β.", "Es ist α und β.", "de"),
    ],
    ids=["names stay", "code stays", "three times", "speech", "no list", "script of the source"],
)
def test_what_looks_odd_and_is_right_passes(source: str, target: str, code: str) -> None:
    assert problems(source, target, code) == []


def test_names_that_are_translated_are_not_missed() -> None:
    source = (
        "In the House of Commons, the Supreme Court, the European Parliament, the United Nations, the North Sea, the Red Cross, "
        "the White House, the National Bank, the City Council, the Royal Navy, the World Bank and the Prime Minister agree."
    )
    target = (
        "Im Unterhaus, am Obersten Gericht, im Parlament Europas, bei den Vereinten Völkern, an der Nordsee, beim Roten "
        "Kreuz, im Weißen Haus, bei der Nationalbank, im Stadtrat, bei der Königlichen Marine, bei der Weltbank und beim "
        "Regierungschef ist man sich einig."
    )
    assert problems(source, target, "de") == []


def test_bars_can_be_set() -> None:
    target = GERMAN + ADDED
    assert reasons(ENGLISH, target, max_added_evidence=10) == []
    assert "too_long" in reasons(ENGLISH, target, max_length=1.0)
    assert "dropped_sentences" not in reasons(ENGLISH, " ".join(TARGET[:2] + TARGET[3:]), max_dropped_evidence=1000)


def test_an_unknown_bar_is_an_error() -> None:
    with pytest.raises(pydantic.ValidationError, match="shortst"):
        problems(ENGLISH, GERMAN, "de", shortst=1)


def test_a_language_without_a_file_is_checked_with_the_defaults() -> None:
    assert reasons(ENGLISH, GERMAN, "nl") == []
    assert "copied" in reasons(ENGLISH, ENGLISH, "nl")


HOSTILE = {
    "one line": "wort " * 100_000,
    "one word": "a" * 1_000_000,
    "dots": "." * 300_000,
    "at signs": "@" * 300_000,
    "backticks": "`a``b```c" * 30_000,
    "digits": "1,234." * 20_000,
    "white space": "a." + " " * 300_000 + "b",
    "surrogates": "\ud800 Ein Satz. " * 1000,
    "tags": "<|im_start|>" * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_read_to_the_end(text: str) -> None:
    start = time.perf_counter()
    assert problems(ENGLISH, text, "de")
    problems(text, text, "de")
    assert time.perf_counter() - start < 20


PLACEHOLDERS = [
    "{first_name}", "{0}", "{}", "{0:.2f}", "{user[name]}", "%s", "%1$s", "%(name)d", "%.2f", "{{ x }}", "{{city}}", "${VAR}", "$HOME_DIR",
    ":name", ":user_id", ":smile:", "[[x]]", "<name>", "<br/>", '<a href="https://example.org">',
]  # fmt: skip


@pytest.mark.parametrize("held", PLACEHOLDERS)
def test_placeholders_are_held_like_code(held: str) -> None:
    source, target = "The guide waits for {} at the old bridge.", "Die Führerin wartet auf {} an der alten Brücke."
    assert reasons(source.replace("{}", held), target.replace("{}", held)) == []
    for spoilt in ("", "sie", held.upper() if held != held.upper() else held.lower(), f"{held} {held}"):
        if spoilt != held:
            assert "code_changed" in reasons(source.replace("{}", held), target.replace("{}", spoilt)), spoilt


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("It fell by 20% during the day.", "Es fiel am Tag um 20% des Wertes."),
        ("The sum is $x^{23}$ and \\frac{1}{2} of it.", "Die Summe ist $x²³$ und \\frac{1}{2} davon."),
        ("Bring 5% salt: nothing else, at 12:30.", "Bringt 5 % Salz: nichts weiter, um 12:30."),
        ("It has 10<sup>23</sup> atoms in a cup.", "Es hat 10²³ Atome in einer Tasse."),
        ('Read <img src="a.png" alt="the bridge"> first.', 'Lies zuerst <img src="a.png" alt="die Brücke">.'),
    ],
    ids=["percent", "formula", "colon", "raised", "text of a tag"],
)
def test_what_looks_like_a_placeholder_and_is_none_may_change(source: str, target: str) -> None:
    assert "code_changed" not in reasons(source, target)
