"""Names of params.yaml and of the environment that were changed: an old one is an error that gives the new one."""

from __future__ import annotations

PARAMS = {
    "seeds.rejects": "seeds.max_reject_rate",
    "instructions.rejects": "instructions.max_reject_rate",
    "responses.rejects": "responses.max_reject_rate",
    "scores.rejects": "scores.max_reject_rate",
    "translations.rejects": "translations.max_reject_rate",
    "selection.rejects": "selection.max_reject_rate",
    "dataset.rejects": "dataset.max_reject_rate",
    "benchmark.rejects": "benchmark.max_reject_rate",
    "answers.rejects": "answers.max_reject_rate",
    "verdicts.rejects": "verdicts.max_reject_rate",
    "student.rejects": "student.max_reject_rate",
    "execution.store": "execution.cache",
}
"""Old dotted key → new one. A student's own keys (`students.NAME.…`) are looked up as `student.…`, a gate's as `gates.…`."""

ENVIRONMENT = {"XLFORGE_STORE": "XLFORGE_CACHE"}
"""Old variable → new one."""


def new_name(key: str) -> str | None:
    """The new name of a dotted key of params.yaml, if it was renamed."""
    block, *rest = key.split(".")
    if block in ("students", "gates") and len(rest) == 2:
        block, rest = ("student" if block == "students" else block), rest[1:]
    new = PARAMS.get(".".join([block, *rest]))
    return new and f"{key.rsplit('.', len(rest))[0]}.{new.split('.', 1)[1]}"
