"""How a build is run, as params.yaml and the environment set it together.

Endpoints, keys, timeouts and the like change how a build runs and never what it makes. They are read here, once, and reach no lock
file, metric, parquet or card. Keys come from the environment alone. `.env` and the cache belong to the main checkout, so that
`dvc exp run --temp` and a git worktree share them.
"""

import os
from typing import Any

from dotenv import load_dotenv

from xlforge.base.project import cache_file, home, this_build
from xlforge.config.blocks import Block, checked
from xlforge.config.execution import Execution
from xlforge.config.params import ParamsError
from xlforge.config.renamed import ENVIRONMENT

_ENDPOINT = "XLFORGE_ENDPOINT_"


def execution(declared: Execution) -> Execution:
    """`execution:` of params.yaml, with XLFORGE_* of the environment and of `.env` over it. Raises ParamsError."""
    load_dotenv(home() / ".env")
    if old := [name for name in ENVIRONMENT if os.environ.get(name)]:
        renamed = ", ".join(f"{name} is now called {ENVIRONMENT[name]}" for name in old)
        raise ParamsError(f"the environment (or .env): {renamed}")
    values = _overlaid(declared, "XLFORGE_")
    urls = {name: url for name, url in os.environ.items() if name.startswith(_ENDPOINT) and url}
    values["endpoints"] = declared.endpoints | {name.removeprefix(_ENDPOINT).lower(): urls[name] for name in urls}
    values["cache"] = values["cache"] or f"sqlite:///{cache_file()}"
    if values["budget"] and not values["period"]:
        values["period"] = this_build()
    resolved, faults = checked(Execution, values, "execution.")
    if faults:
        raise ParamsError(f"XLFORGE_* in the environment (or .env): {'; '.join(faults)}")
    assert isinstance(resolved, Execution)
    return resolved


def endpoint(execution: Execution, role: str) -> str | None:
    """The base URL that serves a role: its own, else the common one."""
    url = execution.endpoints.get(role) or execution.endpoint
    return url.strip() if url else None


def api_key(role: str) -> str | None:
    """The key for a role's endpoint, from XLFORGE_API_KEY_<ROLE> or XLFORGE_API_KEY; it is passed on to nothing else."""
    key = os.environ.get(f"XLFORGE_API_KEY_{role.upper()}") or os.environ.get("XLFORGE_API_KEY")
    return (key or "").strip() or None


def _overlaid(block: Block, prefix: str) -> dict[str, Any]:
    """The values of a block, with those of the environment over them: `servers.idle` is XLFORGE_SERVERS_IDLE."""
    values = {}
    for name in type(block).model_fields:
        value, variable = getattr(block, name), prefix + name.upper()
        given = os.environ.get(variable) or value
        values[name] = _overlaid(value, f"{variable}_") if isinstance(value, Block) else given
    return values
