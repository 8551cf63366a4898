"""IP datagrams that came in pieces, put together again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

__all__ = ["Defragmenter"]

DATAGRAMS: Final = 4096
"""How many datagrams may wait for their pieces: a busy tunnel has some dozens."""

TOTAL_BYTES: Final = 16 << 20
"""Bytes of all waiting pieces together."""

LARGEST: Final = 65_535
"""No datagram is larger (RFC 791 section 3.1)."""

PIECES: Final = 512
"""How many pieces a datagram may have: more than the smallest path MTU makes of the largest datagram."""

PATIENCE_SECONDS: Final = 60.0
"""How long a datagram waits (RFC 8200 section 4.5); identifiers are used again after that."""


@dataclass(slots=True)
class _Waiting:
    """A datagram of which some pieces are there."""

    since: float
    head: bytes = b""
    """The first piece's header, without what concerns fragments."""
    pieces: dict[int, bytes] = field(default_factory=dict)
    size: int | None = None
    """Bytes of payload, once the last piece is there."""
    held: int = 0


@dataclass(frozen=True, slots=True)
class _Piece:
    """One fragment."""

    key: tuple[object, ...]
    head: bytes
    """The header that the whole datagram will have, but for its length."""
    offset: int
    payload: bytes
    is_last: bool


def _read_v4(packet: bytes) -> _Piece | None:
    """Read a fragment by RFC 791 section 3.1."""
    header = (packet[0] & 15) * 4
    length = int.from_bytes(packet[2:4], "big")
    field_ = int.from_bytes(packet[6:8], "big")
    if header < 20 or not header < length <= len(packet):
        return None  # cut by the snap length: what is missing cannot be put together
    head = packet[:6] + bytes(2) + packet[8:header]
    key = (packet[9], packet[4:6], packet[12:20])
    return _Piece(key, head, (field_ & 0x1FFF) * 8, packet[header:length], not field_ & 0x2000)


def _read_v6(packet: bytes) -> _Piece | None:
    """Read a fragment by RFC 8200 section 4.5; extension headers before the fragment's are left out."""
    length = int.from_bytes(packet[4:6], "big") + 40
    if length > len(packet):
        return None
    following, at = packet[6], 40
    while following != 44:
        if at + 8 > length or following not in (0, 43, 60, 135, 139, 140):
            return None
        following, at = packet[at], at + 8 * (packet[at + 1] + 1)
    if at + 8 >= length:
        return None
    field_ = int.from_bytes(packet[at + 2 : at + 4], "big")
    head = packet[:6] + packet[at : at + 1] + packet[7:40]
    key = (packet[at], packet[at + 4 : at + 8], packet[8:40])
    return _Piece(key, head, field_ & 0xFFF8, packet[at + 8 : length], not field_ & 1)


class Defragmenter:
    """Holds fragments until their datagrams are whole, within bounds."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[object, ...], _Waiting] = {}
        self._held = 0
        self.given_up = 0
        """How many datagrams were given up: too old, too large, or too many at a time."""

    def add(self, packet: bytes, at: float) -> bytes | None:
        """Take a fragment, as an IP packet; give the whole datagram if this was its last missing piece.

        Where pieces overlap, the one that begins first counts, as most receivers do it.
        """
        version = packet[0] >> 4 if len(packet) >= 20 else 0
        piece = (
            _read_v4(packet)
            if version == 4
            else _read_v6(packet)
            if version == 6 and len(packet) >= 48
            else None
        )
        if piece is None or piece.offset + len(piece.payload) > LARGEST:
            return None
        waiting = self._waiting.get(piece.key)
        if waiting is not None and at - waiting.since > PATIENCE_SECONDS:
            self._give_up(piece.key)
            waiting = None
        if waiting is None:
            waiting = self._waiting[piece.key] = _Waiting(at)
        self._keep(waiting, piece)
        whole = _assemble(waiting)
        if whole is not None:
            self._held -= self._waiting.pop(piece.key).held
        while self._held > TOTAL_BYTES or len(self._waiting) > DATAGRAMS:
            self._give_up(next(iter(self._waiting)))
        return whole

    def _keep(self, waiting: _Waiting, piece: _Piece) -> None:
        if piece.offset == 0:
            waiting.head = waiting.head or piece.head
        if piece.is_last and waiting.size is None:
            waiting.size = piece.offset + len(piece.payload)
        if piece.payload and piece.offset not in waiting.pieces and len(waiting.pieces) < PIECES:
            waiting.pieces[piece.offset] = piece.payload
            waiting.held += len(piece.payload)
            self._held += len(piece.payload)

    def _give_up(self, key: tuple[object, ...]) -> None:
        self._held -= self._waiting.pop(key).held
        self.given_up += 1


def _assemble(waiting: _Waiting) -> bytes | None:
    """Give the datagram if it is whole."""
    if waiting.size is None or not waiting.head or waiting.held < waiting.size:
        return None
    payload = bytearray()
    for offset in sorted(waiting.pieces):
        if offset > len(payload):
            return None
        payload += waiting.pieces[offset][len(payload) - offset :]
    if len(payload) < waiting.size:
        return None
    del payload[waiting.size :]
    head, v4 = waiting.head, waiting.head[0] >> 4 == 4
    length = len(payload) + (len(head) if v4 else 0)
    if length > LARGEST:
        return None
    place = 2 if v4 else 4
    return head[:place] + length.to_bytes(2, "big") + head[place + 2 :] + bytes(payload)
