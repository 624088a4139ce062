"""A store that an older xlforge wrote is brought up to date where it is opened, and loses nothing."""

from __future__ import annotations

import threading
import zlib

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from xlforge.cache import Cache
from xlforge.cache.database import NEWEST
from xlforge.cache.migrations import _config
from xlforge.cache.tables import TABLES
from xlforge.models.budget import Account
from xlforge.requests.request import Request
from xlforge.requests.response import Response

FIRST = """
CREATE TABLE store_version (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE answers (
  key VARCHAR(64) NOT NULL, model TEXT NOT NULL, revision TEXT, request {blob} NOT NULL, words {blob} NOT NULL,
  finish_reason TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, logprob {double},
  bought_at {double} NOT NULL, PRIMARY KEY (key));
INSERT INTO store_version VALUES (1)
"""
"""What the first version made: it is not to be changed."""
TYPES = {"sqlite": {"blob": "BLOB", "double": "DOUBLE"}, "postgresql": {"blob": "BYTEA", "double": "DOUBLE PRECISION"}}
ASKED = [Request("openai", "model", "r1", (("user", f"{number}?"),)) for number in range(20)]
HELD = Response("NUL \x00 and \ud800", "stop", 3, 4, -1.25)


def first_version(url: str) -> None:
    """A store as the first version left it, with some answers."""
    Cache(url).close()  # for the folder
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for table in sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(f"DROP TABLE {table}")
        for statement in FIRST.format(**TYPES[engine.dialect.name]).split(";\n"):
            connection.exec_driver_sql(statement)
        connection.execute(
            sa.text("INSERT INTO answers VALUES (:key, 'model', 'r1', :request, :words, 'stop', 3, 4, -1.25, 1.5)"),
            [
                {"key": each.key, "request": zlib.compress(each.canonical, 1), "words": HELD.text.encode("utf-8", "surrogatepass")}
                for each in ASKED
            ],
        )  # fmt: skip
    engine.dispose()


def version(url: str) -> str:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")))


def test_the_first_versions_answers_are_all_there_and_more_can_be_put(url: str) -> None:
    first_version(url)
    new = Request("openai", "model", "r1", (("user", "new?"),))
    with Cache(url) as store:
        assert store.get_many(each.key for each in ASKED) == {each.key: HELD for each in ASKED}
        assert store.request(ASKED[0].key) == ASKED[0].canonical
        store.put([(new, HELD)]).result()
        assert store.claim([ASKED[0].key, "0" * 64])[0] == {"0" * 64}
    assert version(url) == NEWEST
    with Cache(url) as store:
        assert len(store.get_many([new.key, *(each.key for each in ASKED)])) == 21


def test_a_budgets_table_from_before_it_had_a_version_keeps_its_sums(url: str) -> None:
    Cache(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO spending VALUES ('june', 'EUR', 7.5)"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0002'"))
    engine.dispose()
    account = Account(url, "june", "EUR")
    assert account.amount() == 7.5
    account.close()
    assert version(url) == NEWEST


def test_many_that_open_an_old_store_at_once_bring_it_up_to_date_once(url: str) -> None:
    first_version(url)
    faults: list[Exception] = []

    def open_one() -> None:
        try:
            with Cache(url) as store:
                assert len(store.get_many(each.key for each in ASKED)) == len(ASKED)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]


def test_an_older_xlforge_is_kept_out(url: str) -> None:
    """It looks at `store_version` alone, and refuses any number but its own."""
    Cache(url).close()
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.scalars(sa.text("SELECT version FROM store_version")).all() == [2]
    engine.dispose()


def test_the_tables_are_what_the_migrations_make(url: str) -> None:
    Cache(url).close()
    assert ScriptDirectory.from_config(_config()).get_current_head() == NEWEST
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), TABLES)
    engine.dispose()
    removed = [change[1].name for change in found if change[0] == "remove_table"]
    assert removed in (["store_version"], [])
    assert len(found) == len(removed), found


@pytest.mark.parametrize("found", ["0004", "zzzz"])
def test_a_version_of_the_future_is_refused(url: str, found: str) -> None:
    Cache(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :found"), {"found": found})
    engine.dispose()
    with pytest.raises(Exception, match=f"version {found}.*XLFORGE_CACHE"):
        Cache(url)
