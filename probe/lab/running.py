"""`lab up`: the mirror in a box, until a signal ends it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from probe.outcome import UsageFailure

from .box import Box
from .configuration import RelaySettings, at, write_configuration
from .control import serving
from .kept import UnfitAuthority, kept_authority
from .recipe import LOOPBACK
from .words import STAND_IN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .authority import Authority

__all__ = ["authority_in", "run_lab"]

_STOPPING = frozenset({signal.SIGINT, signal.SIGTERM})

_WEB = "127.0.0.1", 9188
_HANDSHAKE_SECONDS = 5.0
"""What the configuration gives a relay: its own defaults, spelled out."""


def authority_in(directory: Path) -> Authority:
    """Give the authority kept in the lab's `directory`, made when first asked for.

    Raises:
        UsageFailure: it can be neither read nor made.
    """
    try:
        return kept_authority(directory / "authority")
    except UnfitAuthority as error:
        raise UsageFailure(str(error)) from error
    except OSError as error:
        raise UsageFailure(f"{directory}: {error.strerror or error}") from error


def run_lab(
    directory: Path, *, agent_port: int, superserver_port: int, relay_port: int, preamble: bool, as_json: bool
) -> None:
    """Run the mirror until SIGINT or SIGTERM; write a configuration for relays in front of its agents.

    Raises:
        UsageFailure: another lab runs in the directory, an address is in use, or a file cannot be written.
    """
    with _alone_in(directory):
        _run(directory, agent_port, superserver_port, relay_port, preamble=preamble, as_json=as_json)


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Keep a directory for one lab: a second one would take its authority, its configuration and its socket away."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise UsageFailure(f"{directory}: {(error.strerror or str(error)).lower()}") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageFailure(
                f"{directory}: a lab runs here already; stop it, or give another --directory"
            ) from None
        yield
    finally:
        os.close(handle)


def _run(
    directory: Path, agent_port: int, superserver_port: int, relay_port: int, *, preamble: bool, as_json: bool
) -> None:
    issuing = authority_in(directory)
    listen = {name: (host, relay_port) for name, host in LOOPBACK.items()}
    settings = RelaySettings(listen=listen, web=_WEB, handshake_seconds=_HANDSHAKE_SECONDS)
    box = Box(issuing, agent_port=agent_port, superserver_port=superserver_port, preamble=preamble)
    # Blocked before any thread starts, so that the signal waits for `sigwait`.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        with box:
            configuration = write_configuration(box, directory, settings)
            with serving(box, directory):
                _tell(box, configuration, as_json=as_json)
                signal.sigwait(_STOPPING)
    except OSError as error:
        raise UsageFailure(f"the lab cannot start: {error.strerror or error}") from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _tell(box: Box, configuration: Path, *, as_json: bool) -> None:
    rows = [
        {
            "name": member.name,
            "role": str(member.role),
            "agent": at(member.agent.address),
            "superserver": at(member.superserver.address),
        }
        for member in box.members.values()
    ]
    if as_json:
        typer.echo(json.dumps({"configuration": str(configuration), "members": rows}))
        return
    table = Table("member", "role", "agent", "superserver")
    for row in rows:
        table.add_row(*row.values())
    Console().print(table)
    typer.echo(STAND_IN)
    typer.echo(f"relays in front of the agents: mirrorprobe run -c {configuration}")
    typer.echo("stop with Ctrl-C")
