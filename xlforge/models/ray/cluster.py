"""The Ray that a stage's workers run on: one of its own on this machine, or a cluster.

A Ray of our own listens on loopback, requires a token that no other process has, has no dashboard, sends no usage statistics, and ends
with the stage, even if that is killed (`keeper`). Its log is in a temporary folder that is removed with it. Ray writes the environment
that it sets for workers into its log, so secrets travel as arguments of actors instead.
"""

import atexit
import logging
import os
import secrets
import socket
import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from xlforge.base import cpu
from xlforge.models.engine import EngineError
from xlforge.models.ray import keeper

_PRIVATE = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # Ray's name for it; without it, Ray listens on every interface
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AUTH_MODE": "token",
}
_TIMEOUT = 10.0
_LONG_PATH = 20
_NOT_SENT = ["/*", "!/.", "!/xlforge", "!/params.yaml", "__pycache__"]
"""Patterns of gitignore: a cluster gets nothing of this checkout but the code and params.yaml."""


@cache
def connect(address: str | None, cpus: int) -> Any:
    """The module ray, connected until this process ends. Raises EngineError where that is not possible.

    Args:
        address: of a cluster; None for a Ray of our own.
        cpus: of a Ray of our own, which starts as many workers at once.
    """
    options = _own_ray(cpus) if address is None else _cluster(address)
    try:
        ray = import_module("ray")
    except ImportError as error:
        remedy = "pip install 'xlforge[ray]', or set execution.runtime to local"
        raise EngineError(f"runtime: ray needs the package ray: {remedy}") from error
    try:
        ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **options)
    except Exception as error:
        what = "Ray does not start on this machine" if address is None else f"the Ray at {address} refuses this build"
        cause = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise EngineError(f"{what}: {cause}; see docs/cluster.md") from error
    atexit.register(ray.shutdown)
    return ray


def _own_ray(cpus: int) -> dict[str, Any]:
    os.environ.update(_PRIVATE | {"RAY_AUTH_TOKEN": secrets.token_hex(32)})  # which Ray reads when it is imported
    return {"address": "local", "num_cpus": cpus, "include_dashboard": False, "_temp_dir": str(_folder())}


def _cluster(address: str) -> dict[str, Any]:
    _look_for(address)
    pinned = {name: os.environ[name] for name in cpu.PINNED if name in os.environ}
    return {"address": address, "runtime_env": {"working_dir": ".", "excludes": _NOT_SENT, "env_vars": pinned}}


def _look_for(address: str) -> None:
    """EngineError unless a server answers there; Ray itself would try for minutes."""
    if address == "auto":
        return
    url = urlsplit(address if "://" in address else f"ray://{address}")
    try:
        with socket.create_connection((url.hostname or "", url.port or 10001), timeout=_TIMEOUT):
            return
    except (OSError, ValueError) as error:
        raise EngineError(
            f"no Ray answers at {address!r} ({type(error).__name__}): execution.ray.address, or XLFORGE_RAY_ADDRESS, is "
            "`host:port`, `ray://host:port` or `auto`; without an address, Ray runs on this machine"
        ) from None


def _folder() -> Path:
    """A folder with a short path, since sockets are in it, that is removed when this process ends."""
    short = len(tempfile.gettempdir()) <= _LONG_PATH
    folder = Path(tempfile.mkdtemp(prefix="xlforge-ray-", dir=None if short else "/tmp"))
    keeper.start(folder)
    return folder
