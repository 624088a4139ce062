"""Hosted batches: what was submitted is collected, whatever happens to the build meanwhile, and never paid for twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.models.endpoint import cache_of, calls, failures, generate, held, question, questions
from tests.server import Fault, Server
from xlforge.base.locks import Lock
from xlforge.models.budget import Account, OverBudget
from xlforge.models.engine import EngineError
from xlforge.models.openai import batch_api, batch_records, batches
from xlforge.requests.request import Request, Sampling

ROOT = Path(__file__).parents[2]
HOSTED = {"mode": "batch"}
URL = "http://host/v1"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(batches, "_FIRST_POLL", 0.05)
    monkeypatch.setattr(batch_api, "_FIRST_WAIT", 0.01)
    monkeypatch.setattr(batch_records, "state", lambda: tmp_path)


@pytest.fixture
def files(tmp_path: Path) -> Callable[[], list[str]]:
    """The names of the files of batches."""
    return lambda: sorted(path.name for path in (tmp_path / "batches").iterdir())


def test_one_batch_completes_every_request_and_leaves_no_files(
    tmp_path: Path, files: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [*questions(40), Request("openai", "any", "1", (("user", "NUL \x00 and \ud800."),))]
    with Server(hosted={"seconds": 0.3}) as server:
        batch = generate(tmp_path, server.url, wanted, **HOSTED)
        bodies, counts = server.requests(), server.counts()
    assert (calls(batch), counts["batches"], counts["files"], counts["repeated"]) == (41, 1, 0, 0)
    assert held(tmp_path, wanted)[wanted[7].key].text == "What is known about Mill 7 is old?"
    assert {body["seed"] for body in bodies} == {request.seed for request in wanted}
    assert files() == []
    assert "41 requests submitted as batch batch_0" in capsys.readouterr().err


def test_the_same_is_sent_as_live(tmp_path: Path) -> None:
    wanted = [
        Request("openai", "any", "1", (("user", "a"),), Sampling(0.3), {"type": "object"}, True, 1, 2, ("a", "b"))
    ]
    with Server() as live, Server() as hosted_server:
        generate(tmp_path / "live", live.url, wanted)
        generate(tmp_path / "batch", hosted_server.url, wanted, modes={"teacher": "batch"})
        assert live.requests() == hosted_server.requests()


def test_expired_and_transient_failures_are_submitted_again_and_permanent_ones_fail_their_row(
    tmp_path: Path,
) -> None:
    faults = [
        Fault("400", contains="Mill 3 "),
        Fault("expired", share=0.3, tries=1),
        Fault("500", contains="Mill 5 "),
        Fault("429", share=0.3, tries=2),
    ]
    with Server(faults=faults) as server:
        batch = generate(tmp_path, server.url, questions(40), **HOSTED)
        counts = server.counts()
    assert failures(batch, questions(40)) == {3: "HTTP 400", 5: "HTTP 500"}
    assert counts["statuses"]["expired"] > 3
    assert (counts["statuses"]["400"], counts["repeated"]) == (1, 0)
    assert counts["batches"] == 4


def child(tmp_path: Path, server: Server, wanted: str) -> subprocess.Popen[str]:
    """A build of its own, whose main checkout is the test's folder."""
    code = f"""
import sys
from pathlib import Path
from tests.models.endpoint import *
generate(Path({str(tmp_path)!r}), {server.url!r}, {wanted}, mode="batch", budget="90000 tokens", period="first")
"""
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code], stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    )


def killed_while_waiting(tmp_path: Path, server: Server, wanted: str) -> None:
    build = child(tmp_path, server, wanted)
    assert build.stderr is not None
    line = build.stderr.readline()
    assert "submitted as batch" in line, line + build.stderr.read()
    build.send_signal(signal.SIGKILL)
    build.communicate()


