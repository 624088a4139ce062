"""One worker of a Ray: an engine that generates what the driver sends, and reports each response as it arrives.

An actor has no cache. The driver commits what a report holds and then calls for the next one, which lets the engine go on: a driver
that is killed has lost as little as a local engine would have. Nothing of the project is imported before the environment is set, since
libraries read theirs on import. Requests and reports travel as pickles: Ray's own format has no lone surrogates, and responses may.
"""

import os
import pickle
import traceback
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Condition, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlforge.models.engine import Engine
    from xlforge.requests.request import Request
    from xlforge.requests.response import Completed, Response

_WAIT = 0.5
"""Seconds that a report waits until there is something to report."""


@dataclass
class Report:
    """What happened since the last report.

    Args:
        completed: key and response of requests.
        failed: key, reason and message of requests, as of `Sink.fail`.
        account: a call that waits for the driver, see `xlforge.models.budget.RemoteAccount`.
        ended: whether the engine has returned.
        error: why it could not go on, if so.
    """

    completed: "list[tuple[str, Response]]" = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    account: tuple[float | None, float | None] | None = None
    ended: bool = False
    error: str | None = None


class Replica:
    """The actor. Its calls return at once or soon; a thread runs the engine."""

    def __init__(self, variables: dict[str, str], weights: dict[str, bytes], opening: bytes) -> None:
        """Prepares the process.

        Args:
            variables: of the environment.
            weights: files of models by their path in the checkout, where the driver may be on another machine.
            opening: the pickled arguments of `open_engine`.
        """
        os.environ.pop("OMP_NUM_THREADS", None)  # Ray's own choice
        os.environ.update(variables)
        from xlforge.base import guard

        guard.die_with_parents()
        _write(weights)
        self._opening, self._outbox = opening, _Outbox()
        self._engine: Engine | None = None

    def generate(self, requests: bytes) -> None:
        """Starts on a pickled list of requests. What was started before must have ended."""
        Thread(target=self._generate, args=(requests,), daemon=True, name="generate").start()

    def report(self, stop: bool, reply: float | None) -> bytes:
        """The next report, pickled. The caller has committed the one before.

        Args:
            stop: whether the engine is to send no more requests.
            reply: to the call in the report before.
        """
        return pickle.dumps(self._outbox.take(stop, reply))

    def _generate(self, requests: bytes) -> None:
        from xlforge.base.errors import BuildError

        error = None
        try:
            self._engine = self._engine or self._open()
            self._engine.generate(pickle.loads(requests), self._outbox)
        except BuildError as fault:
            error = str(fault)
        except BaseException:
            error = traceback.format_exc()
        self._outbox.end(error)

    def _open(self) -> "Engine":
        from xlforge.config import packages
        from xlforge.models import budget
        from xlforge.models.engines import open_engine

        packages.check()
        budget.account_type = partial(budget.RemoteAccount, self._outbox.call)
        return open_engine(*pickle.loads(self._opening))


class _Outbox:
    """The sink of an actor's engine: responses wait here for the driver, and engines for its commit."""

    def __init__(self) -> None:
        self._change = Condition()
        self._next = Report()
        self._waiting: list[tuple[Future[list[Response]], list[Response]]] = []
        self._taken: list[tuple[Future[list[Response]], list[Response]]] = []
        self._stopped = False
        self._reply: float | None = None

    def put(self, completed: "Sequence[Completed]") -> "Future[list[Response]]":
        """See Sink."""
        commit: Future[list[Response]] = Future()
        commit.set_running_or_notify_cancel()
        with self._change:
            self._next.completed += [(request.key, response) for request, response in completed]
            self._waiting.append((commit, [response for _, response in completed]))
            self._change.notify_all()
        self._stop_if_wanted()
        return commit

    def fail(self, request: "Request", reason: str, message: str = "") -> None:
        """See Sink."""
        with self._change:
            self._next.failed.append((request.key, reason, message))
            self._change.notify_all()
        self._stop_if_wanted()

    def call(self, amount: float | None, maximum: float | None) -> float:
        """See `xlforge.models.budget.RemoteAccount`."""
        with self._change:
            self._next.account, self._reply = (amount, maximum), None
            self._change.notify_all()
            self._change.wait_for(lambda: self._reply is not None)
            assert self._reply is not None
            return self._reply

    def end(self, error: str | None) -> None:
        """The engine has returned, or failed with an error."""
        with self._change:
            self._next.ended, self._next.error = True, error
            self._change.notify_all()

    def take(self, stop: bool, reply: float | None) -> Report:
        """The next report, as soon as there is something to report."""
        for commit, responses in self._taken:
            commit.set_result(responses)
        with self._change:
            self._stopped = stop
            if reply is not None:
                self._reply = reply
                self._change.notify_all()
            self._change.wait_for(lambda: self._next != Report(), _WAIT)
            report, self._next = self._next, Report()
            self._taken, self._waiting = self._waiting, []
        return report

    def _stop_if_wanted(self) -> None:
        """An engine keeps what is in flight when its sink raises, and sends nothing new."""
        if self._stopped:
            from xlforge.models.engine import EngineError

            raise EngineError("stopped, since another worker cannot go on")


def _write(files: dict[str, bytes]) -> None:
    """Each file whole or not at all: the actors of a node share its folder."""
    for name, content in files.items():
        path = Path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.{os.getpid()}")
            part.write_bytes(content)
            part.replace(path)
