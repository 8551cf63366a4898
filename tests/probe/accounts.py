"""Accounts of real connections: those of `pcaps/`, told as one road or another would tell them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from analyzers.capture.analysis import Analysis
from analyzers.diagnosis.engine import diagnose
from probe.account import Witnessed
from probe.captures.places import MirrorPlaces
from probe.config import load_mirror

if TYPE_CHECKING:
    from analyzers.connection import Connection
    from analyzers.mirror.definition import Mirror

PCAPS = Path(__file__).parents[2] / "pcaps"


@cache
def mirror() -> Mirror:
    """Give the mirror of the captures: IRISA, IRISB and IRISC."""
    return load_mirror(PCAPS / "mirrorprobe.toml")


@cache
def recorded(name: str) -> Connection:
    """Give the last connection of a capture."""
    with (PCAPS / f"{name}.pcap").open("rb") as file:
        return list(Analysis(file, places=MirrorPlaces(mirror())).connections())[-1].connection


def told(
    connection: Connection | str,
    *,
    road: str = "sniff",
    relay: str = "one",
    identifier: str = "0a-one-1",
    lasted: tuple[float, float] | None = None,
    seconds: float | None = None,
) -> Witnessed:
    """Tell of a connection, or of that of a capture, as if it had lasted from one time to another."""
    seen = recorded(connection) if isinstance(connection, str) else connection
    if lasted is not None:
        seen = replace(seen, started=lasted[0], ended=lasted[1])
    # The certificates are as old as the capture, so it is judged as of then.
    verdict = diagnose(seen, mirror(), at=recorded("healthy-tls12").started)
    return Witnessed(identifier, relay, road, seen, verdict, seconds)
