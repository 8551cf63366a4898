"""Flags of TCP segments (RFC 9293 section 3.1)."""

from __future__ import annotations

from typing import Final

__all__ = ["ACK", "CONTROL", "FIN", "PSH", "RST", "SYN"]

FIN: Final = 1
SYN: Final = 2
RST: Final = 4
PSH: Final = 8
ACK: Final = 16
CONTROL: Final = FIN | SYN | RST
"""What opens or ends a direction."""
