"""The open connections of a capture: told apart, given out when they end, and bounded."""

from __future__ import annotations

import random

import pytest

from analyzers.connection import Party
from tests.capture.building import flows_of, pcap
from tests.capture.packets import Talk

CLIENT, SERVER = Party.CLIENT, Party.SERVER


def talk(port: int, *, is_closed: bool = True) -> list[bytes]:
    """A short connection."""
    words = Talk(("10.0.0.1", port), ("10.0.0.2", 2188)).open()
    words.put(CLIENT, b"from %d" % port, "PA").put(SERVER, b"to %d" % port, "PA")
    return (words.close() if is_closed else words).packets


def test_connections_are_told_apart() -> None:
    """Packets of many connections, mixed, go each to its own, in both directions."""
    talks = [talk(port) for port in range(5000, 5040)]
    chance, mixed = random.Random(1), []
    while any(talks):
        mixed.append(chance.choice([one for one in talks if one]).pop(0))
    flows = flows_of(pcap(mixed))
    assert len(flows) == 40
    for flow in flows:
        port = next(port for _, port in flow.reader.sides if port != 2188)
        assert (b"from %d" % port, b"to %d" % port) == (
            flow.reader.bytes_of(port),
            flow.reader.bytes_of(2188),
        )


def test_port_that_is_used_again_is_another_connection() -> None:
    """Each is whole, and they come in the order in which they began."""
    first, second = Talk().open().put(CLIENT, b"one"), Talk()
    second.next = {CLIENT: 70_000, SERVER: 80_000}
    second.open().put(CLIENT, b"two").close()
    flows = flows_of(pcap(first.packets + second.packets))
    assert [flow.reader.bytes_of(50000) for flow in flows] == [b"one", b"two"]
    assert [flow.conversation.first_frame for flow in flows] == [1, 5]


def test_connections_are_given_out_when_they_end() -> None:
    """One that has closed comes before one that is still open, though that began first."""
    ended, other = talk(5000), Talk(("10.0.0.1", 6000), ("10.0.0.2", 2188)).open()
    for _ in range(20):
        other.put(CLIENT, b"x" * 40, "PA")
    flows = flows_of(pcap(other.packets[:1] + ended + other.packets[1:]))
    assert [flow.conversation.first_frame for flow in flows] == [2, 1]
    assert [flow.conversation.is_closed for flow in flows] == [True, False]


def test_late_packets_begin_no_other_connection() -> None:
    """What is repeated after both ends have closed belongs to the connection that closed."""
    packets = talk(5000)
    assert len(flows_of(pcap([*packets, *packets[3:]]))) == 1


def test_open_connections_are_bounded() -> None:
    """Beyond the limit, those that nothing was heard of for longest are given out as they are."""
    packets = [packet for port in range(5000, 5010) for packet in talk(port, is_closed=False)]
    flows = flows_of(pcap(packets), limit=3)
    assert list(range(1, 51, 5)) == [flow.conversation.first_frame for flow in flows]
    assert not any(flow.conversation.is_closed for flow in flows)


@pytest.mark.parametrize(
    "hosts", [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "fe80::2"), ("::ffff:1.2.3.4", "::1")]
)
def test_addresses_are_written_as_usual(hosts: tuple[str, str]) -> None:
    """IPv4, IPv6 and IPv4 in IPv6, in the shortest form."""
    from scapy.layers.inet import IP, TCP  # noqa: PLC0415 (the test of the written form alone)
    from scapy.layers.inet6 import IPv6  # noqa: PLC0415

    network = IPv6 if ":" in hosts[0] else IP
    (flow,) = flows_of(pcap([bytes(network(src=hosts[0], dst=hosts[1]) / TCP(sport=1, dport=2))], link=101))
    assert {(hosts[0], 1), (hosts[1], 2)} == set(flow.reader.sides)
