"""Link, network and tunnel layers: whatever lies around a TCP segment, the same segment comes out."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.contrib.erspan import ERSPAN_II
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header, GTPPDUSessionContainer
from scapy.contrib.mpls import MPLS
from scapy.layers.dot11 import Dot11, Dot11QoS, RadioTap
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, fragment6
from scapy.layers.l2 import GRE, LLC, SNAP, CookedLinux, CookedLinuxV2, Dot1Q, Ether, Loopback
from scapy.layers.l2tp import L2TP
from scapy.layers.ppp import HDLC, PPP, PPPoE
from scapy.layers.vxlan import VXLAN

from tests.capture.building import Segment, pcap, segments_of

if TYPE_CHECKING:
    from scapy.packet import Packet

PAYLOAD = b"what the segment carries"
V4, V6 = ("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")


def ether(**fields: int) -> Packet:
    """An Ethernet header; with addresses, lest scapy asks the network for them."""
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", **fields)


def tcp() -> Packet:
    """The segment that is to be found."""
    return TCP(sport=40000, dport=2188, seq=7, ack=9, flags="PA") / PAYLOAD


def v4() -> Packet:
    """It in IPv4."""
    return IP(src=V4[0], dst=V4[1]) / tcp()


def v6() -> Packet:
    """It in IPv6."""
    return IPv6(src=V6[0], dst=V6[1]) / tcp()


def the_segment(hosts: tuple[str, str], frame: int = 1) -> list[Segment]:
    """What is to come out."""
    ends = ((hosts[0], 40000), (hosts[1], 2188))
    return [Segment(frame, *ends, 7, 9, 24, PAYLOAD, len(PAYLOAD))]


def outer(protocol: Packet) -> Packet:
    """A tunnel's own packet."""
    return ether() / IP(src="192.0.2.1", dst="192.0.2.2") / protocol


def gtp(inner: Packet, **fields: int) -> Packet:
    """A GTP-U user packet."""
    return outer(UDP(sport=2152, dport=2152) / GTP_U_Header(teid=5, gtp_type=255, **fields) / inner)


EXTENSIONS = IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrFragment(offset=0, m=0)

AUTHENTICATED = struct.pack(">BBHIII", 6, 4, 0, 1, 2, 3) + bytes(8)

