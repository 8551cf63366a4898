"""Packets of an interface as the bytes of a pcap file, so that one reader serves both.

scapy opens the packet socket, attaches the kernel's filter and takes the timestamps; it dissects nothing. On the
loopback interface Linux shows each packet going out and coming in; only the second is taken.
"""

from __future__ import annotations

import errno
import io
import logging
import select
import socket
import struct
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..outcome import ConnectFailed, UsageFailure

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LiveSource", "filter_of"]

POLL_SECONDS = 0.2
"""How long `read` waits for packets before it says that there are none."""

LONGEST_PACKET = 262_144
"""What the file header promises as tcpdump does; the kernel hands out coalesced segments of 64 KiB."""

HEADER_BYTES = 24
NANOSECOND_MAGIC = 0xA1B23C4D
LINK_TYPES = {1: 1, 772: 1, 65534: 101}
"""From the kernel's kind of interface (ARPHRD: Ethernet, loopback, none) to the link type of the file."""
LOOPBACK = 772

SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 263, 6, 23
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33

BPF_RETURN = 0x06
"""The instruction that says how many bytes of a packet pass."""

BUFFER_BYTES = 32 * 1024 * 1024
"""What the kernel keeps for us while we are busy: a quarter of a second of 1 Gbit/s. Without CAP_NET_ADMIN it is at
most net.core.rmem_max."""

LOOK_SECONDS = 5.0
"""How often we look whether packets were lost, and whether the interface is still there."""


def filter_of(ports: tuple[int, ...]) -> str:
    """Give the kernel's filter for some TCP ports, within one VLAN tag too; for none, that of all TCP."""
    tcp = "tcp" if not ports else f"tcp and ({' or '.join(f'port {port}' for port in ports)})"
    return f"({tcp}) or (vlan and {tcp})"


def _open(interface: str, ports: tuple[int, ...], kind: int) -> Any:  # noqa: ANN401 (scapy's sockets have no useful type)
    from scapy.arch.linux import L2ListenSocket, L2Socket  # noqa: PLC0415 (slow to load, and only needed here)
    from scapy.error import Scapy_Exception  # noqa: PLC0415

    # scapy warns that it does not know the loopback interface's kind, which we do.
    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
    opened = L2Socket if kind == LOOPBACK else L2ListenSocket
    try:
        capturing = opened(iface=interface, filter=filter_of(ports), promisc=False)
        _lengthen(capturing.ins, interface, ports)
        _enlarge(capturing.ins, kind)
        _take_losses(capturing.ins)  # scapy opens it without a buffer: what came before now is not lost to us
        return capturing
    except PermissionError:
        raise ConnectFailed(
            f"{interface}: capturing takes root or the capability CAP_NET_RAW "
            "(setcap cap_net_raw+ep on a copy of the Python interpreter, or AmbientCapabilities= of systemd)"
        ) from None
    except (OSError, Scapy_Exception) as error:
        raise ConnectFailed(f"{interface}: cannot capture: {error}") from None


def _lengthen(handle: socket.socket, interface: str, ports: tuple[int, ...]) -> None:
    """Have the filter let whole packets through: scapy's cuts them at 65535 bytes, and coalesced ones are longer."""
    from scapy.arch.common import compile_filter  # noqa: PLC0415
    from scapy.libs.structures import sock_fprog  # noqa: PLC0415

    program = compile_filter(filter_of(ports), interface)
    for place in range(program.bf_len):
        instruction = program.bf_insns[place]
        if instruction.code == BPF_RETURN and instruction.k:
            instruction.k = LONGEST_PACKET
    handle.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, sock_fprog(program.bf_len, program.bf_insns)
    )  # replaces it


def _take_losses(handle: socket.socket) -> int:
    """Take the kernel's count of lost packets, which begins anew with that."""
    return int(struct.unpack("II", handle.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1])


def _enlarge(handle: socket.socket, kind: int) -> None:
    """Have the kernel keep much for us, and on loopback nothing twice; scapy's 64 KiB are one packet there."""
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    with suppress(PermissionError):
        handle.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    if kind == LOOPBACK:
        with suppress(OSError):  # Linux before 4.20
            handle.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)


