"""A Hub for tests: the part of its HTTP protocol that `huggingface_hub`, `datasets` and `peft` use, with faults to order.

    with Hub() as hub:
        hub.fail("commit", 500)            # every request of this step, until hub.repair()
        ...                                # hub.url is the endpoint, hub.token the one token that it knows

A fault is a status, `drop` (the connection ends without an answer) or `lost` (done, but the answer never comes).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 4
"""Entries of a listing; the Hub has more, and tests should see a second page."""


@dataclass(frozen=True)
class Blob:
    """One file: its bytes, and whether they lie in large file storage."""

    data: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def kept(self) -> bytes:
        """What git keeps: the bytes, or a pointer to them."""
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.data)}\n"
        return pointer.encode() if self.lfs else self.data

    @property
    def git(self) -> str:
        return hashlib.sha1(f"blob {len(self.kept)}\0".encode() + self.kept).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.git


@dataclass
class Repository:
    """What a repository shows: a tree for each commit, branches and tags."""

    private: bool
    trees: dict[str, dict[str, Blob]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, files: dict[str, Blob], message: str) -> str:
        seed = (
            f"{branch} {self.branches.get(branch)} {message} {sorted((path, blob.git) for path, blob in files.items())}"
        )
        oid = hashlib.sha1(seed.encode()).hexdigest()
        self.trees[oid], self.branches[branch] = files, oid
        self.log.append(message)
        return oid

    def find(self, revision: str) -> str | None:
        found = self.branches.get(revision) or self.tags.get(revision)
        return found or (revision if revision in self.trees else None)

    @property
    def shown(self) -> tuple[Any, ...]:
        """Everything that anyone can see of it."""
        return dict(self.branches), dict(self.tags), len(self.trees), len(self.log)


class Hub:
    """The server, in a thread of its own. storage: the same under another host's name, as the Hub has its files elsewhere."""

    def __init__(self, token: str = "hf_" + "T" * 34) -> None:
        self.token = token
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.stored: dict[str, bytes] = {}
        self.faults: dict[str, int | str] = {}
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.steps: list[str] = []
        self.lock = threading.Lock()
        handler = type("Bound", (Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.storage = f"http://localhost:{self.server.server_port}"

    def __enter__(self) -> Hub:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def fail(self, step: str, how: int | str) -> None:
        self.faults[step] = how

    def repair(self) -> None:
        self.faults.clear()

    def repository(self, name: str, kind: str = "dataset") -> Repository:
        return self.repositories[kind, name]

    def files(self, name: str, kind: str = "dataset", revision: str = "main") -> dict[str, bytes]:
        """What a revision holds, without the file that every repository starts with."""
        repository = self.repository(name, kind)
        tree = repository.trees[str(repository.find(revision))]
        return {path: blob.data for path, blob in tree.items() if path != ".gitattributes"}


class Refused(Exception):
    """An answer that is an error, with the code that the client tells errors apart by."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_GET

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        parts = urlsplit(self.path)
        path = parts.path
        with self.hub.lock:
            self.hub.seen.append((self.command, self.path, dict(self.headers), body))
            for pattern, step, work in ROUTES:
                if found := re.fullmatch(pattern, path):
                    self.hub.steps.append(step)
                    self._answer(step, work, [unquote(part or "") for part in found.groups()], body)
                    return
            self._send(404, {"error": f"no such page: {path}"})

    def _answer(self, step: str, work: Callable[..., Any], parts: list[str], body: bytes) -> None:
        fault = self.hub.faults.get(step)
        if fault == "drop":
            self.close_connection = True
            return
        if isinstance(fault, int):
            self._send(fault, {"error": f"ordered: {step} fails for {self.headers.get('Authorization')}"})
            return
        try:
            if step not in OPEN:
                self._known()
            done = work(self, *parts, body=body)
        except Refused as error:
            self._send(error.status, {"error": str(error)}, **({"X-Error-Code": error.code} if error.code else {}))
            return
        if fault == "lost":
            self.close_connection = True
        elif done is not None:
            self._send(200, done)

    def _known(self) -> None:
        if self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            raise Refused(401, "Invalid credentials")

    def _send(self, status: int, what: Any, **headers: str) -> None:
        data = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status >= 400 and isinstance(what, dict):
            self.send_header("X-Error-Message", str(what.get("error", "")))
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _repository(self, kind: str, name: str) -> Repository:
        kind = "dataset" if kind.startswith("dataset") else "model"
        found = self.hub.repositories.get((kind, name))
        if found is None:
            raise Refused(404, f"Repository not found: {kind} {name}", "RepoNotFound")
        if found.private:
            self._known()
        return found

    def _tree(self, kind: str, name: str, revision: str) -> tuple[Repository, str, dict[str, Blob]]:
        repository = self._repository(kind, name)
        oid = repository.find(revision or "main")
        if oid is None:
            raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return repository, oid, repository.trees[oid]

    # The steps of a publication, in their order.

    def create(self, body: bytes) -> Any:
        asked = json.loads(body)
        kind, name = asked.get("type", "model"), f"{asked['organization']}/{asked['name']}"
        if (kind, name) in self.hub.repositories:
            self._send(409, {"error": "You already created this repo", "url": f"{self.hub.url}/{name}"})
            return None
        made = Repository(asked.get("visibility") == "private")
        made.commit("main", {".gitattributes": Blob(b"*.parquet filter=lfs\n", False)}, "initial commit")
        self.hub.repositories[kind, name] = made
        return {"url": f"{self.hub.url}/{'datasets/' if kind == 'dataset' else ''}{name}"}

    def refs(self, kind: str, name: str, body: bytes) -> Any:
        found = self._repository(kind, name)
        return {
            "branches": [{"name": n, "ref": f"refs/heads/{n}", "targetCommit": c} for n, c in found.branches.items()],
            "converts": [],
            "tags": [{"name": n, "ref": f"refs/tags/{n}", "targetCommit": c} for n, c in found.tags.items()],
        }

    def branch(self, kind: str, name: str, new: str, body: bytes) -> Any:
        found = self._repository(kind, name)
        found.branches[new] = found.branches["main"]
        return {}

    def info(self, kind: str, name: str, revision: str, body: bytes) -> Any:
        repository, oid, tree = self._tree(kind, name, revision)
        siblings = [{"rfilename": path} for path in tree]
        day = "2026-01-01T00:00:00.000Z"
        known = {
            "id": name,
            "sha": oid,
            "private": repository.private,
            "siblings": siblings,
            "tags": [],
            "downloads": 0,
        }
        return known | {"lastModified": day, "createdAt": day, "disabled": False, "gated": False, "likes": 0}

    def tree(self, kind: str, name: str, revision: str, folder: str, body: bytes) -> Any:
        _, _, tree = self._tree(kind, name, revision)
        asked = parse_qs(urlsplit(self.path).query)
        entries = listing(tree, folder, asked.get("recursive", ["false"])[0].lower() in ("true", "1"))
        if folder and not entries:
            raise Refused(404, f"{folder} is not there", "EntryNotFound")
        start = int(asked.get("cursor", ["0"])[0])
        more = {}
        if start + PAGE < len(entries):
            bare = re.sub(r"[?&]cursor=\d+", "", self.path)
            more = {"Link": f'<{self.hub.url}{bare}{"&" if "?" in bare else "?"}cursor={start + PAGE}>; rel="next"'}
        self._send(200, json.dumps(entries[start : start + PAGE]).encode(), **more)

    def paths(self, kind: str, name: str, revision: str, body: bytes) -> Any:
        _, _, tree = self._tree(kind, name, revision)
        wanted = parse_qs(body.decode()).get("paths", [])
        entries = {entry["path"]: entry for entry in listing(tree, "", True)}
        return [entries[path] for path in wanted if path in entries]

    def validate(self, body: bytes) -> Any:
        content = json.loads(body)["content"]
        if not re.match(r"---\n.*\n---\n", content, re.DOTALL):
            self._send(400, {"errors": [{"message": "no metadata"}], "warnings": []})
            return None
        return {"errors": [], "warnings": []}

    def preupload(self, kind: str, name: str, revision: str, body: bytes) -> Any:
        _, _, tree = self._tree(kind, name, revision)
        return {
            "files": [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith((".parquet", ".safetensors")) else "regular",
                    "shouldIgnore": False,
                    "oid": tree[file["path"]].etag if file["path"] in tree else None,
                }
                for file in json.loads(body)["files"]
            ]
        }

    def batch(self, kind: str, name: str, body: bytes) -> Any:
        self._repository(kind, name)
        objects = []
        for one in json.loads(body)["objects"]:
            put = {"href": f"{self.hub.storage}/upload/{one['oid']}?signed=1"}
            verify = {"href": f"{self.hub.url}/verify/{one['oid']}"}
            new = one["oid"] not in self.hub.stored
            objects.append({**one, **({"actions": {"upload": put, "verify": verify}} if new else {})})
        return {"transfer": "basic", "objects": objects}

    def upload(self, oid: str, body: bytes) -> Any:
        if hashlib.sha256(body).hexdigest() != oid:
            raise Refused(400, "the bytes are not what was promised")
        self.hub.stored[oid] = body
        return {}

    def verify(self, oid: str, body: bytes) -> Any:
        if len(self.hub.stored.get(oid, b"")) != json.loads(body)["size"]:
            raise Refused(404, "the object is not there")
        return {}

    def commit(self, kind: str, name: str, revision: str, body: bytes) -> Any:
        repository, oid, tree = self._tree(kind, name, revision)
        if revision not in repository.branches:
            raise Refused(400, "only branches take commits")
        header, *operations = [json.loads(line) for line in body.splitlines()]
        if header["value"].get("parentCommit", oid) != oid:
            raise Refused(412, "A commit has happened since. Please refresh and try again.")
        files = dict(tree)
        for operation in operations:
            value = operation["value"]
            if operation["key"] == "file":
                files[value["path"]] = Blob(base64.b64decode(value["content"]), False)
            elif operation["key"] == "lfsFile":
                if value["oid"] not in self.hub.stored:
                    raise Refused(400, f"{value['path']} was not uploaded")
                files[value["path"]] = Blob(self.hub.stored[value["oid"]], True)
            elif files.pop(value["path"], None) is None:
                raise Refused(404, "A file with this name doesn't exist", "EntryNotFound")
        made = repository.commit(revision, files, header["value"]["summary"])
        url = f"{self.hub.url}/{'datasets/' if kind == 'datasets' else ''}{name}/commit/{made}"
        return {"success": True, "commitOid": made, "commitUrl": url, "pullRequestUrl": None}

    def tag(self, kind: str, name: str, revision: str, body: bytes) -> Any:
        repository, oid, _ = self._tree(kind, name, revision)
        new = json.loads(body)["tag"]
        if new in repository.tags:
            raise Refused(409, "Tag reference exists already")
        repository.tags[new] = oid
        return {}

    # What loading back asks for.

    def resolve(self, kind: str, name: str, revision: str, path: str, body: bytes) -> Any:
        _, oid, tree = self._tree(kind, name, revision)
        if path not in tree:
            raise Refused(404, f"{path} is not there", "EntryNotFound")
        blob = tree[path]
        headers = {"X_Repo_Commit": oid, "ETag": f'"{blob.etag}"', "Accept_Ranges": "bytes"}
        if blob.lfs:
            linked = {"X_Linked_Etag": f'"{blob.etag}"', "X_Linked_Size": str(len(blob.data))}
            self._send(302, b"", Location=f"{self.hub.storage}/storage/{blob.sha256}", **linked, **headers)
        else:
            self._bytes(blob.data, headers)

    def storage(self, oid: str, body: bytes) -> Any:
        self._bytes(self.hub.stored[oid], {"ETag": f'"{oid}"', "Accept_Ranges": "bytes"})

    def _bytes(self, data: bytes, headers: dict[str, str]) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if not asked:
            self._send(200, data, Content_Length=str(len(data)), **headers)
            return
        start, end = int(asked.group(1)), min(int(asked.group(2) or len(data) - 1), len(data) - 1)
        self._send(206, data[start : end + 1], Content_Range=f"bytes {start}-{end}/{len(data)}", **headers)


def listing(tree: dict[str, Blob], folder: str, recursive: bool) -> list[dict[str, Any]]:
    """A folder's files and folders, as the Hub lists them."""
    inside = {path: blob for path, blob in tree.items() if not folder or path.startswith(f"{folder}/")}
    parents = sorted({"/".join(path.split("/")[:depth]) for path in inside for depth in range(1, path.count("/") + 1)})
    folders = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": path} for path in parents if path != folder]
    files = []
    for path, blob in sorted(inside.items()):
        pointer = (
            {"lfs": {"oid": blob.sha256, "size": len(blob.data), "pointerSize": len(blob.kept)}} if blob.lfs else {}
        )
        files.append({"type": "file", "oid": blob.git, "size": len(blob.data), "path": path, **pointer})
    depth = folder.count("/") + 1 if folder else 0
    return [entry for entry in [*folders, *files] if recursive or str(entry["path"]).count("/") == depth]


_REPO = r"/api/(datasets|models)/([^/]+/[^/]+)"
ROUTES: list[tuple[str, str, Callable[..., Any]]] = [
    (r"/api/repos/create", "create", Handler.create),
    (r"/api/validate-yaml", "validate", Handler.validate),
    (rf"{_REPO}/refs", "refs", Handler.refs),
    (rf"{_REPO}/branch/([^/]+)", "branch", Handler.branch),
    (rf"{_REPO}/tree/([^/]+)(?:/(.+))?", "tree", Handler.tree),
    (rf"{_REPO}/paths-info/([^/]+)", "paths", Handler.paths),
    (rf"{_REPO}/preupload/([^/]+)", "preupload", Handler.preupload),
    (rf"{_REPO}/commit/([^/]+)", "commit", Handler.commit),
    (rf"{_REPO}/tag/([^/]+)", "tag", Handler.tag),
    (rf"{_REPO}(?:/revision/([^/]+))?", "info", Handler.info),
    (r"/(datasets/|)([^/]+/[^/]+)\.git/info/lfs/objects/batch", "batch", Handler.batch),
    (r"/upload/([0-9a-f]+)", "upload", Handler.upload),
    (r"/verify/([0-9a-f]+)", "verify", Handler.verify),
    (r"/(datasets/|)([^/]+/[^/]+)/resolve/([^/]+)/(.+)", "resolve", Handler.resolve),
    (r"/storage/([0-9a-f]+)", "storage", Handler.storage),
]
OPEN = ("info", "tree", "paths", "refs", "resolve", "validate", "upload", "storage")
"""Steps that need no token, unless the repository is private; storage has signed addresses."""
