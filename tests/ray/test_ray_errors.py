"""What `runtime: ray` cannot do is told before anything is asked, with what to do about it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from distilabel.pipeline import Pipeline
from xlforge.steps.stored import CachedLLM

from pipelines.instructions.v1.pipeline import PROMPTS, WriteQuestion
from xlforge.base.errors import BuildError
from xlforge.config.environment import execution
from xlforge.config.execution import Execution, Ray
from xlforge.config.models import Model
from xlforge.config.params import ParamsError
from xlforge.models.ray.cluster import connected, see_store
from xlforge.models.ray.pipeline import asks, run


def test_the_environment_says_where_and_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_RUNTIME", "ray")
    monkeypatch.setenv("XLFORGE_RAY_REPLICAS", "3")
    monkeypatch.setenv("XLFORGE_RAY_STAGES", "translations=8 scores=1")
    monkeypatch.setenv("XLFORGE_RAY_VARIABLES", "HF_TOKEN OTHER")
    found = execution(Execution(ray=Ray(address="auto", replicas=5)))
    assert found.runtime == "ray"
    assert found.ray == Ray(
        address="auto", replicas=3, stages={"translations": 8, "scores": 1}, variables=("HF_TOKEN", "OTHER")
    )
    monkeypatch.setenv("XLFORGE_RAY_REPLICAS", "none")
    with pytest.raises(ParamsError, match=r"ray\.replicas"):
        execution(Execution())


def test_a_stage_that_is_none_is_refused() -> None:
    with Pipeline("nothing") as pipeline, pytest.raises(BuildError, match=r"names translation; stages are seeds, "):
        run(pipeline, "scores", Execution(ray=Ray(stages={"translation": 2})))


def test_without_the_package_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BuildError, match=r"pip install 'xlforge\[ray\]'"), connected(Execution(), 1, 0, []):
        pass


@pytest.mark.parametrize("address", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "nowhere.invalid:{}", "127.0.0.1:none{}"])
def test_an_address_where_nobody_answers_is_told_at_once(address: str) -> None:
    pytest.importorskip("ray")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = address.format(free.getsockname()[1])
    how = Execution(ray=Ray(address=nobody))
    with pytest.raises(BuildError, match=r"no Ray answers at .*XLFORGE_RAY_ADDRESS"), connected(how, 1, 0, []):
        pass


def test_a_file_is_no_store_for_workers_on_other_machines(tmp_path: Path) -> None:
    here, there = ({"Alive": True, "NodeManagerHostname": name} for name in (socket.gethostname(), "another"))
    gone = there | {"Alive": False}
    how = Execution(cache=f"sqlite:///{tmp_path}/cache.sqlite")
    see_store(SimpleNamespace(nodes=lambda: [here, gone]), how)
    with pytest.raises(BuildError, match="XLFORGE_CACHE to a Postgres"):
        see_store(SimpleNamespace(nodes=lambda: [here, there]), how)
    see_store(SimpleNamespace(nodes=lambda: [here, there]), Execution(cache="postgresql+psycopg://db/answers"))


@pytest.mark.parametrize(
    ("engine", "how", "spread"),
    [
        ("openai", {}, True),
        ("transformers", {}, True),
        ("openai", {"mode": "batch"}, False),
        ("openai", {"mode": "batch", "modes": {"teacher": "live"}}, True),
        ("openai", {"modes": {"teacher": "batch"}}, False),
        ("vllm", {}, False),
        ("vllm", {"endpoint": "http://127.0.0.1:9/v1"}, False),
    ],
    ids=["endpoint", "in process", "batches", "batches of others", "its batches", "own server", "own server again"],
)
def test_what_one_process_must_ask_for_is_not_spread(engine: str, how: dict[str, str], spread: bool) -> None:
    execution = Execution.model_validate(how)
    llm = CachedLLM(role="teacher", spec=Model(engine=engine, model="served"), execution=execution)
    with Pipeline("instructions") as pipeline:
        WriteQuestion(
            folder="", stage="instructions", version="v1", prompt=PROMPTS / "full.jinja2", adds=["instruction"], llm=llm
        )
    assert asks(pipeline, execution) is spread
