"""Pieces of bytes arrive as they were sent, whole and in order."""

from __future__ import annotations

import multiprocessing
from threading import Thread

import pytest

from probe.captures.pieces import AT_ONCE, receive_bytes, send_pieces


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"a"],
        [b"ab", memoryview(b"cd"), b"e"],
        [bytes([number % 256]) * 3000 for number in range(AT_ONCE + 3)],
        [bytes(3 << 20), b"end"],
    ],
)
def test_pieces_arrive(pieces: list[bytes | memoryview]) -> None:
    """Also where they are more than one call takes, or larger than what the system holds for the receiver."""
    here, there = multiprocessing.Pipe()
    with here, there:
        sending = Thread(target=send_pieces, args=(there, pieces))
        sending.start()
        received = receive_bytes(here, sum(map(len, pieces)))
        sending.join()
        assert received == b"".join(pieces)
        assert not here.poll()


def test_sender_that_goes_away() -> None:
    """Who closes before everything has come does not leave the other waiting."""
    here, there = multiprocessing.Pipe()
    with here:
        send_pieces(there, [b"half"])
        there.close()
        with pytest.raises(EOFError):
            receive_bytes(here, 8)
