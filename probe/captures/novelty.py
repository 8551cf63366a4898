"""Which working connections are worth remembering: those that show something new between the same ends.

A mirror opens the same connection again and again. For the comparison with one that fails later it is enough to
know the last time, and what was shown then; so a connection itself is kept, and carried between processes, only
where it differs from the one before.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzers.connection import Connection, Endpoint

    Ends = tuple[str, Endpoint]

__all__ = ["REMEMBERED", "Novelty", "shape_of"]

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


class Novelty:
    """What was shown last between the same ends, for as many as are remembered."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._shapes: OrderedDict[Ends, tuple[object, ...]] = OrderedDict()

    def is_new(self, ends: Ends, connection: Connection) -> bool:
        """Take note of a connection that worked, and tell whether it shows something new."""
        shape = shape_of(connection)
        if shape is None or self._shapes.get(ends) == shape:
            return False
        self._shapes[ends] = shape
        self._shapes.move_to_end(ends)
        if len(self._shapes) > REMEMBERED:
            self._shapes.popitem(last=False)
        return True
