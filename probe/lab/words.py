"""The lab's own words: what its ends say before TLS and inside it.

What agent and superserver of IRIS say is not public. These lines are invented, say so, and stand only where a
real mirror would say something.
"""

from __future__ import annotations

__all__ = ["LINE_MOST", "MARK", "STAND_IN", "answer", "greeting", "request", "welcome"]

STAND_IN = "Stand-ins on loopback, not InterSystems IRIS; what they say besides TLS is invented."
"""What every output of the lab says."""

MARK = b"MIRRORPROBE-LAB "
"""Every line begins with it, so that no capture of the lab is taken for one of IRIS."""

LINE_MOST = 256
"""Longer than any line below; a peer that sends more without a line feed does not speak the lab's words."""


def greeting(member: str, channel: str) -> bytes:
    """Give what a client says in plaintext before TLS, where the lab is told to use a preamble."""
    return MARK + f"HELLO from {member} to {channel}\n".encode()


def welcome() -> bytes:
    """Give the server's answer to the greeting, after which TLS starts."""
    return MARK + b"START TLS\n"


def request(channel: str) -> bytes:
    """Give what a client asks."""
    return MARK + f"STATUS of {channel}\n".encode()


def answer(member: str, channel: str) -> bytes:
    """Give what a server answers."""
    return MARK + f"OK {channel} of {member}\n".encode()
