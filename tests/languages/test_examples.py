"""Languages without measured figures: right translations pass all checks, and corrupted ones fail. Examples, and no evidence of recall."""

from __future__ import annotations

import re

import pytest

from tests.languages.examples import ENGLISH, TRANSLATIONS
from xlforge.checks.integrity import problems
from xlforge.checks.language import share
from xlforge.languages.registry import LANGUAGES

PAIRS = [
    (code, source, target)
    for code, texts in TRANSLATIONS.items()
    for source, target in zip(ENGLISH, texts, strict=True)
]
CODES = list(TRANSLATIONS)
OTHER = {
    "ru": "el",
    "el": "ru",
    "ar": "ru",
    "th": "ar",
    "ja": "ko",
    "ko": "ja",
    "es": "cy",
    "cy": "es",
    "zh-Hant": "th",
}
"""Whose translation is the one in a wrong language."""


def fails(source: str, target: str, code: str) -> bool:
    return bool(problems(source, target, code)) or share(target, code) < 0.8


def two(code: str) -> list[tuple[str, str]]:
    """Texts of two sentences: source and translation."""
    joint = "" if code in ("ja", "zh-Hant") else " "
    texts = TRANSLATIONS[code]
    return [
        (f"{ENGLISH[at]} {ENGLISH[at + 1]}", f"{texts[at]}{joint}{texts[at + 1]}") for at in range(0, len(texts), 2)
    ]


@pytest.mark.parametrize(("code", "source", "target"), PAIRS, ids=lambda value: value if len(value) < 8 else "")
def test_a_right_translation_passes(code: str, source: str, target: str) -> None:
    assert problems(source, target, code) == []
    assert share(target, code) == 1.0


@pytest.mark.parametrize("code", CODES)
def test_right_translations_of_two_sentences_pass(code: str) -> None:
    assert [(target, found) for source, target in two(code) if (found := problems(source, target, code))] == []


@pytest.mark.parametrize("code", CODES)
def test_a_changed_number_fails(code: str) -> None:
    passed = []
    for source, target in zip(ENGLISH, TRANSLATIONS[code], strict=True):
        for match in re.finditer(r"\d+", target):
            changed = f"{target[: match.start()]}{int(match.group()) + 13}{target[match.end() :]}"
            passed += [changed] if not fails(source, changed, code) else []
    assert passed == []


@pytest.mark.parametrize("code", CODES)
def test_a_half_missing_fails(code: str) -> None:
    """Where no mark ends a sentence, only by its length or what is lost with it."""
    halves = [(source, target[: len(target) // 2].strip()) for source, target in two(code)]
    passed = [half for source, half in halves if not fails(source, half, code)]
    assert len(passed) <= (0 if LANGUAGES[code].sentence_marks else 2), passed


@pytest.mark.parametrize("code", CODES)
def test_another_language_or_script_and_the_source_itself_fail(code: str) -> None:
    wrong = TRANSLATIONS[OTHER[code]]
    for source, target, other in zip(ENGLISH, TRANSLATIONS[code], wrong, strict=True):
        assert fails(source, other, code), other
        assert fails(source, source, code), source
        assert fails(source, f"{target} {other}", code), "half of it in another language"


CHINESE = [(source, target) for source, target in zip(ENGLISH, TRANSLATIONS["zh-Hant"], strict=True)]
SIMPLIFIED = [
    (ENGLISH[0], "河上的旧桥是修道士于1712年建造的。"),
    (ENGLISH[2], "这座博物馆展出320幅画作，星期一不开放。"),
    (ENGLISH[6], "这座湖长12公里，只有在非常寒冷的年份才会结冰。"),
    (ENGLISH[10], "这座塔高86米，从塔顶可以看见大海。"),
    (ENGLISH[12], "这家工厂雇用1200人，并将家具出口到许多国家。"),
    (ENGLISH[19], "雨下了18天，然后山谷就被水淹没了。"),
]
CANTONESE = [
    (ENGLISH[3], "冇人記得教堂後面嗰啲蘋果樹係邊個種嘅。"),
    (ENGLISH[15], "你可唔可以話畀我知最近嘅藥房喺邊度呀？"),
    (ENGLISH[7], "佢阿嬤逢星期六都會整麵包畀成條街嘅人食，啲人好鍾意嚟。"),
]


@pytest.mark.parametrize(("source", "target"), SIMPLIFIED)
def test_simplified_chinese_is_no_traditional_chinese(source: str, target: str) -> None:
    assert problems(source, target, "zh") == []
    assert "foreign_script" in {problem.reason for problem in problems(source, target, "zh-Hant")}


@pytest.mark.parametrize(("source", "target"), CHINESE)
def test_traditional_chinese_is_no_simplified_chinese(source: str, target: str) -> None:
    assert "foreign_script" in {problem.reason for problem in problems(source, target, "zh")}


@pytest.mark.parametrize(("source", "target"), CANTONESE)
@pytest.mark.parametrize("code", ["zh", "zh-Hant"])
def test_cantonese_is_neither(source: str, target: str, code: str) -> None:
    assert "foreign_script" in {problem.reason for problem in problems(source, target, code)}


def test_prompts_name_the_way_of_writing() -> None:
    assert (LANGUAGES["zh"].name, LANGUAGES["zh-Hant"].name) == ("Simplified Chinese", "Traditional Chinese")
