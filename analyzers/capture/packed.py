"""What the two kinds of compressed captures share: the count of what goes in and comes out, and a limit on the ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from ..errors import MalformedCapture

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PIECE", "Packed", "Readable", "Unpacking"]

PIECE: Final = 1 << 18
"""How much compressed input is read at a time: large enough that the calls cost nothing."""

ALLOWANCE: Final = 1 << 30
"""How much any compressed file may unpack to, whatever its own size."""

RATIO: Final = 500
"""Beyond the allowance, how many bytes a compressed byte may become: real captures stay below 100, bombs
exceed 1000."""


class Readable(Protocol):
    """What can be read in pieces, until nothing comes."""

    def read(self, size: int, /) -> bytes | None:
        """Give at most `size` bytes; `b""` at the end, None where nothing more has come yet."""
        ...


class Packed:
    """A compressed source, which counts what it gives."""

    def __init__(self, read: Callable[[int], bytes | None]) -> None:
        """`read` gives at most so many bytes, as `Readable` does."""
        self._read = read
        self.given = 0

    def read(self) -> bytes | None:
        """Give what comes next; `b""` at the end, None where nothing more has come yet."""
        piece = self._read(PIECE)
        self.given += len(piece or b"")
        return piece


class Unpacking:
    """A decompressor of one source."""

    def __init__(self, packed: Packed) -> None:
        """Begin with what `packed` gives."""
        self._packed = packed
        self._given = 0

    def _count(self, piece: bytes) -> bytes:
        self._given += len(piece)
        if self._given > max(ALLOWANCE, RATIO * self._packed.given):
            raise MalformedCapture(
                self._packed.given,
                f"it unpacks to over {RATIO} times its size: reading ends after {self._given} bytes",
            )
        return piece
