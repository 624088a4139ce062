"""The Ray that a stage's workers run on: one of its own on this machine, or a cluster.

A Ray of our own listens on loopback, requires a token that no other process has, has no dashboard, sends no usage statistics, and ends
with the stage, even if that is killed (`keeper`). Its log is in a temporary folder that is removed with it. Ray writes the environment
that it sets for workers into its log, so secrets travel as arguments of actors instead.
"""

from __future__ import annotations

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
from xlforge.models.ray.keeper import Keeper

_PRIVATE = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # Ray's name for it; without it, Ray listens on every interface
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AUTH_MODE": "token",
}
_TIMEOUT = 10.0
_LONG_PATH = 20
_SHIPPED = ["/*", "!/xlforge", "!/params.yaml", "__pycache__"]
"""What a cluster does not get of this checkout, as gitignore has it: all but the code and params.yaml."""


@cache
def connect(address: str | None, cpus: int) -> Any:
    """The module ray, connected until this process ends. Raises EngineError where that is not possible.

    Args:
        address: of a cluster; None for a Ray of our own.
        cpus: of a Ray of our own, which starts as many workers at once.
    """
    if address is None:
        # Ray reads these when it is imported.
        os.environ.update(_PRIVATE | {"RAY_AUTH_TOKEN": secrets.token_hex(32)})
    else:
        _look_for(address)
    try:
        ray = import_module("ray")
    except ImportError as error:
        raise EngineError(
            "runtime: ray needs the package ray: pip install 'xlforge[ray]', or set execution.runtime to local"
        ) from error
    where: dict[str, Any] = {"address": "local", "num_cpus": cpus, "include_dashboard": False}
    if address is None:
        where["_temp_dir"] = str(_folder())
    else:
        pinned = {name: os.environ[name] for name in cpu.PINNED if name in os.environ}
        shipped = {"working_dir": ".", "excludes": _SHIPPED, "env_vars": pinned}
        where = {"address": address, "runtime_env": shipped}
    try:
        ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **where)
    except Exception as error:
        what = "Ray does not start on this machine" if address is None else f"the Ray at {address} refuses this build"
        raise EngineError(f"{what}: {_first_line(error)}; see docs/cluster.md") from error
    atexit.register(ray.shutdown)
    return ray


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
    atexit.register(Keeper(folder).close)
    return folder


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
