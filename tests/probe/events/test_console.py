"""What a person reads: one line a connection, that says who called whom, what came of it, and why."""

from __future__ import annotations

import re

import pytest

from probe.events.console import Console
from probe.events.event import CONNECTION, event_of
from tests.probe.accounts import told
from tests.probe.events.telling import event, event_for, notice

PLAIN = Console(colours=False)


def test_a_healthy_connection_is_one_short_line() -> None:
    """Time, level, both members with their addresses, the outcome, and where to find more."""
    line = PLAIN.line(event("0a-one-1"))
    assert re.fullmatch(
        r"2023-11-14T22:13:20\.250Z \[info\] IRISA \([\d.]+:\d+\) -> IRISB \([\d.]+:\d+\) established "
        r"id=0a-one-1 relay=one tls\.version=1\.2",
        line,
    )


def test_a_failure_says_why() -> None:
    """The cause and its meaning follow the outcome, and who refused stands behind."""
    account = told("client-dn-not-listed-tls12")
    line = PLAIN.line(event_for(account))
    assert account.root is not None
    assert f" {account.outcome.value}: {account.root.id}: {account.root.summary} id=" in line
    assert "[warning]" in line


def test_the_probes_own_events_show_their_fields() -> None:
    """A list is written as one reads it."""
    line = PLAIN.line(notice(relays=["127.0.0.1:1", "127.0.0.1:2"], web="127.0.0.1:9188"))
    assert line == (
        "2023-11-14T22:13:20.500Z [info] started relays='127.0.0.1:1, 127.0.0.1:2' web=127.0.0.1:9188"
    )


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\nb", "\x9b31m", "\u202e", "\ud800", "\r"])
def test_what_a_peer_wrote_cannot_steer_the_terminal(hostile: str) -> None:
    """Control characters are shown as hexadecimal pairs, in the sentence and in every field."""
    said = event_of(1.0, CONNECTION, "info", {
        "client_member": hostile, "client": hostile, "upstream": hostile, "outcome": hostile,
        "root_cause": hostile, "summary": hostile, "id": hostile, "relay": hostile,
    })  # fmt: skip
    for line in (PLAIN.line(said), PLAIN.line(notice(hostile, a=hostile, b=[hostile]))):
        assert line.isprintable()
        line.encode()


def test_colours_are_for_terminals() -> None:
    """With colours the words are the same."""
    coloured = Console(colours=True).line(event("0a-one-1"))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == PLAIN.line(event("0a-one-1"))
