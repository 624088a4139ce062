"""What a budget counts lies in the store's database, in either kind, and is never more than the budget."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from xlforge.models.budget import Account


def test_many_who_spend_from_one_sum_never_spend_more(url: str) -> None:
    def spend(_: int) -> int:
        account = Account(url, "june", "EUR")
        try:
            return sum(account.add(0.5, most=20.0) for _ in range(30))
        finally:
            account.close()

    with ThreadPoolExecutor(4) as many:
        assert sum(many.map(spend, range(4))) == 40
    account = Account(url, "june", "EUR")
    assert account.amount() == 20.0
    assert account.add(-5.0)
    assert account.amount() == 15.0
    account.close()


def test_periods_and_units_are_sums_of_their_own(url: str) -> None:
    sums = [Account(url, period, unit) for period, unit in (("june", "EUR"), ("july", "EUR"), ("june", "tokens"))]
    for number, account in enumerate(sums):
        account.add(number + 1.0)
    assert [account.amount() for account in sums] == [1.0, 2.0, 3.0]
    for account in sums:
        account.close()
