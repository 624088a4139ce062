"""`xlforge engine`: the servers that builds start for models with engine vllm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from xlforge.config.params import Config

if TYPE_CHECKING:
    from xlforge.config.execution import Execution
    from xlforge.config.models import Model
    from xlforge.models.vllm.place import Place, Running


@click.group(epilog="Example: xlforge engine status")
def command() -> None:
    """vLLM's servers: a build starts what it needs, and they end when nobody asks them any more."""


@command.command(epilog="Example: xlforge engine up teacher translators.pocket models.bestof3")
@click.argument("roles", nargs=-1)
def up(roles: tuple[str, ...]) -> None:
    """Start the servers of ROLES now, the teacher's if none is named, unless an endpoint answers for them.

    A role is teacher, judge, estimator, or an entry of translators or models. They end after `execution.servers.idle` seconds without use.
    """
    from xlforge.base.errors import BuildError
    from xlforge.config import environment
    from xlforge.config.params import load
    from xlforge.models.vllm.engine import answers
    from xlforge.models.vllm.lease import leased
    from xlforge.models.vllm.plan import plan

    config = load()
    execution = environment.execution(config.execution)
    plans = {}
    for name in roles or ("teacher",):
        spec, role = _spec(config, execution, name)
        if spec.engine != "vllm":
            raise BuildError(
                f"{name} has engine {spec.engine} in params.yaml: only those with engine vllm have a server"
            )
        given = environment.endpoint(execution, role)
        if given and answers(given):
            click.echo(f"{name}: the configured endpoint answers, and is used")
            continue
        plans[name] = plan(spec, execution.servers)
    if len({made.key for made in plans.values()}) > 1 and not execution.servers.together:
        raise BuildError(
            f"{', '.join(plans)} want several servers, and execution.servers.together is false: name one, or set it to true "
            "where they fit this machine at once"
        )
    for name, made in plans.items():
        with leased(made, execution.servers) as running:
            click.echo(f"{name}: {made.adapter.name if made.adapter else made.model} at {running.url}")


@command.command(epilog="Example: xlforge engine status --json")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
def status(as_json: bool) -> None:
    """The servers that run: model, state, age, address, process."""
    import time

    import orjson

    found: list[dict[str, Any]] = [
        {
            "model": running.model,
            "state": _state(place),
            "seconds": round(time.time() - running.since),
            "idle": running.idle,
            "url": running.url,
            "process": running.owner,
            "adapters": sorted(place.loaded()),
            "log": str(place.log),
        }
        for place, running in _all()
    ]
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    if not found:
        click.echo("no server runs")
    for row in found:
        adapters = f", with {', '.join(row['adapters'])}" if row["adapters"] else ""
        click.echo(
            f"{row['model']}{adapters}: {row['state']}, up {row['seconds']} s, {row['url']}, process {row['process']}"
        )


@command.command(epilog="Example: xlforge engine down")
@click.argument("models", nargs=-1)
@click.option("--force", is_flag=True, help="also one that is being asked")
def down(models: tuple[str, ...], force: bool) -> None:
    """End the servers of MODELS, all if none is named."""
    from xlforge.base.errors import BuildError

    found = _all()
    strange = set(models) - {running.model for _, running in found}
    if strange:
        known = ", ".join(running.model for _, running in found)
        raise BuildError(f"no server of {', '.join(sorted(strange))} runs: there is {known or 'none'}")
    busy = []
    for place, running in found:
        if models and running.model not in models:
            continue
        use = place.use(shared=False)
        if use.wait(1) or force:
            place.end()
            use.release()
            click.echo(f"{running.model}: ended")
        else:
            busy.append(running.model)
    if busy:
        raise BuildError(f"{', '.join(busy)}: a build is asking; let it end, or say --force")


def _all() -> list[tuple[Place, Running]]:
    from xlforge.models.vllm.lease import engines
    from xlforge.models.vllm.place import places

    return [(place, running) for place in places(engines()) if (running := place.running())]


def _state(place: Place) -> str:
    if not place.ready():
        return "starting"
    use = place.use(shared=False)
    if use.wait(0.3):
        use.release()
        return "idle"
    return "in use"


def _spec(config: Config, execution: Execution, name: str) -> tuple[Model, str]:
    """A model as the build asks it, and the role whose endpoint serves it."""
    import importlib

    from xlforge.base.errors import BuildError

    block, _, item = name.partition(".")
    if name in ("teacher", "judge", "estimator"):
        return config.role(name), name
    if block == "translators" and item in config.translators:
        return config.translators[item], "translator"
    if block == "models" and item in config.models and config.models[item].file is None:
        asked: Any = importlib.import_module(f"pipelines.answers.{config.block('answers').version}.models")
        return asked.asked_as(config, item), asked.role(execution, item)
    known = [
        "teacher",
        "judge",
        "estimator",
        *(f"{group}.{one}" for group in ("translators", "models") for one in getattr(config, group)),
    ]
    raise BuildError(f"no role is called {name!r}: there are {', '.join(known)}")
