"""What a budget counts is in the cache's database, of either kind, and never exceeds the budget."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from xlforge.models.budget import Account


def test_many_that_spend_from_one_sum_never_exceed_it(url: str) -> None:
    def spend(_: int) -> int:
        account = Account(url, "june", "EUR")
        try:
            return sum(account.add(0.5, 20.0) for _ in range(30))
        finally:
            account.close()

    with ThreadPoolExecutor(4) as many:
        assert sum(many.map(spend, range(4))) == 40
    account = Account(url, "june", "EUR")
    assert account.amount() == 20.0
    assert account.add(-5.0)
    assert account.amount() == 15.0
    account.close()


def test_each_period_and_unit_has_its_own_sum(url: str) -> None:
    sums = [Account(url, period, unit) for period, unit in (("june", "EUR"), ("july", "EUR"), ("june", "tokens"))]
    for number, account in enumerate(sums):
        account.add(number + 1.0)
    assert [account.amount() for account in sums] == [1.0, 2.0, 3.0]
    for account in sums:
        account.close()
