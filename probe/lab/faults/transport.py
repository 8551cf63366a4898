"""Ends that are not there, do not answer, leave too early, or do not speak TLS."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzers.connection import Party

from ..cast import behaves, in_turn
from ..ends import TLS_1_3, Manner
from .fault import Fault

if TYPE_CHECKING:
    from ..cast import Arrangement

__all__ = ["FAULTS"]

_ONE_VERSION = (TLS_1_3,)
"""No version is ever chosen, so one hello is as good as another."""


def _acts(party: Party, manner: Manner) -> Arrangement:
    return behaves(party, lambda end: replace(end, manner=manner))


FAULTS = (
    Fault(
        name="client-plaintext",
        story="IRISA does not know yet that the mirror uses TLS, and speaks in plaintext.",
        expects="not-tls-client",
        faulty=Party.CLIENT,
        arrange=_acts(Party.CLIENT, Manner.PLAINTEXT),
        versions=_ONE_VERSION,
    ),
    Fault(
        name="server-plaintext",
        story="IRISB answers in plaintext, as another service on that port would.",
        expects="not-tls-server",
        faulty=Party.SERVER,
        arrange=_acts(Party.SERVER, Manner.PLAINTEXT),
        versions=_ONE_VERSION,
    ),
    Fault(
        name="both-plaintext",
        story="Neither member uses TLS, though the mirror's definition requires it.",
        expects="plaintext-where-tls-required",
        faulty=Party.SERVER,
        fails=False,
        arrange=in_turn(_acts(Party.CLIENT, Manner.PLAINTEXT), _acts(Party.SERVER, Manner.PLAINTEXT)),
        versions=_ONE_VERSION,
    ),
    Fault(
        name="server-absent",
        story="The ISCAgent of IRISB is not running.",
        expects="connection-refused",
        faulty=Party.SERVER,
        arrange=_acts(Party.SERVER, Manner.ABSENT),
        versions=_ONE_VERSION,
    ),
    Fault(
        name="server-silent",
        story="IRISB accepts the connection and never answers: it is stuck, or something else listens there.",
        expects="handshake-timeout",
        faulty=Party.SERVER,
        arrange=_acts(Party.SERVER, Manner.SILENT),
        versions=_ONE_VERSION,
    ),
    Fault(
        name="server-closes-first",
        story=(
            "IRISB closes on the bare ClientHello: its TLS configuration is not activated, or it waits for a"
            " preamble."
        ),
        expects="tls-not-started",
        faulty=Party.SERVER,
        arrange=_acts(Party.SERVER, Manner.CLOSE_FIRST),
        versions=_ONE_VERSION,
    ),
    Fault(
        name="server-closes-midway",
        story="IRISB goes away when half of its part of the handshake is sent.",
        expects="closed-during-handshake",
        faulty=Party.SERVER,
        arrange=_acts(Party.SERVER, Manner.CLOSE_MIDWAY),
    ),
    Fault(
        name="server-resets-midway",
        story="IRISB, or a firewall in its name, resets the connection in the middle of the handshake.",
        expects="reset-during-handshake",
        faulty=Party.SERVER,
        arrange=_acts(Party.SERVER, Manner.RESET_MIDWAY),
    ),
    Fault(
        name="client-closes-midway",
        story="IRISA goes away when it has got the server's part of the handshake.",
        expects="closed-during-handshake",
        faulty=Party.CLIENT,
        arrange=_acts(Party.CLIENT, Manner.CLOSE_MIDWAY),
    ),
    Fault(
        name="client-resets-midway",
        story="IRISA resets the connection when it has got the server's part of the handshake.",
        expects="reset-during-handshake",
        faulty=Party.CLIENT,
        arrange=_acts(Party.CLIENT, Manner.RESET_MIDWAY),
    ),
)
