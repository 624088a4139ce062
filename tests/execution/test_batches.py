"""Hosted batches: what was handed in is collected, whatever happens to the build meanwhile, and never bought twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.execution.shop import buy, held, question, questions, store
from tests.server import Fault, Server
from xlforge.models.budget import Account, Spent
from xlforge.models.engine import EngineError
from xlforge.models.openai import batches, hosted, pending
from xlforge.models.openai.pending import former
from xlforge.requests.request import Request, Sampling

ROOT = Path(__file__).parents[2]
HOSTED = {"mode": "batch"}


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(batches, "_FIRST_LOOK", 0.05)
    monkeypatch.setattr(hosted, "_FIRST_WAIT", 0.01)
    monkeypatch.setattr(pending, "state", lambda: tmp_path)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[], list[str]]:
    """The names of what is written down of batches."""
    return lambda: sorted(path.name for path in (tmp_path / "batches").iterdir())


def test_all_is_answered_by_one_batch_and_nothing_is_left_behind(
    tmp_path: Path, written: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [*questions(40), Request("openai", "any", "1", (("user", "NUL \x00 and \ud800."),))]
    with Server(hosted={"seconds": 0.3}) as server:
        sale = buy(tmp_path, server.url, wanted, **HOSTED)
        bodies, counts = server.requests(), server.counts()
    assert (sale.record()["calls"], counts["batches"], counts["files"], counts["repeated"]) == (41, 1, 0, 0)
    assert held(tmp_path, wanted)[wanted[7].key].text == "What is known about Mill 7 is old?"
    assert {body["seed"] for body in bodies} == {request.seed for request in wanted}
    assert written() == []
    assert "41 requests handed in as batch batch_0" in capsys.readouterr().err


def test_the_same_is_sent_as_live(tmp_path: Path) -> None:
    wanted = [
        Request("openai", "any", "1", (("user", "a"),), Sampling(0.3), {"type": "object"}, True, 1, 2, ("a", "b"))
    ]
    with Server() as live, Server() as hosted_server:
        buy(tmp_path / "live", live.url, wanted)
        buy(tmp_path / "batch", hosted_server.url, wanted, modes={"teacher": "batch"})
        assert live.requests() == hosted_server.requests()


def test_what_expired_or_failed_in_passing_is_handed_in_again_and_what_cannot_pass_fails_its_row(
    tmp_path: Path,
) -> None:
    faults = [
        Fault("400", contains="Mill 3 "),
        Fault("expired", share=0.3, tries=1),
        Fault("500", contains="Mill 5 "),
        Fault("429", share=0.3, tries=2),
    ]
    with Server(faults=faults) as server:
        sale = buy(tmp_path, server.url, questions(40), **HOSTED)
        counts = server.counts()
    rows = {number: sale.output([question(number)])["finish_reason"][0] for number in range(40)}
    assert {number: reason for number, reason in rows.items() if reason != "stop"} == {
        3: "error: HTTP 400",
        5: "error: HTTP 500",
    }
    assert counts["statuses"]["expired"] > 3
    assert (counts["statuses"]["400"], counts["repeated"]) == (1, 0)
    assert counts["batches"] == 4


def child(tmp_path: Path, server: Server, wanted: str) -> subprocess.Popen[str]:
    """A build of its own, whose main checkout is the test's folder."""
    code = f"""
import sys
from pathlib import Path
from tests.execution.shop import *
buy(Path({str(tmp_path)!r}), {server.url!r}, {wanted}, mode="batch", budget="90000 tokens", period="first")
"""
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code], stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    )


def killed_while_waiting(tmp_path: Path, server: Server, wanted: str) -> None:
    build = child(tmp_path, server, wanted)
    assert build.stderr is not None
    line = build.stderr.readline()
    assert "handed in as batch" in line, line + build.stderr.read()
    build.send_signal(signal.SIGKILL)
    build.communicate()


def test_a_build_killed_between_upload_and_collection_buys_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: Callable[[], list[str]]
) -> None:
    """What was set aside in the killed build's budget comes to what was spent."""
    (tmp_path / ".xlforge").symlink_to(tmp_path)
    with Server(hosted={"seconds": 3}) as server:
        killed_while_waiting(tmp_path, server, "questions(30)")
        account = Account(store(tmp_path), "first", "tokens")
        assert account.amount() > 30 * 250
        sale = buy(tmp_path, server.url, questions(40), mode="batch", budget="90000 tokens", period="second")
        counts = server.counts()
    assert "waiting for 30 answers in batch batch_0, handed in before" in capsys.readouterr().err
    assert (sale.record()["calls"], counts["received"], counts["batches"]) == (40, 40, 2)
    first, every = held(tmp_path, questions(30)).values(), held(tmp_path, questions(40)).values()
    spent = [sum(answer.tokens_in + answer.tokens_out for answer in answers) for answers in (first, every)]
    assert account.amount() == spent[0]
    assert Account(store(tmp_path), "second", "tokens").amount() == spent[1] - spent[0]
    assert written() == []


def test_what_is_in_a_batch_is_not_bought_live_as_well(tmp_path: Path) -> None:
    (tmp_path / ".xlforge").symlink_to(tmp_path)
    with Server(hosted={"seconds": 3}) as server:
        killed_while_waiting(tmp_path, server, "questions(30)")
        with pytest.raises(EngineError, match=r"answers are in a hosted batch.*execution.mode to batch"):
            buy(tmp_path, server.url, questions(30))
        assert buy(tmp_path, server.url, questions(30), **HOSTED).record()["calls"] == 30
        assert buy(tmp_path, server.url, questions(31)).record()["calls"] == 1
        assert server.counts()["repeated"] == 0


