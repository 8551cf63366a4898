"""Capture files: whatever the bytes, the packets and segments that are found lie within them."""

from __future__ import annotations

from io import BytesIO

from analyzers.capture import file as capture_file
from analyzers.capture.file import CaptureFile
from analyzers.capture.frames import FrameReader
from analyzers.capture.problems import CaptureProblems
from analyzers.errors import MalformedInput

# A smaller buffer is quicker to make for each input, and its end is met more often.
capture_file.BUFFER_BYTES = 1 << 20


def one_input(data: bytes) -> None:
    """Read `data` as a capture file, and all segments in it."""
    problems = CaptureProblems()
    try:
        capture = CaptureFile(BytesIO(data), problems)
    except MalformedInput:
        return
    frames = FrameReader()
    last = 0
    for packets in capture.windows():
        assert (packets.frame > last).all()
        last = int(packets.frame[-1])
        assert (packets.start >= 0).all()
        assert (packets.start + packets.captured <= len(packets.buffer)).all()
        segments = frames.segments(packets)
        for row in segments.rows:
            length = int(row["length"])
            assert len(segments.payload(int(row["offset"]), length)) == length
            assert int(row["wire"]) >= length
    capture.take_secrets()
    assert all(isinstance(line, str) for line in problems.lines())
