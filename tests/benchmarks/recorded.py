"""Captures made from real handshakes: OpenSSL on memory, its records put into TCP packets.

Every connection is a handshake of its own, with fresh randoms, keys and signatures, between members of one
mirror; half of them TLS 1.2, half TLS 1.3. The packets have right sequence numbers and acknowledgments, and
several connections run side by side.
"""

from __future__ import annotations

import io
import ipaddress
import random
import ssl
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from probe.lab.authority import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from probe.lab.identity import IdentityFiles

__all__ = ["EndlessCapture", "Mirror", "repeat_capture", "write_capture"]

MEMBERS = 6
SEGMENT = 1448
"""Payload of a full segment on Ethernet, with timestamps."""

SIDE_BY_SIDE = 40
"""Connections whose packets alternate."""

ACK, PSH, SYN, FIN = 16, 8, 2, 1
TIMESTAMPS = b"\x01\x01\x08\x0a" + bytes(8)
SECONDS = int(time.time())
"""When it all happens: while the certificates, which the engines check against the clock, are valid."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One TCP segment of a connection."""

    from_client: bool
    flags: int
    seq: int
    ack: int
    payload: bytes


class Mirror:
    """Contexts of all members, for both roles and versions."""

    def __init__(self, directory: Path) -> None:
        """Make an authority and the members' certificates under `directory`."""
        authority = Authority.create()
        names = [f"IRIS{number}" for number in range(MEMBERS)]
        self.files = [authority.member(name).write(directory / name) for name in names]
        self._contexts = {
            (member, version, is_server): _context(files, version, is_server=is_server)
            for member, files in enumerate(self.files)
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
            for is_server in (False, True)
        }

    def ends(self, client: int, server: int, version: ssl.TLSVersion) -> tuple[End, End]:
        """Give the two ends of a connection between two members."""
        return (
            End(self._contexts[client, version, False], is_server=False),
            End(self._contexts[server, version, True], is_server=True),
        )


def _context(files: IdentityFiles, version: ssl.TLSVersion, *, is_server: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(files.certificate, files.key)
    context.load_verify_locations(files.ca)
    context.minimum_version = context.maximum_version = version
    return context


class End:
    """One end of a connection, on memory."""

    def __init__(self, context: ssl.SSLContext, *, is_server: bool) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=is_server)
        self.is_done = False

    def step(self) -> bytes:
        """Go on with the handshake; give what is to be sent."""
        if not self.is_done:
            try:
                self.tls.do_handshake()
                self.is_done = True
            except ssl.SSLWantReadError:
                pass
        return self.outgoing.read()

    def drain(self) -> None:
        """Read what the other end sent, tickets and data."""
        try:
            while self.tls.read(1 << 16):
                pass
        except ssl.SSLWantReadError:
            pass


class Wire:
    """The packets of one connection."""

    def __init__(self, generator: random.Random) -> None:
        self._next = {True: generator.getrandbits(32), False: generator.getrandbits(32)}
        self.packets: list[Packet] = []
        self._add(from_client=True, flags=SYN)
        self._add(from_client=False, flags=SYN | ACK)
        self._add(from_client=True, flags=ACK)

    def _add(self, *, from_client: bool, flags: int, payload: bytes = b"") -> None:
        seq = self._next[from_client]
        ack = self._next[not from_client] if flags & ACK else 0
        self.packets.append(Packet(from_client, flags, seq, ack, payload))
        self._next[from_client] = (seq + len(payload) + bool(flags & (SYN | FIN))) % (1 << 32)

    def send(self, data: bytes, *, from_client: bool) -> None:
        """Send data in full segments, and acknowledge every second one and the last."""
        pieces = [data[at : at + SEGMENT] for at in range(0, len(data), SEGMENT)]
        for number, piece in enumerate(pieces, 1):
            is_last = number == len(pieces)
            self._add(from_client=from_client, flags=ACK | (PSH if is_last else 0), payload=piece)
            if number % 2 == 0 or is_last:
                self._add(from_client=not from_client, flags=ACK)

    def close(self) -> None:
        """Close, the client first."""
        self._add(from_client=True, flags=FIN | ACK)
        self._add(from_client=False, flags=FIN | ACK)
        self._add(from_client=True, flags=ACK)


