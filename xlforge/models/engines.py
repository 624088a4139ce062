"""Which engine a model of params.yaml names. Its libraries are imported here and not before."""

from __future__ import annotations

from xlforge.base.imports import uncollected
from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import Engine


@uncollected()
def open_engine(spec: Model, role: str, execution: Execution) -> Engine:
    """The engine that serves a model in a role. Raises EngineError where it cannot."""
    if execution.runtime == "ray" and _distributes(spec, role, execution):
        from xlforge.models.ray.engine import RayEngine

        return RayEngine(spec, role, execution)
    if spec.engine == "transformers":
        from xlforge.models.transformers.engine import TransformersEngine

        return TransformersEngine(spec, execution)
    if spec.engine == "seq2seq":
        from xlforge.models.transformers.seq2seq import Seq2SeqEngine

        return Seq2SeqEngine(spec, execution)
    if spec.engine == "openai":
        from xlforge.models.openai.engine import OpenAIEngine

        return OpenAIEngine(spec, role, execution)
    if spec.engine == "vllm":
        from xlforge.models.vllm.engine import VllmEngine

        return VllmEngine(spec, role, execution)
    from xlforge.models.distilabel import DistilabelEngine

    return DistilabelEngine(spec, role, execution)


def _distributes(spec: Model, role: str, execution: Execution) -> bool:
    """Whether Ray workers can share a model's requests: not as hosted batches, nor with a vLLM server that is started here."""
    if spec.engine == "vllm":
        from xlforge.models.vllm.engine import answers

        url = environment.endpoint(execution, role)
        return url is not None and answers(url)
    return spec.engine != "openai" or execution.modes.get(role, execution.mode) == "live"
