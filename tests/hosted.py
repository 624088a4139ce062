"""Parts of the tests' server: hosted batches as OpenAI has them, and limits on requests and tokens."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from typing import Any

import orjson
from aiohttp import BodyPartReader, web


class Limits:
    """A sliding window over what came and what it took."""

    def __init__(
        self,
        requests: float = 1e12,
        tokens: float = 1e12,
        seconds: float = 60.0,
        penalty: float = 0.0,
        announced: bool = False,
    ) -> None:
        self.most, self.most_tokens, self.seconds = requests, tokens, seconds
        self.penalty, self.announced = penalty, announced
        self.came: deque[float] = deque()
        self.took: deque[tuple[float, float]] = deque()
        self.closed = 0.0

    def allow(self) -> bool:
        """Whether the limits allow one more, which then counts."""
        now = time.monotonic()
        while self.came and self.came[0] <= now - self.seconds:
            self.came.popleft()
        while self.took and self.took[0][0] <= now - self.seconds:
            self.took.popleft()
        over = len(self.came) >= self.most or sum(tokens for _, tokens in self.took) > self.most_tokens
        if over:
            self.closed = now + self.penalty
        if over or now < self.closed:
            return False
        self.came.append(now)
        return True

    def used(self, tokens: float) -> None:
        self.took.append((time.monotonic(), tokens))

    def wait(self) -> float | None:
        """Retry-After, where it is announced."""
        return max(0.0, self.seconds - (time.monotonic() - self.came[0])) if self.announced and self.came else None


class Hosted:
    """Files and batches. Each line of a batch meets the server's faults; `expired` is one that only batches have."""

    def __init__(self, app: Any, seconds: float = 0.0, room: float = 1e12) -> None:
        self.app, self.seconds, self.room = app, seconds, room
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.due: dict[str, float] = {}
        self.named = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        match request.method, *request.path.split("/")[2:]:
            case "POST", "files":
                return _json({"id": await self.keep(request), "object": "file", "purpose": "batch"})
            case "GET", "files", name, "content" if name in self.files:
                return web.Response(body=self.files[name])
            case "DELETE", "files", name if name in self.files:
                del self.files[name]
                return _json({"id": name, "deleted": True})
            case "POST", "batches":
                return await self.start(request)
            case "GET", "batches":
                return _json(self.page(dict(request.query)))
            case "GET", "batches", name if name in self.batches:
                return _json(self.look(name))
        return web.Response(status=404, body=b'{"error": {"message": "no such thing"}}')

    async def keep(self, request: web.BaseRequest) -> str:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file":
                return self.name(bytes(await part.read()))
        raise web.HTTPBadRequest

    def name(self, content: bytes) -> str:
        self.named += 1
        self.files[f"file-{self.named}"] = content
        return f"file-{self.named}"

    async def start(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        sent = orjson.loads(body)
        assert (sent["endpoint"], sent["completion_window"]) == ("/v1/chat/completions", "24h")
        lines = self.files[sent["input_file_id"]].splitlines()
        waiting = sum(
            batch["request_counts"]["total"] for batch in self.batches.values() if batch["status"] == "in_progress"
        )
        name = f"batch_{len(self.batches)}"
        counts = {"total": len(lines), "completed": 0, "failed": 0}
        self.batches[name] = {
            "id": name,
            "input_file_id": sent["input_file_id"],
            "status": "in_progress",
            "request_counts": counts,
        }
        self.due[name] = time.monotonic() + self.seconds
        if waiting + len(lines) > self.room:
            errors = {"data": [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}]}
            self.batches[name] |= {"status": "failed", "errors": errors}
        if self.app.fault(b"0" * 12, body, len(self.batches)):
            assert request.transport is not None
            request.transport.abort()
        return _json(self.batches[name])

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        """Two at a time, so that a client must turn pages."""
        names = list(self.batches)[::-1]
        first = names.index(query["after"]) + 1 if "after" in query else 0
        return {"data": [self.batches[name] for name in names[first : first + 2]], "has_more": first + 2 < len(names)}

    def look(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        if batch["status"] == "in_progress" and time.monotonic() >= self.due[name]:
            done = [self.answer(orjson.loads(line)) for line in self.files[batch["input_file_id"]].splitlines()]
            good = [line for line in done if not line["error"] and line["response"]["status_code"] == 200]
            bad = [line for line in done if line not in good]
            batch |= {"output_file_id": self.lines(good), "error_file_id": self.lines(bad)}
            batch["request_counts"] |= {"completed": len(good), "failed": len(bad)}
            expired = any(line["error"] and line["error"]["code"] == "batch_expired" for line in bad)
            batch["status"] = "expired" if expired else "completed"
        return batch

    def lines(self, lines: list[dict[str, Any]]) -> str | None:
        """The last first, since the order of results means nothing."""
        return self.name(b"".join(orjson.dumps(line) + b"\n" for line in lines[::-1])) if lines else None

    def answer(self, line: dict[str, Any]) -> dict[str, Any]:
        from tests.server import completion

        body = orjson.dumps(line["body"])
        mark = hashlib.blake2b(body, digest_size=12).digest()
        self.app.received[mark] += 1
        self.app.bodies.append(body)
        fault = self.app.fault(mark, body, self.app.received[mark])
        made: dict[str, Any] = {"custom_id": line["custom_id"], "response": None, "error": None}
        if fault and fault.kind == "expired":
            self.app.statuses["expired"] += 1
            return made | {"error": {"code": "batch_expired", "message": "the window is over"}}
        if fault:
            self.app.statuses[fault.kind] += 1
            refused = {"error": {"message": "as ordered by the plan of faults"}}
            return made | {"response": {"status_code": int(fault.kind), "body": refused}}
        self.app.answered[mark] += 1
        text = self.app.answer(line["body"]["messages"], line["body"].get("seed") or 0)
        reply = orjson.loads(completion(line["body"], text, mark))
        return made | {"response": {"status_code": 200, "body": reply}}


def _json(content: Any) -> web.Response:
    return web.Response(body=orjson.dumps(content), content_type="application/json")
