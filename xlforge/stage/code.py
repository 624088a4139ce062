"""The fingerprint of the code that decides a stage's data.

A released pipeline is frozen with its folder, but the shared modules that it uses are not. Their fingerprint is written with every build
and goes on the card, so that a change of shared code under an old version is seen. Comments and docstrings do not count.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

from pathspec import GitIgnoreSpec

from xlforge.base.imports import uncollected
from xlforge.config.dag import stages

_IGNORED = Path(".dvcignore")


@cache
def execution_modules() -> GitIgnoreSpec:
    """The modules that decide no data, as .dvcignore lists them for DVC too."""
    return GitIgnoreSpec.from_lines(_IGNORED.read_text(encoding="utf-8").splitlines())


def modules(stage: str, item: str | None, version: str | None) -> list[Path]:
    """The Python files among a stage's dependencies in dvc.yaml, sorted; tests/rules/test_deps.py holds that they are complete."""
    found: set[Path] = set()
    for dep in stages()[stage].deps:
        path = Path(dep.replace(f"${{{stage}.version}}", version or "").replace("${item.lang}", item or ""))
        found |= {path} if path.suffix == ".py" else set(path.rglob("*.py"))
    return sorted(path for path in found if not execution_modules().match_file(path.as_posix()))


@uncollected()
def fingerprint(stage: str, item: str | None, version: str | None) -> str:
    """16 hexadecimal digits of these modules' syntax trees, without docstrings."""
    digest = hashlib.sha256()
    for path in modules(stage, item, version):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        digest.update(f"{path.as_posix()}\0{ast.dump(_without_docstrings(tree))}\0".encode())
    return digest.hexdigest()[:16]


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [each for each in node.body if not _is_text(each)]
    return tree


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
