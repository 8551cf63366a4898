"""The arrows of the design: who may import whom, and that `analyzers` touches nothing but values."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import deque
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.sources import PACKAGES, Module, modules_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# From the ground up. A module may import what stands on its own row or lower, which is earlier in this table.
# A part that is named nowhere is held by what it reaches: a low part cannot reach a high one through it.
ROWS = (
    ("analyzers.errors",),
    ("analyzers.wire",),
    ("analyzers.x509",),
    ("analyzers.tls",),
    ("analyzers.capture",),
    ("analyzers.connection",),
    # The observer and the reader of captures produce connections, so they stand above the record.
    ("analyzers.observer", "analyzers.observing", "analyzers.capture.reader", "analyzers.capture.analysis"),
    ("analyzers.mirror",),
    ("analyzers.causes", "analyzers.lint"),
    ("analyzers.diagnosis",),
    ("analyzers.report",),
    # The engine says which cipher suites a configured string names, so it stands below the configuration.
    ("probe.engine",),
    ("probe.config",),
    ("probe.leg",),
    (
        "probe.relay",
        "probe.passthrough",
        "probe.checks",
        "probe.lint",
        "probe.sniffer",
        "probe.lab",
        "probe.events",
        "probe.metrics",
        "probe.history",
        "probe.web",
    ),
    ("probe.app",),
    # The demonstration runs the whole probe in front of the lab's members, as a command does.
    ("probe.cli", "probe.commands", "probe.lab.demo"),
)
HEIGHTS = {part: height for height, row in enumerate(ROWS) for part in row}

IMPURE = {
    "runs beside": "asyncio concurrent contextvars multiprocessing queue sched signal subprocess threading",
    "reads a clock or draws lots": "random secrets time uuid",
    "touches files by name": "fsspec getpass glob os pathlib shutil sqlite3 sys tempfile",
    "speaks to a network": "OpenSSL aiohttp dask distributed http requests select selectors socket "
    "socketserver ssl urllib.request",
    "belongs to the probe": "logging prometheus_client pydantic rich structlog typer",
}
IMPURE_CALLS = frozenset({"breakpoint", "compile", "eval", "exec", "input", "open", "print"})
CLOCK_CALLS = frozenset({"now", "today", "utcnow"})

# scapy is GPL-2.0-only, and slow to load: it is reached in these two places, when it is needed.
MAY_USE_SCAPY = ("analyzers.capture", "probe.sniffer")


@cache
def graph(*, with_types: bool = True) -> Mapping[str, frozenset[str]]:
    """Which module of ours imports which."""
    names = {module.name for module in modules_of(*PACKAGES)}

    def ours(imported: str) -> str:
        while imported and imported not in names:
            imported = imported.rpartition(".")[0]
        return imported

    return {
        module.name: frozenset(map(ours, module.imports(with_types=with_types))) - {module.name, ""}
        for module in modules_of(*PACKAGES)
    }


def height_of(name: str) -> int | None:
    """The row on which a module stands, by the longest name in the table that holds it."""
    while name:
        if name in HEIGHTS:
            return HEIGHTS[name]
        name = name.rpartition(".")[0]
    return None


def ways_from(start: str, *, with_types: bool = True) -> dict[str, tuple[str, ...]]:
    """Every module that the start reaches, each with a shortest way to it."""
    ways = {start: (start,)}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for there in sorted(graph(with_types=with_types)[here] - ways.keys()):
            ways[there] = (*ways[here], there)
            waiting.append(there)
    return ways


def in_words(way: tuple[str, ...]) -> str:
    """A way through the graph, as one reads it."""
    return " -> ".join(way)


def analyzers() -> tuple[Module, ...]:
    """The modules that must be pure."""
    return modules_of("analyzers")


def test_imports_point_downwards() -> None:
    """No module reaches, directly or through others, a part that stands above its own."""
    upward = [
        in_words(way)
        for name in graph()
        if (height := height_of(name)) is not None
        for target, way in ways_from(name).items()
        if (reached := height_of(target)) is not None
        and reached > height
        # Only the step that climbs: whoever stands below it and reaches it is not named again.
        and all(height_of(between) is None for between in way[1:-1])
    ]
    assert upward == []


def test_analyzers_never_imports_probe() -> None:
    """The analyzers do not know that there is a probe."""
    back = [(m.name, name) for m in analyzers() for name in m.imports() if name.split(".")[0] == "probe"]
    assert back == []


def test_no_import_goes_in_a_circle() -> None:
    """No module reaches itself when the program runs; two may know each other's types."""
    running = graph(with_types=False)
    circles = [
        in_words((*way, name))
        for name in running
        for target, way in ways_from(name, with_types=False).items()
        if name in running[target]
    ]
    assert circles == []


def test_analyzers_imports_nothing_that_acts() -> None:
    """No module of the analyzers imports a clock, a file system, a network, a log or a thread."""
    acting = [
        f"{module.name} imports {name}, which {why}"
        for module in analyzers()
        for name in sorted(module.imports())
        for why, banned in IMPURE.items()
        if any(f"{name}.".startswith(f"{root}.") for root in banned.split())
    ]
    assert acting == []


@pytest.mark.parametrize("module", analyzers(), ids=lambda module: module.name)
def test_analyzers_calls_nothing_that_acts(module: Module) -> None:
    """No module of the analyzers opens, prints, evaluates or asks what time it is."""
    acting = [
        f"{module.place}:{node.lineno}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS)
            or (isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS)
        )
    ]
    assert acting == []


def test_scapy_is_imported_in_two_places_only() -> None:
    """Only the capture reader's slow path and the live capture import scapy."""
    strangers = [
        module.name
        for module in modules_of(*PACKAGES)
        if any(name.split(".")[0] == "scapy" for name in module.imports())
        and not module.name.startswith(MAY_USE_SCAPY)
    ]
    assert strangers == []


def test_scapy_is_loaded_only_when_it_is_needed() -> None:
    """Importing every module of both packages loads no scapy."""
    names = [module.name for module in modules_of(*PACKAGES) if not module.name.endswith("__main__")]
    program = f"import sys, {', '.join(names)}; sys.exit('scapy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
