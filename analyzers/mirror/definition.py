"""What a mirror is meant to be: its members, where they listen, the names they go by, and the rules they keep.

Who an end of a connection is can be read off two things. An address and port that the definition lists as
an ISCAgent or a superserver is decisive. A source address is only as good as it is unambiguous: several
members may share a host, and one ISCAgent serves all instances on its host, so an address that fits more
than one member names none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from analyzers.errors import MalformedName
from analyzers.x509.names import DistinguishedName, NameMatch, compare_names, parse_dn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analyzers.connection import Endpoint
    from analyzers.x509.certificate import Certificate

__all__ = [
    "AGENT_PORT",
    "DN_CHARACTERS",
    "SUPERSERVER_PORT",
    "Channel",
    "Member",
    "Mirror",
    "Policy",
    "Role",
]

AGENT_PORT = 2188
"""Where an ISCAgent listens by default (High Availability Guide, "ISCAgent")."""

SUPERSERVER_PORT = 1972
"""Where a superserver listens by default (System Administration Guide)."""

DN_CHARACTERS = 1024
"""`Config.MapMirrors.SSLComputerName` takes no more (IRIS status #2175)."""

_NAMES_KEPT = 512
"""Parsed distinguished names: a mirror has at most 16 members, a process rarely more than a few mirrors."""


class Role(StrEnum):
    """What a member is for."""

    FAILOVER = "failover"
    ASYNC = "async"
    ARBITER = "arbiter"


class Channel(StrEnum):
    """The service of a member that others connect to."""

    AGENT = "agent"
    SUPERSERVER = "superserver"
    ARBITER = "arbiter"
    """An ISCAgent on a host without a mirror member; its traffic is not TLS."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules that the mirror's connections are held to."""

    minimum_version: int = 0x0303
    """Code point of the oldest protocol version that is allowed."""
    cipher_suites: tuple[int, ...] | None = None
    """Code points of the cipher suites that are allowed; None: no list, only what is broken anywhere is
    refused."""
    minimum_rsa_bits: int = 2048
    minimum_ec_bits: int = 224
    """The least that OpenSSL's security level 2 takes, as the RSA default is."""
    expiry_warning_days: int = 30
    """The vendor's CertCheck sensor warns 30 days ahead."""


@dataclass(frozen=True, slots=True)
class Member:
    """One system of the mirror."""

    name: str
    role: Role
    dn: str | None = None
    """What the mirror lists as "DN in member's X.509 credentials", in any notation; None for an arbiter."""
    addresses: tuple[str, ...] = ()
    """Where its connections come from."""
    agent: str | None = None
    """`host:port` of its ISCAgent; the port may be left out."""
    superserver: str | None = None

    @property
    def distinguished_name(self) -> DistinguishedName | None:
        """The listed name, parsed; None where there is none or it is no name."""
        return None if self.dn is None else _parsed(self.dn)

    def listens_at(self) -> Iterator[tuple[tuple[str, int], Channel]]:
        """Yield each place where it accepts connections, with what it offers there."""
        if self.agent is not None:
            yield (
                _place(self.agent, AGENT_PORT),
                Channel.ARBITER if self.role is Role.ARBITER else Channel.AGENT,
            )
        if self.superserver is not None:
            yield _place(self.superserver, SUPERSERVER_PORT), Channel.SUPERSERVER


@dataclass(frozen=True, slots=True)
class Mirror:
    """One mirror: what its connections are compared with."""

    name: str
    tls_required: bool
    members: tuple[Member, ...]
    policy: Policy = Policy()
    trust: tuple[Certificate, ...] = field(default=(), repr=False)
    """The certificates that the members' CA files hold; empty where they are not known."""
    _listeners: Mapping[tuple[str, int], tuple[tuple[Member, Channel], ...]] = field(
        init=False, repr=False, compare=False
    )
    _sources: Mapping[str, tuple[Member, ...]] = field(init=False, repr=False, compare=False)

    _names: tuple[tuple[Member, DistinguishedName], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the members by where they are."""
        listeners: dict[tuple[str, int], tuple[tuple[Member, Channel], ...]] = {}
        sources: dict[str, tuple[Member, ...]] = {}
        for member in self.members:
            for place, channel in member.listens_at():
                listeners[place] = (*listeners.get(place, ()), (member, channel))
            for address in dict.fromkeys(map(_host, member.addresses)):
                sources[address] = (*sources.get(address, ()), member)
        named = ((member, member.distinguished_name) for member in self.members)
        object.__setattr__(
            self, "_names", tuple((member, name) for member, name in named if name is not None)
        )
        object.__setattr__(self, "_listeners", listeners)
        object.__setattr__(self, "_sources", sources)

    @property
    def has_addresses(self) -> bool:
        """Whether the definition says of any member where it is."""
        return bool(self._listeners or self._sources)

    def candidates_at(self, endpoint: Endpoint) -> tuple[Member, ...]:
        """Give every member that `endpoint` may be: the listeners there, or else all that use this address."""
        host = _host(endpoint.address)
        listening = self._listeners.get((host, endpoint.port), ())
        return tuple(member for member, _ in listening) if listening else self._sources.get(host, ())

    def member_at(self, endpoint: Endpoint) -> Member | None:
        """Give the member that `endpoint` belongs to; None where none or more than one may be meant."""
        candidates = self.candidates_at(endpoint)
        return candidates[0] if len(candidates) == 1 else None

    def channel_of(self, endpoint: Endpoint) -> Channel | None:
        """Give the service that listens at `endpoint`; an ISCAgent that members and an arbiter share counts
        as an agent.
        """
        channels = [
            channel for _, channel in self._listeners.get((_host(endpoint.address), endpoint.port), ())
        ]
        return min(channels, key=list(Channel).index) if channels else None

    def member_with_dn(self, name: DistinguishedName) -> Member | None:
        """Give the first member whose listed name is exactly `name`."""
        for member, listed in self._names:
            if compare_names(name, listed).kind is NameMatch.EXACT:
                return member
        return None

    def listed_names(self) -> tuple[tuple[Member, DistinguishedName], ...]:
        """Give each member that has a readable listed name, with that name."""
        return self._names


@lru_cache(maxsize=_NAMES_KEPT)
def _parsed(text: str) -> DistinguishedName | None:
    try:
        return parse_dn(text)
    except MalformedName:
        return None  # The configuration check reports it; here a name that is none matches nothing.


@lru_cache(maxsize=_NAMES_KEPT)
def _host(text: str) -> str:
    """Write an address in one way: `::ffff:10.0.0.1` and `10.0.0.1` are the same host, and names ignore
    case.
    """
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return text.rstrip(".").lower()
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address)


def _place(text: str, default_port: int) -> tuple[str, int]:
    """Read `host:port`, `[v6]:port`, `host` or a bare IPv6 address; a port that is no number is part of a
    name that fits nothing.
    """
    host, colon, port = text.rpartition(":")
    if colon and port.isdecimal() and (":" not in host or host.endswith("]")):
        return _host(host), int(port)
    return _host(text), default_port
