"""What every program writes when TCP itself, or its own set-up, fails, and the words of servers and proxies around TLS."""

from __future__ import annotations

from analyzers.connection import Party

from .topics import Topic
from .wording import Wording

__all__ = ["STACK", "WORDINGS"]

STACK = "operating system"

WORDINGS: tuple[Wording, ...] = (
    Wording("connection refused", Topic.REFUSED),
    Wording("actively refused", Topic.REFUSED),
    Wording("connection reset by peer", Topic.RESET),
    Wording("broken pipe", Topic.RESET),
    Wording("connection timed out", Topic.CONNECT_TIMEOUT),
    Wording("no route to host", Topic.UNREACHABLE),
    Wording("network is unreachable", Topic.UNREACHABLE),
    Wording("peer closed connection in ssl handshake", Topic.CLOSED, stack="nginx"),
    Wording("connection closed during ssl handshake", Topic.CLOSED, stack="HAProxy"),
    Wording("timeout during ssl handshake", Topic.SILENT, stack="HAProxy"),
    Wording(
        "client sent no required ssl certificate",
        Topic.CERTIFICATE_MISSING,
        writer=Party.SERVER,
        stack="nginx",
    ),
    Wording(
        "no required ssl certificate was sent", Topic.CERTIFICATE_MISSING, writer=Party.SERVER, stack="nginx"
    ),
    Wording(
        "client sent plain http request to https port", Topic.NOT_TLS, writer=Party.SERVER, stack="nginx"
    ),
    Wording("ssl client certificate not trusted", Topic.VERIFY_FAILED, writer=Party.SERVER, stack="HAProxy"),
    Wording("ssl client ca chain cannot be verified", Topic.UNKNOWN_CA, writer=Party.SERVER, stack="HAProxy"),
    Wording("ssl handshake failure", Topic.OTHER, stack="HAProxy", is_consequence=True),
    Wording("write:errno=104", Topic.RESET),
    Wording("read:errno=104", Topic.RESET),
    Wording("write:errno=32", Topic.RESET),
    Wording("read:errno=0", Topic.CLOSED),
    Wording("connect:errno=111", Topic.REFUSED),
    Wording("connect:errno=110", Topic.CONNECT_TIMEOUT),
    Wording(
        "no alternative certificate subject name matches", Topic.HOST_NAME, writer=Party.CLIENT, stack="curl"
    ),
    Wording("rejected by cert at depth", Topic.VERIFY_FAILED, stack="stunnel"),
    Wording(
        "requires a valid client certificate",
        Topic.CERTIFICATE_MISSING,
        writer=Party.CLIENT,
        stack="PostgreSQL",
    ),
    Wording("handshake timed out", Topic.SILENT),
    Wording("handshake timeout", Topic.SILENT),
    Wording("handshake operation timed out", Topic.SILENT),
    Wording("ssl peer certificate validation failed", Topic.VERIFY_FAILED),
)
"""Last resort: anything that a TLS stack's table says goes before these."""
