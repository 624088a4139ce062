"""What an actor reports, and what its engine waits for."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from xlforge.models.engine import EngineError
from xlforge.models.ray.actor import Report, _Outbox, _write
from xlforge.requests.request import Request
from xlforge.requests.response import Response


def request(text: str) -> Request:
    return Request("openai", "served", None, (("user", text),))


def response(text: str) -> Response:
    return Response(text, "stop", 1, 1)


def put(outbox: _Outbox, text: str) -> Future[list[Response]]:
    return outbox.put([(request(text), response(text))])


def test_a_response_counts_as_committed_only_when_the_next_report_is_wanted() -> None:
    outbox = _Outbox()
    first = put(outbox, "one")
    assert outbox.take(False, None).completed == [(request("one").key, response("one"))]
    assert not first.done()
    second = put(outbox, "two")
    assert outbox.take(False, None).completed == [(request("two").key, response("two"))]
    assert first.result(0) == [response("one")]
    assert not second.done()


def test_an_engine_that_gives_up_waiting_does_not_break_the_next_report() -> None:
    outbox = _Outbox()
    assert not put(outbox, "one").cancel()
    outbox.take(False, None)
    outbox.end(None)
    assert outbox.take(False, None).ended


def test_after_a_stop_what_was_in_flight_is_still_reported_and_the_engine_is_stopped() -> None:
    outbox = _Outbox()
    outbox.end(None)
    outbox.take(True, None)
    with pytest.raises(EngineError):
        put(outbox, "one")
    with pytest.raises(EngineError):
        outbox.fail(request("two"), "reason", "message")
    report = outbox.take(True, None)
    assert report.completed == [(request("one").key, response("one"))]
    assert report.failed == [(request("two").key, "reason", "message")]


def test_the_end_and_its_error_are_reported_after_all_responses() -> None:
    outbox = _Outbox()
    put(outbox, "one")
    outbox.end("no endpoint")
    report = outbox.take(False, None)
    assert (len(report.completed), report.ended, report.error) == (1, True, "no endpoint")


def test_a_call_to_the_account_waits_for_the_drivers_reply() -> None:
    outbox = _Outbox()
    with ThreadPoolExecutor(1) as pool:
        calling = pool.submit(outbox.call, 5.0, 100.0)
        assert outbox.take(False, None).account == (5.0, 100.0)
        assert outbox.take(False, None) == Report()
        assert not calling.done()
        outbox.end(None)
        outbox.take(False, 1.0)
        assert calling.result(5) == 1.0


def test_weights_are_written_where_they_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "config.json").write_text("here before")
    _write({"models/config.json": b"{}", "models/deep/model.safetensors": b"\0\1"})
    assert (tmp_path / "models" / "config.json").read_text() == "here before"
    assert {path.name for path in tmp_path.rglob("*.*")} == {"config.json", "model.safetensors"}
