"""Letters of every script of Unicode are told apart by its own tables, and the two ways of writing Chinese by their characters."""

from __future__ import annotations

import pytest

from xlforge.checks.scripts import other_chinese, script, strange
from xlforge.languages.registry import LANGUAGES, Language


@pytest.mark.parametrize(
    ("char", "name"),
    [("a", "Latn"), ("ж", "Cyrl"), ("ა", "Geor"), ("አ", "Ethi"), ("ꦲ", "Java"), ("𐐷", "Dsrt"), ("橋", "Hani"), ("あ", "Hira"),
     ("한", "Hang")],
)  # fmt: skip
def test_the_script_of_a_letter(char: str, name: str) -> None:
    assert script(char) == name


@pytest.mark.parametrize("char", ["\ud800", "\u0378", "\U0010ffff"])
def test_what_is_no_character_has_no_script(char: str) -> None:
    assert script(char) == "Zzzz"


def language(script: str) -> Language:
    return Language("xx", "Test", script, "low")


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("Cyrl", "Река течёт к морю", "Ο ποταμός"),
        ("Armn", "Գետը հոսում է դեպի ծով", "მდინარე"),
        ("Ethi", "ወንዙ ወደ ባህር ይፈሳል", "الله"),
        ("Jpan", "川はコーヒーの海へ流れる", "강물"),
        ("Kore", "강물은 바다(海)로", "かわ"),
        ("Khmr", "ទន្លេហូរទៅសមុទ្រ", "แม่น้ำ"),
        ("Latn", "ʻŌlelo, ñandú, Ångström, 5 µm", "река"),
    ],
)
def test_letters_of_another_script_are_strange(name: str, right: str, wrong: str) -> None:
    assert strange(right, language(name), "") == []
    assert strange(f"{right} {wrong}", language(name), "") == [char for char in wrong if char.isalpha()]


def test_latin_letters_and_those_of_the_source_are_not() -> None:
    assert strange("Город Zürich", language("Cyrl"), "") == []
    assert strange("Das Wort логос", language("Latn"), "The word Логос") == []


def test_a_language_of_any_script_has_no_strange_letter() -> None:
    assert strange("река 川 ποταμός", language("Zyyy"), "") == []


def test_letters_that_only_other_languages_use_are_strange() -> None:
    assert strange("Київ їде", LANGUAGES["ru"], "") == ["ї", "ї"]


def test_characters_of_both_ways_of_writing_chinese_count_for_neither() -> None:
    assert other_chinese("著名的山水", LANGUAGES["zh"]) == other_chinese("著名的山水", LANGUAGES["zh-Hant"]) == []
    assert other_chinese("這座橋", LANGUAGES["zh"]) == ["這", "橋"]
    assert other_chinese("这座桥", LANGUAGES["zh-Hant"]) == ["这", "桥"]
    assert other_chinese("这座桥是張先生建的", LANGUAGES["zh"]) == [], "one name in Traditional characters"
