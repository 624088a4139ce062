"""A build stops before it exceeds its budget, keeps what it bought, and tells what is left."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from xlforge.steps.sale import Sale, Tolerance

from tests.execution.shop import MODEL, buy, held, question, questions, store
from tests.server import Fault, Server
from xlforge.cache import Cache
from xlforge.config.execution import Execution
from xlforge.models import budget
from xlforge.models.budget import Account, Spent
from xlforge.models.budgeted import within_budget
from xlforge.models.engine import EngineError, Sink
from xlforge.models.openai import engine as endpoint
from xlforge.requests.request import Request
from xlforge.requests.response import Response

ROOT = Path(__file__).parents[2]
PRICES = 'prices: {currency: EUR, date: "2026-11-23", models: {any: {input: 500, output: 1000}}}\n'


def tokens(answers: Sequence[Response]) -> int:
    return sum(answer.tokens_in + answer.tokens_out for answer in answers)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_FIRST_WAIT", 0.01)


def test_it_stops_before_the_budget_is_exceeded_and_keeps_what_was_bought(tmp_path: Path) -> None:
    wanted = questions(120)
    with Server(latency=0.01) as server:
        with pytest.raises(Spent) as told:
            buy(tmp_path, server.url, wanted, budget="1500 tokens", period="p")
        first = held(tmp_path, wanted)
        largest = len(wanted[0].canonical) + 64 + 40
        assert 1500 - largest <= tokens(list(first.values())) <= 1500
        assert budget.spent(Execution(cache=store(tmp_path), budget="1 tokens", period="p")) == tokens(
            list(first.values())
        )
        assert f"Left of this step: {120 - len(first)} answers" in str(told.value)
        buy(tmp_path, server.url, wanted, budget="9000 tokens", period="p")
        assert server.counts()["repeated"] == 0
    second = held(tmp_path, wanted)
    assert len(second) == 120
    rest = tokens(list(second.values())) - tokens(list(first.values()))
    foretold = float(re.search(r"about ([\d,]+) tokens", str(told.value))[1].replace(",", ""))  # type: ignore[index]
    assert foretold == pytest.approx(rest, rel=0.1)


def test_a_budget_in_money_is_kept_by_the_price_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PRICES)
    wanted = questions(60)
    with Server() as server, pytest.raises(Spent, match=r"the budget of 0\.5 EUR for the period 'p'.* tokens\); steps"):
        buy(tmp_path, server.url, wanted, budget="0.5 EUR", period="p")
    bought = held(tmp_path, wanted).values()
    cost = sum(answer.tokens_in * 500 + answer.tokens_out * 1000 for answer in bought) / 1e6
    assert 0.25 < cost <= 0.5


@pytest.mark.parametrize(
    ("limit", "told"),
    [("5 EUR", r"any has no price: add it under prices\.models"), ("5 USD", "prices.currency in params.yaml is EUR")],
)
def test_a_budget_that_cannot_be_counted_is_told_before_the_first_call(tmp_path: Path, limit: str, told: str) -> None:
    with Server() as server:
        with pytest.raises(EngineError, match=told):
            buy(tmp_path, server.url, questions(3), budget=limit, period="p")
        assert server.counts()["received"] == 0


def test_two_processes_spend_from_one_budget(tmp_path: Path) -> None:
    halves = [questions(150), [question(number) for number in range(150, 300)]]
    with Server(latency=0.02) as server, ThreadPoolExecutor(2) as both:
        sales = [
            both.submit(buy, tmp_path, server.url, half, budget="4000 tokens", period="p", concurrency=3)
            for half in halves
        ]
        assert all(isinstance(sale.exception(), Spent) for sale in sales)
    bought = [held(tmp_path, half) for half in halves]
    assert all(bought)
    assert 3000 < tokens([answer for half in bought for answer in half.values()]) <= 4000


@pytest.mark.parametrize(("kind", "counted"), [("cut", True), ("no json", True), ("500", False), ("429", False)])
def test_what_may_be_billed_counts_and_a_refusal_does_not(tmp_path: Path, kind: str, counted: bool) -> None:
    with Server(faults=[Fault(kind, tries=1)]) as server:
        sale = buy(tmp_path, server.url, questions(5), budget="1000000 tokens", period="p")
    spent = Account(store(tmp_path), "p", "tokens").amount()
    bought = sale.record()["tokens_in"] + sale.record()["tokens_out"]
    assert sale.record()["calls"] == 5
    assert (spent > bought) if counted else (spent == bought)


def test_what_was_in_flight_at_a_kill_counts_as_spent(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from tests.execution.shop import *
print("go", flush=True)
buy(Path({str(tmp_path)!r}), URL, questions(40), budget="100000 tokens", period="p", concurrency=4)
"""
    with Server(faults=[Fault("late", seconds=60)]) as server:
        command = [sys.executable, "-W", "ignore", "-c", code.replace("URL", repr(server.url))]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        while server.counts()["received"] < 4:
            assert child.poll() is None
        child.kill()
        child.communicate()
    assert Account(store(tmp_path), "p", "tokens").amount() >= 4 * (len(question(0).canonical) + 40)


def test_it_counts_over_one_dvc_run(tmp_path: Path) -> None:
    dvc = tmp_path / "dvc"
    ask = f'{sys.executable} -c "from xlforge.base.project import this_build; print(this_build())"'
    dvc.write_text(f"#!/bin/sh\n{ask}\n{ask}\n")
    dvc.chmod(0o755)
    first, second = (subprocess.check_output([dvc], text=True, cwd=ROOT).splitlines() for _ in range(2))
    assert first[0] == first[1]
    assert first[0] != second[0]


class Dear:
    """An engine of another's that says what its answers took."""

    def __init__(self) -> None:
        self.chunks: list[int] = []

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        self.chunks.append(len(requests))
        sink.put([(request, Response("words", "stop", 10, 5)) for request in requests])

    def close(self) -> None: ...


def test_other_engines_are_kept_within_it_too(tmp_path: Path) -> None:
    run = Execution(cache=store(tmp_path), concurrency=4, budget="1200 tokens", period="p")
    dear, wanted = Dear(), questions(200)
    engine = within_budget(dear, MODEL, run)
    with Cache(run.cache) as kept:
        sale = Sale(kept, {request.key: request for request in wanted}, "teacher", Tolerance(20))
        with pytest.raises(Spent, match=r"Left of this step: \d+ answers"), sale:
            engine.generate(sale.missing, sale)
    engine.close()
    assert 1200 - 400 < 15 * len(held(tmp_path, wanted)) <= 1200
    assert max(dear.chunks) <= 4
    assert within_budget(dear, MODEL, Execution(cache=store(tmp_path))) is dear
