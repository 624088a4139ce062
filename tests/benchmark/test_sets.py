"""Each prompt is in every set and language, with the right text to send and everything known about it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmark.conftest import Stage
from xlforge.base.errors import BuildError
from xlforge.languages.registry import LANGUAGES

Rows = list[dict[str, Any]]


def test_each_prompt_is_in_every_set_and_language(build: Stage, pocket: Rows) -> None:
    made = build(pocket)
    assert len(made.rows) == 2 * (2 + 1 + 2)
    assert not len(made.rejects)
    assert made.counts["sets"] == {
        "crosslingual": {"de": 2, "hu": 2}, "english": {"en": 2}, "same_language": {"de": 2, "hu": 2},
    }  # fmt: skip
    for row in made.rows.to_dicts():
        assert row["id"] == f"{row['prompt_id']}/{row['set']}/{row['language']}"
        assert row["prompt_id"].startswith(("p1-", "p2-"))


def test_a_crosslingual_prompt_is_the_english_question_and_a_request(build: Stage, pocket: Rows) -> None:
    for code, name in (("de", "German"), ("hu", "Hungarian")):
        for row in build(pocket).of("crosslingual", code):
            assert name in row["prompt"]
            assert name not in row["instruction"]
            assert row["instruction"].removesuffix("?") in row["prompt"]
            assert row["instruction_en"] == row["instruction"]


def test_a_request_depends_on_its_row_alone(build: Stage, pocket: Rows) -> None:
    alone = build(pocket[:1], sets=["crosslingual"], languages=["de"])
    among = build([pocket[1], pocket[0]])
    assert alone.of("crosslingual", "de")[0] in among.of("crosslingual", "de")


def test_requests_vary_over_a_benchmark(build: Stage) -> None:
    question = "How far is the town of {} from the sea?"
    rows = [{"prompt": question.format(f"T{number}")} for number in range(60)]
    made = build(source={**dict.fromkeys(("part", "questions", "passage", "truth", "slots", "id"))}, rows=rows,
                 sets=["crosslingual"], languages=["de"])  # fmt: skip
    prompts = [row["prompt"].replace(row["instruction"][:-1], "…") for row in made.of("crosslingual", "de")]
    starts, ends = sum(p.endswith("…?") for p in prompts), sum(p.startswith("…?") for p in prompts)
    assert len(set(prompts)) > 15
    assert min(starts, ends, 60 - starts - ends) >= 10


def test_the_english_set_is_english_alone(build: Stage, pocket: Rows) -> None:
    for row in build(pocket).of("english", "en"):
        assert row["prompt"] == row["instruction"] == row["instruction_en"]


def test_the_same_language_set_is_in_the_language_alone(build: Stage, pocket: Rows) -> None:
    rows = {row["prompt"]: row for row in build(pocket).of("same_language", "hu")}
    assert set(rows) == {row["questions"]["hu"] for row in pocket}
    row = rows["Milyen mély a Ketinal nevű tó?"]
    assert row["instruction"] == row["prompt"]
    assert row["instruction_en"] == "How deep is Lake Ketinal?"


def test_what_is_known_is_in_each_row_and_not_in_its_prompt(build: Stage, pocket: Rows) -> None:
    made = build(pocket)
    (row,) = [row for row in made.of("crosslingual", "de") if row["prompt_id"].startswith("p2-")]
    assert row["truth"] == "Aus roten Ziegeln."
    assert row["slots"] == [
        {
            "slot": "material",
            "phrases": [
                {"language": "de", "phrase": "aus roten Ziegeln"},
                {"language": "en", "phrase": "red brick"},
                {"language": "hu", "phrase": "vörös téglából"},
            ],
        }
    ]
    assert row["part"] == "village"
    assert {row["truth"] for row in made.of("english", "en")} == {"It is 180 metres deep.", "Of red brick."}
    assert all(row["passage"] and row["passage"] not in row["prompt"] for row in made.rows.to_dicts())


def test_a_language_nobody_was_trained_on_needs_one_entry(build: Stage, pocket: Rows) -> None:
    every = [code for code in LANGUAGES if code != "en"]
    made = build(pocket, languages=every, sets=["crosslingual"])
    assert made.counts["sets"] == {"crosslingual": dict.fromkeys(sorted(every), 2)}
    assert {row["truth"] for row in made.of("crosslingual", "fi")} == {None}
    assert all("Finnish" in row["prompt"] for row in made.of("crosslingual", "fi"))


@pytest.mark.parametrize("questions", ["questions", None])
def test_a_language_without_questions_stops_the_build_with_the_remedy(
    build: Stage, pocket: Rows, questions: str | None
) -> None:
    source = {"questions": questions}
    with pytest.raises(
        BuildError, match=r"set same_language, language Finnish.*benchmark\.translated.*benchmark\.sets"
    ):
        build(pocket, source, languages=["fi"])
    assert len(build(pocket, source, languages=["fi"], sets=["crosslingual", "english"]).rows) == 4


def test_a_single_missing_question_is_a_reject(build: Stage, pocket: Rows) -> None:
    del pocket[1]["questions"]["hu"]
    made = build(pocket)
    assert made.rejects["id"].to_list() == [
        row["id"].replace("crosslingual", "same_language")
        for row in made.of("crosslingual", "hu")
        if row["prompt_id"].startswith("p2-")
    ]
    assert made.reasons == {"no_prompt": 1}
    assert "Hungarian" in made.rejects["detail"][0]
    assert len(made.of("same_language", "de")) == 2


def test_the_sample_goes_by_id_and_survives_edits(build: Stage, pocket: Rows) -> None:
    many = [{**pocket[0], "id": f"q{number}", "prompt": f"How deep is Lake N{number}?"} for number in range(40)]
    first = build(many, sample=10)
    assert first.counts["prompts"] == {
        "source": 40, "read": 40, "kept": 10, "not_sampled": 30, "other_languages": 0,
    }  # fmt: skip

    def drawn(rows: Rows, **params: Any) -> set[str]:
        return {name.split("-")[0] for name in build(rows, sample=10, **params).rows["prompt_id"]}

    kept = drawn(many)
    assert drawn(list(reversed(many))) == kept
    assert drawn([{**row, "prompt": row["prompt"].upper()} for row in many]) == kept
    assert drawn(many, salt="another") != kept
