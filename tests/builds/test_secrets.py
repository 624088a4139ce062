"""Keys, tokens and endpoints that are planted where users put them are found nowhere after a build: in no file, revision, store or log."""

from __future__ import annotations

import base64
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest
import sqlalchemy as sa

from tests.builds.test_endpoint_builds import at, served
from tests.postgres import Absent, Postgres
from tests.project import Project
from tests.server import Fault, Server


def word() -> str:
    """A secret that stands in no file, this one among them."""
    return f"planted-{uuid4().hex}"


def unpacked(content: bytes) -> bytes:
    try:
        return content + zlib.decompress(content)
    except zlib.error:
        return content


def in_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file but .env, and the rows of those that are parquet, by whatever name."""
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file() or path.name == ".env":
            continue
        content = unpacked(path.read_bytes())
        yield str(path), content
        if content.startswith(b"PAR1"):
            yield f"rows of {path}", repr(pl.read_parquet(path).to_dicts()).encode()
        if content.startswith(b"SQLite format 3"):
            yield from in_store(f"sqlite:///{path}")


def in_store(url: str) -> Iterator[tuple[str, bytes]]:
    """Every value of every table."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            for row in connection.execute(sa.select(table)):
                for value in row:
                    content = unpacked(value) if isinstance(value, bytes) else str(value).encode()
                    yield f"{table.name} in {engine.url.database}", content
    engine.dispose()


def in_git(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every object of the repository, reachable or not."""
    command = ["git", "cat-file", "--batch-all-objects", "--batch", "--buffer"]
    yield f"git of {folder}", subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout


def where(words: list[str], places: Iterator[tuple[str, bytes]]) -> set[str]:
    """The places in which any of the words stands, as it is or in base 64."""
    wanted = [form for each in words for form in (each.encode(), base64.b64encode(each.encode()))]
    return {place for place, content in places if any(each in content for each in wanted)}


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """Or the tests below could not fail."""
    secret, project = word(), Project(tmp_path)
    project.git("init", "--quiet")
    (tmp_path / "kept").write_text(secret)
    project.git("add", "kept")
    (tmp_path / "kept").unlink()
    assert where([secret], in_git(tmp_path))
    assert where([secret], in_files(tmp_path)), "a git object is deflated"
    rows = tmp_path / "rows"
    pl.DataFrame({"a": [{"b": [secret]}], "c": [b"c"]}).write_parquet(rows)
    engine = sa.create_engine(f"sqlite:///{tmp_path}/store")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (v)")
        connection.exec_driver_sql("INSERT INTO t VALUES (?)", (zlib.compress(secret.encode()),))
    found = where([secret], in_files(tmp_path))
    assert {f"rows of {rows}", f"t in {tmp_path}/store"} <= found


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """A store's URL, with a password where it has one."""
    if request.param == "sqlite":
        yield ""
        return
    pytest.importorskip("psycopg")
    try:
        with Postgres() as server:
            yield server.database()
    except Absent as reason:
        pytest.skip(str(reason))


@pytest.fixture
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="xs-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
def test_planted_secrets_are_found_nowhere(shared: Path, tmp_path: Path, short: Path, database: str) -> None:
    project = served(tmp_path, shared, passages=8)
    common, judges, password, tenant, token = (word() for _ in range(5))
    (project.folder / ".env").write_text(f"XLFORGE_API_KEY={common}\n")
    # Short, since sockets lie in TMPDIR.
    homes = {name: str(short / name) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    for folder in homes.values():
        Path(folder).mkdir()
    faults = [Fault("quote", contains="Grade", share=0.3), Fault("500", share=0.2, tries=1)]
    with Server(key=common, faults=faults) as one, Server(key=judges, faults=faults) as two, Server() as three:
        env = at(one, XLFORGE_API_KEY_JUDGE=judges, XLFORGE_ENDPOINT_JUDGE=two.url, XLFORGE_VERBOSE="1", **homes)
        env["XLFORGE_ENDPOINT_TRANSLATOR"] = f"http://me:{password}@127.0.0.1:{three.port}/{tenant}/v1"
        env |= {"HF_TOKEN": token, "AWS_SECRET_ACCESS_KEY": token, "OPENAI_API_KEY": token}
        if database:
            env["XLFORGE_CACHE"] = database.replace("//xlforge@", f"//xlforge:{password}@")
        said = [project.run("dvc", "repro", "scores", check=False, env=env | {"XLFORGE_MAX_FAILURES": "1"})]
        assert "may not ask this" in said[0].stderr
        said.append(project.run("dvc", "repro", "dataset", env=env | {"XLFORGE_GIVE_UP": "1"}))
        assert min(server.counts()["answered"] for server in (one, two, three)) > 3
        assert two.counts()["statuses"]["quote"] > 0
    project.set({"instructions.sampling.temperature": 0.5})
    said.append(project.run("dvc", "repro", "dataset", check=False, env=env))
    assert "no server answers" in said[-1].stderr
    row = project.read("dataset")["id"][0]
    commands = [
        "plan",
        "summary",
        f"trace {row}",
        "cache stats",
        "cache export responses.parquet",
        "revision data/seeds",
    ]
    said += [project.run("xlforge", *command.split(), check=False, env=env) for command in commands]
    project.git("add", "--all", "--force", "--", ":!.env", ":!.venv")
    project.git("commit", "--quiet", "--message", "built")
    ports = [f"{host}:{server.port}" for server in (one, two, three) for host in ("127.0.0.1", "localhost")]
    secrets = [common, judges, password, tenant, token, f"me:{password}", *ports]

    def places() -> Iterator[tuple[str, bytes]]:
        for done in said:
            yield f"what {done.args} said", (done.stdout + done.stderr).encode()
        yield from in_files(tmp_path)
        yield from in_files(short)
        yield from in_git(project.folder)
        if database:
            yield from in_store(database)

    assert not where(secrets, places())
    assert len(list(in_store(database or f"sqlite:///{project.folder}/.xlforge/cache.sqlite"))) > 100
    assert ".env" not in project.git("status", "--porcelain", "--untracked-files=all")
