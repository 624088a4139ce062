"""A block of params.yaml, and how one is checked: each fault reported with the value, the rule and the nearest right name."""

import difflib
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from xlforge.config.renamed import new_name


class Block(BaseModel):
    """A mapping in params.yaml: unknown keys are errors, values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def checked(model: type[BaseModel], raw: Any, prefix: str, others: tuple[str, ...] = ()) -> tuple[Any, list[str]]:
    """The block, or None; and every fault in words.

    prefix: what stands before its keys in params.yaml, `scores.` or nothing. others: keys that are right there, though not this model's.
    """
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        return None, [_fault(model, fault, prefix, others) for fault in error.errors()]


def _fault(model: type[BaseModel], fault: Any, prefix: str, others: tuple[str, ...]) -> str:
    where = prefix + ".".join(str(part) for part in fault["loc"] if part != "[key]")
    if fault["type"] == "extra_forbidden":
        if new := new_name(where):
            return f"{where}: is now called {new}"
        known = [*_fields(model, fault["loc"][:-1]), *(others if len(fault["loc"]) == 1 else ())]
        near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
        return f"{where}: unknown key; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}")
    if fault["type"] == "missing":
        return f"{where}: missing; {fault['msg'].lower()}"
    return f"{where}: {fault['input']!r}: {fault['msg'].removeprefix('Value error, ')}"


def _fields(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """The field names at a place inside a model, as far as annotations show."""
    for part in loc:
        field = model.model_fields.get(str(part))
        if field is None:
            continue
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return list(model.model_fields)
