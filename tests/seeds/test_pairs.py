"""Sources that give questions, answers or both: what is read, how it is cleaned, and what is rejected."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.seeds.v1.build import build as build_v1
from pipelines.seeds.v1.overlap import Prompts
from pipelines.seeds.v1.schema import Overlap
from pipelines.seeds.v1.schema import Params as ParamsV1
from pipelines.seeds.v3 import readers
from pipelines.seeds.v3.build import build
from pipelines.seeds.v3.judging import judged
from pipelines.seeds.v3.personal import KINDS
from pipelines.seeds.v3.schema import GIVEN, Params
from tests.seeds.conftest import PROSE, Made, Run, seeds
from tests.texts import QUICK, TEXTS
from xlforge.base.errors import BuildError
from xlforge.base.rows import writable
from xlforge.checks.added import marks

PAIRS = {"instruction": "question", "response": "answer", "text": None, "id": None}
QUESTION = "How do storks get through the winter in the north?"


def pair(question: Any, answer: Any, **more: Any) -> dict[str, Any]:
    return {"question": question, "answer": answer, **more}


def held(made: Made) -> list[tuple[str | None, str, str | None]]:
    """instruction, passage, response of the rows, in the order of the source."""
    return made.rows.select("instruction", "passage", "response").rows()


MIXED = [
    pair(QUESTION, PROSE[0]),
    pair(None, PROSE[1]),
    pair("  \n", PROSE[2]),
    pair("Name the capital of Norway.", "Oslo."),
    pair("What is six times seven?", "42"),
    {"answer": PROSE[3]},
]
EXPECTED = [
    (QUESTION, PROSE[0], PROSE[0]),
    (None, PROSE[1], PROSE[1]),
    (None, PROSE[2], PROSE[2]),
    ("Name the capital of Norway.", "Oslo.", "Oslo."),
    ("What is six times seven?", "42", "42"),
    (None, PROSE[3], PROSE[3]),
]


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "hub"])
def test_a_mixed_source_of_every_kind(run: Run, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    frame = pl.DataFrame(MIXED)
    if kind == "parquet":
        frame.write_parquet(folder / "rows.parquet")
    else:
        (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, MIXED)))
    place = {"name": str(folder), "path": None} if kind == "hub" else {"path": str(folder)}
    made = run(source=PAIRS | place | {"kind": kind})
    assert sorted(held(made), key=str) == sorted(EXPECTED, key=str) and made.rejects.is_empty()


def test_a_passage_of_its_own_and_where_it_is_blank_the_answer(run: Run) -> None:
    rows = [
        pair(QUESTION, None, text=PROSE[0]),
        pair(None, PROSE[1], text=PROSE[2]),
        pair(None, PROSE[3], text=" "),
        pair(None, None, text=PROSE[4]),
        pair(None, PROSE[5]),
    ]
    assert held(run(rows, PAIRS | {"text": "text"})) == [
        (QUESTION, PROSE[0], None),
        (None, PROSE[2], PROSE[1]),
        (None, PROSE[3], PROSE[3]),
        (None, PROSE[4], None),
        (None, PROSE[5], PROSE[5]),
    ]


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "hub"])
def test_a_part_of_the_question_in_a_column_of_its_own_belongs_to_it(run: Run, tmp_path: Path, kind: str) -> None:
    rows = [
        pair("Sort these numbers.", "2, 5, 9", given="9, 5, 2"),
        pair("Sort these numbers.", "1, 4", given="4, 1"),
        pair(QUESTION, PROSE[0], given=None),
        pair("Name the capital of Norway.", "Oslo.", given=" \n"),
        pair(None, PROSE[1], given="of no question"),
    ]
    folder = tmp_path / "rows"
    folder.mkdir()
    if kind == "parquet":
        pl.DataFrame(rows).write_parquet(folder / "rows.parquet")
    else:
        (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    place = {"name": str(folder), "path": None} if kind == "hub" else {"path": str(folder)}
    made = run(source=PAIRS | place | {"kind": kind, "input": "given"})
    assert {instruction for instruction, _, _ in held(made)} == {
        "Sort these numbers.\n\n9, 5, 2",
        "Sort these numbers.\n\n4, 1",
        QUESTION,
        "Name the capital of Norway.",
        None,
    }
    assert made.rejects.is_empty()


def test_a_source_without_these_columns_gives_the_rows_of_v1(run: Run, tmp_path: Path) -> None:
    rows = [*seeds(*PROSE, "short", PROSE[2] + " Yes."), {"text": PROSE[0] + " It is white."}, "{broken"]
    made = run(rows, sample=5)
    source = {"path": str(made.out.parent / "own.jsonl"), "id": "id"}
    counts = build_v1(ParamsV1.model_validate({"version": "v1", "source": source, "sample": 5}), tmp_path / "v1")
    assert made.rows.drop("instruction", "response").equals(pl.read_parquet(tmp_path / "v1" / "rows.parquet"))
    assert made.counts.pop("personal_data").keys() == set(KINDS)
    assert made.rejects.equals(pl.read_parquet(tmp_path / "v1" / "rejects.parquet")) and made.counts == counts
    assert made.rows.select(pl.col("instruction", "response").is_null().all()).row(0) == (True, True)


def test_the_id_covers_the_pair_and_is_that_of_v1_for_a_passage_alone(run: Run) -> None:
    def ids(*rows: dict[str, Any]) -> list[str]:
        return run([row | {"id": "a"} for row in rows], PAIRS | {"text": "text", "id": "id"}).rows["id"].to_list()

    whole = pair(QUESTION, PROSE[1], text=PROSE[0])
    others = [pair(f"{QUESTION} Why?", PROSE[1], text=PROSE[0]), pair(QUESTION, PROSE[2], text=PROSE[0])]
    assert len({*ids(whole), *ids(others[0]), *ids(others[1]), *ids(whole | {"text": PROSE[3]})}) == 4
    alone = pair("", None, text=PROSE[0])
    assert ids(alone) == run([{"id": "a", "text": PROSE[0]}]).rows["id"].to_list()


CODE = "```python\ndef double(x):\n    return 2 * x\n\n\nprint('<p>', double(4))\n```"
WRITTEN = {
    "control characters and directions": ("Write\x00 a\x07 poem\u202e about\u2066 rain.", "Write a poem about rain."),
    "line ends and blanks": (
        "Write a poem.\r\n\r\n\r\n\r\n\r\nAbout\u00a0rain. \t\n",
        "Write a poem.\n\n\nAbout rain.",
    ),
    "tags": ("<p>Tell us of <b>storks</b>.</p><br>In two lines.", "Tell us of storks.\n\nIn two lines."),
    "entities": ("Fish &amp; chips, or soup?", "Fish & chips, or soup?"),
    "lone surrogates": ("Write a poem \ud83d about rain.", "Write a poem  about rain."),
    "lines of a page": ("Share\nMenu\nHome", "Share\nMenu\nHome"),
    "code": (f"Correct this:\n{CODE}", f"Correct this:\n{CODE}"),
    "markup as the subject": ("What does the tag <br> do in &lt;p&gt;?", "What does the tag <br> do in &lt;p&gt;?"),
    "exponents": ("Is 10<sup>3</sup> a thousand?", "Is 10<sup>3</sup> a thousand?"),
    "table": ("Sum this:\n| a<br>b | 4 |", "Sum this:\n| a<br>b | 4 |"),
    "comparison": ("Is a < b and b > c?", "Is a < b and b > c?"),
    "emoji": ("What is \U0001f469\u200d\U0001f52c?", "What is \U0001f469\u200d\U0001f52c?"),
    "links": ("Sum up [this page](https://example.org/a_b).", "Sum up [this page](https://example.org/a_b)."),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_questions_and_answers_lose_what_no_reader_sees_and_nothing_else(run: Run, case: str) -> None:
    text, cleaned = WRITTEN[case]
    made = run([pair(text, PROSE[0]), pair(QUESTION, f"{text}\n{PROSE[1]}")], PAIRS)
    assert made.rows["instruction"][0] == cleaned
    assert made.rows["response"][1].replace("\n", "") == f"{cleaned}\n{PROSE[1]}".replace("\n", "")
    assert made.rows["passage"].equals(made.rows["response"].alias("passage"))


@QUICK
@given(TEXTS, TEXTS, st.booleans())
def test_any_text_is_cleaned_and_judged(question: str, answer: str, is_answer: bool) -> None:
    texts = {"instruction": writable(question), "response": writable(answer), "original": writable(answer)}
    params = Params.model_validate({"version": "v3", "source": {"path": "x"}})
    prompts = Prompts(["Who are you?", LONG], ["a", "b"], Overlap())
    rows = pl.DataFrame({"id": "a", "fault": pl.Series([None], dtype=pl.String), "is_answer": is_answer, **texts})
    found, _, _ = judged(rows, params, prompts)
    for name in GIVEN:
        text = found[name][0]
        assert text is None or (text.strip() == text != "" and not marks.control_characters(text))


def test_a_cell_of_invisible_characters_is_blank(run: Run) -> None:
    made = run([pair("\u200b\u2060", PROSE[0]), pair("Who?", "\ufeff\x00")], PAIRS)
    assert held(made) == [(None, PROSE[0], PROSE[0])]
    assert made.rejects.select("reason", "raw").rows() == [("empty", "Who?\n\n\ufeff\x00")]


GERMAN = "Im Frühling kehren die Störche in das Dorf zurück und bessern ihre Nester auf den hohen Schornsteinen aus."
REJECTED = {
    "a number": (pair(7, PROSE[0]), "unreadable"),
    "a list": (pair("Who?", ["a"]), "unreadable"),
    "broken": ("{", "unreadable"),
    "nothing": (pair(None, None), "empty"),
    "a question alone": (pair("Write a poem about rain.", None), "empty"),
    "a short answer without a question": (pair(None, "Oslo."), "too_short"),
    "a long question": (pair("Why? " * 300, PROSE[0]), "too_long"),
    "a long answer": (pair("Why?", f"{PROSE[0]} " * 9), "too_long"),
    "German answer": (pair("Translate the sentence.", GERMAN), "not_english"),
    "German answer to much English": (
        pair(f"{PROSE[1]} {PROSE[2]} {PROSE[4]} {PROSE[5]} {PROSE[6]}", GERMAN),
        "not_english",
    ),
    "German pair": (pair("Wann kehren die Störche in das Dorf zurück, und was tun sie dort?", GERMAN), "not_english"),
}


@pytest.mark.parametrize("case", REJECTED)
def test_rejects(run: Run, case: str) -> None:
    row, reason = REJECTED[case]
    made = run([pair(QUESTION, PROSE[7]), row], PAIRS, max_chars=1000)
    assert made.rejects["reason"].to_list() == [reason] and len(made.rows) == 1


LONG = "Write a poem about a lighthouse keeper who has never seen the sea in daylight."
PROMPTS = [LONG, "Who are you?", "Hello!", "What are bees afraid of?"]
OVERLAPS = {
    "question is a prompt": (pair(LONG.upper(), PROSE[0]), True),
    "question holds one": (pair(f"Please help. {LONG} In French.", PROSE[0]), True),
    "question is a short prompt": (pair("what are bees afraid of", PROSE[0]), True),
    "question is a very short prompt": (pair("Who are YOU", PROSE[0]), True),
    "question is a word": (pair("Hello", PROSE[0]), True),
    "answer gives one away": (pair("How do poems begin?", f"For example: {LONG}"), True),
    "question of its own": (pair("Who are you writing to?", PROSE[0]), False),
}


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("case", OVERLAPS)
def test_evaluation_prompts_are_found_in_questions_and_answers(
    run: Run, tmp_path: Path, case: str, separate: bool
) -> None:
    row, overlaps = OVERLAPS[case]
    path = tmp_path / "prompts.json"
    path.write_text(json.dumps([{"instruction": prompt} for prompt in PROMPTS]))
    source = PAIRS | ({"text": "text"} if separate else {})
    made = run([row | {"text": PROSE[5]}, pair(QUESTION, PROSE[6], text=PROSE[7])], source, prompts=str(path))
    assert made.rejects["reason"].to_list() == ["overlaps_prompt"] * overlaps and len(made.rows) == 2 - overlaps


REPEATS = {
    "the same pair": ([pair(QUESTION, PROSE[0]), pair(QUESTION, PROSE[0])], 1),
    "nearly the same pair": ([pair(QUESTION, PROSE[0]), pair(QUESTION, PROSE[0] + " Yes.")], 1),
    "another question, the same short answer": ([pair(QUESTION, "Oslo."), pair("Where is Ann?", "Oslo.")], 2),
    "the same question, another answer": ([pair(QUESTION, PROSE[0]), pair(QUESTION, PROSE[1])], 2),
    "an answer twice": ([pair(None, PROSE[0]), pair(None, PROSE[0] + " Yes.")], 1),
    "one passage, two questions": ([pair(QUESTION, None, text=PROSE[0]), pair("Where is it?", None, text=PROSE[0])], 2),
    "one passage, one question twice": ([pair("Who?", None, text=PROSE[0]), pair("who", None, text=PROSE[0])], 1),
    "one passage, two pairs": ([pair("Who?", "A man.", text=PROSE[0]), pair("Where?", "Here.", text=PROSE[0])], 2),
}


@pytest.mark.parametrize("case", REPEATS)
def test_pairs_repeat_each_other_by_question_and_answer(run: Run, case: str) -> None:
    rows, kept = REPEATS[case]
    made = run(rows, PAIRS | {"text": "text" if "text" in rows[0] else None})
    assert len(made.rows) == kept and made.counts["reasons"] == ({"near_duplicate": 1} if kept == 1 else {})


def test_chunks_of_any_size_give_the_same_rows(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [*MIXED, pair(QUESTION, PROSE[0]), pair(5, "x"), "{", *(pair("Why so?", text) for text in PROSE)]
    whole = run(rows, PAIRS, sample=7)
    for size in (1, 4):
        monkeypatch.setattr("pipelines.seeds.v1.readers.CHUNK_ROWS", size)
        made = run(rows, PAIRS, sample=7)
        assert made.rows.equals(whole.rows) and made.rejects.equals(whole.rejects) and made.counts == whole.counts
    assert len(list(readers.opened(Params.model_validate(_source(made)).source))) > 1


def _source(made: Made) -> dict[str, Any]:
    return {"version": "v3", "source": PAIRS | {"path": str(made.out.parent / "own.jsonl")}}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"instruction": "q"}, "instruction names the questions.*give text.*or response"),
        ({"instruction": "q", "text": None}, "give text"),
        ({"instruction": "q", "response": "q"}, "instruction is 'q'"),
        ({"instruction": "q", "text": "q"}, "instruction is 'q'"),
        ({"input": "i", "response": "a"}, "nothing names the questions: give instruction"),
        ({"instruction": "q", "input": "q", "response": "a"}, "input is 'q'"),
        ({"instruction": "q", "input": "a", "response": "a"}, "input is 'a'"),
        ({"kind": "text", "response": "a"}, "kind is text, whose files have no columns"),
    ],
)
def test_params_that_contradict_themselves(source: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=f"(?s){message}"):
        Params.model_validate({"version": "v3", "source": {"path": "x"} | source})


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"instruction": "frage", "response": "answer"}, "source.instruction.*'frage'.*set it to null"),
        ({"response": "reply"}, "source.response.*'reply'"),
        ({"instruction": "question", "input": "more", "response": "answer"}, "source.input.*'more'.*set it to null"),
        (
            {"instruction": "question", "response": "answer", "text": "text"},
            "source.text.*set seeds.source.text to null",
        ),
    ],
)
def test_a_column_that_no_row_has_is_an_error(tmp_path: Path, kind: str, source: dict[str, Any], message: str) -> None:
    path = tmp_path / f"own.{kind}"
    frame = pl.DataFrame([pair(QUESTION, PROSE[0])] * 3)
    frame.write_parquet(path) if kind == "parquet" else frame.write_ndjson(path)
    params = Params.model_validate({"version": "v3", "source": {"path": str(path), "kind": kind} | source})
    with pytest.raises(BuildError, match=f"(?s){message}"):
        build(params, tmp_path / "out")
    assert not (tmp_path / "out").exists()
