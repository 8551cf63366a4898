"""Handshake messages: a body is a message or malformed, of any type and in any version.

The first byte is the type (254 stands for a hello of SSL 2.0), the second picks the version and the cipher
suite, the rest is the body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.errors import MalformedInput
from analyzers.tls.fingerprints import ja3, ja3s, ja4
from analyzers.tls.handshake import parse_message
from analyzers.tls.hellos import parse_client_hello, parse_server_hello, parse_sslv2_client_hello
from analyzers.tls.messages import ClientHello, ServerHello

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzers.tls.messages import Message

VERSIONS = (0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x7F17)
SUITES = (0xC02F, 0x0033, 0x002F, 0x1301)
HELLOS: dict[int, Callable[[bytes, int], Message]] = {
    1: parse_client_hello,
    2: parse_server_hello,
    254: parse_sslv2_client_hello,
}


def one_input(data: bytes) -> None:
    """Parse the body, and print what came of it."""
    if len(data) < 2:
        return
    message = parse(data[0], data[1], data[2:])
    if isinstance(message, MalformedInput):
        assert 4 <= message.offset <= 4 + len(data[2:])
        return
    assert repr(message)
    if isinstance(message, ClientHello):
        assert ja3(message).count(",") == 4 or len(ja3(message)) == 32
        assert ja4(message).count("_") == 2
    if isinstance(message, ServerHello):
        assert ja3s(message)


def parse(kind: int, choice: int, body: bytes) -> Message | MalformedInput:
    """Give the message, or what is wrong with it."""
    try:
        if kind in HELLOS:
            return HELLOS[kind](body, 4)
        return parse_message(kind, body, 4, VERSIONS[choice % 6], SUITES[choice // 64])
    except MalformedInput as error:
        return error
