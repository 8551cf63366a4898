"""Captures of `pcaps/` that lost something, or have it in another order.

What was lost may cost the verdict, and must not give another one; the order of the file changes nothing.
"""

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
    from collections.abc import Iterable, Iterator
    from pathlib import Path

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


def written(capture: bytes, packets: Iterable[Packet], snap: int | None = None) -> bytes:
    """Put a capture together again, of the first `snap` bytes of each packet."""
    return capture[:FILE_HEADER] + b"".join(
        struct.pack("<IIII", one.seconds, one.fraction, len(one.data[:snap]), one.original) + one.data[:snap]
        for one in packets
    )


def damaged(capture: bytes) -> Iterator[tuple[str, bytes]]:
    """Give a capture without each of its packets, without its beginning and end, one-sided, and snapped."""
    packets = packets_of(capture)
    for number in range(len(packets)):
        yield f"without packet {number + 1}", written(capture, packets[:number] + packets[number + 1 :])
        yield f"from packet {number + 1}", written(capture, packets[number:])
        yield f"up to packet {number + 1}", written(capture, packets[: number + 1])
    yield "the client's side", written(capture, [one for one in packets if one.is_clients])
    yield "the server's side", written(capture, [one for one in packets if not one.is_clients])
    for snap in SNAP_LENGTHS:
        yield f"{snap} bytes of each packet", written(capture, packets, snap)


def disordered(capture: bytes) -> Iterator[tuple[str, bytes]]:
    """Give a capture with each packet behind the next one, as several queues deliver them, and with every packet twice."""
    packets = packets_of(capture)
    for number in range(len(packets) - 1):
        first, second = packets[number : number + 2]
        yield (
            f"packet {number + 1} late",
            written(capture, [*packets[:number], second, first, *packets[number + 2 :]]),
        )
    yield "twice", written(capture, [one for one in packets for _ in range(2)])


def capture_of(story: dict[str, Any]) -> bytes:
    """The capture of a story."""
    path: Path = story["directory"] / story["file"]
    return path.read_bytes()


def judged(story: dict[str, Any], capture: bytes) -> set[str]:
    """The root causes of the connections of a story's capture; `none` for a connection without one."""
    directory = story["directory"]
    keylog = read_keylogs((str(directory / story["keylog"]),)) if "keylog" in story else None
    definition = mirror(directory)
    analysis = Analysis(io.BytesIO(capture), keylog=keylog, places=MirrorPlaces(definition))
    found = [diagnose(captured.connection, definition).root_cause for captured in analysis.connections()]
    return {cause or "none" for cause in found}


@pytest.mark.parametrize("story", STORIES, ids=name_of)
def test_what_was_lost_is_not_taken_for_absent(story: dict[str, Any]) -> None:
    """Whatever a capture lacks, it says what the whole one says, with keys or without, or nothing."""
    right = accepted(story, with_keys=True) | accepted(story, with_keys=False) | {"none"}
    for what, data in damaged(capture_of(story)):
        assert judged(story, data) <= right, what


@pytest.mark.parametrize("story", STORIES, ids=name_of)
def test_order_of_the_file_does_not_matter(story: dict[str, Any]) -> None:
    """Numbers and acknowledgements say what was sent first."""
    capture = capture_of(story)
    verdicts = judged(story, capture)
    for what, data in disordered(capture):
        assert judged(story, data) == verdicts, what