def _connection(mirror: Mirror, number: int, packets: int, generator: random.Random) -> list[Packet]:
    """Play a connection until it has about so many packets; 0: close after the handshake."""
    client_member = number % MEMBERS
    server_member = (client_member + 1 + number // MEMBERS % (MEMBERS - 1)) % MEMBERS
    version = ssl.TLSVersion.TLSv1_3 if number % 2 else ssl.TLSVersion.TLSv1_2
    client, server = mirror.ends(client_member, server_member, version)
    wire = Wire(generator)
    while not (client.is_done and server.is_done):
        for sender, receiver, from_client in ((client, server, True), (server, client, False)):
            data = sender.step()
            if data:
                wire.send(data, from_client=from_client)
                receiver.incoming.write(data)
    server.tls.write(b"\x00" * 40)
    _exchange(server, client, wire, from_client=False)
    while len(wire.packets) < packets - 3:
        client.tls.write(generator.randbytes(generator.choice((120, 700, 1300))))
        _exchange(client, server, wire, from_client=True)
        server.tls.write(generator.randbytes(generator.choice((60, 1300, 8000, 16_000))))
        _exchange(server, client, wire, from_client=False)
    wire.close()
    return wire.packets


def _exchange(sender: End, receiver: End, wire: Wire, *, from_client: bool) -> None:
    data = sender.outgoing.read()
    wire.send(data, from_client=from_client)
    receiver.incoming.write(data)
    receiver.drain()


def _frame(packet: Packet, number: int, identifier: int) -> bytes:
    member = number % MEMBERS
    server = (member + 1 + number // MEMBERS % (MEMBERS - 1)) % MEMBERS
    addresses = [ipaddress.IPv4Address(f"10.0.0.{11 + one}").packed for one in (member, server)]
    ports = (20_000 + number % 40_000, 2188)
    if not packet.from_client:
        addresses, ports = addresses[::-1], ports[::-1]
    tcp = (
        struct.pack(">HHIIBBHHH", *ports, packet.seq, packet.ack, 0x80, packet.flags, 501, 0, 0) + TIMESTAMPS
    )
    length = 20 + len(tcp) + len(packet.payload)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, length, identifier & 0xFFFF, 0x4000, 64, 6, 0) + b"".join(
        addresses
    )
    return b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\x00" + ip + tcp + packet.payload


def _played(mirror: Mirror, connections: int, packets: int) -> Iterator[tuple[int, Packet]]:
    """Give the packets of all connections, of which some run side by side."""
    generator = random.Random(7)  # the same sizes and numbers in every run
    for first in range(0, connections, SIDE_BY_SIDE):
        numbers = range(first, min(first + SIDE_BY_SIDE, connections))
        running = {number: iter(_connection(mirror, number, packets, generator)) for number in numbers}
        while running:
            for number in list(running):
                packet = next(running[number], None)
                if packet is None:
                    del running[number]
                else:
                    yield number, packet


def write_capture(file: BinaryIO, mirror: Mirror, *, connections: int, packets: int = 0) -> int:
    """Write a pcap file of so many connections with about so many packets each; give the number of
    packets.
    """
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
    count = 0
    for count, (number, packet) in enumerate(_played(mirror, connections, packets), 1):
        frame = _frame(packet, number, count)
        at = SECONDS * 1_000_000 + count * 20
        file.write(struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(frame), len(frame)) + frame)
    return count


GAP_SECONDS = 5
"""Between one time and the next: whoever follows connections has given up the old ones by then."""


def repeat_capture(source: Path, target: Path, times: int) -> None:
    """Write the packets of a capture several times, each time later: the same ports open new connections."""
    data = bytearray(source.read_bytes())
    places = list(_packets(data))
    seconds = np.ndarray((len(data) - 3,), "<u4", data, strides=(1,))
    span = int(seconds[places[-1]] - seconds[places[0]]) + GAP_SECONDS
    with target.open("wb") as file:
        file.write(data[:24])
        for _ in range(times):
            file.write(memoryview(data)[24:])
            seconds[places] += span


def _packets(data: bytearray) -> Iterator[int]:
    """Give where the packets of a capture begin."""
    place = 24
    while place < len(data):
        yield place
        place += 16 + int(struct.unpack_from("<I", data, place + 8)[0])


RECORDS = 12
"""Full records in a block of the endless capture."""

SEQ_PLACE = 16 + 14 + 20 + 4
"""Behind the headers of pcap, Ethernet, IPv4, and the ports."""


class EndlessCapture(io.RawIOBase):
    """A capture of some long connections, as long as one likes, made while it is read.

    After their handshakes the servers send full records of application data without end: the same block of
    packets again and again, with the sequence numbers moved on.
    """

    def __init__(self, mirror: Mirror, *, connections: int, size: int) -> None:
        """Begin a file of so many connections and about so many bytes."""
        super().__init__()
        opening, wires = io.BytesIO(), []
        opening.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
        generator = random.Random(7)
        for number in range(connections):
            packets = _connection(mirror, number, 40, generator)[:-3]
            last = next(packet for packet in reversed(packets) if not packet.from_client)
            wires.append(
                (number, last.seq + len(last.payload), packets[-1].ack if not packets[-1].from_client else 0)
            )
            for packet in packets:
                _write(opening, _frame(packet, number, 0))
        self._pending = opening.getvalue()
        self._left = size - len(self._pending)
        self._block, self._places = _block(wires)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Give the next bytes."""
        if not self._pending and self._left > 0:
            self._advance()
        piece, self._pending = self._pending[:size], self._pending[size:]
        return piece

    def _advance(self) -> None:
        view = np.ndarray((len(self._block) - 3,), ">u4", self._block, strides=(1,))
        self._pending = bytes(self._block)
        view[self._places] += RECORDS * (5 + 16_384)
        self._left -= len(self._pending)


def _write(file: io.BytesIO, frame: bytes) -> None:
    file.write(struct.pack("<IIII", SECONDS, 0, len(frame), len(frame)) + frame)


def _block(wires: list[tuple[int, int, int]]) -> tuple[bytearray, np.ndarray]:
    """Make a block of data packets of all connections, and the places of their sequence numbers."""
    data = (b"\x17\x03\x03\x40\x00" + bytes(16_384)) * RECORDS
    file, places = io.BytesIO(), []
    for number, seq, ack in wires:
        for at in range(0, len(data), SEGMENT):
            packet = Packet(False, ACK, (seq + at) % (1 << 32), ack, data[at : at + SEGMENT])
            places.append(file.tell() + SEQ_PLACE)
            _write(file, _frame(packet, number, 0))
    return bytearray(file.getvalue()), np.array(places)
