"""The observer and the judge: any two streams, cut anywhere, give one connection and one verdict.

The input is a script. The lower three bits of a byte say what happens: 0 and 1 the client or the server sends
the bytes that follow a length of two bytes, 2 and 3 as many bytes are missing from its stream, 4 and 5 it
closes, 6 a line of the key log comes, 7 the connection is looked at. The upper bits say how it closes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from analyzers.connection import CloseKind, Endpoint, Party, Road
from analyzers.diagnosis.engine import diagnose
from analyzers.mirror.definition import Member, Mirror, Policy, Role
from analyzers.observer import Observer
from analyzers.report.json import connection_record
from analyzers.report.text import verdict_block
from analyzers.tls.secrets import KeyLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Connection
    from analyzers.diagnosis.findings import Verdict

CLIENT, SERVER = Endpoint("10.0.0.1", 50000), Endpoint("10.0.0.2", 2188)
STARTED = 1_800_000_000.0
PARTIES = (Party.CLIENT, Party.SERVER)
CLOSES = (CloseKind.FIN, CloseKind.RST)

MIRROR = Mirror(
    name="FUZZ",
    tls_required=True,
    members=(
        Member("IRISA", Role.FAILOVER, "CN=IRISA,O=Example,C=US", ("10.0.0.1",), "10.0.0.1:2188", None),
        Member("IRISB", Role.FAILOVER, "CN=IRISB,O=Example,C=US", ("10.0.0.2",), "10.0.0.2:2188", None),
    ),
    policy=Policy(0x0303, (0x1301, 0xC02F), 2048, 256, 30),
)


class Step(NamedTuple):
    """One thing that happens."""

    kind: int
    choice: int
    length: int
    data: bytes


def steps(script: bytes) -> Iterator[Step]:
    """Cut the script into what happens."""
    at = 0
    while at < len(script):
        kind, choice = script[at] & 7, script[at] >> 3
        at += 1
        if kind in (4, 5, 7):
            yield Step(kind, choice, 0, b"")
            continue
        length = int.from_bytes(script[at : at + 2], "big")
        at += 2
        if kind in (2, 3):
            yield Step(kind, choice, length, b"")
            continue
        yield Step(kind, choice, length, script[at : at + length])
        at += length


def observe(script: bytes, piece: int) -> Connection:
    """Play the script, with the streams in pieces of so many bytes."""
    keylog = KeyLog()
    observer = Observer(CLIENT, SERVER, started=STARTED, road=Road.PCAP, keylog=keylog)
    for number, step in enumerate(steps(script)):
        at = STARTED + number
        if step.kind == 6:
            keylog.add_line(step.data)
        elif step.kind == 7:
            observer.connection()
        elif step.kind >= 4:
            observer.closed(PARTIES[step.kind - 4], CLOSES[step.choice % 2], at, number)
        elif step.kind >= 2:
            observer.gap(PARTIES[step.kind - 2], step.length, at)
        else:
            feed(observer, PARTIES[step.kind], step.data, at, number, piece)
    return observer.connection()


def feed(observer: Observer, sender: Party, data: bytes, at: float, frame: int, piece: int) -> None:
    """Give `data` to the observer in pieces; large ones pass by where the observer allows it."""
    while data:
        skippable = min(observer.skippable(sender), len(data)) if piece > 1 else 0
        if skippable:
            observer.skip(sender, skippable, at, frame)
            data = data[skippable:]
        observer.feed(sender, data[:piece], at, frame)
        data = data[piece:]


def report(connection: Connection, verdict: Verdict) -> None:
    """Write the verdict in every form, in the encoding of files and terminals."""
    assert verdict.root_cause is None or verdict.root_cause in [finding.id for finding in verdict.findings]
    record = connection_record(connection, verdict)
    assert json.dumps(record, allow_nan=False, ensure_ascii=False).encode()
    assert verdict_block(connection, verdict).encode()


def one_input(data: bytes) -> None:
    """Observe the script whole and byte by byte, compare, and judge."""
    connection = observe(data, 1 << 16)
    assert observe(data, 1) == connection
    for mirror in (None, MIRROR):
        report(connection, diagnose(connection, mirror))
