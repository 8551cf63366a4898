"""What systemd is told (sd_notify(3)): ready, reloading, stopping, and that the event loop still turns.

The protocol is one datagram of `NAME=value` lines to the socket that NOTIFY_SOCKET names. Without that variable
nobody asked, and nothing is sent.
"""

from __future__ import annotations

import asyncio
import os
import socket
from time import monotonic_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Notifier"]

BEATS = 2
"""Signs of life within one watchdog interval, as sd_watchdog_enabled(3) advises."""


class Notifier:
    """The way to the service manager, for as long as the process lasts."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Read where the manager listens, and whether it waits for signs of life, from the environment."""
        variables = os.environ if environment is None else environment
        place = variables.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the NUL of Linux's abstract names.
        self._address = f"\0{place[1:]}" if place.startswith("@") else place
        self._interval = _watchdog_seconds(variables)

    def _send(self, *lines: str) -> None:
        """Tell the manager; a manager that is gone or deaf is no reason for a relay to stop."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
            way.setblocking(False)  # noqa: FBT003 (the socket module takes it by position only)
            try:
                way.sendto("\n".join(lines).encode(), self._address)
            except OSError:
                return

    def ready(self, status: str) -> None:
        """Say that everything listens."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Say that the configuration is being read anew; `ready` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that the connections are drained."""
        self._send("STOPPING=1", "STATUS=draining connections")

    async def beat(self) -> None:
        """Give signs of life for as long as the event loop turns, where the manager waits for them."""
        while self._interval is not None:
            self._send("WATCHDOG=1")
            await asyncio.sleep(self._interval / BEATS)


def _watchdog_seconds(variables: Mapping[str, str]) -> float | None:
    """Give the interval of the watchdog, where one is set and meant for this process."""
    text, process = variables.get("WATCHDOG_USEC", ""), variables.get("WATCHDOG_PID", "")
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        return None
    return int(text) / 1e6 if process in ("", str(os.getpid())) else None
