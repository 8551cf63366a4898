"""Capture files and packets made by hand: what the tests of the capture readers read."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analyzers.capture.file import CaptureFile
from analyzers.capture.flows import FlowTable
from analyzers.capture.frames import FrameReader
from analyzers.capture.problems import CaptureProblems
from analyzers.capture.sides import sides_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzers.capture.flows import Flow
    from analyzers.capture.protocol import End
    from analyzers.capture.runs import Run
    from analyzers.capture.sides import Address

SECONDS = 1_700_000_000


def pcap(
    packets: Iterable[bytes],
    *,
    link: int = 1,
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    ticks: int = 1000,
    cut: int | None = None,
) -> bytes:
    """A pcap file; packet number n is captured n seconds after `SECONDS`, and `ticks` units of the
    fraction.
    """
    header = 24 if magic == 0xA1B2CD34 else 16
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)]
    for number, packet in enumerate(packets, 1):
        kept = packet[:cut]
        parts.append(struct.pack(order + "IIII", SECONDS + number, ticks, len(kept), len(packet)))
        parts += [bytes(header - 16), kept]
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    """A section header block."""
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """An option of a pcapng block."""
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(link: int = 1, *, snap: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    """An interface description block."""
    return block(1, struct.pack(order + "HHI", link, 0, snap) + options, order)


def enhanced(
    packet: bytes, ticks: int, *, number: int = 0, original: int | None = None, order: str = "<"
) -> bytes:
    """An enhanced packet block."""
    size = len(packet) if original is None else original
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), size)
    return block(6, head + packet, order)


class Piece(io.BytesIO):
    """A source that gives a few bytes at a time, as a pipe does."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        """Give at most as much as a piece has."""
        return super().read(min(self._size, size) if size and size > 0 else self._size)


class Contents:
    """All packets of a capture, as they were read."""

    def __init__(self, data: bytes, *, piece: int | None = None, is_live: bool = False) -> None:
        problems = CaptureProblems()
        source = io.BytesIO(data) if piece is None else Piece(data, piece)
        file = CaptureFile(source, problems, is_live=is_live)
        self.packets: list[bytes] = []
        self.times: list[float] = []
        self.frames: list[int] = []
        self.links: list[int] = []
        self.originals: list[int] = []
        self.secrets: list[bytes] = []
        for window in file.windows():
            view = memoryview(window.buffer)
            for start, length in zip(window.start.tolist(), window.captured.tolist(), strict=True):
                self.packets.append(bytes(view[start : start + length]))
            self.times += window.at.tolist()
            self.frames += window.frame.tolist()
            self.links += window.link.tolist()
            self.originals += window.original.tolist()
            self.secrets += file.take_secrets()
        self.problems = problems.lines()


class Segment(NamedTuple):
    """One TCP segment of a capture."""

    frame: int
    sender: Address
    receiver: Address
    seq: int
    ack: int
    flags: int
    payload: bytes
    wire: int


def segments_of(data: bytes) -> list[Segment]:
    """Every TCP segment of a capture, in the order of the file."""
    file, reader = CaptureFile(io.BytesIO(data), CaptureProblems()), FrameReader()
    found = []
    for window in file.windows():
        segments = reader.segments(window)
        sides = sides_of(segments, np.arange(len(segments.rows)))
        for row, (backward_side, forward_side) in zip(segments.rows.tolist(), sides, strict=True):
            frame, _, forward, flags, seq, ack, offset, length, wire = row
            sender, receiver = (forward_side, backward_side) if forward else (backward_side, forward_side)
            payload = segments.payload(offset, length)
            found.append(Segment(frame, sender, receiver, seq, ack, flags, payload, wire))
    return found


class Script:
    """A reader of streams that writes down what it is told, with addresses instead of sides."""

    def __init__(self, first: Address, second: Address, _started: float) -> None:
        self.sides = (first, second)
        self.told: list[tuple[object, ...]] = []
        self.quiet = 0
        """What it answers: how many of the coming bytes it need not see."""
        self.telling: tuple[int, ...] | None = None

    def opened(self, side: int) -> None:
        """Write down who opened."""
        self.told.append(("opened", self.sides[side][1]))

    def data(self, side: int, payload: bytes, _at: float, frame: int) -> int:
        """Write down bytes."""
        self.told.append(("data", self.sides[side][1], payload, frame))
        return self.quiet

    def skip(self, side: int, length: int, _at: float, frame: int) -> None:
        """Write down that bytes were not shown."""
        self.told.append(("skip", self.sides[side][1], length, frame))

    def telling_lengths(self, _side: int) -> tuple[int, ...] | None:
        """Want to see every record, unless told otherwise."""
        return self.telling

    def runs(self, runs: list[Run]) -> None:
        """Write down runs of records."""
        for run in runs:
            self.told.append(("run", self.sides[run.side][1], run.records, run.length, run.ahead, run.frame))

    def passed(self, side: int, length: int, records: int, left: int, _at: float) -> None:
        """Write down that their bytes passed."""
        self.told.append(("passed", self.sides[side][1], length, records, left))

    def gap(self, side: int, length: int, _at: float, frame: int) -> int:
        """Write down a gap."""
        self.told.append(("gap", self.sides[side][1], length, frame))
        return self.quiet

    def closed(self, side: int, end: End, _at: float, frame: int) -> None:
        """Write down an end."""
        self.told.append((end.value, self.sides[side][1], frame))

    def bytes_of(self, port: int) -> bytes:
        """All that the end at `port` sent, with a question mark for every missing byte."""
        parts = [
            bytes(entry[2]) if entry[0] == "data" else b"?" * int(entry[2])  # type: ignore[call-overload]
            for entry in self.told
            if entry[0] in ("data", "gap") and entry[1] == port
        ]
        return b"".join(parts)


def flows_of(data: bytes, *, limit: int = 20_000, is_live: bool = False) -> list[Flow[Script]]:
    """Every connection of a capture, in the order in which they are given out."""
    file, reader = CaptureFile(io.BytesIO(data), CaptureProblems(), is_live=is_live), FrameReader()
    table = FlowTable(Script, limit=limit)
    found: list[Flow[Script]] = []
    for window in file.windows():
        now = float(window.at.max(initial=0))
        found += table.add(reader.segments(window), now, is_last=file.is_last)
    return found + list(table.finish())
