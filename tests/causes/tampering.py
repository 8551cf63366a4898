"""What happens to the bytes on the way, by the name with which a case asks for it.

A tampering sees each flight as it is sent, and gives what arrives. It changes handshake messages that pass in clear, so
that real engines come to refuse what they would otherwise accept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

if TYPE_CHECKING:
    from collections.abc import Callable

    Tamper = Callable[[Party, bytes], bytes]

HANDSHAKE, APPLICATION_DATA = 22, 23
CLIENT_HELLO, SERVER_HELLO, SERVER_KEY_EXCHANGE, CERTIFICATE_VERIFY = 1, 2, 12, 15


def records(data: bytes) -> list[tuple[int, int, int]]:
    """Give content type, start and end of the body of each record."""
    found = []
    at = 0
    while at + 5 <= len(data):
        length = int.from_bytes(data[at + 3 : at + 5], "big")
        found.append((data[at], at + 5, at + 5 + length))
        at += 5 + length
    return found


def message(data: bytes, kind: int) -> tuple[int, int] | None:
    """Give start and end of the first handshake message of that type, where a record begins with it."""
    for content, start, end in records(data):
        at = start
        while content == HANDSHAKE and at + 4 <= end:
            length = int.from_bytes(data[at + 1 : at + 4], "big")
            if data[at] == kind:
                return at, at + 4 + length
            at += 4 + length
    return None


def flipped(data: bytes, at: int) -> bytes:
    """Flip the lowest bit of one byte."""
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def last_byte_of(sender: Party, kind: int) -> Tamper:
    """Damage the end of a message: of its signature, where it ends in one."""

    def tamper(party: Party, data: bytes) -> bytes:
        place = message(data, kind) if party is sender else None
        return data if place is None else flipped(data, place[1] - 1)

    return tamper


def encrypted_finished_of_client(party: Party, data: bytes) -> bytes:
    """Damage the last record that follows the client's key exchange, in TLS 1.2 its encrypted Finished."""
    found = records(data)
    is_second_flight = party is Party.CLIENT and any(content == 20 for content, _, _ in found)
    return flipped(data, found[-1][2] - 1) if is_second_flight else data


def extension(data: bytes, code: int) -> tuple[int, int] | None:
    """Give start and end of a ClientHello extension's data."""
    place = message(data, CLIENT_HELLO)
    if place is None:
        return None
    at = place[0] + 4 + 2 + 32
    at += 1 + data[at]
    at += 2 + int.from_bytes(data[at : at + 2], "big")
    at += 1 + data[at]
    at += 2
    while at + 4 <= place[1]:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if int.from_bytes(data[at : at + 2], "big") == code:
            return at + 4, at + 4 + length
        at += 4 + length
    return None


def without_extension(code: int) -> Tamper:
    """Rename an extension of the ClientHello to one that nobody knows, as if it were not there."""

    def tamper(party: Party, data: bytes) -> bytes:
        place = extension(data, code) if party is Party.CLIENT else None
        if place is None:
            return data
        return data[: place[0] - 4] + b"\xfa\xce" + data[place[0] - 2 :]

    return tamper


def only_scheme(scheme: int) -> Tamper:
    """Let the client offer one signature scheme, as often as it offered any."""

    def tamper(party: Party, data: bytes) -> bytes:
        place = extension(data, 13) if party is Party.CLIENT else None
        if place is None:
            return data
        start, end = place
        return data[: start + 2] + scheme.to_bytes(2, "big") * ((end - start - 2) // 2) + data[end:]

    return tamper


def longer_key(party: Party, data: bytes) -> bytes:
    """Let the server's ephemeral key claim more bytes than its message has."""
    place = message(data, SERVER_KEY_EXCHANGE) if party is Party.SERVER else None
    if place is None:
        return data
    at = place[0] + 4 + 3
    return data[:at] + b"\xff" + data[at + 1 :]


def answers_unrecognized_name(party: Party, data: bytes) -> bytes:
    """Put a proxy in the path that routes by server name and has nothing for this one (RFC 6066 section 3)."""
    return bytes.fromhex("15030300020270") if party is Party.SERVER and message(data, SERVER_HELLO) else data


def warns_of_unrecognized_name(party: Party, data: bytes) -> bytes:
    """Let the server warn before it goes on, as many do that have a certificate for want of a better one."""
    is_hello = party is Party.SERVER and message(data, SERVER_HELLO) is not None
    return bytes.fromhex("15030300020170") + data if is_hello else data


TAMPERINGS: dict[str, Tamper] = {
    "server-signature-damaged": last_byte_of(Party.SERVER, SERVER_KEY_EXCHANGE),
    "client-signature-damaged": last_byte_of(Party.CLIENT, CERTIFICATE_VERIFY),
    "client-finished-damaged": encrypted_finished_of_client,
    "supported-versions-removed": without_extension(43),
    "renegotiation-info-removed": without_extension(65281),
    "only-ecdsa-p521": only_scheme(0x0603),
    "server-key-too-long": longer_key,
    "server-warns-of-unrecognized-name": warns_of_unrecognized_name,
    "server-answers-unrecognized-name": answers_unrecognized_name,
}
