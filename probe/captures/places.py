"""Where the members of a mirror listen, as the readers of captures ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.mirror.definition import AGENT_PORT, SUPERSERVER_PORT

if TYPE_CHECKING:
    from analyzers.connection import Endpoint
    from analyzers.mirror.definition import Mirror

__all__ = ["MirrorPlaces"]

MIRROR_PORTS = frozenset({AGENT_PORT, SUPERSERVER_PORT})


@dataclass(frozen=True, slots=True)
class MirrorPlaces:
    """A mirror's listeners, and ports that the user named."""

    mirror: Mirror | None = None
    ports: frozenset[int] = frozenset()
    """Ports at which every connection is reported, with or without TLS."""

    def is_server(self, endpoint: Endpoint) -> bool:
        """Whether a server is known to listen at `endpoint`."""
        if endpoint.port in self.ports:
            return True
        return self.mirror is not None and self.mirror.channel_of(endpoint) is not None

    def is_wanted(self, client: Endpoint, server: Endpoint) -> bool:
        """Whether a connection is to be reported although it carries no TLS.

        Those are the ones to the named ports and to members' listeners, and those between a member and one of
        the ports that mirrors use by default, in case the definition does not list the listener.
        """
        if server.port in self.ports:
            return True
        mirror = self.mirror
        if mirror is None:
            return False
        if mirror.channel_of(server) is not None:
            return True
        is_member = mirror.candidates_at(client) or mirror.candidates_at(server)
        return server.port in MIRROR_PORTS and bool(is_member)
