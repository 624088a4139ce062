"""A stage's deps in dvc.yaml cover every module that decides its data, and DVC hashes no module that does not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from xlforge.config.dag import stages
from xlforge.config.packages import DECLARED
from xlforge.stage.code import execution_modules

ROOT = Path(__file__).parents[2]
PROJECT = ("xlforge", "pipelines", "stages", "commands", "pocket")
STAGES = stages(ROOT / "dvc.yaml")
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
CALLS_MODELS = [
    stage for stage in STAGES if any(".llm(" in path.read_text() for path in ROOT.glob(f"pipelines/{stage}/v*/*.py"))
]


def is_execution(path: Path) -> bool:
    """Whether .dvcignore lists the module as one that only carries a build out."""
    return execution_modules().match_file(path.as_posix())


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
    """Everything imported from the roots, directly or not. What an execution module imports is not followed."""
    seen: set[Path] = set()
    waiting = set(roots)
    while waiting:
        path = waiting.pop()
        seen.add(path)
        if not is_execution(path):
            waiting |= imports(path) - seen
    return {path for path in seen if not is_execution(path) and path.name != "__init__.py"}


def deps(stage: str) -> list[Path]:
    version = PARAMS[stage].get("version", "")  # a plain stage has none, and no pipeline
    return [
        Path(dep.replace(f"${{{stage}.version}}", version).replace("${item.lang}", "de")) for dep in STAGES[stage].deps
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_deps_cover_every_module_that_decides_data(stage: str) -> None:
    roots = {Path("stages", f"{stage}.py"), *Path("pipelines", stage, PARAMS[stage].get("version", "-")).rglob("*.py")}
    uncovered = {path for path in reach(roots) if not any(path.is_relative_to(dep) for dep in deps(stage))}
    assert not uncovered, f"{stage} imports these but does not depend on them"


@pytest.mark.parametrize("stage", CALLS_MODELS)
def test_a_stage_that_calls_models_depends_on_the_engines(stage: str) -> None:
    """Engines are opened by name, so no import leads to them."""
    assert {Path("xlforge/models"), Path("xlforge/requests"), Path("xlforge/steps")} <= set(deps(stage))


def test_the_stages_that_call_models_are_found() -> None:
    assert {"instructions", "responses", "scores", "translations", "selection", "answers", "verdicts"} <= set(
        CALLS_MODELS
    )


def test_every_module_decides_data_for_some_stage_or_is_listed_as_execution() -> None:
    every = {path for path in Path("xlforge").rglob("*.py") if path.name != "__init__.py"}
    covered = {path for stage in STAGES for path in every if any(path.is_relative_to(dep) for dep in deps(stage))}
    assert not {path for path in every if not is_execution(path)} - covered
    listed = [line.strip("/") for line in Path(".dvcignore").read_text().splitlines() if line.startswith("/")]
    assert not [line for line in listed if not Path(line).exists()], "in .dvcignore, but gone"


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_tracks_the_packages_that_decide_data(stage: str) -> None:
    assert any(DECLARED.is_relative_to(dep.absolute()) for dep in deps(stage))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_its_file_pipeline_and_description(stage: str) -> None:
    assert Path("stages", f"{stage}.py").exists()
    version = PARAMS[stage].get("version")
    assert version is None or Path("pipelines", stage, version, "pipeline.py").exists()
    assert STAGES[stage].description


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


NAMES = {
    "seeds",
    "instructions",
    "responses",
    "scores",
    "translations",
    "selection",
    "answers",
    "verdicts",
    "benchmark",
}


def test_no_list_of_stage_names_stands_outside_dvc_yaml() -> None:
    """Three or more of them as literals in one collection of shared code would be such a list."""
    wrong = []
    for path in [*Path("xlforge").rglob("*.py"), *Path("commands").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            keys = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
            literals = {key.value for key in keys if isinstance(key, ast.Constant)}
            if len(literals & NAMES) > 2:
                wrong.append(f"{path}:{getattr(node, 'lineno', 0)}")
    assert not wrong
