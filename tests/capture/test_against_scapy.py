"""The fast path beside scapy, which dissects one packet at a time: the same segments, the same streams."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scapy.config import conf
from scapy.layers.inet import IP, TCP, ICMPerror, IPerror
from scapy.layers.inet6 import IPerror6, IPv6
from scapy.layers.l2 import Ether
from scapy.utils import RawPcapNgReader, RawPcapReader

from tests.capture.building import flows_of, segments_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scapy.packet import Packet

FILES = Path(__file__).parents[3] / "shared" / "captures" / "files"

pytestmark = pytest.mark.skipif(
    not FILES.exists(), reason="the shared captures do not lie beside the project"
)

CAPTURES = sorted(FILES.iterdir()) if FILES.exists() else []

UNKNOWN = (
    "geneve",
    "vxlan",
    "mpls",
    "tls_invalid_reads",
    "zoom.pcap",
    "ja4__ipv6",
    "tls-client-auth",
    "sniffer-ipv6",
)
"""Captures with tunnels that scapy knows only with further modules, and with IPv6 on Darwin's loopback."""

DAMAGED = ("bug-1450",)


def segments(path: Path) -> Iterator[tuple[int, str, int, str, int, int, int, int]]:
    """What scapy finds: frame, sender, receiver, sequence number, flags and length of the payload."""
    reader: Any = RawPcapNgReader if path.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a" else RawPcapReader
    with reader(str(path)) as packets:
        for number, (frame, about) in enumerate(packets, 1):
            link = about.linktype if hasattr(about, "linktype") else packets.linktype
            found = _innermost(conf.l2types.num2layer.get(link, Ether)(frame))
            if found is not None:
                ip, tcp, length = found
                yield (number, ip.src, tcp.sport, ip.dst, tcp.dport, tcp.seq, int(tcp.flags) & 0xFF, length)


def _innermost(packet: Packet) -> tuple[Packet, Packet, int] | None:
    """The TCP segment and the IP header that carries it, with the length of its payload on the wire."""
    ip: Packet | None = None
    layer = packet
    while layer:
        if isinstance(layer, IPerror | IPerror6 | ICMPerror):
            return None
        if isinstance(layer, IP | IPv6):
            ip = layer
        if isinstance(layer, TCP) and ip is not None:
            if isinstance(ip, IPv6):
                return ip, layer, ip.plen - 4 * layer.dataofs
            whole = ip.len or len(ip.original)  # 0: segmentation is left to the network card
            size = whole - 4 * ip.ihl
            return ip, layer, size - 4 * layer.dataofs
        layer = layer.payload
    return None


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_same_segments(path: Path) -> None:
    """Frame by frame the same ends, numbers, flags and lengths."""
    if any(word in path.name for word in (*UNKNOWN, *DAMAGED)):
        pytest.skip("scapy does not read all of it: its tunnels, its loopback, or the damage in it")
    ours = {
        one.frame: (one.frame, *one.sender, *one.receiver, one.seq, one.flags, one.wire)
        for one in segments_of(path.read_bytes())
    }
    for theirs in segments(path):
        mine = ours.pop(theirs[0])
        # Zero bytes that a device counted as payload are taken away (see `frames`).
        assert mine == theirs or (mine[:-1] == theirs[:-1] and mine[-1] == 0 and theirs[-1] <= 6)
    assert not ours


def test_same_streams() -> None:
    """Where no byte is missing, the bytes of a direction are the segments' in order of their numbers."""
    compared = 0
    for path in CAPTURES:
        data = path.read_bytes()
        pieces: dict[tuple[object, ...], list[tuple[int, bytes]]] = defaultdict(list)
        for one in segments_of(data):
            if one.payload:
                pieces[one.sender, one.receiver].append((one.seq, one.payload))
        for flow in flows_of(data):
            first, second = flow.reader.sides
            if any(entry[0] == "gap" for entry in flow.reader.told):
                continue
            for sender, receiver in ((first, second), (second, first)):
                expected = _joined(pieces[sender, receiver])
                if expected is not None and sender[1] != receiver[1]:
                    assert flow.reader.bytes_of(sender[1]) == expected, (path.name, sender)
                    compared += 1
    assert compared > 2000


def _joined(pieces: list[tuple[int, bytes]]) -> bytes | None:
    """Join segments by their numbers; None where they are not one gapless stream, simply repeated at most."""
    if not pieces:
        return None
    begin = min(seq for seq, _ in pieces)
    whole = b""
    for seq, payload in sorted(pieces, key=lambda piece: piece[0]):
        place = seq - begin
        if place > len(whole) or whole[place : place + len(payload)] != payload[: len(whole) - place]:
            return None
        whole += payload[len(whole) - place :]
    return whole
