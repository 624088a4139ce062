"""One comment, made and then put right in its place; a stranger's artifact is refused or made harmless. Over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import struct
import subprocess
import sys
import threading
import warnings
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.pull_requests.small import HOSTILE, obeyed
from xlforge.report.pull_request.github import GitHub, Refused
from xlforge.report.pull_request.images import images
from xlforge.report.pull_request.post import AUTHOR, LARGEST, MARKER, post
from xlforge.report.pull_request.sections import LARGEST as WRITTEN

ROOT = Path(__file__).parents[2]
SHA = "a" * 40
RUN = {
    "id": 7,
    "head_sha": SHA,
    "html_url": "https://github.example/me/forge/actions/runs/7",
    "head_repository": {"full_name": "fork/forge"},
}


def archive(**files: str | bytes) -> bytes:
    """A zip of files; `__` in a name stands for a dot and `_` for a hyphen."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("__", ".").replace("_", "-"), content)
    return into.getvalue()


class Server(ThreadingHTTPServer):
    """As much of GitHub as the posting asks: artifacts behind a redirection to another host, pull requests, comments."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.zip = archive(pr_comment__md="## Gates\n\nall passed\n", pr_number="12\n")
        self.artifacts = [{"id": 3, "name": "pr-comment"}]
        self.pull: dict[str, Any] = {"state": "open", "head": {"sha": SHA, "repo": {"full_name": "fork/forge"}}}
        self.comments: list[dict[str, Any]] = []
        self.posted: list[tuple[str, str]] = []
        self.plots = b""
        self.readonly = False
        self.made: dict[str, Any] = {}
        self.refs: dict[str, str] = {}
        self.stolen: list[str] = []
        self.sent: list[bytes] = []

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, content: Any, code: int = 200) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        path, _, query = self.path.removeprefix("/repos/me/forge/").partition("?")
        if path in ("/blob.zip", "/plots.zip"):
            self.server.stolen += [self.headers["Authorization"]] if self.headers["Authorization"] else []
            self.answer(self.server.zip if path == "/blob.zip" else self.server.plots)
        elif self.headers["Authorization"] != "Bearer secret":
            self.answer({}, 401)
        elif path == "actions/runs/7/artifacts":
            self.answer({"artifacts": self.server.artifacts})
        elif path in ("actions/artifacts/3/zip", "actions/artifacts/9/zip"):
            self.send_response(302)
            name = "blob" if "/3/" in path else "plots"
            self.send_header("Location", f"{self.server.url('localhost')}/{name}.zip")
            self.end_headers()
        elif path == "pulls/12":
            self.answer(self.server.pull)
        elif path == "issues/12/comments":
            page = int(re.search(r"(?:^|&)page=(\d+)", query)[1])  # type: ignore[index]
            self.answer(self.server.comments[100 * (page - 1) : 100 * page])
        else:
            self.answer({}, 404)

    def do_POST(self) -> None:
        if "/git/" in self.path:
            self.keep()
        else:
            self.write("POST", r"issues/12/comments")

    def do_PATCH(self) -> None:
        if "/git/" in self.path:
            self.keep()
        else:
            self.write("PATCH", r"issues/comments/(\d+)")

    def keep(self) -> None:
        """GitHub's git database: what is made has a hash, a ref that is not there cannot be moved."""
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        place = self.path.removeprefix("/repos/me/forge/git/")
        if self.server.readonly or self.headers["Authorization"] != "Bearer secret":
            self.answer({}, 403)
        elif self.command == "PATCH" and place not in self.server.refs:
            self.answer({}, 422)
        elif place in ("blobs", "trees", "commits"):
            sha = hashlib.sha1(json.dumps(said, sort_keys=True).encode()).hexdigest()
            self.server.made[sha] = said
            self.answer({"sha": sha}, 201)
        else:
            self.server.refs[said.get("ref", place)] = said["sha"]
            self.answer({})

    def write(self, method: str, pattern: str) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
        found = re.fullmatch(pattern, self.path.removeprefix("/repos/me/forge/"))
        if not found or self.headers["Authorization"] != "Bearer secret":
            self.answer({}, 403)
            return
        self.server.posted.append((method, body))
        if method == "POST":
            self.server.comments.append({"id": len(self.server.comments) + 1, "user": {"login": AUTHOR}, "body": body})
        else:
            next(each for each in self.server.comments if each["id"] == int(found[1]))["body"] = body
        self.answer({"html_url": "https://github.example/me/forge/pull/12#c"})


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def send(server: Server, **run: Any) -> str:
    return post(GitHub(server.url(), "me/forge", "secret"), RUN | run)


