"""The probe as a process: its signals, what it tells the service manager, and reloads.

SIGTERM and SIGINT drain, a second one cuts off, SIGHUP reads the configuration anew. A configuration that is wrong
leaves the old one at work, and every reason becomes one event.
"""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass, field
from time import time
from typing import TYPE_CHECKING

from analyzers.counted import counted

from ..aside import say
from ..config import load_config
from ..outcome import CommandFailed
from .notify import Notifier

if TYPE_CHECKING:
    from pathlib import Path

    from ..app import Probe
    from ..outcome import ExitCode

__all__ = ["serve"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the signals have asked for."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    force: asyncio.Event = field(default_factory=asyncio.Event)
    again: asyncio.Event = field(default_factory=asyncio.Event)


async def serve(probe: Probe, path: Path) -> ExitCode:
    """Serve until a signal ends it; `path` is read anew at each reload."""
    asked, started, notifier = _Asked(), asyncio.Event(), Notifier()

    def ended() -> None:
        notifier.stopping()
        (asked.force if asked.stop.is_set() else asked.stop).set()

    def ready() -> None:
        notifier.ready(_status(probe))
        _say(probe, _status(probe))
        started.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended)
    loop.add_signal_handler(signal.SIGHUP, asked.again.set)
    async with asyncio.TaskGroup() as group:
        beating = group.create_task(notifier.beat(), name="watchdog")
        reloading = group.create_task(
            _reload_when_asked(probe, path, asked, started, notifier), name="reload"
        )
        outcome = await probe.serve(asked.stop, asked.force, ready)
        beating.cancel()
        reloading.cancel()
    return outcome


def _status(probe: Probe) -> str:
    return f"{counted(len(probe.config.relays), 'relay')}, page on {probe.page}"


def _say(probe: Probe, *lines: str) -> None:
    """Tell whoever started the probe what they do not see where events go to a file."""
    if probe.config.events.file != "-":
        say(*lines)


async def _reload_when_asked(
    probe: Probe, path: Path, asked: _Asked, started: asyncio.Event, notifier: Notifier
) -> None:
    """Reload as often as asked, from when everything listens until the probe is to stop."""
    await started.wait()
    while True:
        await asked.again.wait()
        asked.again.clear()
        if asked.stop.is_set():
            return
        notifier.reloading()
        # As a value, so that an error nobody expected ends this reload and not the relays.
        (failure,) = await asyncio.gather(_reload(probe, path), return_exceptions=True)
        if isinstance(failure, CommandFailed):
            probe.keep(failure.problems, time())
            _say(probe, *(f"reload failed: {problem}" for problem in failure.problems))
        elif isinstance(failure, Exception):
            probe.keep((f"internal error: {failure!r}",), time())
        if not asked.stop.is_set():
            notifier.ready(_status(probe))


async def _reload(probe: Probe, path: Path) -> None:
    # The files are read beside the event loop: a slow file system must not hold a connection.
    config = await asyncio.to_thread(load_config, path)
    await probe.reload(config, time())