def test_a_build_killed_while_it_waits_pays_for_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: Callable[[], list[str]]
) -> None:
    """Also the killed build's reservation is settled."""
    (tmp_path / ".xlforge").symlink_to(tmp_path)
    with Server(hosted={"seconds": 3}) as server:
        killed_while_waiting(tmp_path, server, "questions(30)")
        account = Account(cache_of(tmp_path), "first", "tokens")
        assert account.amount() > 30 * 250
        batch = generate(tmp_path, server.url, questions(40), mode="batch", budget="90000 tokens", period="first")
        counts = server.counts()
    assert "waiting for 30 responses in batch batch_0, submitted before" in capsys.readouterr().err
    assert (calls(batch), counts["received"], counts["batches"]) == (40, 40, 2)
    assert account.amount() == sum(r.tokens_in + r.tokens_out for r in held(tmp_path, questions(40)).values())
    assert files() == []


def test_what_is_in_a_batch_is_not_sent_live_as_well(tmp_path: Path) -> None:
    (tmp_path / ".xlforge").symlink_to(tmp_path)
    with Server(hosted={"seconds": 3}) as server:
        killed_while_waiting(tmp_path, server, "questions(30)")
        with pytest.raises(EngineError, match=r"responses are in a hosted batch.*execution.mode to batch"):
            generate(tmp_path, server.url, questions(30))
        assert calls(generate(tmp_path, server.url, questions(30), **HOSTED)) == 30
        assert calls(generate(tmp_path, server.url, questions(31))) == 1
        assert server.counts()["repeated"] == 0


def test_the_files_hold_no_key_and_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "-".join(("sk", "planted", "5ecre7"))
    monkeypatch.setenv("XLFORGE_API_KEY", secret)
    monkeypatch.setattr(batch_api.BatchAPI, "state", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with Server(key=secret) as server, pytest.raises(KeyboardInterrupt):
        generate(tmp_path, server.url, questions(5), budget="9000 tokens", **HOSTED)
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in found} >= {".json", ".jsonl", ".sqlite"}
    for path in found:
        assert secret.encode() not in path.read_bytes()
        assert f":{server.port}".encode() not in path.read_bytes()


def test_responses_that_the_build_no_longer_needs_are_cached(tmp_path: Path) -> None:
    (tmp_path / ".xlforge").symlink_to(tmp_path)
    with Server() as server:
        killed_while_waiting(tmp_path, server, "questions(30)")
        generate(tmp_path, server.url, [question(99)], **HOSTED)
    assert len(held(tmp_path, [*questions(30), question(99)])) == 31


@pytest.mark.parametrize("started", [False, True])
def test_a_build_killed_between_upload_and_start_starts_its_batch_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: bool
) -> None:
    real = batch_api.BatchAPI.start

    async def fail(self: batch_api.BatchAPI, *args: Any, **kwargs: Any) -> str:
        if started:
            await real(self, *args, **kwargs)
        raise KeyboardInterrupt

    with Server() as server:
        for first in (100, 200, 300):
            generate(tmp_path / str(first), server.url, [question(first)], **HOSTED)
        monkeypatch.setattr(batch_api.BatchAPI, "start", fail)
        with pytest.raises(KeyboardInterrupt):
            generate(tmp_path, server.url, questions(20), **HOSTED)
        monkeypatch.setattr(batch_api.BatchAPI, "start", real)
        assert calls(generate(tmp_path, server.url, questions(20), **HOSTED)) == 20
        counts = server.counts()
    assert (counts["batches"], counts["received"]) == (4, 23)


def test_a_lost_response_starts_no_second_batch(tmp_path: Path) -> None:
    with Server(faults=[Fault("drop", contains="input_file_id", tries=1)]) as server:
        assert calls(generate(tmp_path, server.url, questions(20), **HOSTED)) == 20
        assert server.counts()["batches"] == 1


def test_a_queue_without_room_gets_smaller_batches(tmp_path: Path) -> None:
    with Server(hosted={"room": 11, "seconds": 0.2}) as server:
        assert calls(generate(tmp_path, server.url, questions(40), **HOSTED)) == 40
        assert server.counts()["received"] == 40


def test_a_refused_batch_is_an_error(tmp_path: Path) -> None:
    with (
        Server(hosted={"room": 0}) as server,
        pytest.raises(EngineError, match=r"failed \(Enqueued token limit reached\)"),
    ):
        generate(tmp_path, server.url, questions(4), **HOSTED)


