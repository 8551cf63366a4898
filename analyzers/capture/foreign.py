"""Files that are no captures, or none in a format that is read here, by how they begin, and what to do with them.

Source: the magic numbers in Wireshark's wiretap library and in file(1).
"""

from __future__ import annotations

from typing import Final

__all__ = ["advice"]

_EDITCAP = "convert it: `editcap -F pcapng FILE FILE.pcapng`"
_UNPACK = "unpack it first"

_BEGINNINGS: Final = (
    (b"snoop\0\0\0", "a snoop capture", _EDITCAP),
    (b"GMBU", "a capture of Microsoft Network Monitor", _EDITCAP),
    (b"RTSS", "a capture of Microsoft Network Monitor", _EDITCAP),
    (b"iptrace ", "an iptrace capture of AIX", _EDITCAP),
    (b"TRSNIFF data", "a capture of Sniffer", _EDITCAP),
    (b"XCP\0", "a capture of NetXRay or Sniffer", _EDITCAP),
    (b"PK\x03\x04", "a zip archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a rar archive", _UNPACK),
    (b"MSCF", "a cabinet of Windows", _UNPACK),
    (b"\xfd7zXZ\0", "compressed with xz", _UNPACK),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"\x04\x22\x4d\x18", "compressed with lz4", _UNPACK),
    (b"-----BEGIN ", "PEM", "certificates and keys are for `mirrorprobe lint`"),
    (b"CLIENT_RANDOM ", "a key log", "give it with `--keylog`, beside the capture"),
    (b"CLIENT_HANDSHAKE_TRAFFIC", "a key log", "give it with `--keylog`, beside the capture"),
    (b"SERVER_HANDSHAKE_TRAFFIC", "a key log", "give it with `--keylog`, beside the capture"),
)

_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r")


def advice(head: bytes) -> str:
    """Say what a file is that begins with `head`, and what to do with it; else how it begins."""
    for beginning, what, remedy in _BEGINNINGS:
        if head.startswith(beginning):
            return f"it is {what}: {remedy}"
    if head and _CONTROL.isdisjoint(head) and head.isascii():
        return "it is text: logs are for `mirrorprobe explain`"
    return f"it begins with {head[:8].hex(' ')}"
