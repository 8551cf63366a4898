"""Captures of `pcaps/` that lost something: a verdict may be missing then, and must not be another."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from analyzers.capture.analysis import Analysis
from analyzers.diagnosis.engine import diagnose
from probe.captures.places import MirrorPlaces
from probe.captures.task import read_keylogs
from tests.capture.building import segments_of
from tests.capture.test_stories import STORIES, accepted, mirror, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_HEADER, PACKET_HEADER = 24, 16
SYN, ACK = 2, 16
SNAP_LENGTHS = (96, 200, 400, 1000)


class Packet(NamedTuple):
    """One packet of a capture, and who sent it."""

    seconds: int
    fraction: int
    original: int
    data: bytes
    is_clients: bool


def packets_of(capture: bytes) -> list[Packet]:
    """Take a capture apart."""
    segments = segments_of(capture)
    client = next(one.sender for one in segments if one.flags & (SYN | ACK) == SYN)
    found, at = [], FILE_HEADER
    for segment in segments:
        seconds, fraction, captured, original = struct.unpack_from("<IIII", capture, at)
        at += PACKET_HEADER
        found.append(
            Packet(seconds, fraction, original, capture[at : at + captured], segment.sender == client)
        )
        at += captured
    assert at == len(capture)
    return found


def damaged(capture: bytes) -> Iterator[tuple[str, bytes]]:
    """Give a capture without each of its packets, without its beginning and end, one-sided, and snapped."""
    packets = packets_of(capture)
    header = capture[:FILE_HEADER]

    def written(chosen: list[Packet], snap: int | None = None) -> bytes:
        return header + b"".join(
            struct.pack("<IIII", one.seconds, one.fraction, len(one.data[:snap]), one.original)
            + one.data[:snap]
            for one in chosen
        )

    for number in range(len(packets)):
        yield f"without packet {number + 1}", written(packets[:number] + packets[number + 1 :])
        yield f"from packet {number + 1}", written(packets[number:])
        yield f"up to packet {number + 1}", written(packets[: number + 1])
    yield "the client's side", written([one for one in packets if one.is_clients])
    yield "the server's side", written([one for one in packets if not one.is_clients])
    for snap in SNAP_LENGTHS:
        yield f"{snap} bytes of each packet", written(packets, snap)


@pytest.mark.parametrize("story", STORIES, ids=name_of)
def test_what_was_lost_is_not_taken_for_absent(story: dict[str, Any]) -> None:
    """Whatever a capture lacks, it says what the whole one says, with keys or without, or nothing."""
    directory = story["directory"]
    definition = mirror(directory)
    keylog = read_keylogs((str(directory / story["keylog"]),)) if "keylog" in story else None
    right = accepted(story, with_keys=True) | accepted(story, with_keys=False) | {"none"}
    for what, data in damaged((directory / story["file"]).read_bytes()):
        analysis = Analysis(io.BytesIO(data), keylog=keylog, places=MirrorPlaces(definition))
        verdicts = {
            diagnose(captured.connection, definition).root_cause or "none"
            for captured in analysis.connections()
        }
        assert verdicts <= right, what
