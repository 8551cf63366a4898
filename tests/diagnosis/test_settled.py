"""What was settled with one connection is settled for those like it, and for no others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Connection, Endpoint, Party, Road
from analyzers.diagnosis import settled
from analyzers.diagnosis.engine import diagnose
from tests.causes.scene import lab_mirror, named_scenes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.diagnosis.findings import Verdict
    from analyzers.mirror.definition import Mirror

DAY = 86_400.0
SCENES = named_scenes()


def others(connection: Connection) -> Iterator[Connection]:
    """Connections that share what TLS showed, and nothing else."""
    yield connection
    for days in (-9000, -30, 1, 400, 9000):
        yield replace(connection, started=connection.started + days * DAY)
    for party in Party:
        for certificate in connection.certificates_of(party) or ():
            yield replace(connection, started=certificate.not_after - 5 * DAY)
            yield replace(connection, started=certificate.not_before + 60)
    for spread in (0.0, 0.3, 10.0):
        first = connection.started
        events = tuple(
            replace(event, at=first + (event.at - first) * spread, frame=7) for event in connection.events
        )
        yield replace(connection, events=events)
    yield replace(
        connection, events=tuple(replace(event, length=event.length + 30) for event in connection.events)
    )
    yield replace(connection, client_application_bytes=0, server_application_bytes=0)
    yield replace(connection, client_application_bytes=5000, server_application_bytes=70_000)
    yield replace(connection, server=Endpoint("10.9.9.9", 9999))
    yield replace(connection, closed_by=None)


def judged(
    connection: Connection, mirror: Mirror | None, *, afresh: bool
) -> tuple[Verdict, dict[object, object]]:
    """Judge; `afresh` as if it were the first of its kind."""
    if afresh:
        settled._kinds.clear()
    verdict = diagnose(connection, mirror)
    return replace(verdict, checks={}), dict(verdict.checks)


@pytest.mark.parametrize("knows_mirror", [False, True])
@pytest.mark.parametrize("scene", SCENES)
def test_verdict_is_the_same_for_who_comes_first_and_who_comes_later(scene: str, knows_mirror: bool) -> None:
    """Whatever differs between two connections with the same handshake."""
    mirror = lab_mirror() if knows_mirror else None
    connection = replace(SCENES[scene].play()[0], road=Road.PCAP)
    kinds = list(others(connection))
    expected = [judged(each, mirror, afresh=True) for each in kinds]
    settled._kinds.clear()
    for _ in range(2):
        assert expected == [judged(each, mirror, afresh=False) for each in kinds]