def test_an_endpoint_without_batches_is_an_error(tmp_path: Path) -> None:
    with Server() as server, pytest.raises(EngineError, match=r"no hosted batches: set execution\.mode to live"):
        generate(tmp_path, f"{server.url}/elsewhere", questions(4), **HOSTED)


def test_a_batch_that_another_build_waits_for_is_not_submitted_again(tmp_path: Path) -> None:
    (tmp_path / ".xlforge").symlink_to(tmp_path)
    with Server(hosted={"seconds": 60}) as server:
        build = child(tmp_path, server, "questions(5)")
        assert build.stderr is not None and "submitted" in build.stderr.readline()
        with pytest.raises(EngineError, match="3 responses of the teacher are in a batch that another build waits for"):
            generate(tmp_path / "another cache", server.url, questions(3), **HOSTED)
        build.kill()
        build.communicate()
        assert server.counts()["batches"] == 1


def test_batches_do_not_exceed_the_budget(tmp_path: Path) -> None:
    wanted = questions(80)
    with Server() as server, pytest.raises(OverBudget, match="Left of this step"):
        generate(tmp_path, server.url, wanted, mode="batch", budget="1500 tokens", period="p")
    responses = held(tmp_path, wanted).values()
    assert 1000 < sum(response.tokens_in + response.tokens_out for response in responses) <= 1500


def test_half_the_price_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(
        'prices: {date: "2026-11-23", models: {any: {input: 1000000, output: 1000000}}}\n'
    )
    run = {"budget": "100000 EUR", "period": "p"}
    with Server() as server:
        live, batch = tmp_path / "live", tmp_path / "batch"
        generate(live, server.url, questions(5), **run)
        generate(batch, server.url, questions(5), mode="batch", **run)
    assert Account(cache_of(batch), "p", "EUR").amount() == pytest.approx(
        Account(cache_of(live), "p", "EUR").amount() / 2
    )


def record_of(requests: list[Request]) -> batch_records.BatchRecord:
    """A saved record that no process holds."""
    record = batch_records.create(URL, requests)
    record.save()
    record.lock.release()
    return record


def test_a_record_that_another_build_removes_meanwhile_is_skipped_and_leaves_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Callable[[], list[str]]
) -> None:
    """The other build collected the batch after this one had listed the records, and before it took the lock."""
    record, other = record_of(questions(1)), record_of(questions(2))
    listed = batch_records._paths()
    record.remove()
    monkeypatch.setattr(batch_records, "_paths", lambda: listed)
    assert [(found.name, held) for found, held in batch_records.resumed(URL)] == [(other.name, True)]
    batch_records.refuse_live(URL, [question(99)])
    assert f"{record.name}.lock" not in files()
    again = batch_records._lock(record.path)
    assert again.take(), "the lock of a record that is gone must not stay held"
    again.release()


def test_records_that_vanish_while_they_are_listed_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    gone, stays = record_of(questions(1)).path, record_of(questions(2)).path
    real = Path.stat

    def stat(self: Path, **options: Any) -> Any:
        if self == gone:
            self.unlink(missing_ok=True)
        return real(self, **options)

    monkeypatch.setattr(Path, "stat", stat)
    assert batch_records._paths() == [stays]


def test_a_record_is_read_only_after_its_lock_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another build may upload and start the batch until then, and be killed; submitted again it would be paid for twice."""
    record = record_of(questions(1))
    real = Lock.take

    def take(self: Lock) -> bool:
        record.file, record.batch = "file-1", "batch_1"
        record.save()
        return real(self)

    monkeypatch.setattr(Lock, "take", take)
    ((found, held),) = batch_records.resumed(URL)
    assert (found.file, found.batch, held) == ("file-1", "batch_1", True)
    found.lock.release()


def test_records_of_other_endpoints_stay_free(monkeypatch: pytest.MonkeyPatch) -> None:
    record = record_of(questions(1))
    assert not list(batch_records.resumed("http://other/v1"))
    assert record.lock.take()
    record.lock.release()
