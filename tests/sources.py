"""The modules of both packages as data: what the tests of architecture and of house rules look at."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGES = ("analyzers", "probe")


@dataclass(frozen=True, slots=True)
class Module:
    """One source file, read."""

    path: Path
    name: str
    """Dotted, and for a package's `__init__.py` the package's own name."""
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        """The path as a person writes it, from the repository's root."""
        return self.path.relative_to(ROOT).as_posix()

    def imports(self, *, with_types: bool = True) -> frozenset[str]:
        """Every dotted name imported anywhere in the file, with or without what only a type checker reads."""
        names: set[str] = set()
        for node in self._nodes(with_types=with_types):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                names.update(f"{origin}.{alias.name}" for alias in node.names)
        return frozenset(names)

    def _nodes(self, *, with_types: bool) -> Iterator[ast.AST]:
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            yield node
            is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            if with_types or not is_for_types:
                waiting.extend(ast.iter_child_nodes(node))

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        # One dot is the package that holds the module; an __init__.py is in the package that it makes.
        steps = node.level - (self.path.name == "__init__.py")
        package = self.name.split(".")
        return ".".join([*package[: len(package) - steps], *filter(None, [node.module])])


def read_module(path: Path) -> Module:
    """Read a file of the repository; its name follows from where it lies."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Module(path, name, text, ast.parse(text, filename=str(path)))


@cache
def modules_of(*folders: str) -> tuple[Module, ...]:
    """Every module under these folders of the root, in the order of their paths."""
    return tuple(read_module(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