def test_the_comment_is_made_once_and_then_put_right_in_its_place(server: Server) -> None:
    server.comments = [{"id": i, "user": {"login": "someone"}, "body": f"remark {i}"} for i in range(1, 131)]
    send(server)
    server.zip = archive(pr_comment__md="## Gates\n\n1 failed\n", pr_number="12")
    send(server)
    assert [method for method, _ in server.posted] == ["POST", "PATCH"]
    mine = [each["body"] for each in server.comments if each["body"].startswith(MARKER)]
    assert len(mine) == 1
    assert "1 failed" in mine[0]
    assert "all passed" not in mine[0]


def test_the_token_does_not_go_where_the_archive_lies(server: Server) -> None:
    send(server)
    assert server.posted
    assert server.stolen == []


def test_a_comment_of_anybody_else_is_not_changed_though_it_bears_the_mark(server: Server) -> None:
    server.comments = [
        {"id": 1, "user": {"login": "someone"}, "body": f"{MARKER}\nmine"},
        {"id": 2, "user": None, "body": MARKER},
    ]
    send(server)
    assert [method for method, _ in server.posted] == ["POST"]
    assert server.comments[0]["body"] == f"{MARKER}\nmine"


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480) + b"\x08\x02\x00\x00\x00" + b"rest"


def test_plots_stand_in_the_comment_out_of_a_commit_that_no_branch_holds(server: Server) -> None:
    server.artifacts.append({"id": 9, "name": "pr-plots"})
    server.plots = archive(**{"win__png": PNG, "loss__png": PNG + b"2"})
    send(server)
    assert list(server.refs) == ["refs/plots/pull-12"]
    first = server.refs["refs/plots/pull-12"]
    commit = server.made[first]
    assert commit["parents"] == []
    blobs = {each["path"]: server.made[each["sha"]] for each in server.made[commit["tree"]]["tree"]}
    assert {name: base64.b64decode(blob["content"]) for name, blob in blobs.items()} == {
        "loss.png": PNG + b"2",
        "win.png": PNG,
    }
    ours = server.posted[0][1].partition("What follows")[0]
    assert f"![](https://github.example/me/forge/blob/{first}/win.png?raw=true)" in ours
    server.plots = archive(**{"win__png": PNG + b"3"})
    send(server)
    assert server.refs["refs/plots/pull-12"] != first
    assert server.stolen == []


def test_where_a_repository_takes_no_images_they_are_linked_and_the_comment_is_posted(server: Server) -> None:
    server.artifacts.append({"id": 9, "name": "pr-plots"})
    server.plots, server.readonly = archive(**{"win__png": PNG}), True
    send(server)
    assert (
        "[Plots as images](https://github.example/me/forge/actions/runs/7/artifacts/9): they are not shown"
        in server.posted[0][1]
    )
    assert "all passed" in server.posted[0][1]


def test_only_what_is_a_png_of_a_bounded_size_is_taken() -> None:
    wide = PNG.replace(struct.pack(">I", 640), struct.pack(">I", 64_000))
    taken = images(
        archive(
            good__png=PNG,
            page__svg=b"<svg onload=alert(1)>",
            page__png=b"<html>",
            wide__png=wide,
            large__png=PNG + bytes(5 << 20),
        )
    )
    assert list(taken) == ["good.png"]
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as made:
        for name in ("../up.png", "a/b.png", "x](y.png", ".png", *(f"{number:03}.png" for number in range(99))):
            made.writestr(name, PNG)
    assert list(images(into.getvalue())) == [f"{number:03}.png" for number in range(12)]
    torn = bytearray(archive(**{"win__png": PNG * 50}))
    torn[60:70] = b"\xff" * 10
    for bad in (b"no archive", bytes(torn)):
        with pytest.raises(ValueError, match="cannot be read"):
            images(bad)


def test_a_full_comment_has_room_for_every_plot(server: Server) -> None:
    server.artifacts.append({"id": 9, "name": "pr-plots"})
    server.plots = archive(**{f"{number:02}" + "x" * 58 + "__png": PNG for number in range(40)})
    server.zip = archive(pr_comment__md="x" * WRITTEN, pr_number="12")
    send(server)
    assert server.posted[0][1].count("![](") == 12