def test_what_is_written_down_tells_no_key_and_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "-".join(("sk", "planted", "5ecre7"))
    monkeypatch.setenv("XLFORGE_API_KEY", secret)
    monkeypatch.setattr(hosted.Hosted, "look", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with Server(key=secret) as server, pytest.raises(KeyboardInterrupt):
        buy(tmp_path, server.url, questions(5), budget="9000 tokens", **HOSTED)
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in found} >= {".json", ".jsonl", ".sqlite"}
    for path in found:
        assert secret.encode() not in path.read_bytes()
        assert f":{server.port}".encode() not in path.read_bytes()


def test_answers_that_nobody_waits_for_any_more_are_kept(tmp_path: Path) -> None:
    (tmp_path / ".xlforge").symlink_to(tmp_path)
    with Server() as server:
        killed_while_waiting(tmp_path, server, "questions(30)")
        buy(tmp_path, server.url, [question(99)], **HOSTED)
    assert len(held(tmp_path, [*questions(30), question(99)])) == 31


@pytest.mark.parametrize("started", [False, True])
def test_a_build_killed_between_upload_and_start_starts_its_batch_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: bool
) -> None:
    real = hosted.Hosted.start

    async def fail(self: hosted.Hosted, *args: Any, **kwargs: Any) -> str:
        if started:
            await real(self, *args, **kwargs)
        raise KeyboardInterrupt

    with Server() as server:
        for first in (100, 200, 300):
            buy(tmp_path / str(first), server.url, [question(first)], **HOSTED)
        monkeypatch.setattr(hosted.Hosted, "start", fail)
        with pytest.raises(KeyboardInterrupt):
            buy(tmp_path, server.url, questions(20), **HOSTED)
        monkeypatch.setattr(hosted.Hosted, "start", real)
        assert buy(tmp_path, server.url, questions(20), **HOSTED).record()["calls"] == 20
        counts = server.counts()
    assert (counts["batches"], counts["received"]) == (4, 23)


def test_a_lost_reply_starts_no_second_batch(tmp_path: Path) -> None:
    with Server(faults=[Fault("drop", contains="input_file_id", tries=1)]) as server:
        assert buy(tmp_path, server.url, questions(20), **HOSTED).record()["calls"] == 20
        assert server.counts()["batches"] == 1


def test_a_queue_without_room_is_given_smaller_batches(tmp_path: Path) -> None:
    with Server(hosted={"room": 11, "seconds": 0.2}) as server:
        assert buy(tmp_path, server.url, questions(40), **HOSTED).record()["calls"] == 40
        assert server.counts()["received"] == 40


def test_a_batch_that_is_refused_is_told(tmp_path: Path) -> None:
    with (
        Server(hosted={"room": 0}) as server,
        pytest.raises(EngineError, match=r"failed \(Enqueued token limit reached\)"),
    ):
        buy(tmp_path, server.url, questions(4), **HOSTED)


def test_an_endpoint_without_batches_is_told(tmp_path: Path) -> None:
    with Server() as server, pytest.raises(EngineError, match=r"no hosted batches: set execution\.mode to live"):
        buy(tmp_path, f"{server.url}/elsewhere", questions(4), **HOSTED)


def test_a_batch_that_another_build_waits_for_is_not_handed_in_again(tmp_path: Path) -> None:
    (tmp_path / ".xlforge").symlink_to(tmp_path)
    with Server(hosted={"seconds": 60}) as server:
        build = child(tmp_path, server, "questions(5)")
        assert build.stderr is not None and "handed in" in build.stderr.readline()
        with pytest.raises(EngineError, match="3 answers of the teacher are in a batch that another build waits for"):
            buy(tmp_path / "another store", server.url, questions(3), **HOSTED)
        build.kill()
        build.communicate()
        assert server.counts()["batches"] == 1


def test_batches_are_kept_within_the_budget(tmp_path: Path) -> None:
    wanted = questions(80)
    with Server() as server, pytest.raises(Spent, match="Left of this step"):
        buy(tmp_path, server.url, wanted, mode="batch", budget="1500 tokens", period="p")
    bought = held(tmp_path, wanted).values()
    assert 1000 < sum(answer.tokens_in + answer.tokens_out for answer in bought) <= 1500


def test_half_the_price_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(
        'prices: {date: "2026-11-23", models: {any: {input: 1000000, output: 1000000}}}\n'
    )
    run = {"budget": "100000 EUR", "period": "p"}
    with Server() as server:
        live, batch = tmp_path / "live", tmp_path / "batch"
        buy(live, server.url, questions(5), **run)
        buy(batch, server.url, questions(5), mode="batch", **run)
    assert Account(store(batch), "p", "EUR").amount() == pytest.approx(Account(store(live), "p", "EUR").amount() / 2)


@pytest.mark.parametrize(
    "asked",
    [
        question(1),
        Request(
            "openai",
            "m",
            None,
            (("system", "\ud800\\n"), ("user", "\u2028é\0")),
            Sampling(1.0, 0.5, 3),
            {"a": [1]},
            True,
            2,
            3,
            ("x",),
        ),
    ],
    ids=["plain", "all that there is"],
)
def test_a_request_comes_back_from_its_canonical_form(asked: Request) -> None:
    assert former(asked.canonical) == asked
    assert former(asked.canonical).key == asked.key
