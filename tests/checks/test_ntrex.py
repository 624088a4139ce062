"""Human translations pass, and spoilt ones are caught: on part of the data that bench/quality.py measures in full."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.quality import (
    CODES,
    Row,
    Unit,
    changed_number,
    copy,
    dropped_seen,
    faults,
    half,
    half_seen,
    paragraphs,
    read,
    wrong_language,
)


@pytest.fixture(scope="module")
def rows(shared: Path) -> list[Row]:
    return read(shared / "ntrex" / "parallel.jsonl")


@pytest.mark.parametrize("code", CODES)
def test_human_translations_pass(rows: list[Row], code: str) -> None:
    failed = {row[code]: found for row in rows if (found := faults(row["en"], row[code], code))}
    assert len(failed) <= 0.03 * len(rows), failed


@pytest.mark.parametrize("spoil", [wrong_language, copy, half, changed_number, dropped_seen])
def test_spoilt_paragraphs_are_caught(rows: list[Row], spoil: Callable[[Unit, str], str | None]) -> None:
    units = list(paragraphs(rows))
    pairs = zip(units, itertools.cycle(CODES), strict=False)
    spoilt = [(unit, code, text) for unit, code in pairs if (text := spoil(unit, code)) is not None]
    missed = [(code, text) for unit, code, text in spoilt if not faults(unit.text("en"), text, code)]
    assert len(spoilt) > 100
    assert len(missed) <= 0.05 * len(spoilt), missed


@pytest.mark.parametrize("code", CODES)
def test_half_a_sentence_is_caught_where_the_source_ends_in_a_mark(rows: list[Row], code: str) -> None:
    units = [Unit((row,)) for row in rows[CODES.index(code) % 3 :: 3]]
    spoilt = [(unit, text) for unit in units if (text := half_seen(unit, code))]
    missed = [text for unit, text in spoilt if not faults(unit.text("en"), text, code)]
    assert len(spoilt) > 200
    assert len(missed) <= 0.05 * len(spoilt), missed
