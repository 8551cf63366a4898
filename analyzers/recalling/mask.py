"""What of the payload of a whole connection can show in its record, for many connections at once.

It is read off one connection that went along a way of the memory: of its flights what their outlines keep, of its
runs of data the headers of the records.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..connection import PARTIES, Party
from ..tls.messages import HELLO_RETRY_REQUEST_RANDOM
from ..tls.search import HEADER_BYTES
from .outline import DOWNGRADES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from .between import Passed
    from .memory import Step

__all__ = ["Mask", "read_mask"]

_RANDOM_BYTES: Final = 32


class _Hello(NamedTuple):
    """Where the hello of a server says more than its bytes."""

    random: int
    session_id: tuple[int, int]
    offered: tuple[int, int] | None
    """Where the session id stands that the client has offered."""


class Mask(NamedTuple):
    """Which bytes show; columns are those of the payload, in the order in which it was captured."""

    kept: bytes
    """0xFF for those that do, else 0."""
    hellos: tuple[_Hello, ...]

    def shown(self, payload: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Give what shows of connections, a row each, of which `payload` has as many bytes as the mask."""
        echoes = np.zeros((len(payload), len(self.hellos)), np.uint8)
        for number, hello in enumerate(self.hellos):
            echoes[:, number] = self._echo(payload, hello)
        return np.concatenate([payload & np.frombuffer(self.kept, np.uint8), echoes], axis=1)

    def _echo(self, payload: NDArray[np.uint8], hello: _Hello) -> NDArray[np.bool_]:
        """Say whether the server took up the session id that it was offered."""
        (begin, end), offered = hello.session_id, hello.offered
        if offered is None or offered[1] - offered[0] != end - begin:
            return np.full(len(payload), offered is None and begin == end)
        found: NDArray[np.bool_] = (payload[:, begin:end] == payload[:, slice(*offered)]).all(axis=1)
        return found

    def are_plain(self, payload: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Say of each connection whether the random of its server is nothing but random."""
        plain = np.ones(len(payload), np.bool_)
        for hello in self.hellos:
            random = payload[:, hello.random : hello.random + _RANDOM_BYTES]
            for ending in (*DOWNGRADES, HELLO_RETRY_REQUEST_RANDOM):
                plain &= (random[:, -len(ending) :] != np.frombuffer(ending, np.uint8)).any(axis=1)
        return plain


def read_mask(
    steps: Iterable[Step], segments: Sequence[tuple[Party, bytes]], passed: Passed | None
) -> Mask | None:
    """Read the mask of a connection; None where some of its way has no outline.

    Args:
        steps: its way, from the first byte of each end.
        segments: its payload with the senders, in the order in which it was captured.
        passed: the data that is not among the payload; None where all of it is.
    """
    columns = _Columns(segments)
    left_out = dict.fromkeys(Party, 0)
    kept = bytearray(columns.width)
    hellos: list[_Hello] = []
    offered: tuple[int, int] | None = None
    for step in steps:
        if step.is_end:
            continue
        if step.is_run:
            if passed is None:
                columns.keep_headers(step, kept)
            else:
                left_out = dict(zip(PARTIES, passed.streams, strict=True))
            continue
        outline = step.outline
        if outline is None:
            return None
        base = columns.at(step.sender, step.offset - left_out[step.sender])
        for begin, end in outline.kept:
            kept[base + begin : base + end] = b"\xff" * (end - begin)
        if outline.session_id is None:
            continue
        session_id = (base + outline.session_id[0], base + outline.session_id[1])
        if step.sender is Party.CLIENT:
            offered = session_id
        elif outline.server_random is not None:
            hellos.append(_Hello(base + outline.server_random, session_id, offered))
    return Mask(bytes(kept), tuple(hellos))


class _Columns:
    """Where each byte of the two streams stands."""

    def __init__(self, segments: Sequence[tuple[Party, bytes]]) -> None:
        self._positions: dict[Party, list[int]] = {party: [] for party in Party}
        self._places: dict[Party, list[int]] = {party: [] for party in Party}
        self._streams = {
            party: b"".join(part for sender, part in segments if sender is party) for party in Party
        }
        self.width = 0
        sent = dict.fromkeys(Party, 0)
        for sender, part in segments:
            self._positions[sender].append(sent[sender])
            self._places[sender].append(self.width)
            sent[sender] += len(part)
            self.width += len(part)

    def at(self, sender: Party, position: int) -> int:
        """Give the column of a byte of a stream."""
        index = bisect_right(self._positions[sender], position) - 1
        return self._places[sender][index] + position - self._positions[sender][index]

    def keep_headers(self, run: Step, kept: bytearray) -> None:
        """Mark the columns of all headers of a run of records."""
        stream, position = self._streams[run.sender], run.offset
        for _ in range(run.count):
            for each in range(position, position + HEADER_BYTES):
                kept[self.at(run.sender, each)] = 0xFF
            position += HEADER_BYTES + int.from_bytes(stream[position + 3 : position + HEADER_BYTES])
