"""Conversations put into packets: what two engines said to each other, as a capture has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from analyzers.connection import Party

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.tls.dialogues import Turn

__all__ = ["Talk", "packets_of"]

ENDS = {Party.CLIENT: ("10.0.0.1", 50000), Party.SERVER: ("10.0.0.2", 2188)}


class Talk:
    """The packets of one TCP connection, as they are written."""

    def __init__(
        self, client: tuple[str, int] = ENDS[Party.CLIENT], server: tuple[str, int] = ENDS[Party.SERVER]
    ) -> None:
        self.ends = {Party.CLIENT: client, Party.SERVER: server}
        self.next = {Party.CLIENT: 100, Party.SERVER: 900}
        self.packets: list[bytes] = []

    def put(self, sender: Party, payload: bytes = b"", flags: str = "A") -> Talk:
        """Add one segment."""
        source, destination = self.ends[sender], self.ends[sender.other]
        ip = IP(src=source[0], dst=destination[0])
        tcp = TCP(sport=source[1], dport=destination[1], flags=flags, seq=self.next[sender])
        tcp.ack = self.next[sender.other] if "A" in flags else 0
        ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        self.packets.append(bytes(ether / ip / tcp / payload))
        self.next[sender] += len(payload) + ("S" in flags) + ("F" in flags)
        return self

    def open(self) -> Talk:
        """Open the connection."""
        return self.put(Party.CLIENT, flags="S").put(Party.SERVER, flags="SA").put(Party.CLIENT)

    def say(self, turns: Iterable[Turn], segment: int = 1448) -> Talk:
        """Add what is said, cut into segments."""
        for sender, data in turns:
            for at in range(0, len(data), segment):
                self.put(sender, data[at : at + segment], "PA")
        return self

    def close(self, first: Party = Party.CLIENT) -> Talk:
        """Close the connection, one end first."""
        return self.put(first, flags="FA").put(first.other, flags="FA").put(first)


def packets_of(turns: Iterable[Turn], segment: int = 1448) -> list[bytes]:
    """A whole connection."""
    return Talk().open().say(turns, segment).close().packets
