"""A build goes to colleagues: through a remote of DVC, with the answers beside it, and as an experiment."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.project import ROOT, Project, names

pytestmark = pytest.mark.slow

AWS = {
    "AWS_ACCESS_KEY_ID": "planted-key-id",
    "AWS_SECRET_ACCESS_KEY": "planted-5ecret",
    "AWS_DEFAULT_REGION": "us-east-1",
}
SSH_WORD = "planted-5esame"
SECRETS = re.compile(r"(?i)access_key|secret|password|passphrase|token|session|credential|keyfile|://[^/\s]*:[^/\s]*@")


@pytest.fixture(scope="module")
def home(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The built project of somebody who shares it."""
    return built.copy(tmp_path_factory.mktemp("home") / "project")


def clone(project: Project, folder: Path) -> Project:
    """What a colleague has after `git clone`: no outs, no store."""
    project.commit("shared")
    subprocess.run(["git", "clone", "--quiet", project.folder, folder], check=True)
    made = Project(folder)
    made.git("config", "user.name", "Colleague")
    made.git("config", "user.email", "colleague@example.org")
    assert not list((folder / "data").rglob("rows.parquet"))
    assert not (folder / ".xlforge").exists()
    return made


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def s3() -> Iterator[str]:
    """An S3 server with a bucket; its address."""
    pytest.importorskip("moto.server")
    pytest.importorskip("dvc_s3")
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 60
        while True:
            try:
                ask = urllib.request.Request(f"http://127.0.0.1:{port}/team", method="PUT")
                urllib.request.urlopen(ask, timeout=5).close()
                break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < end
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """An SFTP server on loopback that knows one password; its port and the folder that it serves as /."""
    pytest.importorskip("dvc_ssh", reason="dvc-ssh is not installed")
    asyncssh = pytest.importorskip("asyncssh")
    served = tmp_path / "served"
    served.mkdir()

    class Door(asyncssh.SSHServer):  # type: ignore[misc, name-defined]
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("team", SSH_WORD)

    loop = asyncio.new_event_loop()

    async def listen() -> int:
        key = asyncssh.generate_private_key("ssh-ed25519")
        made = await asyncssh.create_server(
            Door, "127.0.0.1", 0, server_host_keys=[key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(served).encode()),
        )  # fmt: skip
        return int(made.get_port())

    port = loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield port, served
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


Told = tuple[dict[str, str], list[tuple[str, ...]]]
"""What the environment says, and the `dvc remote` commands of each who uses the remote: docs/remotes.md has them."""


