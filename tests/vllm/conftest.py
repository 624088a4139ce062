"""Tests against a real vLLM on the CPU: only with `-m vllm`, as `make test-vllm` does."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE = ROOT / ".venv-vllm" / ".made"
PYTHON = MADE.parent / "bin" / "python"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "vllm: against a real vLLM server; run by `make test-vllm`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "vllm" in config.option.markexpr:
        return
    ours = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    if ours:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


@pytest.fixture(scope="session")
def servers() -> dict[str, str]:
    """The environment in which builds start the vLLM of its own environment, small enough for a laptop."""
    if not MADE.exists():
        pytest.skip(f"{MADE.parent.name} is missing or incomplete: `make test-vllm` creates it")
    small = "VLLM_CPU_KVCACHE_SPACE=1 VLLM_CPU_OMP_THREADS_BIND=nobind OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1"
    return {
        "XLFORGE_SERVERS_COMMAND": f"{PYTHON} -m vllm.entrypoints.openai.api_server",
        "XLFORGE_SERVERS_ARGUMENTS": "--dtype float32 --max-model-len 1024 --max-num-seqs 64 --enforce-eager --no-enable-chunked-prefill",
        "XLFORGE_SERVERS_ENVIRONMENT": small,
        "XLFORGE_SERVERS_IDLE": "120",
    }
