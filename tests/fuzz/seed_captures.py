"""Small captures of one handshake in many wrappings, as seeds."""

from __future__ import annotations

import gzip
from struct import pack
from typing import TYPE_CHECKING

import zstandard
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment
from scapy.layers.l2 import GRE, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, Loopback
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.vxlan import VXLAN

from tests.tls.engines import CLIENT, Engines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scapy.packet import Packet

ETHERNET, RAW, LOOPBACK, SLL, SLL2 = 1, 101, 0, 113, 276
SECONDS = 1_800_000_000


def handshake() -> tuple[list[tuple[bool, bytes]], bytes]:
    """Give the flights of a handshake, each with whether the client sent it, and its key log."""
    engines = Engines(0x0304, "TLS_AES_128_GCM_SHA256", "ECDSA")
    engines.handshake()
    flights = [
        (
            record.sender == CLIENT,
            pack("!BHH", record.content_type, record.version, len(record.fragment)) + record.fragment,
        )
        for record in engines.records
    ]
    secrets = engines.keylog.secrets_for(engines.client_random)
    lines = (f"{label} {engines.client_random.hex()} {secret.hex()}\n" for label, secret in secrets.items())
    return flights, "".join(lines).encode()


def segments(flights: list[tuple[bool, bytes]]) -> list[TCP]:
    """Give TCP segments: the opening, the flights, the end."""
    client = TCP(sport=50000, dport=2188, seq=999, flags="S", options=[("MSS", 1460), ("WScale", 7)])
    server = TCP(sport=2188, dport=50000, seq=4999, ack=1000, flags="SA")
    found, numbers = [client, server], {True: 1000, False: 5000}
    for is_client, data in flights:
        ports = {"sport": 50000, "dport": 2188} if is_client else {"sport": 2188, "dport": 50000}
        found.append(TCP(**ports, seq=numbers[is_client], ack=numbers[not is_client], flags="PA") / data)
        numbers[is_client] += len(data)
    found.append(TCP(sport=50000, dport=2188, seq=numbers[True], ack=numbers[False], flags="FA"))
    found.append(TCP(sport=2188, dport=50000, seq=numbers[False], ack=numbers[True] + 1, flags="R"))
    return found


def packet(segment: TCP) -> Packet:
    """Put a segment into IPv4."""
    ends = ("10.0.0.1", "10.0.0.2") if segment.sport == 50000 else ("10.0.0.2", "10.0.0.1")
    return IP(src=ends[0], dst=ends[1]) / segment


def pcap(packets: list[bytes], link: int, order: str = "<", magic: int = 0xA1B2C3D4) -> bytes:
    """Write a pcap file."""
    head = pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    body = b"".join(
        pack(f"{order}IIII", SECONDS, at, len(data), len(data)) + data for at, data in enumerate(packets)
    )
    return head + body


def block(kind: int, body: bytes) -> bytes:
    """Write a pcapng block."""
    body += bytes(-len(body) % 4)
    return pack("<II", kind, len(body) + 12) + body + pack("<I", len(body) + 12)


def pcapng(packets: list[bytes], keylog: bytes) -> bytes:
    """Write a pcapng file with an interface in nanoseconds, secrets, names, and packets of both kinds."""
    section = block(0x0A0D0D0A, pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, pack("<HHI", ETHERNET, 0, 65535) + pack("<HHI", 9, 1, 9) + pack("<HH", 0, 0))
    secrets = block(10, pack("<II", 0x544C534B, len(keylog)) + keylog)
    names = block(4, pack("<HH", 0, 0))
    enhanced = [
        block(6, pack("<IIIII", 0, *divmod((SECONDS * 10**9 + at), 1 << 32), len(data), len(data)) + data)
        for at, data in enumerate(packets)
    ]
    simple = block(3, pack("<I", len(packets[0])) + packets[0])
    return section + interface + secrets + names + b"".join(enhanced) + simple


def captures() -> Iterator[tuple[str, bytes]]:
    """Give every capture with its name."""
    flights, keylog = handshake()
    tcp = segments(flights)
    ethernet = [bytes(Ether() / packet(segment)) for segment in tcp]
    plain = pcap(ethernet, ETHERNET)
    yield "pcap", plain
    yield "pcap-big-nano", pcap(ethernet[:4], ETHERNET, ">", 0xA1B23C4D)
    yield "pcapng", pcapng(ethernet, keylog)
    yield "pcap-gzip", gzip.compress(plain, mtime=0)
    yield "pcap-zstd", zstandard.compress(plain)
    few = tcp[:4]
    yield "raw", pcap([bytes(packet(segment)) for segment in few], RAW)
    yield "loopback", pcap([bytes(Loopback(type=2) / packet(segment)) for segment in few], LOOPBACK)
    yield "cooked", pcap([bytes(CookedLinux(proto=0x800) / packet(segment)) for segment in few], SLL)
    yield "cooked2", pcap([bytes(CookedLinuxV2(proto=0x800) / packet(segment)) for segment in few], SLL2)
    yield "wrapped", pcap([bytes(frame) for frame in wrapped(tcp[2])], ETHERNET)


def wrapped(segment: TCP) -> Iterator[Packet]:
    """Give the same segment in tags, tunnels, fragments and IPv6."""
    inner = packet(segment)
    yield Ether() / Dot1Q(vlan=5) / inner
    yield Ether() / Dot1AD(vlan=5) / Dot1Q(vlan=6) / inner
    yield Ether() / MPLS(label=16, s=1) / inner
    yield Ether() / PPPoE() / PPP() / inner
    yield Ether() / IP() / GRE() / inner
    yield Ether() / IP() / UDP(dport=4789) / VXLAN(vni=7) / Ether() / inner
    yield from (Ether() / piece for piece in fragment(inner, 80))
    sixth = TCP(bytes(segment))
    yield Ether() / IPv6(src="fd00::1", dst="fd00::2") / IPv6ExtHdrDestOpt() / sixth
    yield Ether() / IPv6(src="fd00::1", dst="fd00::2") / IPv6ExtHdrFragment(m=0) / sixth
