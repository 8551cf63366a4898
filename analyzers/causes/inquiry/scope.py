"""Whether a connection is one that the mirror's rules are for.

A capture holds other traffic too: members also serve web pages and call directories. The relay and the
checks look at mirror connections only; elsewhere the server must be an ISCAgent or superserver of the
definition, or an end must bear a member's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES, Connection, Party, Road
from analyzers.mirror.definition import Channel, Member, Mirror
from analyzers.x509.names import NameMatch, compare_names

if TYPE_CHECKING:
    from analyzers.x509.names import DistinguishedName

__all__ = ["is_arbiter_traffic", "is_mirror_traffic", "member_of"]

_OURS = frozenset({Road.RELAY, Road.PASSTHROUGH, Road.CHECK})


def is_mirror_traffic(connection: Connection, mirror: Mirror) -> bool:
    """Say whether `connection` is between members, or with one, of `mirror`."""
    if is_arbiter_traffic(connection, mirror):
        return False
    if connection.road in _OURS or not mirror.has_addresses:
        return True
    if mirror.channel_of(connection.server) is not None:
        return True
    if any(not any(member.listens_at()) for member in mirror.candidates_at(connection.server)):
        return True  # A member of which the definition does not say where it listens.
    return any(_bears_listed_name(connection, party, mirror) for party in PARTIES)


def is_arbiter_traffic(connection: Connection, mirror: Mirror) -> bool:
    """Say whether `connection` goes to an arbiter, whose ISCAgent has no TLS configuration."""
    return mirror.channel_of(connection.server) is Channel.ARBITER


def member_of(connection: Connection, party: Party, mirror: Mirror) -> Member | None:
    """Give the member that `party` is: by where it is, or else by the name in its certificate."""
    found = mirror.member_at(connection.endpoint(party))
    if found is not None:
        return found
    name = _name_of(connection, party)
    return None if name is None else mirror.member_with_dn(name)


def _bears_listed_name(connection: Connection, party: Party, mirror: Mirror) -> bool:
    name = _name_of(connection, party)
    if name is None:
        return False
    return any(
        compare_names(name, listed).kind is not NameMatch.DIFFERENT for _, listed in mirror.listed_names()
    )


def _name_of(connection: Connection, party: Party) -> DistinguishedName | None:
    certificates = connection.certificates_of(party)
    return certificates[0].subject if certificates else None