class LiveSource(io.RawIOBase):
    """An interface, read like a file; `read` gives None where nothing came, and `b""` when it was stopped."""

    def __init__(
        self, interface: str, ports: tuple[int, ...], each: Callable[[], None] = lambda: None
    ) -> None:
        """Begin to capture.

        Args:
            interface: its name.
            ports: the TCP ports that matter; without any, all.
            each: is called before each read, where something else may have grown too.

        Raises:
            UsageFailure: there is no such interface, or its kind of frames is not known.
            ConnectFailed: the system does not let us capture.
        """
        super().__init__()
        kind = _kind_of(interface)
        self._interface = interface
        self._index = socket.if_nametoindex(interface)
        self._each = each
        self._losing: Callable[[int], object] = lambda _count: None
        self._looked_at = monotonic()
        self._socket = _open(interface, ports, kind)
        self._socket.ins.setblocking(False)  # noqa: FBT003 (the socket module takes it by position only)
        self._is_stopped = False
        self._waiting = bytearray(
            struct.pack("<IHHiIII", NANOSECOND_MAGIC, 2, 4, 0, 0, LONGEST_PACKET, LINK_TYPES[kind])
        )
        self.lost = 0
        """How many packets the kernel dropped because nobody took them in time; all of them when it is closed."""
        self.failure: ConnectFailed | None = None
        """Why it ended without having been stopped."""

    def watch_losses(self, losing: Callable[[int], object]) -> None:
        """Have `losing` told of packets that were lost since it was last told, from `read` and `close`."""
        self._losing = losing

    def readable(self) -> bool:
        """Say yes."""
        return True

    def read(self, size: int = -1, /) -> bytes | None:
        """Give what has come; None after a moment in which nothing came, `b""` when it is over."""
        self._each()
        if monotonic() - self._looked_at > LOOK_SECONDS:
            self._look()
        if not self._waiting and not self._is_stopped:
            select.select([self._socket.ins], [], [], POLL_SECONDS)
        if not self._is_stopped:
            self._gather(size)
        piece = bytes(self._waiting[:size])
        del self._waiting[: len(piece)]
        return piece if piece or self._is_stopped else None

    def _gather(self, size: int) -> None:
        """Take packets off the socket until there are none, or enough."""
        while len(self._waiting) < size:
            try:
                _, packet, at = self._socket.recv_raw(LONGEST_PACKET)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    raise
                return  # it is told once, and packets come again when the interface is up
            if packet:
                seconds, fraction = divmod(at, 1)
                header = (int(seconds), int(fraction * 1e9), len(packet), len(packet))
                self._waiting += struct.pack("<IIII", *header) + packet

    def _look(self) -> None:
        self._looked_at = monotonic()
        self._count()
        try:
            is_there = socket.if_nametoindex(self._interface) == self._index
        except OSError:
            is_there = False
        if not is_there and not self._is_stopped:
            self.failure = ConnectFailed(f"{self._interface}: the interface is gone")
            self.stop()

    def _count(self) -> None:
        lost = _take_losses(self._socket.ins)
        if lost:
            self.lost += lost
            self._losing(lost)

    def stop(self) -> None:
        """Give what is there, and then the end."""
        self._is_stopped = True

    def close(self) -> None:
        """Capture no more, and take the count of what was lost."""
        if not self.closed:
            self._count()
            self._socket.close()
        super().close()


def _kind_of(interface: str) -> int:
    """Give the kernel's kind of an interface, where we know its frames.

    Raises:
        UsageFailure: there is no such interface, or its frames are of an unknown kind.
    """
    names = sorted(name for _, name in socket.if_nameindex())
    if interface not in names:
        raise UsageFailure(f"{interface}: no such interface (there are: {', '.join(names)})")
    kind = int(Path(f"/sys/class/net/{interface}/type").read_text(encoding="ascii"))
    if kind not in LINK_TYPES:
        raise UsageFailure(f"{interface}: frames of this kind of interface (ARPHRD {kind}) are not read")
    return kind
