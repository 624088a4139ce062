"""A step that asks, as the stage sees it while its replicas work elsewhere: rows go there, and rows, counts and words come back."""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition, Lock
from typing import TYPE_CHECKING, Any

from distilabel.steps import Step as Plain

from xlforge.base.errors import BuildError
from xlforge.base.progress import Progress
from xlforge.models.ray.account import Account
from xlforge.models.ray.shares import share
from xlforge.models.ray.worker import Done, Replica

if TYPE_CHECKING:
    from xlforge.base.rows import Row
    from xlforge.config.execution import Execution

Step = Any
_LOOK_EVERY = 1.0
_TRIES = 3


class Gate:
    """Lets threads call Ray until the stage leaves it: Ray ends the whole process, or crashes it, where a thread calls it later."""

    def __init__(self) -> None:
        self._within, self._shut, self._change = 0, False, Condition()

    @contextmanager
    def passed(self) -> Iterator[None]:
        """For one call, and a short one, since `shut` waits for it. Raises Left where that has been called."""
        with self._change:
            if self._shut:
                raise Left
            self._within += 1
        try:
            yield
        finally:
            with self._change:
                self._within -= 1
                self._change.notify_all()

    def shut(self) -> None:
        """Returns once no thread is within, and none comes in any more."""
        with self._change:
            self._shut = True
            self._change.wait_for(lambda: not self._within)


class Left(Exception):
    """The stage has left Ray; a thread that still works has nothing more to do."""


class Far:
    """What the replicas of one step share: its account, and one line of progress."""

    def __init__(
        self, ray: Any, gate: Gate, step: Step, execution: Execution, variables: dict[str, str | None]
    ) -> None:
        self.ray, self.gate, self.execution, self.variables = ray, gate, execution, variables
        self.account = Account(Path(step.llm.ledger))
        self.packed, resources = _packed(step), step.resources
        self.options = {"num_cpus": resources.cpus, "num_gpus": resources.gpus or 0, "max_concurrency": 2}
        self.workers = resources.replicas
        self._label, self._lock, self._at_work = step.llm.label, Lock(), 0
        self._progress: Progress | None = None

    def stand_in(self, step: Step) -> None:
        """Makes of a copy of the step one that has it all done elsewhere."""
        one = _One(self)
        object.__setattr__(step, "load", lambda: one.load(step))
        object.__setattr__(step, "unload", one.unload)
        object.__setattr__(step, "_all", one.work)

    def began(self) -> None:
        """A replica has rows."""
        with self._lock:
            self._at_work += 1
            self._progress = self._progress or Progress(self._label, 0, 0)

    def ended(self) -> None:
        """A replica has none any more."""
        with self._lock:
            self._at_work -= 1
            if not self._at_work and self._progress is not None:
                self._progress.close()
                self._progress = None

    def show(self, new: list[int], lines: list[str]) -> None:
        """new: rows expected, found, answered; tokens; failures."""
        with self._lock:
            for line in lines:
                print(line, file=sys.stderr, flush=True)
            if self._progress is not None and any(new):
                total, found, answered, tokens, failed = new
                self._progress.expect(total)
                self._progress.find(found)
                self._progress.add(answered, tokens, failed)


class _One:
    """One replica: an actor, and a new one where that dies."""

    def __init__(self, far: Far) -> None:
        self._far, self._ray = far, far.ray
        self._actor: Any = None
        self._sums = [0, 0, 0, 0, 0]

    def load(self, step: Step) -> None:
        """Starts the actor; raises BuildError where that is not possible."""
        Plain.load(step)
        self._start()

    def work(self, rows: list[Row]) -> list[Row]:
        """What becomes of rows; raises BuildError."""
        packed = pickle.dumps(rows)
        self._far.began()
        try:
            for tried in range(_TRIES):
                try:
                    return self._rows(self._done(packed))
                except self._ray.exceptions.RayActorError as error:
                    if tried + 1 == _TRIES:
                        raise BuildError(
                            f"a worker of Ray has died {_TRIES} times over the same rows ({_short(error)}). What was answered is "
                            "kept: see to its memory, or give it fewer neighbours with execution.ray.replicas, and run again"
                        ) from None
                    self._far.show([0] * 5, ["a worker of Ray has died; another one goes on with its rows"])
                    self._start()
        finally:
            self._far.ended()
        raise AssertionError("the last try returns or raises")

    def unload(self) -> None:
        """Lets the actor go."""
        if self._actor is not None:
            with suppress(self._ray.exceptions.RayError):
                self._ready(self._call("unload"), _LOOK_EVERY * 10)
            with self._far.gate.passed():
                self._ray.kill(self._actor)
            self._actor = None

    def _start(self) -> None:
        far, settings = self._far, self._far.execution.ray
        self._sums = [0, 0, 0, 0, 0]
        with far.gate.passed():
            self._actor = self._ray.remote(Replica).options(**far.options).remote(far.variables)
        loading = self._call("load", far.packed)
        if not self._ready(loading, settings.start):
            raise BuildError(
                f"not all {far.workers} workers of Ray have started within {settings.start:g} s, each with {settings.cpus} CPUs and "
                f"{far.options['num_gpus']} GPUs of its own: lower execution.ray.replicas, or raise execution.ray.start"
            )
        try:
            trouble = self._result(loading)
        except self._ray.exceptions.RayError as error:
            raise BuildError(f"a worker of Ray does not start: {_short(error)}") from None
        if trouble:
            raise BuildError(trouble)

    def _done(self, packed: bytes) -> Done:
        working = self._call("work", packed)
        while not self._ready(working, _LOOK_EVERY):
            self._told()
        done: Done = pickle.loads(self._result(working))
        self._told()
        return done

    def _rows(self, done: Done) -> list[Row]:
        self._far.account.add(done.sales)
        if done.rows is None:
            raise BuildError(done.trouble or "a worker of Ray gave no rows")
        return done.rows

    def _told(self) -> None:
        if not self._ready(asked := self._call("told"), _LOOK_EVERY):
            return
        sums, lines = pickle.loads(self._result(asked))
        new, self._sums = [now - before for now, before in zip(sums, self._sums, strict=True)], list(sums)
        self._far.show(new, lines)

    def _call(self, what: str, *given: Any) -> Any:
        """Has the actor begin something; a reference to what will come of it."""
        with self._far.gate.passed():
            return getattr(self._actor, what).remote(*given)

    def _ready(self, reference: Any, seconds: float) -> bool:
        """Whether it comes to an end, well or not, in that time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            with self._far.gate.passed():
                if self._ray.wait([reference], timeout=min(left, _LOOK_EVERY))[0]:
                    return True
        return False

    def _result(self, reference: Any) -> Any:
        """Of what is ready; raises what the actor did, or RayError where it is gone."""
        with self._far.gate.passed():
            return self._ray.get(reference)


def _packed(step: Step) -> bytes:
    """The step as its workers take it: with one share each, and paths that hold wherever the checkout lies."""
    far = step.model_copy()
    shared = share(step.llm.execution, step.resources.replicas)
    far.llm = step.llm.model_copy(update={"execution": shared})
    if step.prompt.is_absolute():
        far.prompt = step.prompt.relative_to(Path.cwd())
    return pickle.dumps(far)


def _short(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
