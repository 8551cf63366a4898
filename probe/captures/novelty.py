"""Which working connections are worth remembering: those that show something new between the same ends.

A mirror opens the same connection again and again. For the comparison with one that fails later it is enough to
know the last time, and what was shown then; so a connection itself is kept, and carried between processes, only
where it shows what none before it did; those after it carry the number of what they show. So the last one that
worked is known whatever division of the work: with its own time, and what was shown.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from analyzers.connection import Connection, Tls
    from analyzers.x509.certificate import Certificate

__all__ = ["REMEMBERED", "Ends", "Novelty", "shape_of"]

Ends = tuple[str, str, int]
"""The client's address, and where the server listens: what a client does again is between the same ends."""

REMEMBERED = 4096
"""Pairs of ends: a mirror has a few hundred at most, a scan of a whole network is not worth more."""


def shape_of(connection: Connection) -> tuple[object, ...] | None:
    """Give what later connections are compared with; None where that is not shown.

    A resumed session shows no certificates: it rests on an earlier handshake, which says more.
    """
    tls = connection.tls
    if tls is None or tls.resumed or tls.version is None:
        return None
    return (
        tls.version,
        tls.cipher_suite,
        tls.group,
        tls.signature_scheme,
        tls.certificate_requested,
        tls.client_certificates,
        tls.server_certificates,
    )


def number_of(shape: tuple[object, ...]) -> int:
    """Number a shape, the same in every process and on every machine."""
    *negotiated, client, server = shape
    chains = [
        None if chain is None else [certificate.sha256 for certificate in chain]
        for chain in cast("tuple[tuple[Certificate, ...] | None, ...]", (client, server))
    ]
    digest = blake2b(repr((negotiated, chains)).encode(), digest_size=8)
    return int.from_bytes(digest.digest())


class _Last(NamedTuple):
    """What was shown last between two ends."""

    tls: Tls | None
    """In which it was shown: connections that are alike share it, and need no further look."""
    shape: tuple[object, ...]
    number: int


class Novelty:
    """What was shown between the same ends, for as many as are remembered."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._last: OrderedDict[Ends, _Last] = OrderedDict()
        self._seen: OrderedDict[tuple[Ends, int], None] = OrderedDict()

    def look(self, ends: Ends, connection: Connection) -> tuple[int | None, bool]:
        """Take note of a connection that worked; give the number of what it shows, and whether that is new.

        The number is None where nothing is shown that later connections could be compared with.
        """
        last = self._last.get(ends)
        if last is not None and last.tls is connection.tls:
            return last.number, False
        shape = shape_of(connection)
        if shape is None:
            return None, False
        if last is not None and last.shape == shape:
            self._last[ends] = last._replace(tls=connection.tls)
            return last.number, False
        number = number_of(shape)
        self._last[ends] = _Last(connection.tls, shape, number)
        self._last.move_to_end(ends)
        is_new = (ends, number) not in self._seen
        self._seen[ends, number] = None
        self._seen.move_to_end((ends, number))
        for kept in (self._last, self._seen):
            if len(kept) > REMEMBERED:
                kept.popitem(last=False)
        return number, is_new
