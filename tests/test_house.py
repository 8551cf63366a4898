"""House rules that no linter knows: sizes, names, docstrings of tests, and what may never be committed."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from sys import stdlib_module_names
from typing import TYPE_CHECKING

import pytest

from tests.sources import PACKAGES, ROOT, Module, modules_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCES = modules_of(*PACKAGES)
TESTS = modules_of("tests")

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

CODE_POINTS = frozenset({"analyzers/tls/codepoints.py"})
"""Tables of code points, which are as long as their registries."""

EMPTY_NAMES = frozenset({"base", "common", "helpers", "manager", "misc", "utils"})

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements/runtime.txt", "requirements/development.txt", "requirements/fuzz.txt")

# Put together here, for this file must keep the rule too.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
FOREIGN = re.compile(
    r"/wo" r"rk/|/ro" r"ot/|(?:pypi|npmjs|pythonhosted)\.(?:org|com)|deb\.debian\.org", re.IGNORECASE
)


def each(modules: tuple[Module, ...]) -> pytest.MarkDecorator:
    """One case a module."""
    return pytest.mark.parametrize("module", modules, ids=lambda module: module.place)


def functions_of(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module, nested ones included."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Every text file that git would commit, with its path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for place in filter(None, listed.stdout.split("\0")):
        text = _text(ROOT / place)
        if text is not None:
            yield place, text


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):
        return None


def test_no_file_is_too_long() -> None:
    """A file holds one idea in at most 400 lines."""
    long = {
        module.place: len(module.text.splitlines())
        for module in SOURCES + TESTS
        if module.place not in CODE_POINTS and len(module.text.splitlines()) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_is_too_long() -> None:
    """A function fits on a page."""
    long = [
        f"{module.place}:{function.lineno} {function.name}"
        for module in SOURCES
        for function in functions_of(module)
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_is_named_for_its_idea() -> None:
    """No module is named for being a container."""
    assert [m.place for m in SOURCES + TESTS if m.name.rpartition(".")[2] in EMPTY_NAMES] == []


@each(TESTS)
def test_every_test_says_what_it_shows(module: Module) -> None:
    """A test opens with one line that says the behaviour and ends in a full stop."""
    silent = []
    for function in functions_of(module):
        docstring = ast.get_docstring(function) or ""
        if function.name.startswith("test_") and not re.fullmatch(r"[^\n]+\.", docstring):
            silent.append(f"{module.place}:{function.lineno} {function.name}")
    assert silent == []


@each(SOURCES)
def test_dataclasses_are_slotted_and_frozen(module: Module) -> None:
    """A value does not change; what must is private to its module, or its docstring calls it mutable."""
    loose = []
    for node in ast.walk(module.tree):
        for decorator in node.decorator_list if isinstance(node, ast.ClassDef) else ():
            words = ast.unparse(decorator)
            may_change = node.name.startswith("_") or "mutable" in (ast.get_docstring(node) or "").lower()
            is_fast = "slots=True" in words and (may_change or "frozen=True" in words)
            if words.startswith("dataclass") and not is_fast:
                loose.append(f"{module.place}:{node.lineno} {node.name}")
    assert loose == []


def test_broad_handlers_are_few_and_at_the_edge() -> None:
    """At most three handlers catch everything, none of them in the analyzers."""
    broad = [
        f"{module.place}:{node.lineno}"
        for module in SOURCES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or re.search(r"\b(Base)?Exception\b", ast.unparse(node.type)))
    ]
    assert [place for place in broad if place.startswith("analyzers/")] == []
    assert len(broad) <= 3, broad


def test_ignored_types_are_few_and_argued() -> None:
    """At most three places silence the type checker, each with its code and a reason."""
    silenced = [
        f"{module.place}:{number} {line.strip()}"
        for module in SOURCES
        for number, line in enumerate(module.text.splitlines(), 1)
        if "# type: ignore" in line
    ]
    assert [line for line in silenced if not re.search(r"# type: ignore\[[\w, -]+\]  # \S", line)] == []
    assert len(silenced) <= 3, silenced


def test_tasks_are_made_in_one_place() -> None:
    """At most one line is excused from the ban on tasks without an owner."""
    assert len([m.place for m in SOURCES for _ in re.finditer(r"noqa:.*\bTID251\b", m.text)]) <= 1


def test_nothing_is_left_unfinished() -> None:
    """No file promises what it does not do."""
    assert [place for place, text in tracked_texts() if UNFINISHED.search(text)] == []


def test_no_machine_and_no_registry_is_named() -> None:
    """No file names a path of the machine it was written on, nor a host that serves packages."""
    assert [place for place, text in tracked_texts() if FOREIGN.search(text)] == []


def test_every_foreign_import_is_declared() -> None:
    """What the packages import is the standard library, ours, or a dependency that pyproject names."""
    project = PROJECT["project"]
    requirements = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    declared = {re.split(r"[<>=;\[ ]", requirement)[0].lower() for requirement in requirements}
    declared.add("pydantic-core")  # pydantic pins it, and documents its errors as part of its own interface
    bringers = packages_distributions()
    strangers = {
        f"{module.place} imports {root}"
        for module in SOURCES
        for root in {name.split(".")[0] for name in module.imports()} - {*stdlib_module_names, *PACKAGES}
        if not declared & {name.lower().replace("_", "-") for name in bringers.get(root, [])}
    }
    assert strangers == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_pin_by_hash_and_name_no_host(lock: str) -> None:
    """Every requirement has one version and hashes; where to fetch it from is the machine's affair."""
    lines = [line for line in (ROOT / lock).read_text(encoding="utf-8").split("\n") if "#" not in line]
    pins = [line for line in lines if line and not line.startswith(" ")]
    assert pins
    assert [pin for pin in pins if not re.match(r"[a-z0-9-]+==\S+ .*\\$", pin)] == []
    assert [line for line in lines if line.startswith(" ") and "--hash=sha256:" not in line] == []
