"""A text's language is judged by what can be judged in it, and the rest does not count against the text."""

from __future__ import annotations

import multiprocessing

import pytest

from xlforge.checks.language import CANDIDATES, identify, is_language, lines, share
from xlforge.languages.registry import LANGUAGES

SENTENCES = {
    "en": "The bridge over the river was built more than three hundred years ago.",
    "de": "Die Brücke über den Fluss wurde vor mehr als dreihundert Jahren gebaut.",
    "pt": "A ponte sobre o rio foi construída há mais de trezentos anos.",
    "zh": "这座横跨河流的桥建于三百多年前。",
    "hi": "नदी पर बना यह पुल तीन सौ साल से भी पहले बनाया गया था।",
    "hu": "A folyó feletti híd több mint háromszáz évvel ezelőtt épült.",
    "lt": "Tiltas per upę buvo pastatytas daugiau nei prieš tris šimtus metų.",
    "ga": "Tógadh an droichead thar an abhainn níos mó ná trí chéad bliain ó shin.",
    "mt": "Il-pont fuq ix-xmara nbena aktar minn tliet mitt sena ilu.",
    "fr": "Le pont sur la rivière a été construit il y a plus de trois cents ans.",
    "fi": "Joen ylittävä silta rakennettiin yli kolmesataa vuotta sitten.",
    "ru": "Мост через реку был построен более трёхсот лет назад.",
    "el": "Η γέφυρα πάνω από το ποτάμι χτίστηκε πριν από περισσότερα από τριακόσια χρόνια.",
    "ar": "بني الجسر فوق النهر قبل أكثر من ثلاثمئة عام.",
    "th": "สะพานข้ามแม่น้ำแห่งนี้สร้างขึ้นเมื่อกว่าสามร้อยปีก่อน",
    "ja": "川に架かるこの橋は三百年以上前に造られました。",
    "ko": "강 위의 이 다리는 삼백 년도 더 전에 지어졌습니다.",
    "es": "El puente sobre el río fue construido hace más de trescientos años.",
    "cy": "Adeiladwyd y bont dros yr afon fwy na thri chan mlynedd yn ôl.",
    "zh-Hant": "這座橫跨河流的橋建於三百多年前。",
    "tr": "Nehrin üzerindeki köprü üç yüz yıldan daha uzun bir süre önce inşa edildi.",
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_language_is_distinguished_from_the_others(code: str) -> None:
    label = LANGUAGES[code].label
    assert identify(SENTENCES[code], CANDIDATES | {label})[0] == label
    assert share(SENTENCES[code], code) == 1.0
    other = "en" if code != "en" else "de"
    assert not is_language(SENTENCES[other], code)


def test_a_mixed_text_is_judged_by_share() -> None:
    found = share(f"{SENTENCES['de']}\n\n{SENTENCES['en']}", "de")
    assert 0.4 < found < 0.6
    assert 0.4 < share(f"{SENTENCES['de']} {SENTENCES['en']}", "de") < 0.6, "also within a line"


def test_code_addresses_and_short_lines_are_not_judged() -> None:
    text = f"# Kód\n\n```python\nfor word in the_words_of_the_text:\n    print(word)\n```\n\n{SENTENCES['hu']}\n"
    text += "Lásd: https://example.org/some/english/words\n12.5 %\nOK"
    assert lines(text) == [SENTENCES["hu"]]


def test_an_unclosed_fence_is_code_to_the_end() -> None:
    assert lines("```\nthis is not prose and nobody closed it") == []


def test_short_sentences_are_judged_with_their_line() -> None:
    assert lines("Ja. Nein. Doch, das ist so.") == ["Ja. Nein. Doch, das ist so."]


@pytest.mark.parametrize("text", ["", "12.5 %", "`x = 1`", "🙂"])
def test_where_nothing_can_be_judged_nothing_counts_against_the_text(text: str) -> None:
    assert share(text, "mt") == 1.0
    assert identify(text)[0] in ("zxx", "en", *LANGUAGES)


def test_a_text_can_be_identified_among_all_languages() -> None:
    assert identify("Ito ay isang maliit na bayan sa tabi ng dagat.", among=None)[0] == "tl"


def test_an_unknown_language_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"xx.*knows.* ga "):
        share("Hallo", "xx")


def test_hostile_text_is_judged_like_any_other() -> None:
    assert share(f"\x00\ud800{SENTENCES['de']}", "de") == 1.0
    assert 0 <= share("a" * 1_000_000, "de") <= 1
    assert 0 <= share("@." * 200_000, "de") <= 1


def _in_child(queue: multiprocessing.Queue[float]) -> None:
    queue.put(share(SENTENCES["ga"], "ga"))


def test_it_works_in_a_forked_child() -> None:
    share(SENTENCES["ga"], "ga")
    context = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue[float] = context.Queue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    assert queue.get(timeout=20) == 1.0
    child.join(timeout=10)
