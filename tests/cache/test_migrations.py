"""A cache that an older xlforge wrote is upgraded where it is opened, and loses nothing."""

from __future__ import annotations

import threading
import zlib

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from xlforge.cache import Cache, CacheError
from xlforge.cache.database import NEWEST
from xlforge.cache.maintenance import Damage, read
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
"""What the first version wrote, before alembic: do not change it."""
TYPES = {"sqlite": {"blob": "BLOB", "double": "DOUBLE"}, "postgresql": {"blob": "BYTEA", "double": "DOUBLE PRECISION"}}
THIRD = """
INSERT INTO runs VALUES ('{key}', 'scores', '00112233445566778899aabbccddeeff', '', 2.5);
INSERT INTO buyers VALUES ('another-machine|1|1|abcd', 3.5);
INSERT INTO claims VALUES ('{key}', 'another-machine|1|1|abcd');
INSERT INTO spending VALUES ('june', 'EUR', 7.5)
"""
"""Rows in the other tables of version 0003."""
REQUESTS = [Request("openai", "model", "r1", (("user", f"{number}?"),)) for number in range(20)]
KEYS = [request.key for request in REQUESTS]
RESPONSE = Response("NUL \x00 and \ud800", "stop", 3, 4, -1.25)


def written_by(version: str, url: str) -> None:
    """A cache as an older version left it, with some responses."""
    Cache(url).close()  # for the folder
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for table in sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(f"DROP TABLE {table}")
        for statement in FIRST.format(**TYPES[engine.dialect.name]).split(";\n"):
            connection.exec_driver_sql(statement)
        text = RESPONSE.text.encode("utf-8", "surrogatepass")
        connection.execute(
            sa.text("INSERT INTO answers VALUES (:key, 'model', 'r1', :request, :words, 'stop', 3, 4, -1.25, 1.5)"),
            [{"key": each.key, "request": zlib.compress(each.canonical, 1), "words": text} for each in REQUESTS],
        )
        if version > "0001":
            config = _config()
            config.attributes["connection"] = connection
            command.stamp(config, "0001")
            command.upgrade(config, version)
        if version == "0003":
            for statement in THIRD.format(key="0" * 64).split(";\n"):
                connection.exec_driver_sql(statement)
    engine.dispose()


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(sa.text(statement))]
    engine.dispose()
    return rows


@pytest.mark.parametrize("former", ["0001", "0002", "0003", "0004"])
def test_the_responses_of_an_older_version_stay_and_new_ones_can_be_added(url: str, former: str) -> None:
    written_by(former, url)
    new = Request("openai", "model", "r1", (("user", "new?"),))
    with Cache(url) as cache:
        assert cache.get_many(KEYS) == dict.fromkeys(KEYS, RESPONSE)
        assert cache.request(KEYS[0]) == REQUESTS[0].canonical
        cache.put([(new, RESPONSE)]).result()
        assert cache.claim([KEYS[0], "f" * 64])[0] == {"f" * 64}
    assert query(url, "SELECT version_num FROM alembic_version") == [(NEWEST,)]
    assert set(query(url, "SELECT created_at FROM responses WHERE text <> 'new'")) > {(1.5,)}
    with Cache(url) as cache:
        assert len(cache.get_many([new.key, *KEYS])) == 21


def test_responses_of_an_older_version_get_digests(url: str) -> None:
    written_by("0004", url)
    with Cache(url) as cache:
        assert not [each for each in read(cache) if isinstance(each, Damage)]
    digests = query(url, "SELECT digest FROM responses")
    assert len(set(digests)) == len(KEYS)


def test_claims_and_spending_of_version_3_are_kept(url: str) -> None:
    written_by("0003", url)
    account = Account(url, "june", "EUR")
    assert account.amount() == 7.5
    account.close()
    assert query(url, "SELECT key, client, until FROM claims JOIN clients USING (client)") == [
        ("0" * 64, "another-machine|1|1|abcd", 3.5)
    ]


def test_a_spending_table_that_is_older_than_its_migration_keeps_its_sums(url: str) -> None:
    written_by("0003", url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0002'"))
    engine.dispose()
    account = Account(url, "june", "EUR")
    assert account.amount() == 7.5
    account.close()


@pytest.mark.parametrize("former", ["0001", "0003"])
def test_many_that_open_an_old_cache_at_once_upgrade_it_once(url: str, former: str) -> None:
    written_by(former, url)
    faults: list[Exception] = []

    def open_one() -> None:
        try:
            with Cache(url) as cache:
                assert len(cache.get_many(KEYS)) == len(KEYS)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]


def test_an_xlforge_before_alembic_refuses_the_cache(url: str) -> None:
    """It reads `store_version` only, and refuses any number but its own, 1."""
    Cache(url).close()
    assert query(url, "SELECT version FROM store_version") == [(2,)]


def test_the_migrations_create_the_tables_of_the_code(url: str) -> None:
    Cache(url).close()
    assert ScriptDirectory.from_config(_config()).get_current_head() == NEWEST
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), TABLES)
    engine.dispose()
    assert [(change[0], change[1].name) for change in found] == [("remove_table", "store_version")]


@pytest.mark.parametrize("found", ["0006", "zzzz"])
def test_a_version_of_the_future_is_refused(url: str, found: str) -> None:
    Cache(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :found"), {"found": found})
    engine.dispose()
    with pytest.raises(CacheError, match=f"version {found}"):
        Cache(url)