def test_hostile_words_are_posted_as_words_after_ours(server: Server) -> None:
    server.zip = archive(pr_comment__md=f"{MARKER}\n" + "\n\n".join(HOSTILE), pr_number="12")
    send(server)
    ours, _, theirs = server.posted[0][1].partition("own code.\n\n")
    assert ours.startswith(MARKER)
    assert "](" in ours
    assert MARKER not in theirs
    assert obeyed(theirs) == []
    assert "torvalds" in theirs
    assert not any(char in theirs for char in "\x1b\u202e\u2066")


GOOD = archive(pr_comment__md="x", pr_number="12")
OTHER = {"state": "open", "head": {"sha": "b" * 40, "repo": {"full_name": "fork/forge"}}}

CLOSED = {"state": "closed", "head": {"sha": SHA, "repo": {"full_name": "fork/forge"}}}
THEIRS = {"state": "open", "head": {"sha": SHA, "repo": {"full_name": "me/forge"}}}
GONE = {"state": "open", "head": {"sha": SHA, "repo": None}}


@pytest.mark.parametrize(
    ("artifact", "pull", "why"),
    [
        (GOOD, OTHER, "is not open at"),
        (GOOD, CLOSED, "is not open at"),
        (GOOD, THEIRS, "of the repository"),
        (GOOD, GONE, "of the repository"),
        (archive(pr_comment__md="x", pr_number="13"), None, "404"),
        (archive(pr_comment__md="x", pr_number="12/../../issues/1"), None, "names no pull request"),
        (archive(pr_comment__md="x", pr_number="１２"), None, "names no pull request"),
        (archive(pr_comment__md="x", pr_number="1" * 100), None, "more than 32 bytes"),
        (archive(pr_comment__md="x"), None, "cannot be read"),
        (archive(pr_comment__md=b"\xff\xfe", pr_number="12"), None, "cannot be read"),
        (archive(pr_comment__md="x" * (LARGEST + 1), pr_number="12"), None, "characters"),
        (archive(pr_comment__md="x" * (64 << 20), pr_number="12"), None, "more than 1,048,576 bytes"),
        (b"x" * (3 << 20), None, "more than 2,097,152 bytes"),
        (b"no archive", None, "cannot be read"),
        (GOOD[:-40], None, "cannot be read"),
    ],
    ids=[
        "stale",
        "closed",
        "same commit, another repository",
        "the fork is gone",
        "no such",
        "path",
        "wide digits",
        "long number",
        "no number",
        "no text",
        "too long",
        "bomb",
        "huge",
        "no zip",
        "torn",
    ],
)
def test_an_artifact_that_is_not_what_it_should_be_is_refused(
    server: Server, artifact: bytes, pull: dict[str, Any] | None, why: str
) -> None:
    server.zip, server.pull = artifact, pull or server.pull
    with pytest.raises(Refused, match=re.escape(why)):
        send(server)
    assert server.posted == []


def test_nothing_in_the_archive_is_written_anywhere(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, words in {"../stolen": "x", "/tmp/stolen": "x", "pr-comment.md": "words", "pr-number": "12"}.items():
            made.writestr(name, words)
    server.zip = into.getvalue()
    monkeypatch.chdir(tmp_path)
    send(server)
    assert server.posted[0][1].endswith("words")
    assert list(tmp_path.iterdir()) == []
    assert not (tmp_path.parent / "stolen").exists()


def test_a_run_that_left_nothing_is_told(server: Server) -> None:
    server.artifacts = []
    with pytest.raises(Refused, match="left no artifact"):
        send(server)


@pytest.mark.parametrize(("sha", "code"), [(SHA, 0), ("b" * 40, 1)], ids=["posts", "refuses"])
def test_the_workflow_s_command_needs_nothing_but_python(server: Server, tmp_path: Path, sha: str, code: int) -> None:
    server.artifacts.append({"id": 9, "name": "pr-plots"})
    server.plots = archive(win__png=PNG)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"workflow_run": RUN | {"head_sha": sha}}))
    github = {"GITHUB_API_URL": server.url(), "GITHUB_REPOSITORY": "me/forge", "GITHUB_TOKEN": "secret"}
    bare = [sys.executable, "-S", "-m", "xlforge.report.pull_request.post"]
    done = subprocess.run(
        bare, cwd=ROOT, env=github | {"GITHUB_EVENT_PATH": str(event)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert len(server.posted) == len(server.refs) == 1 - code
    assert all("win.png?raw=true" in body for _, body in server.posted)
    assert "secret" not in done.stdout + done.stderr
    assert ("nothing was posted" in done.stderr) is bool(code)
