"""distilabel's Ray pipeline, as stages run it: steps that ask are actors, as many as they have replicas; all others stay in the stage.

distilabel's own has an actor for every step and every queue, loses what an actor raises, and waits forever for one that has died. Here
the queues are the stage's, a thread stands in it for each replica, and hands on rows, counts, progress and errors.
"""

from __future__ import annotations

import os
import queue
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

from distilabel.constants import STEP_ATTR_NAME
from distilabel.pipeline import Pipeline
from distilabel.pipeline.ray import RayPipeline
from distilabel.pipeline.step_wrapper import _StepWrapper, _StepWrapperException
from distilabel.steps.base import StepResources
from dotenv import dotenv_values

from xlforge.base import project
from xlforge.base.errors import BuildError
from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.params import STAGES
from xlforge.models.ray.cluster import connected
from xlforge.models.ray.far import Far, Gate, Step
from xlforge.models.revision import local_weights
from xlforge.models.vllm.engine import answers
from xlforge.steps.stored import CachedLLM

_LOOK_EVERY = 0.2


def asks(pipeline: Pipeline, execution: Execution) -> bool:
    """Whether any step of it is for workers."""
    return bool(_asking(pipeline, execution))


def run(pipeline: Pipeline, stage: str, execution: Execution) -> None:
    """Runs it to its end. Raises BuildError where Ray cannot be had, RuntimeError as distilabel does."""
    settings = execution.ray
    if unknown := sorted(set(settings.stages) - set(STAGES)):
        raise BuildError(f"execution.ray.stages names {', '.join(unknown)}; stages are {', '.join(STAGES)}")
    asking = _asking(pipeline, execution)
    rows = max(1, *(len(getattr(step, "data", ())) for step in _steps(pipeline)))
    replicas = min(settings.stages.get(stage, settings.replicas), rows)
    for step in asking:
        gpus = _gpus(step, execution)
        step.resources = StepResources(replicas=replicas, cpus=settings.cpus, gpus=gpus or None)
        step.input_batch_size = -(-rows // replicas)
    far = _OnRay(pipeline, {str(step.name) for step in asking}, execution)
    cpus, gpus = (sum(replicas * (getattr(step.resources, of) or 0) for step in asking) for of in ("cpus", "gpus"))
    where = "this machine" if settings.address is None else "a cluster"
    print(f"{stage}: asks with {replicas} workers of Ray on {where}", file=sys.stderr, flush=True)
    with connected(execution, cpus, gpus, _read(asking)) as ray:
        far.ray = ray
        try:
            far.run(use_cache=False)
        finally:
            far.gate.shut()


class _OnRay(RayPipeline):  # type: ignore[misc]
    """A pipeline with the DAG of another one."""

    def __init__(self, local: Pipeline, asking: set[str], execution: Execution) -> None:
        super().__init__(name=local.name, cache_dir=local._cache_dir)
        self.dag, self._asking, self._execution = local.dag, asking, execution
        self._fault: Exception | None = None
        self._failed = Event()
        self._far: dict[str, Far] = {}
        self.gate = Gate()
        self.ray: Any = None

    @property
    def QueueClass(self) -> Callable[..., Any]:
        return lambda actor_options=None: queue.Queue()

    def _init_ray(self) -> None:
        """It is connected already."""

    def _handle_keyboard_interrupt(self) -> None:
        """An interrupt ends the stage, as it does any other: what was bought is in the store."""

    def _run_output_queue_loop_in_thread(self) -> Thread:
        return _Beside(self._output_queue_loop)

    def _run_load_queue_loop_in_thread(self) -> Thread:
        return _Beside(self._run_load_queue_loop)

    def _run_step(self, step: Step, input_queue: Any, replica: int) -> None:
        if step.name in self._asking:
            if step.name not in self._far:
                self._far[step.name] = Far(self.ray, self.gate, step, self._execution, _variables(self._execution))
            self._far[step.name].stand_in(step)
        wrapper = _StepWrapper(
            step, replica, input_queue, self._output_queue, self._load_queue, dry_run=self._dry_run, ray_pipeline=True
        )
        _Beside(lambda: self._run(wrapper))

    def _run(self, wrapper: _StepWrapper) -> None:
        try:
            wrapper.run()
        except Exception as error:
            loading = isinstance(error, _StepWrapperException) and error.is_load_error
            self._fault = error.subprocess_exception if isinstance(error, _StepWrapperException) else error
            self._failed.set()
            if not loading:
                self._set_steps_not_loaded_exception()
                self._load_queue.put({"name": wrapper.step.name, "status": "unloaded"})
                self._output_queue.put(None)

    def _set_steps_not_loaded_exception(self) -> None:
        self._failed.wait(_LOOK_EVERY * 10)  # distilabel tells of the failure before it raises it
        self._exception = RuntimeError("a step has failed")
        self._exception.__cause__ = self._fault


class _Beside(Thread):
    """A thread that holds nothing up when the stage ends, and is waited for in a way that an interrupt ends."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(target=work, daemon=True)
        self.start()

    def join(self, timeout: float | None = None) -> None:
        while timeout is None and self.is_alive():
            super().join(_LOOK_EVERY)
        super().join(timeout)


def _steps(pipeline: Pipeline) -> list[Step]:
    return [pipeline.dag.get_step(name)[STEP_ATTR_NAME] for name in pipeline.dag]


def _asking(pipeline: Pipeline, execution: Execution) -> list[Step]:
    """Its steps that ask, less those that one process must ask for: hosted batches, and servers that the build starts itself."""
    found = []
    for step in _steps(pipeline):
        llm = getattr(step, "llm", None)
        if isinstance(llm, CachedLLM):
            hosted = llm.spec.engine == "openai" and execution.modes.get(llm.role, execution.mode) == "batch"
            url = environment.endpoint(execution, llm.role)
            own_server = llm.spec.engine == "vllm" and not (url and answers(url))
            if not hosted and not own_server:
                found.append(step)
    return found


def _gpus(step: Step, execution: Execution) -> int:
    """The GPUs of each replica."""
    if execution.ray.gpus is not None:
        return execution.ray.gpus
    return int(step.llm.spec.engine == "transformers" and execution.device.startswith("cuda"))


def _read(asking: list[Step]) -> list[Path]:
    """The folders of this checkout that workers read models from."""
    found: list[Path] = []
    for step in asking:
        if (spec := local_weights(step.llm.spec)) is not None:
            found += [Path(name) for name in (spec.model, spec.adapter) if name and not Path(name).is_absolute()]
    return list(dict.fromkeys(found))


def _variables(execution: Execution) -> dict[str, str | None]:
    """The environment of a worker, beside its node's own: on this machine it is the stage's, but for what Ray changes."""
    if execution.ray.address is None:
        return {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS")}
    names = {*dotenv_values(project.home() / ".env"), *execution.ray.variables, "DISTILABEL_LOG_LEVEL"}
    names |= {name for name in os.environ if name.startswith("XLFORGE_")}
    return {name: os.environ[name] for name in sorted(names) if name in os.environ} | {
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS")
    }
