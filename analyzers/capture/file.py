"""A capture file as a sequence of windows of packets, whatever its format and compression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..errors import MalformedCapture, MalformedInput, Truncated
from .foreign import advice
from .pcap import FILE_HEADER_BYTES, PcapFraming, is_pcap
from .pcapng import PcapngFraming, is_pcapng
from .source import open_source
from .window import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from .problems import CaptureProblems
    from .window import Packets

__all__ = ["CaptureFile", "is_capture"]

BUFFER_BYTES: Final = 32 << 20
"""How much of a file is looked at together: several times the largest packet, enough small packets to make vectors
worthwhile, and so much that few connections of a busy mirror go on from one window to the next."""

FIRST_BYTES: Final = 4 << 20
"""How much is looked at first: a small file need not pay for a large buffer."""

PIECE: Final = 1 << 20
"""How much is asked of the source at a time."""


def is_capture(source: BinaryIO) -> bool:
    """Whether `source`, of which the first bytes are read, begins like a capture, compressed or not."""
    try:
        head = open_source(source).read(FILE_HEADER_BYTES) or b""
    except MalformedInput:
        return False
    return is_pcapng(head) or is_pcap(head)


class CaptureFile:
    """Reads one capture through a buffer of fixed size."""

    def __init__(self, source: BinaryIO, problems: CaptureProblems, *, is_live: bool = False) -> None:
        """Begin reading `source`; with `is_live`, what has come is looked at before more is asked for.

        Raises:
            MalformedCapture: it is no capture.
            Truncated: it ends within the header of the file.
        """
        self._source = open_source(source)
        self._problems = problems
        self._is_live = is_live
        self._size = min(FIRST_BYTES, BUFFER_BYTES)
        self._buffer = bytearray(self._size + PADDING)
        self._end = 0
        self._origin = 0
        self._is_last = False
        self._is_idle = False
        self._failure: MalformedInput | None = None
        wanted = FILE_HEADER_BYTES if is_live else self._size
        while self._end < wanted and not self._is_last:
            self._read()
        self._framing = self._detect(bytes(self._buffer[: self._end][:FILE_HEADER_BYTES]))
        self.packets = 0
        """How many packets were found so far."""

    def _detect(self, head: bytes) -> PcapFraming | PcapngFraming:
        if is_pcapng(head):
            return PcapngFraming(self._problems)
        if not head:
            raise self._failure or Truncated(0, "the file is empty")
        if not is_pcap(head):
            raise MalformedCapture(0, f"not a capture: {advice(head)}")
        return PcapFraming(head, self._problems)

    @property
    def is_last(self) -> bool:
        """Whether nothing follows the window that was given last."""
        return self._framing.is_given_up or (self._is_last and self._framing.position >= self._end)

    def take_secrets(self) -> tuple[bytes, ...]:
        """Give the key logs that were found in the file since the last call."""
        if isinstance(self._framing, PcapFraming):
            return ()
        taken = tuple(self._framing.secrets)
        self._framing.secrets.clear()
        return taken

    def windows(self) -> Iterator[Packets]:
        """Give the packets, window by window; each is to be done with before the next is asked for.

        A window without packets says that the source of a live capture has nothing new at the moment.
        What is wrong with the file ends the iteration early at worst, and is among the problems.
        """
        framing = self._framing
        while True:
            position = -1
            while position != framing.position and not framing.is_given_up:
                position = framing.position
                packets = framing.cut(self._buffer, self._end, self._origin, is_last=self._is_last)
                if len(packets) or self._is_idle:
                    self.packets += len(packets)
                    yield packets
            if self._is_last or framing.is_given_up:
                return
            self._move_on()

    def _move_on(self) -> None:
        """Keep what is not yet cut into packets, and read on behind it."""
        used = min(self._framing.position, self._end)
        left = self._end - used
        kept = self._buffer[used : self._end]
        if self._size < BUFFER_BYTES:
            self._size = BUFFER_BYTES
            self._buffer = bytearray(self._size + PADDING)
        self._buffer[:left] = kept
        self._origin += used
        self._framing.position -= used
        self._end = left
        self._read()
        while not self._is_live and not self._is_last and self._end < self._size:
            self._read()

    def _read(self) -> None:
        """Ask the source once."""
        piece: bytes | None
        try:
            piece = self._source.read(min(PIECE, self._size - self._end))
        except MalformedInput as error:
            self._failure = error
            kind = self._problems.truncated if isinstance(error, Truncated) else self._problems.malformed
            kind(error.offset, error.what)
            piece = b""
        except OSError as error:
            self._problems.truncated(self._origin + self._end, f"reading failed: {error.strerror or error}")
            piece = b""
        self._is_idle = piece is None
        piece = piece or b""
        self._is_last = not piece and not self._is_idle
        self._buffer[self._end : self._end + len(piece)] = piece
        self._end += len(piece)
        self._buffer[self._end : self._end + PADDING] = bytes(PADDING)
