"""Execution, as the environment has it: where the project lies, and what XLFORGE_* variables say over params.yaml.

Endpoints, keys, timeouts and the like change how a build runs and never what it makes. They are read here, once, and reach
no lock file, metric, parquet or card. Keys come from the environment alone. `.env` and the store belong to the main checkout,
so that `dvc exp run --temp` and a git worktree share them.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

from dotenv import load_dotenv

from xlforge.core.params import ParamsError
from xlforge.execution.ray.settings import Ray
from xlforge.execution.settings import Execution, Servers

_FIELDS = (
    *("endpoint", "concurrency", "batch", "timeout", "retries", "failures", "device", "store", "offline"),
    *("requests_per_minute", "tokens_per_minute", "mode", "budget", "period", "runtime"),
)


@cache
def home() -> Path:
    """The main checkout: the parent of git's common directory, or here outside git.

    An experiment's temporary workspace is a clone inside `.dvc/tmp/exps`, whose origin is the main checkout.
    """
    here = Path.cwd().resolve()
    for parent in (here, *here.parents):
        if parent.name == "exps" and parent.parent.name == "tmp" and parent.parent.parent.name == ".dvc":
            return parent.parent.parent.parent
    found = subprocess.run(
        ["git", "rev-parse", "--path-format=absolute", "--git-common-dir"], capture_output=True, text=True, check=False
    )
    common = Path(found.stdout.strip())
    return common.parent if found.returncode == 0 and common.name == ".git" else here


def state() -> Path:
    """`.xlforge/` of the main checkout: the store, the run log and what a running build keeps; never tracked."""
    folder = home() / ".xlforge"
    folder.mkdir(exist_ok=True)
    return folder


def execution(declared: Execution) -> Execution:
    """`execution:` of params.yaml, overlaid with XLFORGE_* of the environment and of `.env`."""
    load_dotenv(home() / ".env")
    said = {
        name: os.environ[f"XLFORGE_{name.upper()}"] for name in _FIELDS if os.environ.get(f"XLFORGE_{name.upper()}")
    }
    roles = {
        name.removeprefix("XLFORGE_ENDPOINT_").lower(): url
        for name, url in os.environ.items()
        if name.startswith("XLFORGE_ENDPOINT_") and url
    }
    merged = declared.model_dump() | said
    merged["endpoints"] = declared.endpoints | roles
    for block, fields in (("servers", Servers.model_fields), ("ray", Ray.model_fields)):
        merged[block] |= {
            name: os.environ[f"XLFORGE_{block.upper()}_{name.upper()}"]
            for name in fields
            if os.environ.get(f"XLFORGE_{block.upper()}_{name.upper()}")
        }
    merged["store"] = merged["store"] or f"sqlite:///{state() / 'store.sqlite'}"
    if merged["budget"] and not merged["period"]:
        from xlforge.execution.budget import this_build

        merged["period"] = this_build()
    try:
        return Execution.model_validate(merged)
    except ValueError as error:
        raise ParamsError(f"XLFORGE_* in the environment: {error}") from error


def endpoint(execution: Execution, role: str) -> str | None:
    """The base URL that serves a role: its own, else the common one."""
    return execution.endpoints.get(role) or execution.endpoint


def api_key(role: str) -> str | None:
    """The key for a role's endpoint, from XLFORGE_API_KEY_<ROLE> or XLFORGE_API_KEY; it is passed on to nothing else."""
    return os.environ.get(f"XLFORGE_API_KEY_{role.upper()}") or os.environ.get("XLFORGE_API_KEY")