FAST = {
    "ethernet": (1, ether() / v4(), V4),
    "ethernet v6": (1, ether() / v6(), V6),
    "short frame with padding": (1, bytes(ether() / v4()) + bytes(9), V4),
    "vlan": (1, ether() / Dot1Q(vlan=5) / v4(), V4),
    "qinq": (1, ether(type=0x88A8) / Dot1Q(vlan=5, type=0x8100) / Dot1Q(vlan=6) / v6(), V6),
    "llc and snap": (1, ether(type=90) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP() / v4(), V4),
    "linux cooked": (113, CookedLinux() / v4(), V4),
    "linux cooked with vlan": (113, CookedLinux() / Dot1Q(vlan=5) / v4(), V4),
    "linux cooked 2": (276, CookedLinuxV2() / v6(), V6),
    "linux cooked 2 with vlan": (276, CookedLinuxV2(proto=0x8100) / Dot1Q(vlan=5) / v4(), V4),
    "bsd loopback": (0, Loopback(type=2) / v4(), V4),
    "bsd loopback, darwin's v6": (0, struct.pack("<I", 30) + bytes(v6()), V6),
    "bsd loopback, other order": (0, struct.pack(">I", 24) + bytes(v6()), V6),
    "openbsd loopback": (108, struct.pack(">I", 2) + bytes(v4()), V4),
    "raw v4": (101, v4(), V4),
    "raw v6": (12, v6(), V6),
    "link type v4": (228, v4(), V4),
    "link type v6": (229, v6(), V6),
    "ppp": (9, PPP() / v4(), V4),
    "ppp in hdlc": (50, HDLC() / PPP() / v6(), V6),
    "ppp with a short protocol": (9, b"\x21" + bytes(v4()), V4),
    "cisco hdlc": (104, b"\x0f\x00\x08\x00" + bytes(v4()), V4),
    "pppoe": (1, ether(type=0x8864) / PPPoE() / PPP() / v4(), V4),
    "packet filter log": (117, b"\x3d\x02" + bytes(62) + bytes(v4()), V4),
    "packet tap": (258, struct.pack("<III", 20, 1, 1) + bytes(8) + bytes(ether() / v4()), V4),
    "ip options": (1, ether() / IP(src=V4[0], dst=V4[1], options=[b"\x01"] * 4) / tcp(), V4),
    "extension headers": (1, ether() / IPv6(src=V6[0], dst=V6[1]) / EXTENSIONS / tcp(), V6),
    "ip in ip": (1, outer(v4()), V4),
    "v6 in v4": (1, outer(v6()), V6),
    "v4 in v6": (1, ether() / IPv6() / v4(), V4),
    "gre": (1, outer(GRE() / v4()), V4),
    "gre with all options": (1, outer(GRE(chksum_present=1, key_present=1, seqnum_present=1) / v6()), V6),
    "gre bridge": (1, outer(GRE(proto=0x6558) / ether() / v4()), V4),
    "erspan 1": (1, outer(GRE(proto=0x88BE) / ether() / v4()), V4),
    "erspan 2": (1, outer(GRE(seqnum_present=1, proto=0x88BE) / ERSPAN_II() / ether() / v4()), V4),
    "erspan 3": (1, outer(GRE(seqnum_present=1, proto=0x22EB) / bytes(12) / ether() / v6()), V6),
    "erspan 3 with a subheader": (
        1,
        outer(GRE(seqnum_present=1, proto=0x22EB) / (bytes(11) + b"\x01" + bytes(8)) / ether() / v4()),
        V4,
    ),
    "mpls": (1, ether(type=0x8847) / MPLS(label=3, s=0) / MPLS(label=4, s=1) / v4(), V4),
    "mpls pseudowire": (1, ether(type=0x8847) / MPLS(label=3, s=1) / bytes(4) / ether() / v4(), V4),
    "mpls in udp": (1, outer(UDP(dport=6635) / MPLS(s=1) / v4()), V4),
    "vxlan": (1, outer(UDP(dport=4789) / VXLAN(vni=5, flags=8) / ether() / v4()), V4),
    "vxlan of linux": (1, outer(UDP(dport=8472) / VXLAN(vni=5, flags=8) / ether() / v6()), V6),
    "vxlan gpe": (1, outer(UDP(dport=4790) / b"\x0c\0\0\x01\0\0\x05\0" / v4()), V4),
    "geneve": (1, outer(UDP(dport=6081) / GENEVE(vni=5) / ether() / v4()), V4),
    "geneve with options": (1, outer(UDP(dport=6081) / b"\x02\0\x08\0\0\0\x05\0" / bytes(8) / v4()), V4),
    "gtp": (1, gtp(v4()), V4),
    "gtp with sequence number": (1, gtp(v6(), S=1, seq=4), V6),
    "gtp of 5g": (1, gtp(GTPPDUSessionContainer() / v4(), E=1, next_ex=0x85), V4),
    "teredo": (1, outer(UDP(sport=3544) / v6()), V6),
    "teredo with origin": (1, outer(UDP(dport=3544) / bytes(8) / v6()), V6),
    "authentication header": (1, ether() / IP(src=V4[0], dst=V4[1], proto=51) / AUTHENTICATED / tcp(), V4),
}

SLOW = {
    "802.11": (
        127,
        RadioTap() / Dot11(type=2, FCfield=1) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP() / v4(),
        V4,
    ),
    "802.11 with quality of service": (
        105,
        Dot11(type=2, subtype=8) / Dot11QoS() / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP() / v6(),
        V6,
    ),
    "802.11 behind avs": (
        163,
        struct.pack(">II", 0x80211001, 64)
        + bytes(56)
        + bytes(Dot11(type=2, FCfield=2) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP() / v4()),
        V4,
    ),
    "l2tp": (1, outer(UDP(sport=1701, dport=1701) / L2TP(hdr="length") / PPP() / v4()), V4),
    "netfilter log": (
        239,
        bytes(4) + struct.pack("<HH", 8, 10) + b"abc\0" + struct.pack("<HH", 4 + len(v4()), 9) + bytes(v4()),
        V4,
    ),
}


@pytest.mark.parametrize("name", [*FAST, *SLOW])
def test_segment_is_found_in_its_wrapping(name: str) -> None:
    """The segment, its ends and its payload are read out of every layer that may lie around it."""
    link, packet, hosts = (FAST | SLOW)[name]
    assert the_segment(hosts) == segments_of(pcap([bytes(packet)], link=link))


def test_frames_without_tcp_give_nothing() -> None:
    """ARP, UDP, ICMP, unknown link types and frames too short for their headers are passed over."""
    frames = [bytes(ether(type=0x806) / bytes(28)), bytes(outer(UDP() / b"x")), b"", b"\x01" * 13, bytes(300)]
    assert segments_of(pcap(frames)) == []
    assert segments_of(pcap([bytes(v4())] * 3, link=147)) == []


