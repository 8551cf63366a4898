"""Capture files: whatever the bytes, they are analyzed to their end, in one part as in two, recalled as observed.

Packets and segments that are found lie within the file.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from analyzers.capture import file as capture_file
from analyzers.capture.analysis import Analysis, Selection
from analyzers.capture.file import CaptureFile
from analyzers.capture.frames import FrameReader
from analyzers.capture.problems import CaptureProblems
from analyzers.errors import MalformedInput
from analyzers.recalling.memory import Memory

if TYPE_CHECKING:
    from analyzers.connection import Connection

# A smaller buffer is quicker to make for each input, and its end is met more often.
capture_file.BUFFER_BYTES = 1 << 20


def one_input(data: bytes) -> None:
    """Read `data` as a capture file, look at all segments, and then at all connections."""
    try:
        capture = CaptureFile(BytesIO(data), CaptureProblems())
    except MalformedInput:
        return
    look_at_segments(capture)
    whole = analyze(data, Selection())
    assert analyze(data, Selection(), Memory()) == whole
    parts = analyze(data, Selection(shards=2)) + analyze(data, Selection(shard=1, shards=2))
    assert sorted(map(repr, parts)) == sorted(map(repr, whole))


def look_at_segments(capture: CaptureFile) -> None:
    """Read every segment, and check where it lies."""
    frames = FrameReader()
    last = 0
    for packets in capture.windows():
        if not len(packets):
            continue
        assert (packets.frame > last).all()
        last = int(packets.frame[-1])
        assert (packets.start >= 0).all()
        assert (packets.start + packets.captured <= len(packets.buffer)).all()
        segments = frames.segments(packets)
        for row in segments.rows:
            length = int(row["length"])
            assert len(segments.payload(int(row["offset"]), length)) == length
            assert int(row["wire"]) >= length


def analyze(data: bytes, selection: Selection, memory: Memory | None = None) -> list[Connection]:
    """Give the connections of a part of the capture; its problems are lines of text."""
    analysis = Analysis(BytesIO(data), selection=selection, memory=memory)
    connections = [captured.connection for captured in analysis.connections()]
    assert all("\n" not in line for line in analysis.problems)
    return connections
