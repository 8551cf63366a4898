"""What every program writes when TCP itself fails: the words of the operating system."""

from __future__ import annotations

from analyzers.connection import Party

from .topics import Topic
from .wording import Wording

__all__ = ["STACK", "WORDINGS"]

STACK = "operating system"

WORDINGS: tuple[Wording, ...] = (
    Wording("connection refused", Topic.REFUSED),
    Wording("actively refused", Topic.REFUSED),
    Wording("err_connection_refused", Topic.REFUSED, writer=Party.CLIENT),
    Wording("connection reset by peer", Topic.RESET),
    Wording("connection reset", Topic.RESET, also="socketexception"),
    Wording("connection was reset", Topic.RESET),
    Wording("err_connection_reset", Topic.RESET, writer=Party.CLIENT),
    Wording("broken pipe", Topic.RESET, is_everyday=True),
    Wording("connection timed out", Topic.CONNECT_TIMEOUT),
    Wording("connect timed out", Topic.CONNECT_TIMEOUT),
    Wording("err_connection_timed_out", Topic.CONNECT_TIMEOUT, writer=Party.CLIENT),
    Wording("no route to host", Topic.UNREACHABLE),
    Wording("network is unreachable", Topic.UNREACHABLE),
    Wording("write:errno=104", Topic.RESET),
    Wording("read:errno=104", Topic.RESET),
    Wording("write:errno=32", Topic.RESET),
    Wording("write:errno=0", Topic.CLOSED, writer=Party.CLIENT),
    Wording("connect:errno=111", Topic.REFUSED, writer=Party.CLIENT),
    Wording("connect:errno=110", Topic.CONNECT_TIMEOUT, writer=Party.CLIENT),
)
"""Last resort: anything that a TLS stack's table says goes before these.

`write:errno=0` is s_client's word for a peer that hung up on its ClientHello; `read:errno=0` follows a complete handshake, as
after any orderly end of input, and says nothing.
"""
