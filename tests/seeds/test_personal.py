"""Personal data are found in texts of many languages, numbers of other kinds are not, and params decide what becomes of the finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.seeds.v3.personal import _IDS, KINDS, masked
from tests.seeds.conftest import PROSE, Run
from tests.seeds.personal import WITH, WITHOUT
from tests.texts import QUICK, TEXTS

SHARED = Path(__file__).parents[3] / "shared" / "data"
MAIL, PHONE = "ann@example.com", "+44 20 7946 0958"
TEXT = f"{PROSE[0]} Write to {MAIL} or ring {PHONE}."
MASKED = f"{PROSE[0]} Write to [email] or ring [phone]."


def mask(text: str) -> str:
    return str(masked(pl.Series([text]))[0][0])


def test_there_are_enough_examples() -> None:
    assert len(WITH) >= 60 and len(WITHOUT) >= 60
    assert all(any(f"[{kind}]" in text for text in WITH.values()) for kind in KINDS)


@pytest.mark.parametrize("text", WITH)
def test_personal_data_are_masked(text: str) -> None:
    assert mask(text) == WITH[text]


@pytest.mark.parametrize("text", WITHOUT)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("name", _IDS)
def test_every_kind_of_identity_number_is_known_to_the_library(name: str) -> None:
    assert import_module(f"stdnum.{name}").is_valid("no number") is False


PIECES = st.sampled_from(
    [*WITH, *WITHOUT, *PROSE, "Tel. ", "PESEL ", "IBAN ", "+", "(", ")", "@", ".", "-", " ", "[phone] or "]
)
MIXED = st.lists(st.one_of(PIECES, TEXTS, st.text("0123456789 +-.@()", max_size=30)), max_size=6).map("".join)


@QUICK
@given(st.lists(MIXED | st.none(), max_size=4))
def test_every_text_can_be_masked_and_only_finds_change(texts: list[str | None]) -> None:
    given_texts = pl.Series([text and text.encode("utf-8", "replace").decode() for text in texts], dtype=pl.String)
    found, counts = masked(given_texts)
    assert len(found) == len(counts) == len(texts) and counts.columns == list(KINDS)
    for before, after, *numbers in zip(given_texts, found, *counts.get_columns(), strict=True):
        if not any(numbers):
            assert after == before
        else:
            added = [after.count(f"[{kind}]") - before.count(f"[{kind}]") for kind in KINDS]
            assert sum(added) <= sum(numbers) and not any(sign in after for sign in ("\x00[", "[[email]"))


@pytest.mark.parametrize("action", ["mask", "reject", "keep"])
def test_params_decide(run: Run, action: str) -> None:
    made = run([{"id": "a", "text": TEXT}, {"id": "b", "text": PROSE[1]}], personal_data=action)
    assert made.counts["personal_data"] == {"email": 1, "phone": 1, "card": 0, "id": 0}
    passages = {"mask": [MASKED, PROSE[1]], "reject": [PROSE[1]], "keep": [TEXT, PROSE[1]]}[action]
    assert made.rows["passage"].to_list() == passages
    assert made.rows["chars"].to_list() == [len(text) for text in passages]
    assert made.counts["reasons"] == ({"personal_data": 1} if action == "reject" else {})
    written = json.dumps([made.rows.to_dicts(), made.rejects.to_dicts()])
    assert (MAIL in written, PHONE in written) == (action == "keep",) * 2


def test_masking_is_the_default_and_comes_before_the_checks(run: Run) -> None:
    made = run([{"id": "a", "text": TEXT}, {"id": "b", "text": TEXT.replace("ann", "bob")}], max_chars=len(MASKED))
    assert made.rows["passage"].to_list() == [MASKED] and made.reasons == {"b": "near_duplicate"}


def test_rejected_rows_hold_no_personal_data_either(run: Run) -> None:
    made = run([{"id": "a", "text": f"Mail {MAIL}!"}, {"id": "b", "text": PROSE[0]}, f'{{"text": "{MAIL}'])
    assert made.rejects["raw"].to_list() == ["Mail [email]!", '{"text": "[email]']


@pytest.mark.parametrize("action", ["mask", "reject"])
def test_questions_and_answers_of_the_source_count_too(run: Run, action: str) -> None:
    rows: list[dict[str, Any]] = [
        {"question": f"Who is {MAIL}?", "answer": PROSE[0], "text": None},
        {"question": None, "answer": TEXT, "text": None},
        {"question": "Who lives there?", "answer": f"Call {PHONE}.", "text": PROSE[2]},
        {"question": "What does she repair?", "answer": PROSE[6], "text": None},
    ]
    source = {"instruction": "question", "response": "answer", "text": "text", "id": None}
    made = run(rows, source, personal_data=action)
    assert made.counts["personal_data"] == {"email": 2, "phone": 2, "card": 0, "id": 0}
    if action == "reject":
        assert made.counts["reasons"] == {"personal_data": 3} and made.rows["response"].to_list() == [PROSE[6]]
    else:
        assert made.rows["instruction"].to_list()[:2] == ["Who is [email]?", None]
        assert made.rows["response"].to_list()[1:3] == [MASKED, "Call [phone]."]
        assert made.rows["passage"].to_list()[1:3] == [MASKED, PROSE[2]]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared real texts are absent")
def test_real_texts_without_personal_data_stay() -> None:
    """Encyclopedia articles in five languages, and prompts and answers in fifteen, have none: every find would be false."""
    paths = [SHARED / "xquad" / "passages.jsonl", *sorted((SHARED / "language_confusion").glob("*.jsonl"))]
    texts = [text for path in paths for row in _rows(path) for text in row.values() if isinstance(text, str)]
    assert len(texts) > 20_000 and int(masked(pl.Series(texts))[1].sum_horizontal().sum()) == 0


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared real texts are absent")
def test_what_is_found_in_a_real_sentence_is_found_in_its_translations() -> None:
    found = []
    for row in _rows(SHARED / "ntrex" / "parallel.jsonl"):
        counts = masked(pl.Series([text for name, text in row.items() if name != "document"]))[1]
        if counts.sum_horizontal().sum():
            found.append(counts)
    assert [(len(counts), counts.row(0) == counts.row(-1), counts.n_unique()) for counts in found] == [
        (12, True, 1)
    ] * 2