@pytest.mark.parametrize("name", [*FAST, *SLOW])
def test_any_cut_of_a_frame_is_read_without_error(name: str) -> None:
    """Cut at any byte, a frame gives the segment with what is left of its payload, or nothing."""
    link, packet, _ = (FAST | SLOW)[name]
    frame = bytes(packet)
    read = segments_of(pcap([frame[:cut] for cut in range(len(frame))], link=link))
    assert all(PAYLOAD.startswith(one.payload) and one.seq == 7 for one in read)


@given(st.sampled_from([*FAST, *SLOW]), st.data())
def test_damaged_frames_never_raise(name: str, data: st.DataObject) -> None:
    """Whatever a few bytes of any wrapping are overwritten with, something is read or nothing."""
    link, packet, _ = (FAST | SLOW)[name]
    frame = bytearray(bytes(packet))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    assert len(segments_of(pcap([bytes(frame)], link=link))) <= 1


@given(
    st.sampled_from([0, 1, 9, 12, 50, 51, 101, 104, 105, 108, 113, 117, 119, 127, 192, 204, 239, 258, 276]),
    st.binary(),
)
def test_noise_never_raises(link: int, noise: bytes) -> None:
    """Noise on any link type is passed over, or read as a segment by chance."""
    assert len(segments_of(pcap([noise], link=link))) <= 1


def test_snap_length_leaves_the_length_of_the_payload() -> None:
    """A segment that was cut has what was captured of its payload, and says how much there was."""
    (read,) = segments_of(pcap([bytes(ether() / v4())], cut=60))
    assert (PAYLOAD[:6], len(PAYLOAD)) == (read.payload, read.wire)


@pytest.mark.parametrize("flags", ["A", "S", "FA", "R"])
def test_padding_that_a_device_counted_as_payload_is_taken_away(flags: str) -> None:
    """Up to six zero bytes without PSH are the padding of an Ethernet frame; with PSH they are data."""
    padded = ether() / IP(src=V4[0], dst=V4[1]) / TCP(flags=flags) / bytes(6)
    pushed = ether() / IP(src=V4[0], dst=V4[1]) / TCP(flags=flags + "P") / bytes(6)
    longer = ether() / IP(src=V4[0], dst=V4[1]) / TCP(flags=flags) / bytes(7)
    read = segments_of(pcap([bytes(padded), bytes(pushed), bytes(longer)]))
    assert [b"", bytes(6), bytes(7)] == [one.payload for one in read]


def test_segmentation_left_to_the_card_has_no_length() -> None:
    """Where the IP header says 0, the captured length counts."""
    frame = bytes(ether() / IP(src=V4[0], dst=V4[1], len=0, chksum=0) / tcp())
    assert the_segment(V4) == segments_of(pcap([frame]))


def test_fragments_are_put_together() -> None:
    """In any order; the frame is the one that completed the datagram."""
    pieces = [bytes(ether() / piece) for piece in fragment(v4(), fragsize=24)]
    assert len(pieces) == 2
    assert the_segment(V4, 2) == segments_of(pcap(pieces))
    assert the_segment(V4, 2) == segments_of(pcap(pieces[::-1]))
    assert segments_of(pcap(pieces[:1])) == []


def test_v6_fragments_are_put_together() -> None:
    """Those of IPv6 have a header of their own."""
    packet = IPv6(src=V6[0], dst=V6[1]) / IPv6ExtHdrFragment(id=77) / TCP(sport=1, dport=2) / bytes(2000)
    pieces = [bytes(ether() / piece) for piece in fragment6(packet, 1280)]
    (read,) = segments_of(pcap(pieces))
    assert (bytes(2000), len(pieces)) == (read.payload, read.frame)


def test_fragmented_tunnels_are_put_together_and_opened() -> None:
    """A datagram of a tunnel in pieces is read like one in one piece, and so is the fragment within."""
    inner = [ether() / piece for piece in fragment(v4(), fragsize=24)]
    carriers = [
        IP(id=n, src="192.0.2.1") / UDP(dport=4789) / VXLAN(flags=8) / one for n, one in enumerate(inner)
    ]
    pieces = [bytes(ether() / piece) for one in carriers for piece in fragment(one, fragsize=40)]
    assert the_segment(V4, len(pieces)) == segments_of(pcap(pieces))


def test_nesting_is_bounded() -> None:
    """A frame of nothing but labels or tunnels in tunnels is given up, not followed for ever."""
    labels = bytes(ether(type=0x8847)) + b"\x00\x00\x10\x40" * 5000
    nested = v4()
    for _ in range(60):
        nested = IP() / nested
    assert segments_of(pcap([labels, bytes(ether() / nested)])) == []
