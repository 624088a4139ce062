"""Two builds on one store buy an answer once: what one is asking for, the other waits for."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from xlforge.steps.sale import Sale, Tolerance

from xlforge.cache import Cache
from xlforge.cache.tables import BUYERS
from xlforge.models.engine import EngineError, Sink
from xlforge.requests.request import Request
from xlforge.requests.response import Response

ASKED = {each.key: each for each in (Request("openai", "m", "r", (("user", f"{number}?"),)) for number in range(60))}
KEYS = list(ASKED)
YES = Response("yes", "stop", 1, 1)


def test_what_one_claims_the_other_gets_when_it_is_given_up(url: str) -> None:
    with Cache(url) as one, Cache(url) as two:
        assert one.claim(KEYS[:2]) == ({*KEYS[:2]}, {})
        assert two.claim(KEYS[:3]) == ({KEYS[2]}, {})
        one.release()
        assert two.claim(KEYS[:2])[0] >= {*KEYS[:2]}


def test_what_was_bought_meanwhile_is_found_and_not_claimed(url: str) -> None:
    with Cache(url) as one, Cache(url) as two:
        one.claim(KEYS[:2])
        one.put([(ASKED[KEYS[0]], YES)]).result()
        assert two.claim(KEYS[:2]) == (set(), {KEYS[0]: YES})
        one.release()
        assert two.claim(KEYS[:2]) == ({KEYS[1]}, {KEYS[0]: YES})


def test_a_killed_buyer_on_this_machine_holds_up_nobody(url: str) -> None:
    code = f"import os; from xlforge.cache import Cache; Cache({url!r}).claim({KEYS[:5]}); os._exit(9)"
    subprocess.run([sys.executable, "-c", code], check=False)
    with Cache(url) as store:
        assert store.claim(KEYS[:5])[0] == {*KEYS[:5]}


@pytest.mark.parametrize(("heard", "mine"), [(60.0, 0), (-1.0, 5)], ids=["heard of lately", "not heard of"])
def test_a_buyer_elsewhere_holds_its_claims_as_long_as_it_is_heard_of(url: str, heard: float, mine: int) -> None:
    with Cache(url) as gone, Cache(url) as store:
        gone._claims._name = "another-machine|1|1|abcd"
        gone.claim(KEYS[:5])
        with store.database.engine.begin() as connection:
            connection.execute(sa.update(BUYERS).values(until=time.time() + heard))
        assert len(store.claim(KEYS[:5])[0]) == mine


class Seller:
    """An engine that takes its time, and fails what it is told to; it counts what it is asked."""

    def __init__(self, bad: frozenset[str] = frozenset()) -> None:
        self.asked: Counter[str] = Counter()
        self.bad = bad

    def ask(self, requests: Sequence[Request], till: Sink) -> None:
        for request in requests:
            self.asked[request.key] += 1
            time.sleep(0.005)
            if request.key in self.bad:
                till.fail(request, "HTTP 500")
            else:
                till.keep([(request, YES)])


def buy(url: str, keys: Sequence[str], seller: Seller, most: int = 1000) -> Sale:
    with Cache(url) as store:
        sale = Sale(store, {key: ASKED[key] for key in keys}, "test", Tolerance(most))
        with sale:
            for turn in sale.turns():
                seller.ask(turn, sale)
        return sale


def test_two_that_want_much_the_same_buy_each_answer_once_and_both_have_it(url: str) -> None:
    one, two = Seller(), Seller()
    wanted = [(KEYS[:50], one), (KEYS[10:][::-1], two)]
    sales: list[Sale] = []
    threads = [threading.Thread(target=lambda pair=pair: sales.append(buy(url, *pair))) for pair in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(sales) == 2
    assert set((one.asked + two.asked).values()) == {1}
    assert len(one.asked + two.asked) == 60
    for sale in sales:
        assert all(row == [YES.text] for row in (sale.output([ASKED[key]])["generations"] for key in sale.wanted))
    assert sum(sale.record()["calls"] for sale in sales) == 60
    assert sum(sale.record()["hits"] for sale in sales) == 100 - 60


def test_what_one_could_not_get_the_other_asks_for(url: str) -> None:
    """The failure was the first one's; the second may have another endpoint."""
    one, two = Seller(bad=frozenset(KEYS[:3])), Seller()
    first = threading.Thread(target=buy, args=(url, KEYS[:20], one))
    first.start()
    time.sleep(0.02)
    sale = buy(url, KEYS[:20], two)
    first.join()
    assert all(sale.output([ASKED[key]])["generations"] == ["yes"] for key in KEYS[:20])
    assert set(two.asked) >= {*KEYS[:3]}


def test_one_that_gives_up_altogether_leaves_its_claims(url: str) -> None:
    with pytest.raises(EngineError):
        buy(url, KEYS[:5], Seller(bad=frozenset(KEYS)), most=2)
    seller = Seller()
    buy(url, KEYS[:5], seller)
    assert len(seller.asked) == 5
