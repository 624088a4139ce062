"""Execution, as the environment has it: where the project lies, and what XLFORGE_* variables say over params.yaml.

Endpoints, keys, timeouts and the like change how a build runs and never what it makes. They are read here, once, and reach
no lock file, metric, parquet or card. Keys come from the environment alone. `.env` and the store belong to the main checkout,
so that `dvc exp run --temp` and a git worktree share them.
"""

from __future__ import annotations

import os

from dotenv import load_dotenv

from xlforge.base.project import home, state, this_build
from xlforge.config.execution import Execution, Ray, Servers
from xlforge.config.params import ParamsError
from xlforge.config.renamed import ENVIRONMENT

_FIELDS = (
    *("endpoint", "concurrency", "batch", "timeout", "retries", "failures", "device", "cache", "offline"),
    *("requests_per_minute", "tokens_per_minute", "mode", "budget", "period", "runtime"),
)


def execution(declared: Execution) -> Execution:
    """`execution:` of params.yaml, overlaid with XLFORGE_* of the environment and of `.env`."""
    load_dotenv(home() / ".env")
    if old := [name for name in ENVIRONMENT if os.environ.get(name)]:
        renamed = ", ".join(f"{name} is now called {ENVIRONMENT[name]}" for name in old)
        raise ParamsError(f"the environment (or .env): {renamed}")
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
    merged["cache"] = merged["cache"] or f"sqlite:///{state() / 'cache.sqlite'}"
    if merged["budget"] and not merged["period"]:
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
