"""Every check, cleaner and reader gives a result on any text: never an exception, but for a ParseError where a reader may refuse."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import xlforge.checks
from tests.texts import QUICK, TEXTS
from xlforge.checks import integrity, language
from xlforge.languages.registry import LANGUAGES
from xlforge.steps.grades import read_grades
from xlforge.steps.parsing import ParseError, plain_text

CODES = [*LANGUAGES, "nl"]
"""Every language with a file, and one without."""


def functions() -> dict[str, Callable[..., Any]]:
    """The public functions of the checks whose parameters without a default are texts and codes of languages."""
    found: dict[str, Callable[..., Any]] = {"plain_text": plain_text, "read_grades": read_grades}
    for module in pkgutil.walk_packages(xlforge.checks.__path__, "xlforge.checks."):
        if ".estimators." in module.name:  # scripts for another environment
            continue
        for name, function in vars(importlib.import_module(module.name)).items():
            public = inspect.isfunction(function) and function.__module__ == module.name and not name.startswith("_")
            if public and "text" in kinds(function).values():
                found[f"{module.name.rpartition('.')[2]}.{name}"] = function
    return found


def kinds(function: Callable[..., Any]) -> dict[str, str]:
    """What each parameter without a default is; {} for a function with others."""
    hints = typing.get_type_hints(function)
    parameters = inspect.signature(function).parameters.values()
    needed = [each.name for each in parameters if each.default is each.empty and each.kind is not each.VAR_KEYWORD]
    if not all(hints[name] is str for name in needed):
        return {}
    return {name: "code" if name in ("code", "locale") else "text" for name in needed}


FUNCTIONS = functions()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_check_gives_a_result_on_any_text(name: str) -> None:
    function = FUNCTIONS[name]
    strategies = {
        parameter: st.sampled_from(CODES) if kind == "code" else TEXTS for parameter, kind in kinds(function).items()
    }

    @QUICK
    @given(st.fixed_dictionaries(strategies))
    def gives_a_result(arguments: dict[str, str]) -> None:
        try:
            found = function(**arguments)
            if isinstance(found, Iterable):
                list(found)
        except ParseError as error:
            assert error.reason

    gives_a_result()


@QUICK
@given(TEXTS, TEXTS, st.sampled_from(CODES))
@example("The LC-34 is an LCD with a CD, a DC plug, a MIX and a DIMM.", "Das LC-34 ist ein LCD mit CD.", "de")
@example("10^999999999 and 1/0 and 5e99999999", "10^999999999", "de")
def test_candidates_get_a_verdict(source: str, target: str, code: str) -> None:
    found = integrity.problems(source, target, code)
    assert {problem.reason for problem in found} <= set(integrity.REASONS)
    assert 0 <= language.share(target, code) <= 1
    assert all(str(problem).encode("utf-8", "backslashreplace") for problem in found)


@QUICK
@given(TEXTS, st.sampled_from(CODES))
def test_a_text_is_its_own_numbers_and_has_its_own_scripts(text: str, code: str) -> None:
    reasons = {problem.reason for problem in integrity.problems(text, text, code)}
    assert not reasons & {"empty", "unreadable_characters", "addresses_changed", "code_changed", "structure_changed"}


def test_the_functions_are_found() -> None:
    assert {"integrity.problems", "language.share", "numbers.differences", "alignment.align", "markup.markup"} <= set(
        FUNCTIONS
    )
