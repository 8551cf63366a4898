"""`lab fault`: one connection with one fault, and the list of faults."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING, Any

import typer

from probe.config.values import split_host_port
from probe.outcome import ConnectFailed, UsageFailure

from .account import fault_record, played_record
from .authority import Authority
from .box import Box
from .control import LabRefused, ask
from .ends import VERSIONS
from .faults import FAMILIES, FAULTS, Fault
from .words import STAND_IN

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["list_faults", "play_named"]

_PATIENCE_SECONDS = 30.0
"""How long to wait for a running lab to play one fault: several times the patience of its ends."""

_NOT_CONNECTED = (os.strerror(errno.ECONNREFUSED).lower(), "connect timed out")
"""What a client says that reached no relay: then the fault was not played, and explains nothing."""


def play_named(name: str, directory: Path, *, through: str | None, tls: str | None, as_json: bool) -> None:
    """Play the fault `name` in the lab that runs in `directory`, or else in one made for it, and tell of it.

    Args:
        name: the fault's name.
        directory: where a lab may be running.
        through: `HOST:PORT` of a relay in front of the called agent; None: directly.
        tls: `1.2` or `1.3`; None: the newest version that shows the fault.
        as_json: whether to print JSON.

    Raises:
        UsageFailure: there is no such fault, it cannot be played in this version, or no lab is behind the
        relay. ConnectFailed: the running lab does not answer, or the relay.
    """
    if name not in FAULTS:
        raise UsageFailure(f"no fault is called {name!r}; `mirrorprobe lab fault --list` lists them")
    fault = FAULTS[name]
    version = None if tls is None else _version(tls, fault)
    played = _play(fault, directory, version, None if through is None else _address(through))
    if as_json:
        typer.echo(json.dumps(fault_record(fault) | played, indent=2))
    else:
        _tell(fault, played)


def list_faults(*, as_json: bool) -> None:
    """Print every fault: its story, what explains it, who refuses with which alert."""
    if as_json:
        typer.echo(json.dumps([fault_record(fault) for fault in FAULTS.values()], indent=2))
        return
    for family, faults in FAMILIES.items():
        typer.secho(family, bold=True)
        for fault in faults:
            typer.echo(f"  {fault.name}: {_expectation(fault_record(fault))}")
            typer.echo(f"    {fault.story}")


def _expectation(record: dict[str, Any]) -> str:
    refused = f", the {record['refused_by']} refuses" if record["refused_by"] else ""
    alert = f" with alert {_alert(record['alert'])}" if record["alert"] else ""
    return f"{record['expects']}{refused}{alert}"


def _version(text: str, fault: Fault) -> int:
    playable = [name for name, code in VERSIONS.items() if code in fault.versions]
    if text not in playable:
        raise UsageFailure(f"--tls {text}: {fault.name} can be played in TLS {' and '.join(playable)}")
    return VERSIONS[text]


def _address(text: str) -> tuple[str, int]:
    try:
        return split_host_port(text)
    except ValueError as error:
        raise UsageFailure(f"--through {error}") from error


def _play(
    fault: Fault, directory: Path, version: int | None, through: tuple[str, int] | None
) -> dict[str, Any]:
    try:
        played = ask(directory, fault.name, version=version, through=through, patience=_PATIENCE_SECONDS)
    except LabRefused as error:
        raise ConnectFailed(str(error)) from error
    if played is not None:
        if through is not None and played["server"] is None and played["client"]["error"] in _NOT_CONNECTED:
            said = played["client"]["error"]
            raise ConnectFailed(f"--through {through[0]}:{through[1]}: {said}: no relay runs there")
        return played
    if through is not None:
        raise UsageFailure(f"--through: no lab runs in {directory}, so no relay leads to one")
    with Box(Authority.create()) as box:
        return played_record(box.play_fault(fault, version=version))


def _tell(fault: Fault, played: dict[str, Any]) -> None:
    typer.echo(f"{fault.name}: {fault.story}")
    for party in ("client", "server"):
        account = played[party]
        typer.echo(f"  {party}: {'saw no connection' if account is None else _sentence(account)}")
    typer.echo(f"  explained by: {fault.expects}")
    typer.echo(STAND_IN)


def _sentence(account: dict[str, Any]) -> str:
    """Say in one line what an end saw."""
    parts = [account["version"], account["error"] or "all is well"]
    parts += [f"sent alert {_alert(alert)}" for alert in account["sent_alerts"]]
    parts += [f"received alert {_alert(alert)}" for alert in account["received_alerts"]]
    return "; ".join(part for part in parts if part)


def _alert(record: dict[str, Any]) -> str:
    return f"{record['code']} {record['description']}"
