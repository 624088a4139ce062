"""`xlforge engine`: the servers that builds start for models with engine vllm."""

from typing import TYPE_CHECKING, Any

import click

from xlforge.base import escape
from xlforge.base.errors import BuildError

if TYPE_CHECKING:
    from xlforge.config.models import Model
    from xlforge.config.params import Config
    from xlforge.models.vllm.server_files import Running, ServerFiles


@click.group(epilog="Example: xlforge engine status")
def command() -> None:
    """vLLM's servers: a build starts those that it needs, and they end when they are idle."""


@command.command(epilog="Example: xlforge engine up teacher translators.pocket models.bestof3")
@click.argument("roles", nargs=-1)
def up(roles: tuple[str, ...]) -> None:
    """Start the servers of ROLES now, the teacher's if none is named. They end when they are idle.

    A role is teacher, judge, estimator, translators.NAME or models.NAME. Without this command, a build starts what it needs.
    """
    from xlforge.config.environment import execution
    from xlforge.config.params import load
    from xlforge.models.vllm.server_spec import server_spec
    from xlforge.models.vllm.servers import running_server

    config = load()
    servers = execution(config.execution).servers
    for role in roles or ("teacher",):
        block, _, name = role.partition(".")
        model = _compared(config, name) if block == "models" else config.role(role)
        if model.engine != "vllm":
            raise BuildError(f"{role} has engine {model.engine}: only a model with engine vllm has a server")
        with running_server(server_spec(model, servers), servers) as running:
            click.echo(f"{role}: at {running.url}")


@command.command(epilog="Example: xlforge engine status --json")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
def status(as_json: bool) -> None:
    """The servers that run: model, state, age, address, process."""
    import time

    rows: list[dict[str, Any]] = [
        {
            "model": running.model,
            "state": _state(files, running),
            "seconds": round(time.time() - running.since),
            "idle": running.idle,
            "url": running.url,
            "process": running.owner,
            "adapters": sorted(running.adapters),
            "log": str(files.log),
        }
        for files, running in _servers()
    ]
    if as_json:
        click.echo(escape.as_json(rows))
        return
    for row in rows:
        adapters = f", with {', '.join(row['adapters'])}" if row["adapters"] else ""
        name = escape.line(f"{row['model']}{adapters}")
        click.echo(f"{name}: {row['state']}, up {row['seconds']} s, {row['url']}, process {row['process']}")
    if not rows:
        click.echo("no server runs")


@command.command(epilog="Example: xlforge engine down")
@click.argument("models", nargs=-1)
@click.option("--force", is_flag=True, help="also one that a build uses")
def down(models: tuple[str, ...], force: bool) -> None:
    """End the servers of MODELS, all if none is named."""
    found = _servers()
    if unknown := set(models) - {running.model for _, running in found}:
        known = ", ".join(running.model for _, running in found)
        raise BuildError(f"no server of {', '.join(sorted(unknown))} runs: there is {known or 'none'}")
    busy = []
    for files, running in found:
        if models and running.model not in models:
            continue
        use = files.use(shared=False)
        if use.wait(1) or force:
            files.end()
            use.release()
            click.echo(f"{escape.line(running.model)}: ended")
        else:
            busy.append(running.model)
    if busy:
        raise BuildError(f"{', '.join(busy)}: in use by a build; let it end, or add --force")


def _compared(config: "Config", name: str) -> "Model":
    import importlib

    config.compared(name)  # an error that gives the nearest name
    answers = importlib.import_module(f"pipelines.answers.{config.block('answers').version}.models")
    model: Model = answers.model_of(config, name)
    return model


def _servers() -> "list[tuple[ServerFiles, Running]]":
    from xlforge.models.vllm.server_files import all_servers
    from xlforge.models.vllm.servers import folder

    return all_servers(folder())


def _state(files: "ServerFiles", running: "Running") -> str:
    if not running.ready:
        return "starting"
    use = files.use(shared=False)
    if use.wait(0.3):
        use.release()
        return "idle"
    return "in use"
