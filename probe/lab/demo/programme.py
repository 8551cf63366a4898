"""What `mirrorprobe demo` prints: the scenes, one case in full, and the metrics that changed."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analyzers.counted import counted
from probe.ending import STOPPING, answering, unwinding
from probe.lab.authority import Authority
from probe.lab.box import Box
from probe.lab.ends import VERSIONS
from probe.lab.faults import FAMILIES, FAULTS
from probe.lab.words import STAND_IN
from probe.outcome import ExitCode, UsageFailure

from .prometheus import find_prometheus, scraping
from .scenes import HEALTHY, PATIENCE_SECONDS, Demo, Performance, Scene

if TYPE_CHECKING:
    from analyzers.causes.entry import Evidence
    from analyzers.connection import Alert

__all__ = ["SHOWN", "play_demo"]

SHOWN = "client-issuer-eku-server-only"
"""The case that is shown in full: alert 43 about a certificate in which nothing is wrong."""

_EVIDENCE_SHOWN = 3

_WIDE = 120
"""Columns that the table of scenes takes with the alerts' names."""


def play_demo(*, shown: str, tls: str | None, keep: bool, prometheus: bool, as_json: bool) -> ExitCode:
    """Play the demo, print it, and tell whether each verdict was right.

    Args:
        shown: the fault whose case is printed in full.
        tls: the newest version that the members speak, `1.2` or `1.3`; None: `1.3`.
        keep: whether the lab and the relays go on playing until SIGINT, SIGTERM or SIGHUP.
        prometheus: whether a real Prometheus scrapes them meanwhile.
        as_json: whether to print one JSON document.

    Raises:
        UsageFailure: there is no such fault or version, or an address is in use.
        EndedBySignal: SIGTERM or SIGHUP came before everything was played.
    """
    if shown not in FAULTS:
        raise UsageFailure(f"--show: no fault is called {shown!r}; `mirrorprobe lab fault --list` lists them")
    if tls is not None and tls not in VERSIONS:
        raise UsageFailure(f"--tls {tls}: give one of {', '.join(VERSIONS)}")
    if prometheus and not keep:
        raise UsageFailure("--prometheus goes with --keep: without it there is nothing left to scrape")
    version = None if tls is None else VERSIONS[tls]
    program = find_prometheus() if prometheus else None
    progress = Console(stderr=True)

    async def after(performance: Performance) -> None:
        status.stop()
        _print_json(performance) if as_json else _print(performance, shown)
        if keep:
            await _go_on(demo, performance.web, program)

    played: list[Scene] = []

    def watch(scene: Scene) -> None:
        played.append(scene)
        status.update(f"{counted(len(played), 'scene')}: {scene.name}")

    with unwinding(), ExitStack() as stack, progress.status("making certificates") as status:
        try:
            made = _directory(stack)
            with Box(Authority.create(), patience=PATIENCE_SECONDS) as box:
                demo = Demo(box, made, version=version)
                performance = asyncio.run(demo.run(watch, after))
        except OSError as error:
            raise UsageFailure(f"the lab cannot start: {error.strerror or error}") from error
    return ExitCode.CLEAN if all(scene.is_right for scene in performance.scenes) else ExitCode.FINDINGS


def _directory(stack: ExitStack) -> Path:
    """Make a directory that goes with the stack, also where a signal comes in the moment in which it is made."""
    made = Path(gettempdir()) / f"mirrorprobe-{token_hex(8)}"
    stack.callback(_remove, made)
    made.mkdir(mode=0o700)
    return made


def _remove(made: Path) -> None:
    if made.exists():
        rmtree(made)


async def _go_on(demo: Demo, web: str, prometheus: str | None) -> None:
    """Say where everything is, and play on until a signal ends it."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        stack.enter_context(answering(lambda *_: loop.call_soon_threadsafe(told.set), *STOPPING))
        typer.echo(f"page:       http://{web}/", err=True)
        typer.echo(f"metrics:    http://{web}/metrics", err=True)
        typer.echo(f"API:        http://{web}/api/connections", err=True)
        if prometheus is not None:
            typer.echo(f"Prometheus: {stack.enter_context(scraping(prometheus, web))}", err=True)
        typer.echo("The members go on calling each other; stop with Ctrl-C", err=True)
        await demo.go_on(told)


def _console() -> Console:
    """Give a console that wraps nothing where no terminal limits the lines."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDE)


