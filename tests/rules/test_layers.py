"""Packages of xlforge form layers: each imports only those before it, so there are no cycles (docs/architecture.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

LAYERS = (
    "base", "languages", "config", "requests", "cache", "models", "steps", "checks", "evaluation", "training",
    "stage", "plan", "diff", "lineage", "report", "publish", "initial",
)  # fmt: skip
"""From the bottom up."""


def imported(path: Path) -> Iterator[str]:
    """The packages of xlforge that a module imports anywhere, functions and type-checking blocks included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: write absolute imports"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "xlforge" else [module]
        yield from (name.split(".")[1] for name in names if name.startswith("xlforge."))


def test_every_package_has_its_layer() -> None:
    assert {path.name for path in Path("xlforge").iterdir() if path.is_dir() and path.name != "__pycache__"} == set(
        LAYERS
    )


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_those_below_it(layer: str) -> None:
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    wrong = [
        f"{path} imports xlforge.{other}"
        for path in sorted(Path("xlforge", layer).rglob("*.py"))
        for other in imported(path)
        if other not in allowed
    ]
    assert not wrong
