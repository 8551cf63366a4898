"""IP fragments: whole datagrams come out, within bounds, whatever comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP, fragment

from analyzers.capture import fragments as module
from analyzers.capture.fragments import Defragmenter

if TYPE_CHECKING:
    import pytest

DATAGRAM = IP(src="10.0.0.1", dst="10.0.0.2", id=7) / UDP(sport=1, dport=2) / bytes(range(200))
PIECES = [bytes(piece) for piece in fragment(DATAGRAM, fragsize=64)]


@given(st.permutations(PIECES))
def test_any_order(pieces: list[bytes]) -> None:
    """The last missing piece gives the datagram, and nothing is kept of it."""
    defragmenter = Defragmenter()
    results = [defragmenter.add(piece, 1.0) for piece in pieces]
    assert [None] * (len(pieces) - 1) == results[:-1]
    assert bytes(IP(results[-1])[UDP]) == bytes(IP(bytes(DATAGRAM))[UDP])
    assert defragmenter._held == 0


def test_repeated_pieces_change_nothing() -> None:
    """A piece that comes twice counts once."""
    defragmenter = Defragmenter()
    results = [defragmenter.add(piece, 1.0) for piece in (*PIECES[:2], *PIECES)]
    assert results[-1] is not None


def test_old_pieces_are_given_up() -> None:
    """Identifiers are used again: pieces of different times are of different datagrams."""
    defragmenter = Defragmenter()
    assert defragmenter.add(PIECES[0], 1.0) is None
    assert [None] * (len(PIECES) - 1) == [defragmenter.add(piece, 100.0) for piece in PIECES[1:]]
    assert defragmenter.given_up == 1


def test_waiting_datagrams_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Datagrams that are never whole are given up, the oldest first, by number and by bytes."""
    monkeypatch.setattr(module, "DATAGRAMS", 10)
    defragmenter = Defragmenter()
    for number in range(30):
        piece = bytearray(PIECES[0])
        piece[4:6] = number.to_bytes(2, "big")
        defragmenter.add(bytes(piece), 1.0)
    assert (defragmenter.given_up, len(defragmenter._waiting)) == (20, 10)
    monkeypatch.setattr(module, "TOTAL_BYTES", 100)
    defragmenter.add(PIECES[1], 1.0)
    assert defragmenter._held <= 100


@given(st.lists(st.tuples(st.integers(0, 8191), st.booleans(), st.binary(max_size=40)), max_size=40))
def test_any_pieces_give_a_datagram_or_nothing(pieces: list[tuple[int, bool, bytes]]) -> None:
    """Overlapping, contradicting and endless pieces are taken without error, and what comes out is IP."""
    defragmenter = Defragmenter()
    for offset, has_more, payload in pieces:
        packet = IP(src="1.1.1.1", dst="2.2.2.2", id=1, proto=6, frag=offset, flags=int(has_more)) / payload
        whole = defragmenter.add(bytes(packet), 1.0)
        assert whole is None or len(whole) == int.from_bytes(whole[2:4], "big")


@given(st.binary(max_size=80), st.sampled_from([b"\x45", b"\x60", b""]))
def test_noise_is_no_fragment_or_one(noise: bytes, head: bytes) -> None:
    """Bytes that are no IP packet are passed over."""
    Defragmenter().add(head + noise, 1.0)
