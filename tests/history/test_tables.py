"""What a history answers for the eye: golden text in narrow and wide terminals."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from probe.history.certificates import Change, Period
from probe.history.joining import join
from probe.history.queries import Kept
from probe.history.story import tell
from probe.history.tables import write_connections, write_incidents, write_periods
from tests.history.test_joining import HELLO, half, leg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOLDEN = Path(__file__).parent / "golden"

AT = 1769860800.0
"""2026-01-31 12:00 UTC."""

GOOD = Kept(
    id="71b4b3c2-to-irisb-127",
    probe="probe-a",
    relay="to-irisb",
    road="relay",
    action="forwarded",
    started=AT - 1,
    ended=AT,
    client_address="10.0.0.1",
    client_port=40000,
    server_address="10.0.0.2",
    server_port=2188,
    client_member="IRISA",
    server_member="IRISB",
    outcome="established",
    failed=False,
    leg="client",
    refused_by=None,
    root_cause=None,
    severity=None,
    summary=None,
    version="TLSv1.3",
    handshake_seconds=0.01,
    client_certificate=None,
    server_certificate=None,
)
BAD = replace(
    GOOD,
    id="71b4b3c2-to-irisb-126",
    ended=AT - 60,
    outcome="failed",
    failed=True,
    refused_by="server",
    root_cause="client-certificate-purpose",
    version="TLSv1.2",
)
SHORT = replace(BAD, root_cause="unknown-ca")
STRANGER = replace(BAD, client_member=None, client_address="2001:db8::1234:5678:9abc:def0")


def expected(name: str) -> str:
    """Give what a person has read and found good."""
    return (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Gives what a writer writes in a terminal of so many columns in UTC, without what blanks end a line."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()

    def write(columns: int, writer: Callable[..., None], *rows: object) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        stream = io.StringIO()
        writer(stream, rows)
        lines = [line.rstrip() for line in stream.getvalue().splitlines()]
        assert max(map(len, lines)) <= columns
        return "\n".join(lines) + "\n"

    yield write
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("columns", "rows", "golden"),
    [
        (80, (GOOD, SHORT), "connections-80"),
        (80, (GOOD, STRANGER), "connections-80-without-room"),
        (140, (GOOD, BAD), "connections-140"),
        (150, (GOOD, BAD), "connections-150"),
    ],
)
def test_connections(written: Callable[..., str], columns: int, rows: tuple[Kept, ...], golden: str) -> None:
    """The columns that have room are shown, the identifier always; where no table has room, there are lines instead."""
    assert written(columns, write_connections, *rows) == expected(golden)


@pytest.mark.parametrize("columns", [20, 30])
def test_an_identifier_that_has_no_room_goes_on_in_the_next_line(
    written: Callable[..., str], columns: int
) -> None:
    """Nothing is cut, however narrow."""
    told = written(columns, write_connections, BAD)
    assert BAD.id in "".join(told.split())


PERIODS = (
    (Period("IRISA", "client", "ab" * 32, AT - 86400, AT - 3600), "CN=irisa.example.com/IRISA,O=Example,C=US", ()),
    (
        Period("IRISA", "client", "cd" * 32, AT - 7200, AT, "ab" * 32, is_beside=True),
        "CN=irisa.example.com/IRISA,OU=Mirror Members of the Northern District,O=Example Hospital Trust,C=US",
        (
            Change("extended_key_usage", ["clientAuth", "serverAuth"], ["serverAuth"]),
            Change("serial", "0F4CCBA69BE5FB6336F18E697E249FE0AAECA97C", "4121C60665F7F18FC506818EB62B4AEBCAFF8FBB"),
            Change("not_after", AT, None),
        ),
    ),
    (Period("IRISB", "server", "ef" * 32, AT, AT), "an unknown certificate", ()),
)  # fmt: skip


@pytest.mark.parametrize("columns", [80, 140])
def test_certificates(written: Callable[..., str], columns: int) -> None:
    """Names, serials and hashes are whole; what does not fit goes on in the next line, set in."""
    assert written(columns, write_periods, *PERIODS) == expected(f"certificates-{columns}")


@pytest.mark.parametrize("columns", [80, 140])
def test_incidents(written: Callable[..., str], columns: int) -> None:
    """Sentences are broken between words, with the further lines set in, at 110 columns at most."""
    shown = {"client": "ab" * 32, "server": None}
    near = half(
        "71b4b3c2-to-irisb-126",
        "probe-a",
        leg(started=AT, ended=AT + 1, client_random=HELLO),
        client="10.0.0.1:40000",
        server="10.0.0.2:2188",
        root_cause="client-certificate-purpose",
        summary="the certificate of IRISA is for servers only, and IRISB asks for one that is good for clients",
        shown=shown,
    )
    far = replace(near, id="9f00aa12-on-irisb-3", probe="probe-b", shown={"client": None, "server": None})
    alone = half("9f00aa12-on-irisb-4", "probe-b", leg(started=AT + 60, ended=AT + 61), refused_by=None)
    alone = replace(alone, client="10.0.0.1:40002", server="10.0.0.2:2188")
    told = [(one, tell(one, {})) for one in join([near, far, alone])]
    assert written(columns, write_incidents, *told) == expected(f"incidents-{columns}")


def test_nothing_is_said(written: Callable[..., str]) -> None:
    """Where nothing fits, one line says so."""
    assert written(80, write_connections) == "Nothing in the history fits.\n"
    assert written(80, write_periods) == "The history knows no member's certificate.\n"
    assert written(80, write_incidents) == "No connection failed.\n"


def test_what_a_peer_said_moves_no_cursor(written: Callable[..., str]) -> None:
    """Markup and control characters in a name are shown, not obeyed."""
    told = written(80, write_connections, replace(GOOD, client_member="[red]\x1b[2J", id="x" * 60))
    assert "[red]\\1B[2J" in told
    assert "\x1b" not in told