def _print(performance: Performance, shown: str) -> None:
    console = _console()
    console.print(_table(performance, is_narrow=console.width < _WIDE))
    _print_case(console, next(scene for scene in performance.scenes if scene.name == shown))
    console.print("\n[bold]Metrics that changed[/bold]")
    for name, (before, after) in performance.metrics.items():
        console.print(escape(f"  {name}  {before:g} -> {after:g}"), soft_wrap=True)
    wrong = [scene.name for scene in performance.scenes if not scene.is_right]
    console.print(
        f"\n{len(performance.scenes) - len(wrong)} of {len(performance.scenes)} verdicts were right."
    )
    for name in wrong:
        console.print(f"[red]wrong:[/red] {name}")
    console.print(STAND_IN)


def _table(performance: Performance, *, is_narrow: bool) -> Table:
    """Give all scenes by family; a narrow terminal gets the alerts' numbers only."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("scenario", "refused by", "alert", "root cause", "right"):
        table.add_column(heading, overflow="fold")
    for family in (HEALTHY, *FAMILIES):
        table.add_row(f"[bold]{family}[/bold]")
        for scene in (scene for scene in performance.scenes if scene.family == family):
            alert = _alert_text(scene.alert, is_narrow=is_narrow)
            right = "[green]yes[/green]" if scene.is_right else "[bold red]NO[/bold red]"
            table.add_row(scene.name, scene.refused_by or "", alert, _cause_text(scene), right)
        table.add_section()
    return table


def _alert_text(alert: Alert | None, *, is_narrow: bool) -> str:
    if alert is None:
        return ""
    return str(alert.code) if is_narrow else f"{alert.code} {alert.description}"


def _cause_text(scene: Scene) -> str:
    """Give the verdict; where nothing failed, the finding that was to be made."""
    if scene.root_cause is not None:
        return scene.root_cause
    fault = scene.fault
    if fault is not None and not fault.fails and fault.expects in scene.findings:
        return f"({fault.expects})"
    return "" if fault is None else "undecided"


def _print_case(console: Console, scene: Scene) -> None:
    console.print(f"\n[bold]One case in full: {scene.name}[/bold]")
    console.print(scene.story)
    root = scene.relayed.root if scene.relayed else None
    if root is None:
        return
    console.print(f"[bold]{root.id}[/bold]: {escape(root.summary)}")
    for evidence in root.evidence[:_EVIDENCE_SHOWN]:
        console.print(f"  - {escape(_evidence_text(evidence))}")
    console.print("What to do:")
    for remedy in root.remedy:
        console.print(f"  - {escape(remedy)}")


def _evidence_text(evidence: Evidence) -> str:
    where = evidence.source or ("" if evidence.offset is None else f"offset {evidence.offset}")
    return f"{evidence.text} ({where})" if where else evidence.text


def _print_json(performance: Performance) -> None:
    document = {
        "scenes": [_scene_record(scene) for scene in performance.scenes],
        "right": sum(scene.is_right for scene in performance.scenes),
        "metrics": {
            name: {"before": pair[0], "after": pair[1]} for name, pair in performance.metrics.items()
        },
    }
    typer.echo(json.dumps(document, indent=2))


def _scene_record(scene: Scene) -> dict[str, Any]:
    alert = scene.alert
    return {
        "family": scene.family,
        "name": scene.name,
        "story": scene.story,
        "expects": None if scene.fault is None else scene.fault.expects,
        "fails": scene.fault is not None and scene.fault.fails,
        "root_cause": scene.root_cause,
        "refused_by": scene.refused_by,
        "alert": None if alert is None else {"code": alert.code, "description": alert.description},
        "right": scene.is_right,
        "connection": None if scene.relayed is None else scene.relayed.record(),
    }
