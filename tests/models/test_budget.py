"""A build stops before it exceeds its budget, caches every response, and reports what is left."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.models.endpoint import cache_of, calls, generate, held, question, questions
from tests.server import Fault, Server
from xlforge.config.execution import Execution
from xlforge.models import budget
from xlforge.models.budget import Account, OverBudget
from xlforge.models.engine import EngineError
from xlforge.models.openai import live
from xlforge.requests.response import Response

ROOT = Path(__file__).parents[2]
PRICES = 'prices: {currency: EUR, date: "2026-11-23", models: {any: {input: 500, output: 1000}}}\n'


def tokens(responses: Sequence[Response]) -> int:
    return sum(response.tokens_in + response.tokens_out for response in responses)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_FIRST_WAIT", 0.01)


def test_it_stops_before_the_budget_is_exceeded_and_caches_every_response(tmp_path: Path) -> None:
    wanted = questions(120)
    with Server(latency=0.01) as server:
        with pytest.raises(OverBudget) as error:
            generate(tmp_path, server.url, wanted, budget="1500 tokens", period="p")
        first = held(tmp_path, wanted)
        largest = len(wanted[0].canonical) + 64 + 40
        assert 1500 - largest <= tokens(list(first.values())) <= 1500
        assert budget.spent(Execution(cache=cache_of(tmp_path), budget="1 tokens", period="p")) == tokens(
            list(first.values())
        )
        assert f"Left of this step: {120 - len(first)} responses" in str(error.value)
        generate(tmp_path, server.url, wanted, budget="9000 tokens", period="p")
        assert server.counts()["repeated"] == 0
    second = held(tmp_path, wanted)
    assert len(second) == 120
    rest = tokens(list(second.values())) - tokens(list(first.values()))
    estimate = float(re.search(r"about ([\d,]+) tokens", str(error.value))[1].replace(",", ""))  # type: ignore[index]
    assert estimate == pytest.approx(rest, rel=0.1)


def test_a_budget_in_money_is_counted_by_the_price_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PRICES)
    wanted = questions(60)
    with (
        Server() as server,
        pytest.raises(OverBudget, match=r"the budget of 0\.5 EUR for the period 'p'.* tokens\); later steps"),
    ):
        generate(tmp_path, server.url, wanted, budget="0.5 EUR", period="p")
    responses = held(tmp_path, wanted).values()
    cost = sum(response.tokens_in * 500 + response.tokens_out * 1000 for response in responses) / 1e6
    assert 0.25 < cost <= 0.5


@pytest.mark.parametrize(
    ("limit", "message"),
    [("5 EUR", r"any has no price: add it under prices\.models"), ("5 USD", "prices.currency in params.yaml is EUR")],
)
def test_a_budget_that_cannot_be_counted_is_an_error_before_the_first_call(
    tmp_path: Path, limit: str, message: str
) -> None:
    with Server() as server:
        with pytest.raises(EngineError, match=message):
            generate(tmp_path, server.url, questions(3), budget=limit, period="p")
        assert server.counts()["received"] == 0


def test_two_processes_spend_from_one_budget(tmp_path: Path) -> None:
    halves = [questions(150), [question(number) for number in range(150, 300)]]
    with Server(latency=0.02) as server, ThreadPoolExecutor(2) as both:
        builds = [
            both.submit(generate, tmp_path, server.url, half, budget="4000 tokens", period="p", concurrency=3)
            for half in halves
        ]
        assert all(isinstance(build.exception(), OverBudget) for build in builds)
    responses = [held(tmp_path, half) for half in halves]
    assert all(responses)
    assert 3000 < tokens([response for half in responses for response in half.values()]) <= 4000


@pytest.mark.parametrize(("kind", "counted"), [("cut", True), ("no json", True), ("500", False), ("429", False)])
def test_what_may_be_billed_counts_and_a_refusal_does_not(tmp_path: Path, kind: str, counted: bool) -> None:
    with Server(faults=[Fault(kind, tries=1)]) as server:
        batch = generate(tmp_path, server.url, questions(5), budget="1000000 tokens", period="p")
    spent = Account(cache_of(tmp_path), "p", "tokens").amount()
    used = batch.counts()["tokens_in"] + batch.counts()["tokens_out"]
    assert calls(batch) == 5
    assert (spent > used) if counted else (spent == used)


def test_what_was_in_flight_at_a_kill_counts_as_spent(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from tests.models.endpoint import *
print("go", flush=True)
generate(Path({str(tmp_path)!r}), URL, questions(40), budget="100000 tokens", period="p", concurrency=4)
"""
    with Server(faults=[Fault("late", seconds=60)]) as server:
        command = [sys.executable, "-W", "ignore", "-c", code.replace("URL", repr(server.url))]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        while server.counts()["received"] < 4:
            assert child.poll() is None
        child.kill()
        child.communicate()
    assert Account(cache_of(tmp_path), "p", "tokens").amount() >= 4 * (len(question(0).canonical) + 40)


def test_it_counts_over_one_dvc_run(tmp_path: Path) -> None:
    dvc = tmp_path / "dvc"
    name = f'{sys.executable} -c "from xlforge.base.project import this_build; print(this_build())"'
    dvc.write_text(f"#!/bin/sh\n{name}\n{name}\n")
    dvc.chmod(0o755)
    first, second = (subprocess.check_output([dvc], text=True, cwd=ROOT).splitlines() for _ in range(2))
    assert first[0] == first[1]
    assert first[0] != second[0]
