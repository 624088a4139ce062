"""A stage's deps cover every module that can change its data, and no module that cannot."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from xlforge.config.packages import DECLARED

PROJECT = ("xlforge", "pipelines", "stages", "commands", "pocket")
EXECUTION = Path("xlforge/execution")
ENTRIES = yaml.safe_load(Path(__file__).parents[2].joinpath("dvc.yaml").read_text())["stages"]
STAGES = {name: entry.get("do", entry) for name, entry in ENTRIES.items()}
PARAMS = yaml.safe_load(Path(__file__).parents[2].joinpath("params.yaml").read_text())


def imports(path: Path) -> set[Path]:
    """The project's modules that a file imports anywhere, functions included."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] in PROJECT:
                stem = Path(*name.split("."))
                found |= {file for file in (stem.with_suffix(".py"), stem / "__init__.py") if file.exists()}
    return found


def reach(roots: set[Path]) -> set[Path]:
    """Everything imported from the roots, directly or not; execution's own imports bear no identity and are not followed."""
    seen: set[Path] = set()
    waiting = set(roots)
    while waiting:
        path = waiting.pop()
        seen.add(path)
        if not path.is_relative_to(EXECUTION):
            waiting |= imports(path) - seen
    return seen


def deps(stage: str) -> list[Path]:
    version = PARAMS[stage].get("version", "")  # a plain stage has none, and no pipeline
    return [Path(dep.replace(f"${{{stage}.version}}", version)) for dep in STAGES[stage]["deps"]]


@pytest.mark.parametrize("stage", STAGES)
def test_deps_cover_every_identity_module(stage: str) -> None:
    roots = {Path("stages", f"{stage}.py"), *Path("pipelines", stage, PARAMS[stage].get("version", "-")).rglob("*.py")}
    wanted = {path for path in reach(roots) if not path.is_relative_to(EXECUTION) and path.name != "__init__.py"}
    uncovered = {path for path in wanted if not any(path.is_relative_to(dep) for dep in deps(stage))}
    assert not uncovered, f"{stage} imports these but does not depend on them"


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_depends_on_execution(stage: str) -> None:
    assert not [dep for dep in deps(stage) if EXECUTION.is_relative_to(dep) or dep.is_relative_to(EXECUTION)]


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_tracks_the_packages_that_decide_data(stage: str) -> None:
    assert any(DECLARED.is_relative_to(dep.absolute()) for dep in deps(stage))


@pytest.mark.parametrize("stage", STAGES)
def test_stage_has_its_file_pipeline_block_and_description(stage: str) -> None:
    assert Path("stages", f"{stage}.py").exists()
    version = PARAMS[stage].get("version")
    assert version is None or Path("pipelines", stage, version, "pipeline.py").exists()
    assert STAGES[stage]["desc"]


def test_imports_go_one_way() -> None:
    order = {"xlforge": 0, "pipelines": 1, "stages": 2, "commands": 3, "pocket": 4}
    wrong = [
        f"{path} imports {other}"
        for place in PROJECT
        for path in Path(place).rglob("*.py")
        for other in imports(path)
        if order[other.parts[0]] > order[path.parts[0]]
        or (path.parts[0] == "pocket" and other.parts[0] not in ("pocket", "xlforge"))
    ]
    assert not wrong
