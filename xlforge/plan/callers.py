"""Which models a stage calls: as its own work shows it when it has no rows, or as dvc.yaml tracks them."""

from __future__ import annotations

from xlforge.config import dag
from xlforge.config.models import Compared, Model
from xlforge.config.params import Config
from xlforge.plan.dry_stage import Outline
from xlforge.plan.stale import Entry
from xlforge.steps.answerers import Caller


def callers_of(entry: Entry, outline: Outline) -> list[Caller]:
    """One entry for each step of a stage that calls a model."""
    if not entry.parents:  # its work would read the whole source
        return _tracked(entry, outline.config)
    try:
        outline.work()
    except Exception:  # the work of a stage need not expect that there are no rows
        return outline.callers or _tracked(entry, outline.config)
    return outline.callers


def _tracked(entry: Entry, config: Config) -> list[Caller]:
    """The models whose blocks of params.yaml a stage tracks in dvc.yaml."""
    found: list[Caller] = []
    for block, _, key in (name.partition(".") for name in dag.stages()[entry.stage].params):
        value = getattr(config, block, None)
        if isinstance(value, dict):
            value = value.get(entry.item) if "." not in key else None
        if isinstance(value, Compared) and not value.file:
            # A student is priced as its base.
            model = value.model or config.bases[config.students[str(value.student)].base].model
            found.append(Caller(entry.stage, Model(engine=value.engine, model=model), entry.name))
        elif isinstance(value, Model):
            found.append(Caller(block, value, entry.name))
    return found
