"""The Ray that a stage's workers run on: one of its own on this machine, or a cluster's.

A Ray of the stage's own listens on loopback, wants a token that nobody else has, shows no dashboard, tells nobody of its use, and ends
with the stage, however that ends (`keeper`). Its log lies in a temporary folder that goes with it. Ray writes down the environment that
it is told to give to workers, so that secrets travel as arguments instead (`worker`).
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from xlforge.base.errors import BuildError
from xlforge.config.execution import Execution
from xlforge.models.ray.keeper import Keeper

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # as Ray calls it; without it, it listens everywhere
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AUTH_MODE": "token",
}
_NAME = "xlforge-ray"
_LOOK, _SHORT = 10.0, 20
_SHIPPED = ("xlforge", "pipelines", "params.yaml")


@contextmanager
def connected(execution: Execution, cpus: int, gpus: int, folders: list[Path]) -> Iterator[ModuleType]:
    """ray, ready for actors of so many CPUs and GPUs in all. Raises BuildError where it cannot be had.

    folders: of this checkout, that the workers read beside its code.
    """
    if execution.ray.address is None:
        with _folder() as folder:
            os.environ.update(_QUIET | {"RAY_AUTH_TOKEN": secrets.token_hex(32)})
            ray = _ray()
            try:
                ray.init(
                    address="local", num_cpus=cpus, num_gpus=gpus or None, include_dashboard=False, _temp_dir=str(folder),
                    log_to_driver=False, logging_level=logging.CRITICAL,
                )  # fmt: skip
            except Exception as error:
                raise BuildError(f"Ray does not start on this machine: {_first_line(error)}") from error
            try:
                yield ray
            finally:
                ray.shutdown()
        return
    ray = _ray()
    _look_for(execution.ray.address)
    with tempfile.TemporaryDirectory(prefix=f"{_NAME}-shipped-") as shipped:
        _ship(Path(shipped), folders)
        try:
            ray.init(
                address=execution.ray.address, runtime_env={"working_dir": shipped}, log_to_driver=False,
                logging_level=logging.CRITICAL,
            )  # fmt: skip
        except Exception as error:
            raise BuildError(
                f"the Ray at execution.ray.address does not take the build: {_first_line(error)} "
                "(docs/cluster.md tells what its nodes need)"
            ) from error
        try:
            see_store(ray, execution)
            yield ray
        finally:
            ray.shutdown()


def _ray() -> ModuleType:
    try:
        return import_module("ray")
    except ImportError as error:
        raise BuildError(
            "runtime: ray wants the package ray: pip install 'xlforge[ray]', or set execution.runtime to local"
        ) from error


def _look_for(address: str) -> None:
    """BuildError unless somebody answers there; Ray itself would try for minutes."""
    url = urlsplit(address if "://" in address else f"ray://{address}")
    if address == "auto":
        return
    try:
        with socket.create_connection((url.hostname or "", url.port or 10001), timeout=_LOOK):
            return
    except (OSError, ValueError) as error:
        raise BuildError(
            f"no Ray answers at {address!r} ({type(error).__name__}): execution.ray.address, or XLFORGE_RAY_ADDRESS, wants "
            "`host:port`, `ray://host:port` or `auto`; leave it out for a Ray on this machine"
        ) from None


def see_store(ray: Any, execution: Execution) -> None:
    """BuildError where workers would look for a file that lies on another machine."""
    hosts = {node["NodeManagerHostname"] for node in ray.nodes() if node["Alive"]}
    if execution.cache.startswith("sqlite") and hosts != {socket.gethostname()}:
        raise BuildError(
            "the store is a SQLite file on this machine, and the Ray has workers on others: set XLFORGE_CACHE to a Postgres "
            "database that all of them reach (docs/store.md)"
        )


def _ship(to: Path, folders: list[Path]) -> None:
    """What the workers of a cluster need of this checkout; nothing that git ignores but the models that are asked."""
    for path in (*map(Path, _SHIPPED), *folders):
        if path.is_dir():
            shutil.copytree(path, to / path, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            shutil.copy2(path, to / path)


@contextmanager
def _folder() -> Iterator[Path]:
    """A short path, since sockets lie in it, that goes when this process does, and with it all that has to do with it."""
    short = len(tempfile.gettempdir()) <= _SHORT
    folder = Path(tempfile.mkdtemp(prefix=f"{_NAME}-", dir=None if short else "/tmp"))
    keeper = Keeper(folder)
    try:
        yield folder
    finally:
        keeper.close()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
