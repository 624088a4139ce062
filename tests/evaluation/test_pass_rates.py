"""Language pass rates: what is judged, what passes, and what has no figure."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlforge.evaluation.pass_rates import NO_LATIN, Answer, line_pass, pass_rates, read_answers, word_pass
from xlforge.languages.registry import LANGUAGES

GERMAN = "Die Brücke über den Fluss wurde vor mehr als dreihundert Jahren gebaut."
ENGLISH = "The bridge over the river was built more than three hundred years ago."
CHINESE = "这座横跨河流的桥建于三百多年前，至今仍在使用。"
HINDI = "नदी पर बना यह पुल तीन सौ साल से भी पहले बनाया गया था।"
OTHERS = {
    "ja": "川に架かる橋は三百年以上前に建てられました。",
    "ko": "강 위의 다리는 삼백 년도 더 전에 지어졌습니다.",
    "ru": "Мост через реку был построен более трёхсот лет назад.",
    "ar": "تم بناء الجسر فوق النهر منذ أكثر من ثلاثمائة عام في هذه المدينة القديمة.",
    "th": "สะพานข้ามแม่น้ำสร้างขึ้นเมื่อกว่าสามร้อยปีก่อน",
    "es": "El puente sobre el río fue construido hace más de trescientos años.",
    "vi": "Cây cầu bắc qua sông được xây dựng hơn ba trăm năm trước.",
}


def test_every_line_must_be_in_the_language() -> None:
    assert line_pass(f"{GERMAN}\n\n{GERMAN}", "de") is True
    assert line_pass(f"{GERMAN}\n{ENGLISH}\n{GERMAN}", "de") is False
    assert line_pass(ENGLISH, "de") is False


@pytest.mark.parametrize("code", OTHERS)
def test_languages_outside_the_projects_table_are_identified(code: str) -> None:
    assert line_pass(OTHERS[code], code) is True
    assert line_pass(ENGLISH, code) is False


def test_short_lines_are_not_judged() -> None:
    assert line_pass(f"Sure, of course:\n{GERMAN}", "de") is True
    assert line_pass(f"Sure, of course, right away now:\n{GERMAN}", "de") is False


@pytest.mark.parametrize("text", ["", " \n ", "Ja.", "1 2 3 4 5 6 7", "| --- | --- | --- | --- | --- |", "好的。"])
def test_what_has_no_line_to_judge_neither_passes_nor_fails(text: str) -> None:
    assert line_pass(text, "de" if text != "好的。" else "zh") is None
    assert word_pass(text, "zh") is None


def test_words_of_a_script_without_spaces_are_counted_by_characters() -> None:
    assert line_pass("这座桥很老", "zh") is None
    assert line_pass(CHINESE, "zh") is True
    assert line_pass(CHINESE, "ja") is False


def test_an_answer_ends_before_a_further_question() -> None:
    assert line_pass(f"{GERMAN}\nQ: {ENGLISH}", "de") is True


def test_lines_of_code_are_lines() -> None:
    assert line_pass(f"{GERMAN}\n```\n# walk over all of the lines\n```", "de") is False


@pytest.mark.parametrize("times", [1, 1000, 50_000])
def test_a_line_may_be_very_long(times: int) -> None:
    assert line_pass(f"{GERMAN} " * times, "de") is True
    assert line_pass(f"{ENGLISH} " * times, "de") is False


def test_broken_characters_are_judged_as_they_are() -> None:
    assert line_pass(f"{GERMAN} \ud800 \ufffd \x00", "de") is True


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (CHINESE.replace("至今", "至今remains"), "zh"),
        (f"{CHINESE}（learning）", "zh"),
        (f"{CHINESE} **learning**", "zh"),
        (f"{CHINESE} _learning_ ", "zh"),
        (HINDI.replace("पुल", "bridge"), "hi"),
        (HINDI.replace("पुल", '"bridge",'), "hi"),
    ],
)
def test_an_english_word_fails_an_answer_that_passes_by_line(text: str, code: str) -> None:
    assert line_pass(text, code) is True
    assert word_pass(text, code) is False


@pytest.mark.parametrize(
    "added", ["", " NASA", " GPT-4", " iPhone", " https://example.com/some", " file.py", " the", " html"]
)
def test_names_addresses_and_short_words_are_no_english(added: str) -> None:
    assert word_pass(HINDI.replace("।", f"{added} ।"), "hi") is True


def test_words_are_judged_only_where_the_lines_pass_and_english_stands_out() -> None:
    assert word_pass(ENGLISH, "hi") is None
    assert word_pass(GERMAN, "de") is None


def test_the_script_of_a_language_with_a_file_is_known_from_it_alone() -> None:
    assert not NO_LATIN & set(LANGUAGES)


def test_an_unknown_language_is_refused_with_those_known() -> None:
    with pytest.raises(ValueError, match=r"cannot identify 'xx'; it knows .*\bde\b"):
        line_pass(GERMAN, "xx")
    with pytest.raises(ValueError, match="cannot identify 'xx'"):
        word_pass("", "xx")


def test_rates_are_means_over_sources_and_then_languages() -> None:
    answers = [Answer("a", "de", GERMAN)] * 3 + [Answer("a", "de", ENGLISH)] + [Answer("b", "de", ENGLISH)]
    answers += [Answer("a", "hi", HINDI), Answer("a", "hi", HINDI.replace("पुल", "bridge"))]
    answers += [Answer("a", "hi", ""), Answer("a", "hi", None)]
    found = pass_rates(answers)
    german, hindi = found.by_language["de"], found.by_language["hi"]
    assert (german.line_pass_rate, german.word_pass_rate, german.n, german.skipped) == (37.5, None, 5, 0)
    assert (hindi.line_pass_rate, hindi.word_pass_rate, hindi.n, hindi.skipped, hindi.n_words) == (100, 50, 2, 2, 2)
    assert (found.line_pass_rate, found.word_pass_rate) == (68.75, 50)


def test_what_was_not_judged_is_no_number() -> None:
    found = pass_rates([Answer("a", "de", "Ja."), Answer("a", "hi", HINDI)])
    assert found.by_language["de"].line_pass_rate is None
    assert found.line_pass_rate == 100, "and no part of the mean"


@pytest.mark.parametrize(("model", "rate"), [("command-r", 67.6), ("gpt-3.5-turbo", 87.4), ("llama-2-instruct", 42.4)])
def test_real_answers_come_out_as_with_the_benchmarks_detector(shared: Path, model: str, rate: float) -> None:
    found = pass_rates(read_answers(shared / "language_confusion" / f"{model}.jsonl"))
    assert found.line_pass_rate == pytest.approx(rate, abs=1.5)
    assert set(found.by_language) == {"de", "fr", "hi", "pt", "tr", "zh"}
    assert found.by_language["zh"].word_pass_rate is not None
