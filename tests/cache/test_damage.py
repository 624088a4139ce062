"""Damage of the file and changes by SQL are found, and every response that is whole is saved."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from commands.main import cli
from xlforge.cache import Cache, maintenance
from xlforge.cache.maintenance import Damage, read
from xlforge.cache.tables import RESPONSES
from xlforge.requests.request import Request
from xlforge.requests.response import Response

COUNT = 400
PAGE = 4096


def request(number: int) -> Request:
    return Request("openai", "model", "r1", (("user", f"Question {number}?"),))


def text(number: int) -> str:
    return f"Answer {number}. " + "The river is long. " * (number % 40)


def fill(url: str) -> Path:
    with Cache(url) as cache:
        cache.insert([(request(n), Response(text(n), "stop", 10, 2, -0.5, "served-as")) for n in range(COUNT)])
        maintenance.vacuum(cache)
    return Path(url.removeprefix("sqlite:///"))


def command(url: str, *words: str) -> Result:
    done = CliRunner().invoke(cli, ["cache", *words], env={"XLFORGE_CACHE": url})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def held(url: str) -> dict[str, str]:
    with Cache(url) as cache:
        return {key: found.text for key, found in cache.get_many(request(n).key for n in range(COUNT)).items()}


RIGHT = {request(number).key: text(number) for number in range(COUNT)}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE responses SET text = CAST('Another answer.' AS {blob}) WHERE key = '{key}'",
        "UPDATE responses SET finish_reason = 'length' WHERE key = '{key}'",
        "UPDATE responses SET tokens_out = 3 WHERE key = '{key}'",
        "UPDATE responses SET logprob = NULL WHERE key = '{key}'",
        "UPDATE responses SET served = NULL WHERE key = '{key}'",
        "UPDATE responses SET text = (SELECT text FROM responses WHERE key = '{other}') WHERE key = '{key}'",
    ],
    ids=["text", "finish", "tokens", "logprob", "served", "of another key"],
)
def test_a_response_that_was_altered_by_sql_is_found_and_dropped(url: str, statement: str) -> None:
    with Cache(url) as cache:
        cache.insert([(request(n), Response(text(n), "stop", 10, 2, -0.5, "served-as")) for n in range(8)])
        blob = "BYTEA" if cache.database.dialect == "postgresql" else "BLOB"
        altered = [request(number).key for number in range(5)]
        with cache.database.engine.begin() as connection:
            for key in altered:
                connection.execute(sa.text(statement.format(key=key, other=request(7).key, blob=blob)))
        assert {each.key for each in read(cache) if isinstance(each, Damage)} == {*altered}
    assert command(url, "verify").exit_code == 1
    assert "5 responses deleted" in command(url, "verify", "--drop").output
    assert "3 responses, none of them damaged" in command(url, "verify").output


@pytest.mark.parametrize("seed", range(6))
def test_a_file_with_forty_changed_bytes_is_rescued(file_url: str, seed: int, tmp_path: Path) -> None:
    path = fill(file_url)
    content, chance = bytearray(path.read_bytes()), random.Random(seed)
    start = chance.randrange(PAGE, len(content) - 40)
    places = range(start, start + 40) if seed % 2 else [chance.randrange(PAGE, len(content)) for _ in range(40)]
    for place in places:
        content[place] ^= 0xFF
    path.write_bytes(content)
    assert command(file_url, "verify").exit_code == 1
    exported = command(file_url, "export", str(tmp_path / "export.parquet"))
    assert exported.exit_code == 0 and "left out" in exported.output
    assert command(file_url, "verify", "--drop").exit_code == 0
    left = held(file_url)
    assert left.items() <= RIGHT.items()
    assert len(left) > COUNT / 4
    assert "none of them damaged" in command(file_url, "verify").output
    fresh = f"sqlite:///{tmp_path}/fresh.sqlite"
    command(fresh, "import", str(tmp_path / "export.parquet"))
    assert held(fresh) == left


def test_a_lost_index_costs_no_response(file_url: str) -> None:
    path = fill(file_url)
    with sqlite3.connect(path) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name LIKE 'sqlite_autoindex_responses%'")
        page = root.fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = b"\xaa" * PAGE
    path.write_bytes(content)
    assert command(file_url, "verify").exit_code == 1
    assert f"{COUNT} responses are in a new file" in command(file_url, "verify", "--drop").output
    assert held(file_url) == RIGHT
    assert path.with_name(f"{path.name}.damaged").exists()


def test_a_file_that_is_no_database_is_one_message(file_url: str) -> None:
    path = fill(file_url)
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])
    done = CliRunner().invoke(cli, ["cache", "verify"], env={"XLFORGE_CACHE": file_url})
    assert "not a database" in str(done.exception)


def test_a_file_that_a_build_uses_is_not_replaced(file_url: str) -> None:
    path = fill(file_url)
    with Cache(file_url) as cache:
        with cache.database.engine.begin() as connection:
            connection.execute(sa.update(RESPONSES).values(text=b"x").where(RESPONSES.c.key == request(1).key))
        cache.claim(["f" * 64])
        content = bytearray(path.read_bytes())
        content[-PAGE:] = b"\xaa" * PAGE
        path.write_bytes(content)
        done = CliRunner().invoke(cli, ["cache", "verify", "--drop"], env={"XLFORGE_CACHE": file_url})
        assert done.exit_code == 1 and path.exists()
