"""The probe as a process: its signals, what it tells the service manager, and reloads.

SIGTERM and SIGINT drain, a second one cuts off, SIGHUP reads the configuration anew. A configuration that is wrong
leaves the old one at work, and every reason becomes one event.
"""

from __future__ import annotations

import asyncio
import signal
from time import time
from typing import TYPE_CHECKING

from ..config import load_config
from ..outcome import CommandFailed
from .notify import Notifier

if TYPE_CHECKING:
    from pathlib import Path

    from ..app import Probe
    from ..outcome import ExitCode

__all__ = ["serve"]


async def serve(probe: Probe, path: Path) -> ExitCode:
    """Serve until a signal ends it; `path` is read anew at each reload."""
    stop, force, again = asyncio.Event(), asyncio.Event(), asyncio.Event()
    notifier = Notifier()

    def ended() -> None:
        notifier.stopping()
        (force if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    async with asyncio.TaskGroup() as group:
        beating = group.create_task(notifier.beat(), name="watchdog")
        reloading = group.create_task(_reload_when_asked(probe, path, again, notifier), name="reload")
        outcome = await probe.serve(stop, force, lambda: notifier.ready(_status(probe)))
        beating.cancel()
        reloading.cancel()
    return outcome


def _status(probe: Probe) -> str:
    return f"{len(probe.config.relays)} relays, page on {probe.page}"


async def _reload_when_asked(probe: Probe, path: Path, again: asyncio.Event, notifier: Notifier) -> None:
    while True:
        await again.wait()
        again.clear()
        notifier.reloading()
        try:
            # The files are read beside the event loop: a slow file system must not hold a connection.
            config = await asyncio.to_thread(load_config, path)
            await probe.reload(config, time())
        except CommandFailed as failure:
            probe.keep(failure.problems, time())
        notifier.ready(_status(probe))
