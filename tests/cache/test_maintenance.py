"""Only what the conditions name is deleted, damage is found, and disk space is given back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from commands.main import cli
from xlforge.base.errors import BuildError
from xlforge.cache import Cache, maintenance
from xlforge.cache.tables import RESPONSES
from xlforge.requests.request import Request
from xlforge.requests.response import Response

DAY = 86_400


def request(number: int, model: str = "model", revision: str | None = "r1") -> Request:
    return Request("openai", model, revision, (("user", f"Question {number}?"),))


def keys(*numbers: int) -> list[str]:
    return [request(number).key for number in numbers]


@pytest.fixture
def cache(url: str) -> Iterator[Cache]:
    """Ten responses of a model, five of another one at two revisions."""
    with Cache(url) as opened:
        opened.insert([(request(number), Response("text", "stop", 10, 2)) for number in range(10)])
        opened.insert([(request(number, "other", "r1"), Response("text", "stop", 1, 1)) for number in range(3)])
        opened.insert([(request(number, "other", "r2"), Response("text", "stop", 1, 1)) for number in range(2)])
        yield opened


def command(cache: Cache, *words: str) -> Result:
    url = cache.database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(cli, ["cache", *words], env={"XLFORGE_CACHE": url})


def count(cache: Cache) -> int:
    return sum(cache.models().values())


def test_nothing_is_deleted_without_apply_and_then_what_was_listed(cache: Cache) -> None:
    listed = command(cache, "gc", "--model", "other")
    assert "5 responses would be deleted" in listed.output
    assert count(cache) == 15
    done = command(cache, "gc", "--model", "other", "--revision", "r2", "--apply")
    assert "2 responses deleted" in done.output
    assert cache.models() == {("model", "r1"): 10, ("other", "r1"): 3}


def test_gc_finds_responses_by_the_tokens_of_their_prompts(cache: Cache) -> None:
    done = command(cache, "gc", "--model", "model", "--tokens-in", "10", "--apply")
    assert "10 responses deleted" in done.output
    assert cache.models() == {("other", "r1"): 3, ("other", "r2"): 2}


def test_gc_needs_a_condition(cache: Cache) -> None:
    assert "--older-than" in command(cache, "gc", "--apply").output
    assert "--model" in command(cache, "gc", "--revision", "r1", "--apply").output
    assert count(cache) == 15


def test_old_responses_are_deleted_by_age(cache: Cache) -> None:
    with cache.database.engine.begin() as connection:
        old = sa.update(RESPONSES).where(RESPONSES.c.key.in_(keys(0, 1, 2)))
        connection.execute(old.values(created_at=time.time() - 40 * DAY))
    assert "3 responses would be deleted" in command(cache, "gc", "--older-than", "30").output
    assert "0 responses would be deleted" in command(cache, "gc", "--older-than", "50").output
    assert "0 responses would be deleted" in command(cache, "gc", "--older-than", "30", "--model", "other").output
    command(cache, "gc", "--older-than", "30", "--apply")
    assert cache.get_many(keys(*range(10))).keys() == {*keys(*range(3, 10))}


def test_stats_are_a_table_or_json(cache: Cache) -> None:
    table = command(cache, "stats").output.splitlines()
    assert [line.split()[:4] for line in table[1:]] == [["model", "10", "100", "20"], ["other", "5", "5", "5"]]
    found = orjson.loads(command(cache, "stats", "--json").output)
    assert [(row["model"], row["responses"]) for row in found["models"]] == [("model", 10), ("other", 5)]


def test_an_undamaged_cache_verifies_and_damage_is_named(cache: Cache) -> None:
    assert "15 responses, none of them damaged" in command(cache, "verify").output
    with cache.database.engine.begin() as connection:
        for number, change in enumerate(
            ({"text": b"\xff\xff"}, {"request": b"no zlib"}, {"model": "another"}, {"key": "0" * 64})
        ):
            connection.execute(sa.update(RESPONSES).where(RESPONSES.c.key == request(number).key).values(change))
    bad = command(cache, "verify")
    assert bad.exit_code == 1
    for part in (
        "cannot be decoded",
        "cannot be decompressed",
        "its request's model@r1",
        "not the hash of its request",
    ):
        assert part in bad.output
    assert command(cache, "verify", "--drop").exit_code == 0
    assert command(cache, "verify").exit_code == 0
    assert count(cache) == 11


def test_a_damaged_file_is_reported(file_url: str) -> None:
    with Cache(file_url) as cache:
        cache.insert([(request(number), Response("text " * 200, "stop", 10, 2)) for number in range(200)])
        maintenance.vacuum(cache)
    path = Path(file_url.removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xaa" * len(content[len(content) // 2 :])
    path.write_bytes(content)
    done = CliRunner().invoke(cli, ["cache", "verify"], env={"XLFORGE_CACHE": file_url})
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit | BuildError)
    assert "the file: " in done.output or "malformed" in str(done.exception)


def test_vacuum_gives_the_space_of_deleted_responses_back(file_url: str) -> None:
    with Cache(file_url) as cache:
        cache.insert([(request(number), Response(f"{number} text " * 300, "stop", 10, 2)) for number in range(1000)])
        assert maintenance.delete(cache, maintenance.condition(cache, model="model")) == 1000
        before, after = maintenance.vacuum(cache)
    assert after < before / 5


def test_vacuum_keeps_every_response(cache: Cache) -> None:
    assert "bytes before" in command(cache, "vacuum").output
    assert count(cache) == 15


@pytest.mark.parametrize("name", ["stats", "export", "import", "gc", "verify", "vacuum"])
def test_help_holds_an_example_that_names_the_command(name: str) -> None:
    shown = CliRunner().invoke(cli, ["cache", name, "--help"])
    assert shown.exit_code == 0
    assert f"Example: xlforge cache {name}" in " ".join(shown.output.split())
