"""Which engine a model of params.yaml names. Its libraries are imported here and not before."""

from __future__ import annotations

from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import Engine


def open_engine(spec: Model, role: str, execution: Execution) -> Engine:
    """The engine that serves a model in a role. Raises EngineError where it cannot."""
    if spec.engine == "transformers":
        from xlforge.models.transformers.engine import TransformersEngine

        return TransformersEngine(spec, execution)
    if spec.engine == "openai":
        from xlforge.models.openai.engine import OpenAIEngine

        return OpenAIEngine(spec, role, execution)
    if spec.engine == "vllm":
        from xlforge.models.vllm.engine import VllmEngine

        return VllmEngine(spec, role, execution)
    from xlforge.models.budgeted import within_budget
    from xlforge.models.distilabel import DistilabelEngine

    return within_budget(DistilabelEngine(spec, role, execution), spec, execution)
