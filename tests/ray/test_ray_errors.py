"""What `runtime: ray` cannot do is an error before any request, with the remedy."""

from __future__ import annotations

import socket
import sys

import pytest

from xlforge.config.environment import execution
from xlforge.config.execution import Execution, Ray
from xlforge.config.params import ParamsError
from xlforge.models.engine import EngineError
from xlforge.models.ray.cluster import connect


def test_the_environment_sets_address_and_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_RUNTIME", "ray")
    monkeypatch.setenv("XLFORGE_RAY_REPLICAS", "3")
    monkeypatch.setenv("XLFORGE_RAY_ROLES", "translator=8 judge=1")
    monkeypatch.setenv("XLFORGE_RAY_VARIABLES", "HF_TOKEN OTHER")
    found = execution(Execution(ray=Ray(address="auto", replicas=5)))
    assert found.runtime == "ray"
    assert found.ray == Ray(
        address="auto", replicas=3, roles={"translator": 8, "judge": 1}, variables=("HF_TOKEN", "OTHER")
    )
    monkeypatch.setenv("XLFORGE_RAY_REPLICAS", "none")
    with pytest.raises(ParamsError, match=r"ray\.replicas"):
        execution(Execution())


def test_the_old_name_of_a_setting_is_an_error_with_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_RAY_STAGES", "translations=8")
    with pytest.raises(ParamsError, match="XLFORGE_RAY_STAGES is now called XLFORGE_RAY_ROLES"):
        execution(Execution())


def test_without_the_package_the_error_gives_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EngineError, match=r"pip install 'xlforge\[ray\]'"):
        connect("auto", 1)


@pytest.mark.parametrize("address", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "nowhere.invalid:{}", "127.0.0.1:none{}"])
def test_an_address_where_no_server_answers_is_an_error_at_once(address: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        unused = address.format(free.getsockname()[1])
    with pytest.raises(EngineError, match=r"no Ray answers at .*XLFORGE_RAY_ADDRESS"):
        connect(unused, 1)
