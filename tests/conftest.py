"""What all tests share: the project's root, real inputs where they are to be had, and a small built project."""

from __future__ import annotations

# ruff: noqa: E402  the processor is pinned before numpy and torch are imported
from xlforge.base import cpu

cpu.pin()

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.postgres import Absent, Postgres
from tests.project import Project
from xlforge.config import dag

ROOT = Path(__file__).parent.parent
OPTIONAL = {
    "vllm": "against a real vLLM server; run by `make test-vllm`",
    "real": "with real models; run by `make test-real`",
}
"""Markers of tests that run only where `-m` names them."""
VLLM = ROOT / ".venv-vllm"


def pytest_configure(config: pytest.Config) -> None:
    for name, description in OPTIONAL.items():
        config.addinivalue_line("markers", f"{name}: {description}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left = OPTIONAL.keys() - set(config.option.markexpr.split())
    optional = [item for item in items if any(item.get_closest_marker(name) for name in left)]
    config.hook.pytest_deselected(items=optional)
    items[:] = [item for item in items if item not in optional]


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests run where the commands run, no endpoint or store of the user's reaches them, and no test sees the dvc.yaml of another."""
    monkeypatch.chdir(ROOT)
    for name in os.environ:
        if name.startswith("XLFORGE_"):
            monkeypatch.delenv(name)
    dag.stages.cache_clear()
    yield
    dag.stages.cache_clear()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real inputs for tests, kept outside the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is absent: the real inputs are not part of the project")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of the tests' own."""
    pytest.importorskip("psycopg")
    try:
        with Postgres() as server:
            yield server
    except Absent as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def servers() -> dict[str, str]:
    """The environment in which builds start the vLLM of its own environment, small enough for a laptop."""
    if not (VLLM / ".made").exists():
        pytest.skip(f"{VLLM.name} is missing or incomplete: `make test-vllm` creates it")
    small = "VLLM_CPU_KVCACHE_SPACE=1 VLLM_CPU_OMP_THREADS_BIND=nobind OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1"
    return {
        "XLFORGE_SERVERS_COMMAND": f"{VLLM}/bin/python -m vllm.entrypoints.openai.api_server",
        "XLFORGE_SERVERS_ARGUMENTS": "--dtype float32 --max-model-len 1024 --max-num-seqs 64 --enforce-eager --no-enable-chunked-prefill",
        "XLFORGE_SERVERS_ENVIRONMENT": small,
        "XLFORGE_SERVERS_IDLE": "120",
    }


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small project, built once for all workers of pytest-xdist; copy it before you change it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "built"
    with FileLock(shared / "built.lock"):
        if (folder / "done").exists():
            return Project(folder / "project")
        project = Project.make(folder / "project")
        project.repro()
        project.commit("built")
        (folder / "done").touch()
        return project


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """The built project, to be changed."""
    return built.copy(tmp_path / "project")
