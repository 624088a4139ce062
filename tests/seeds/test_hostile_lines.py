"""A line of a JSONL file that is no passage, whatever its bytes are, is one reject, and the other lines are read."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.seeds.v1.readers import jsonl
from pipelines.seeds.v1.schema import Source
from tests.seeds.conftest import PROSE, Run, seeds

LONE = b"\xed\xa0\x80"
"""A lone surrogate, which is not valid UTF-8."""
LINES = {
    "text that is no object": b'"' + LONE + b' x"',
    "list": b'["' + LONE + b'"]',
    "escape in a list": b'["\\udc00"]',
    "escape in the name of a column": b'{"\\ud800": 1}',
    "bytes in the name of a column": b'{"a' + LONE + b'": "x"}',
    "escape in a value that is no text": b'{"text": {"\\ud800": "\\udc00"}}',
    "escape in the id": b'{"text": 3, "id": "\\udfff"}',
    "id that is no id": b'{"text": "x", "id": {"\\ud83d": 1}}',
    "text and id": b'{"text": "' + LONE + b'", "id": "' + LONE + b'"}',
    "UTF-16": "\ufeff{}".encode("utf-16"),
    "latin-1": b'{"text": "caf\xe9"}',
    "NUL": b'{"text": "a\x00b"}',
    "NUL alone": b"\x00",
    "escaped NUL": b'{"text": "\\u0000"}',
    "BOM in the middle": b'\xef\xbb\xbf{"text": "x"}',
    "two BOMs": b'\xef\xbb\xbf\xef\xbb\xbf{"text": "x"}',
    "huge number": b'{"text": ' + b"9" * 5000 + b"}",
    "huge id": b'{"text": "x", "id": ' + b"9" * 5000 + b"}",
    "huge exponent": b'{"text": 1e999}',
    "infinite": b"-Infinity",
    "deep list": b"[" * 100_000,
    "deep object": b'{"text":' * 5000,
    "number": b"12",
    "null": b"null",
    "cut": b'{"text": "half',
    "separators": b"\x1c\x1d\x85",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_hostile_line_is_one_reject(run: Run, tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "seeds.jsonl"
    before, *after = (json.dumps(row).encode() for row in seeds(*PROSE[:3]))
    path.write_bytes(b"\n".join([before, line, *after]) + b"\n")
    made = run(source={"path": str(path), "id": "id"})
    assert made.kept == {"a0", "a1", "a2"}
    assert len(made.rejects) == 1 and made.counts["source_rows"] == 4
    made.rejects.write_json()


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=40)
    | st.lists(st.sampled_from([*b'{}[]":,\\u09d8aftex ', 0xED, 0xA0, 0x80, 0]), max_size=40).map(bytes)
)
def test_any_bytes_are_rows_that_a_table_can_hold(tmp_path_factory: pytest.TempPathFactory, line: bytes) -> None:
    path = tmp_path_factory.mktemp("lines") / "seeds.jsonl"
    path.write_bytes(b'{"text": "' + line + b'"}\n' + line)
    rows = list(jsonl(Source(kind="jsonl", path=str(path), text="text", id="id")))
    assert pl.DataFrame({"fault": [row.fault for row in rows]}, schema={"fault": pl.String}).height == len(rows)
