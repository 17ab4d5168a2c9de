# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source file of the collection may import, told from its text alone.

Imports go downwards: plugins, then the layers of module_utils in the order of LAYERS. Imports that only a type checker
runs count too, because Ansible sends them to the nodes with the rest.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

COLLECTION = "ansible_collections.steadyhand.redis."
LAYERS = ("_ansible", "_guard", "_operations", "_engine", "_model")
"""Of plugins/module_utils, from top to bottom."""

REDIS_IMPORTER = PurePosixPath("plugins/module_utils/_engine/connection.py")
IMPURE = frozenset(
    {
        "asyncio",
        "datetime",
        "glob",
        "io",
        "os",
        "pathlib",
        "random",
        "secrets",
        "select",
        "shutil",
        "socket",
        "ssl",
        "subprocess",
    }
    | {"sys", "tempfile", "threading", "time", "uuid"}
)
"""Modules that reach a clock, chance or the outside world: nothing for the model."""
IMPURE_CALLS = frozenset({"input", "open", "print"})
HIDDEN_IMPORTS = frozenset({"__import__", "eval", "exec", "import_module"})


@dataclass(frozen=True)
class Import:
    """One imported module by its absolute name, and the line on which it stands."""

    module: str
    line: int
    relative: bool


def violations(path: PurePosixPath, source: str) -> list[str]:
    """What a file, named relative to the checkout, must not do."""
    tree = ast.parse(source)
    layer = _layer(path.with_suffix("").parts)
    found = [f"{path}:{one.line}: {why}" for one in _imports(path, tree) for why in _objections(path, layer, one)]
    return found + [f"{path}:{line}: {why}" for line, why in _calls(layer, tree)]


def _layer(parts: tuple[str, ...]) -> str:
    """The layer of a file or of a module by the parts of its name; plugins that Ansible loads have none."""
    below = parts[2:3] if parts[:2] == ("plugins", "module_utils") else ()
    return below[0] if below and below[0] in LAYERS else ""


def _imports(path: PurePosixPath, tree: ast.AST) -> Iterator[Import]:
    package = path.parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").split(".") if node.module else []
            if node.level:
                base = [*COLLECTION.rstrip(".").split("."), *package[: len(package) - node.level + 1], *base]
            # `from .. import _model` names a module by its last word.
            names = [""] if node.module else [alias.name for alias in node.names]
            yield from (
                Import(".".join([*base, *([name] if name else [])]), node.lineno, node.level > 0) for name in names
            )


def _objections(path: PurePosixPath, layer: str, one: Import) -> Iterator[str]:
    top = one.module.partition(".")[0]
    if one.module.startswith(COLLECTION):
        yield from _upward(layer, one)
    elif top == "redis" and path != REDIS_IMPORTER:
        yield f"only {REDIS_IMPORTER} imports redis"
    elif layer not in ("", "_ansible") and top not in {*sys.stdlib_module_names, "redis"}:
        yield f"{layer} must run without {top}"
    elif layer == "_model" and top in IMPURE:
        yield f"the model knows no {top}"


def _upward(layer: str, one: Import) -> Iterator[str]:
    parts = tuple(one.module[len(COLLECTION) :].split("."))
    target = _layer(parts)
    if parts[:2] != ("plugins", "module_utils"):
        if layer:
            yield f"{layer} imports {'.'.join(parts)}, which is above it"
    elif layer and not target:
        yield f"{layer} imports {'.'.join(parts)}, which is in no layer"
    elif layer and LAYERS.index(target) < LAYERS.index(layer):
        yield f"{layer} imports {target}, which is above it"
    if layer and not one.relative:
        yield f"{layer} imports its own collection by an absolute name"


def _calls(layer: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in HIDDEN_IMPORTS:
                yield node.lineno, f"{name} hides what is imported"
            if layer == "_model" and isinstance(node.func, ast.Name) and name in IMPURE_CALLS:
                yield node.lineno, f"the model does not call {name}"