@pytest.fixture(params=["folder", "s3", "ssh"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Told]:
    """The remote's URL, as .dvc/config may have it, and what each needs beside it."""
    if request.param == "folder":
        return str(tmp_path / "remote"), ({}, [])
    if request.param == "s3":
        address = request.getfixturevalue("s3")
        return "s3://team/xlforge", (AWS, [("modify", "--local", "team", "endpointurl", address)])
    port, _ = request.getfixturevalue("ssh")
    own = [("modify", "--local", "team", "user", "team"), ("modify", "--local", "team", "password", SSH_WORD)]
    return f"ssh://127.0.0.1:{port}/xlforge", ({}, own)


def test_a_build_that_was_pushed_is_pulled_elsewhere_and_nothing_runs(
    home: Project, tmp_path: Path, remote: tuple[str, Told]
) -> None:
    url, (env, own) = remote
    project = home.copy(tmp_path / "project")
    project.run("dvc", "remote", "add", "--default", "team", url)
    for words in own:
        project.run("dvc", "remote", *words)
    project.run("dvc", "push", env=env)
    other = clone(project, tmp_path / "clone")
    for words in own:
        other.run("dvc", "remote", *words)
    other.run("dvc", "pull", "--allow-missing", env=env)
    assert other.repro() == []
    assert other.lock() == home.lock()
    assert other.read("dataset").equals(home.read("dataset"))
    tracked = "".join(
        (other.folder / name).read_text(errors="replace") for name in other.git("ls-files", ".dvc").split()
    )
    assert "[core]" in tracked
    assert not SECRETS.search(tracked)
    for secret in (*env.values(), SSH_WORD):
        assert secret not in tracked
    assert "config.local" not in other.git("status", "--porcelain", "--untracked-files=all")


def test_the_shipped_config_has_no_credentials_and_local_ones_are_not_tracked() -> None:
    listed = subprocess.run(
        ["git", "ls-files", ".dvc"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert ".dvc/config" in listed
    assert not [name for name in listed if "local" in name]
    assert not SECRETS.search((ROOT / ".dvc" / "config").read_text())
    ignored = subprocess.run(["git", "check-ignore", ".dvc/config.local"], cwd=ROOT, capture_output=True, check=False)
    assert ignored.returncode == 0


@pytest.fixture
def shared_answers(home: Project, tmp_path: Path) -> Project:
    """A clone, pulled, whose owner keeps an export of the store in the repository."""
    project = home.copy(tmp_path / "project")
    project.run("xlforge", "cache", "export", "answers")
    project.run("dvc", "add", "answers")
    project.run("dvc", "remote", "add", "--default", "team", str(tmp_path / "remote"))
    project.run("dvc", "push")
    other = clone(project, tmp_path / "clone")
    other.run("dvc", "pull", "--allow-missing")
    assert list((other.folder / "answers").glob("*.parquet"))
    return other


def test_a_colleagues_change_buys_only_what_nobody_has_bought(shared_answers: Project, home: Project) -> None:
    other = shared_answers
    other.run("xlforge", "cache", "import", "answers")
    other.set({"translations.candidates": 4})
    records = other.repro()
    ran = dict(zip(names(records), records, strict=True))
    kept = len(other.read("scores"))
    assert list(ran) == ["translations@de", "selection@de", "dataset"]
    before = next(record for record in home.runs() if record["stage"] == "translations")
    assert (ran["translations@de"]["calls"], ran["translations@de"]["hits"]) == (kept, before["calls"])
    assert 0 < ran["selection@de"]["calls"] <= kept
    done = other.run("xlforge", "cache", "export", "answers").stdout
    generated = sum(record["calls"] for record in records)
    assert f"{generated} responses written" in done


def test_a_clone_replays_the_build_offline_from_the_export(shared_answers: Project, home: Project) -> None:
    other = shared_answers
    other.run("xlforge", "cache", "import", "answers")
    ran = other.repro("--force", env={"XLFORGE_OFFLINE": "1"})
    assert len(ran) == len(home.lock())
    assert sum(record["calls"] for record in ran) == 0
    assert sum(record["hits"] for record in ran) > 0
    assert other.lock() == home.lock()


def test_offline_what_is_missing_is_named_with_stage_row_and_reason(shared_answers: Project) -> None:
    other = shared_answers
    env = {"XLFORGE_OFFLINE": "1"}
    empty = other.run("dvc", "repro", "--force", "--single-item", "instructions", check=False, env=env)
    row = other.read("seeds")["id"].to_list()
    assert empty.returncode != 0
    assert re.search(
        r"^instructions: offline, and the cache lacks 24 of the responses of models/pocket/teacher", empty.stderr, re.M
    )
    assert "it holds 0 responses, none of this model" in empty.stderr
    assert any(f"row {name}:" in empty.stderr for name in row)
    other.run("xlforge", "cache", "import", "answers")
    other.set({"translations.sampling.temperature": 0.9})
    changed = other.run("dvc", "repro", "dataset", check=False, env=env)
    assert changed.returncode != 0
    assert "translations@de: offline" in changed.stderr
    assert re.search(
        r"first for row \S+/de.*: it holds \d+ of this model at revision sha256:\w+, so the prompt", changed.stderr
    )
    assert "xlforge cache import" in changed.stderr
    assert "Traceback" not in changed.stderr


def home_threshold(home: Project) -> int:
    """The lowest accepted grade that the project was built with."""
    return int(yaml.safe_load((home.folder / "params.yaml").read_text())["scores"]["threshold"]["min_grade"])


def test_an_experiment_goes_to_a_colleague_and_nothing_is_built_again(home: Project, tmp_path: Path) -> None:
    """Metrics are git's, so the run cache serves who ran a stage, and the experiment's commit everybody else."""
    project = home.copy(tmp_path / "project")
    bare = tmp_path / "origin.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", bare], check=True)
    project.git("remote", "add", "origin", str(bare))
    project.run("dvc", "remote", "add", "--default", "team", str(tmp_path / "remote"))
    project.commit("shared")
    project.run("dvc", "exp", "run", "dataset", "--name", "low-bar", "--set-param", "scores.threshold.min_grade=1")
    project.run("dvc", "push")
    project.git("push", "--quiet", "origin", "main")
    project.run("dvc", "exp", "push", "origin", "low-bar")

    other = Project(tmp_path / "clone")
    subprocess.run(["git", "clone", "--quiet", bare, other.folder], check=True)
    other.run("dvc", "pull", "--allow-missing")
    other.run("dvc", "exp", "pull", "origin", "low-bar")
    told = json.loads(other.run("dvc", "metrics", "diff", "--json", "HEAD", "low-bar").stdout)
    assert "rows" in told["data/scores/metrics.json"]
    assert "low-bar" in other.run("dvc", "exp", "show", "--csv").stdout
    change = json.loads(other.run("dvc", "params", "diff", "--json", "HEAD", "low-bar").stdout)
    assert change["params.yaml"]["scores.threshold.min_grade"]["new"] == 1
    other.run("dvc", "exp", "branch", "low-bar", "low-bar-here")
    other.git("checkout", "--quiet", "low-bar-here")
    other.run("dvc", "pull", "--allow-missing")
    assert other.repro() == []
    assert not (other.folder / ".xlforge" / "cache.sqlite").exists()

    project.set({"scores.threshold.min_grade": home_threshold(home)})
    assert project.repro() == []
    assert project.lock() == home.lock()
