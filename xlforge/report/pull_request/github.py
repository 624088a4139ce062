"""GitHub's REST API, with nothing but Python's own library: a workflow that has a token installs no package."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

_TIMEOUT = 60.0


class Refused(Exception):
    """GitHub says no, or what a run left there is not what it should be; nothing was posted."""


class GitHub:
    """GitHub's REST API, for one repository."""

    def __init__(self, url: str, repository: str, token: str) -> None:
        self._root, self._token = f"{url}/repos/{repository}", token

    def bytes(self, path: str, most: int, data: Any = None, method: str = "GET") -> bytes:
        """What a path answers, at most so many bytes. Raises Refused."""
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(
            f"{self._root}/{path}", body, {"Accept": "application/vnd.github+json"}, method=method
        )
        # An archive is fetched from another host, by a redirection: the token does not go there.
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
                content: bytes = answer.read(most + 1)
        except urllib.error.HTTPError as error:
            raise Refused(f"GitHub answers {error.code} to {method} {path}") from None
        except OSError as error:
            raise Refused(f"GitHub does not answer {method} {path}: {error}") from None
        if len(content) > most:
            raise Refused(f"{path} has more than {most:,} bytes")
        return content

    def json(self, path: str, data: Any = None, method: str = "GET") -> Any:
        """The same as data."""
        return json.loads(self.bytes(path, 16 << 20, data, method))
