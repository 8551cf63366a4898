"""Who an end of a connection is, by where it is and by the name that it goes by."""

from __future__ import annotations

import pytest

from analyzers.connection import Endpoint
from analyzers.mirror.definition import Channel, Member, Mirror, Policy, Role
from analyzers.x509.names import parse_dn

A = Member(
    "IRISA",
    Role.FAILOVER,
    "CN=irisa/IRISA,O=Example,C=US",
    ("10.0.0.11", "10.1.0.11"),
    "10.0.0.11:2188",
    "10.0.0.11:51773",
)
B = Member(
    "IRISB",
    Role.FAILOVER,
    "/C=US/O=Example/CN=irisb",
    ("10.0.0.12",),
    "irisb.example.com",
    "[2001:db8::12]:1972",
)
C = Member("IRISC", Role.ASYNC, "no name at all", ("10.0.0.13",))
ARBITER = Member("ARB", Role.ARBITER, agent="10.0.0.20")


def mirror(*members: Member) -> Mirror:
    """A mirror of these members."""
    return Mirror("M", tls_required=True, members=members)


@pytest.mark.parametrize(
    ("address", "port", "name"),
    [
        ("10.0.0.11", 2188, "IRISA"),
        ("10.0.0.11", 40000, "IRISA"),
        ("10.1.0.11", 40000, "IRISA"),
        ("::ffff:10.0.0.11", 40000, "IRISA"),
        ("irisb.example.com", 2188, "IRISB"),
        ("IRISB.example.com.", 2188, "IRISB"),
        ("2001:db8::12", 1972, "IRISB"),
        ("2001:0db8:0000::0012", 1972, "IRISB"),
        ("2001:db8::12", 1973, None),
        ("10.0.0.99", 2188, None),
        ("10.0.0.20", 2188, "ARB"),
    ],
)
def test_member_at(address: str, port: int, name: str | None) -> None:
    """An address is the same in every notation, and a port may be left to the default."""
    found = mirror(A, B, C, ARBITER).member_at(Endpoint(address, port))
    assert (found.name if found else None) == name


def test_listener_decides_where_members_share_an_address() -> None:
    """On one host the port tells members apart, and a source address tells nothing."""
    first = Member("ONE", Role.FAILOVER, None, ("127.0.0.1",), "127.0.0.1:21880")
    second = Member("TWO", Role.FAILOVER, None, ("127.0.0.1",), "127.0.0.1:21881")
    both = mirror(first, second)
    assert both.member_at(Endpoint("127.0.0.1", 21881)) is second
    assert both.member_at(Endpoint("127.0.0.1", 50000)) is None
    assert both.candidates_at(Endpoint("127.0.0.1", 50000)) == (first, second)


def test_shared_agent_names_no_member() -> None:
    """One ISCAgent serves all instances of a host, so it names none of them, and is an agent still."""
    shared = mirror(A, Member("IRISA2", Role.ASYNC, None, (), "10.0.0.11:2188"))
    assert shared.member_at(Endpoint("10.0.0.11", 2188)) is None
    assert shared.channel_of(Endpoint("10.0.0.11", 2188)) is Channel.AGENT


def test_channels() -> None:
    """What listens at a place is told by the definition, and nothing listens anywhere else."""
    all_of_them = mirror(A, B, C, ARBITER)
    assert all_of_them.channel_of(Endpoint("10.0.0.11", 2188)) is Channel.AGENT
    assert all_of_them.channel_of(Endpoint("10.0.0.11", 51773)) is Channel.SUPERSERVER
    assert all_of_them.channel_of(Endpoint("10.0.0.20", 2188)) is Channel.ARBITER
    assert all_of_them.channel_of(Endpoint("10.0.0.11", 443)) is None


def test_arbiter_beside_a_member_is_an_agent() -> None:
    """Where an arbiter shares the ISCAgent of a member, its connections may be TLS."""
    assert (
        mirror(A, Member("ARB", Role.ARBITER, agent="10.0.0.11")).channel_of(Endpoint("10.0.0.11", 2188))
        is Channel.AGENT
    )


def test_member_with_dn() -> None:
    """A name finds its member in any notation, and only exactly."""
    both = mirror(A, B, C)
    assert both.member_with_dn(parse_dn("CN=irisb,O=Example,C=US")) is B
    assert both.member_with_dn(parse_dn("CN=irisb, O=Example, C=US")) is B
    assert both.member_with_dn(parse_dn("CN=IRISB,O=Example,C=US")) is None


def test_unreadable_name_matches_nothing() -> None:
    """A listed name that is none is left out, and hurts nobody."""
    assert [member.name for member, _ in mirror(A, B, C).listed_names()] == ["IRISA", "IRISB"]


def test_definition_without_addresses() -> None:
    """A definition may list names only."""
    assert not mirror(Member("IRISA", Role.FAILOVER, "CN=a")).has_addresses
    assert mirror(A).has_addresses


def test_values_hash() -> None:
    """Definitions are values: equal ones hash alike."""
    assert hash(mirror(A, B)) == hash(mirror(A, B))
    assert mirror(A) != mirror(B)
    assert Policy() == Policy(minimum_version=0x0303)


@pytest.mark.parametrize("text", ["10.0.0.11:port", ":", "", "[::1", "a:b:c", "10.0.0.11:-1"])
def test_broken_places_match_nothing(text: str) -> None:
    """A listener that is no address is nobody's, and raises nothing: the configuration check reports it."""
    broken = mirror(Member("X", Role.FAILOVER, agent=text))
    assert broken.member_at(Endpoint("10.0.0.11", 2188)) is None
