"""What is no handshake between two good stacks: plaintext, preambles, refusals of TCP, silence, resets, half-close."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import CloseKind, NetworkErrorKind, Outcome, Party
from probe.relayed import LegName
from tests.integration.raw import dial, listening, read_all, read_exactly, read_record, reset
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from tests.integration.members import Members

SSL3_HELLO = (
    bytes.fromhex("16030000 2d 01000029 0300".replace(" ", "")) + bytes(32) + bytes.fromhex("000002000a0100")
)
"""A ClientHello of SSL 3.0 that offers 3DES alone: our engine can make no such offer."""


def test_client_speaks_plaintext(members: Members) -> None:
    """A conversation without TLS passes as it is, with its half-close, and is told as plaintext."""

    def serve(connection: socket.socket) -> None:
        assert read_all(connection) == (b"question", "fin")
        connection.sendall(b"answer")

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as client:
        client.sendall(b"question")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == (b"answer", "fin")
        relayed = relay.seen()
    assert relayed.outcome is Outcome.PLAINTEXT
    assert relayed.client.connection.preamble.client_bytes == len(b"question")
    assert relayed.root is not None
    assert relayed.root.id == "plaintext-where-tls-required"


def test_server_speaks_first(members: Members) -> None:
    """A client that waits for the server to speak gets what the server says."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"220 ready\r\n")
        assert read_exactly(connection, 4) == b"QUIT"

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as client:
        assert read_exactly(client, 11) == b"220 ready\r\n"
        client.sendall(b"QUIT")
        assert read_all(client) == (b"", "fin")


@pytest.mark.parametrize("pieces", [1, 7, 4096])
def test_preamble(members: Members, pieces: int) -> None:
    """Plaintext of both ends before TLS passes untouched, and TLS after it is terminated, however it is cut."""

    def serve(connection: socket.socket) -> None:
        assert read_exactly(connection, 14) == b"TLS for LAB?\r\n"
        connection.sendall(b"yes\n")
        members.echo(connection)

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as client:
        client.sendall(b"TLS for LAB?\r\n")
        assert read_exactly(client, 4) == b"yes\n"
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = members.context(members.client, is_server=False).wrap_bio(incoming, outgoing)
        shake(tls, client, incoming, outgoing, pieces)
        tls.write(b"inside")
        client.sendall(outgoing.read())
        assert read_inside(tls, client, incoming) == b"inside"
        client.shutdown(socket.SHUT_WR)
        relayed = relay.seen()
    for leg in (relayed.client, relayed.upstream):
        assert (leg.connection.preamble.client_bytes, leg.connection.preamble.server_bytes) == (14, 4)
        assert leg.connection.outcome is Outcome.ESTABLISHED


def shake(
    tls: ssl.SSLObject, client: socket.socket, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, pieces: int
) -> None:
    """Shake hands through BIOs, sending at most `pieces` bytes at a time."""
    while True:
        try:
            tls.do_handshake()
            is_done = True
        except ssl.SSLWantReadError:
            is_done = False
        data = outgoing.read()
        for at in range(0, len(data), pieces):
            client.sendall(data[at : at + pieces])
        if is_done:
            return
        incoming.write(client.recv(65536))


def read_inside(tls: ssl.SSLObject, client: socket.socket, incoming: ssl.MemoryBIO) -> bytes:
    """Read application data through BIOs."""
    while True:
        try:
            return tls.read(100)
        except ssl.SSLWantReadError:
            incoming.write(client.recv(65536))


def test_server_answers_plaintext(members: Members) -> None:
    """A server that answers a ClientHello with something else is heard by the client as it spoke."""

    def serve(connection: socket.socket) -> None:
        read_record(connection)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as client:
        with pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER"):
            members.context(members.client, is_server=False).wrap_socket(client)
        relayed = relay.seen()
    assert relayed.root is not None
    assert relayed.root.id == "not-tls-server"
    assert relayed.is_untouched


def test_upstream_refused(members: Members) -> None:
    """Where nobody listens upstream, the client is reset and the record says refused."""
    with members.relay(free_port()) as relay:
        with pytest.raises(ConnectionResetError), dial(relay.port) as client:
            client.recv(1)
        relayed = relay.seen()
    assert relayed.outcome is Outcome.REFUSED
    assert relayed.leading is LegName.UPSTREAM
    error = relayed.upstream.connection.network_error
    assert error is not None
    assert error.kind is NetworkErrorKind.REFUSED
    assert relayed.root is not None
    assert relayed.root.id == "connection-refused"


def test_upstream_silent(members: Members) -> None:
    """An upstream that never answers a ClientHello is given up at the deadline, and blamed."""

    def serve(connection: socket.socket) -> None:
        read_all(connection)

    with (
        listening(serve) as server,
        members.relay(server.port, handshake_seconds=0.3) as relay,
        dial(relay.port) as client,
    ):
        with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
            members.context(members.client, is_server=False).wrap_socket(client)
        relayed = relay.seen()
    assert relayed.outcome is Outcome.TIMEOUT
    assert relayed.leading is LegName.UPSTREAM
    assert relayed.root is not None
    assert relayed.root.id == "handshake-timeout"


def test_client_silent(members: Members) -> None:
    """A connection on which nobody ever speaks is given up."""
    with (
        listening(lambda connection: assert_nothing(read_all(connection))) as server,
        members.relay(server.port, silence_seconds=0.3) as relay,
        dial(relay.port) as client,
    ):
        assert read_all(client) == (b"", "fin")
        assert relay.seen().leading is LegName.CLIENT


def assert_nothing(read: tuple[bytes, str]) -> None:
    """Insist that nothing was read before the end."""
    assert read[0] == b""


@pytest.mark.parametrize("kind", [CloseKind.FIN, CloseKind.RST])
def test_upstream_ends_midway(members: Members, kind: CloseKind) -> None:
    """An upstream that closes or resets on the ClientHello is felt by the client as that."""

    def serve(connection: socket.socket) -> None:
        read_record(connection)
        if kind is CloseKind.RST:
            reset(connection)

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as client:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = members.context(members.client, is_server=False).wrap_bio(incoming, outgoing)
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        client.sendall(outgoing.read())
        assert read_all(client) == (b"", kind.value)
        client.close()
        relayed = relay.seen()
    assert relayed.leading is LegName.UPSTREAM
    assert relayed.lead.connection.close_kind is kind
    assert relayed.lead.connection.closed_by is Party.SERVER


@pytest.mark.parametrize("kind", [CloseKind.FIN, CloseKind.RST])
def test_client_ends_midway(members: Members, kind: CloseKind) -> None:
    """A client that closes or resets on the server's flight is felt by the upstream as that."""
    ended: list[str] = []

    def serve(connection: socket.socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = members.context(members.server, is_server=True).wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(read_record(connection))
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        connection.sendall(outgoing.read())
        data, how = read_all(connection)
        assert data == b""
        ended.append(how)

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as client:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = members.context(members.client, is_server=False).wrap_bio(incoming, outgoing)
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        client.sendall(outgoing.read())
        read_record(client)
        if kind is CloseKind.RST:
            reset(client)
        else:
            client.close()
        relayed = relay.seen()
    assert relayed.leading is LegName.CLIENT
    assert ended[0] in (kind.value, "rst")
    assert (relayed.upstream.connection.certificates_of(Party.SERVER) or [None])[0] is not None


def test_hello_that_cannot_be_made(members: Members) -> None:
    """A ClientHello of which our engine can offer nothing goes on byte for byte, and so does the answer."""
    alert = bytes.fromhex("15030000020228")

    def serve(connection: socket.socket) -> None:
        assert read_exactly(connection, len(SSL3_HELLO)) == SSL3_HELLO
        connection.sendall(alert)

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as client:
        client.sendall(SSL3_HELLO)
        assert read_all(client) == (alert, "fin")
        client.close()
        relayed = relay.seen()
    assert relayed.is_untouched
    assert relayed.outcome is Outcome.FAILED


def test_bulk_and_backpressure(members: Members) -> None:
    """Much data arrives whole; while its receiver does not read, its sender has to wait."""
    data = bytes(range(256)) * 4096 * 32
    may_read = threading.Event()
    received = hashlib.sha256()

    def serve(connection: socket.socket) -> None:
        with members.context(members.server, is_server=True).wrap_socket(connection, server_side=True) as tls:
            assert may_read.wait(20)
            left = len(data)
            while left:
                part = tls.recv(65536)
                left -= len(part)
                received.update(part)
            tls.sendall(b"done")

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as raw:
        with members.context(members.client, is_server=False).wrap_socket(raw) as client:
            client.settimeout(1.0)
            sent = 0
            with suppress(TimeoutError):
                while sent < len(data):
                    sent += client.send(data[sent : sent + 16384])
            assert sent < len(data) - 4 * 1024 * 1024
            client.settimeout(20)
            may_read.set()
            client.sendall(data[sent:])
            assert client.recv(100) == b"done"
        relayed = relay.seen()
    assert received.digest() == hashlib.sha256(data).digest()
    assert relayed.client.connection.client_application_bytes >= len(data)


def test_half_close_inside_tls(members: Members) -> None:
    """A client's close_notify ends its direction only: what the server still has to say arrives."""

    def serve(connection: socket.socket) -> None:
        with members.context(members.server, is_server=True).wrap_socket(connection, server_side=True) as tls:
            assert tls.recv(100) == b"last"
            assert tls.recv(100) == b""
            tls.sendall(b"answer")

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as client:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = members.context(members.client, is_server=False).wrap_bio(incoming, outgoing)
        shake(tls, client, incoming, outgoing, 65536)
        tls.write(b"last")
        with pytest.raises(ssl.SSLWantReadError):
            tls.unwrap()
        client.sendall(outgoing.read())
        data, _ = read_all(client)
        assert data
        client.close()
        relayed = relay.seen()
    assert relayed.client.connection.server_application_bytes == len(b"answer")
    assert relayed.upstream.connection.server_application_bytes == len(b"answer")


def test_much_plaintext_before_the_upstream_is_there(members: Members) -> None:
    """What a client sends while the upstream is still dialled arrives whole."""
    data = bytes(range(256)) * 8192

    def serve(connection: socket.socket) -> None:
        assert read_exactly(connection, len(data)) == data
        connection.sendall(b"all")

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as client:
        client.sendall(data)
        assert read_exactly(client, 3) == b"all"


@pytest.mark.parametrize("at", [45, 120], ids=["cipher suites", "extensions"])
def test_hello_that_nobody_reads(members: Members, at: int) -> None:
    """A ClientHello with a broken length goes on as it is, and the server answers for itself."""
    outgoing = ssl.MemoryBIO()
    tls = members.context(members.client, is_server=False).wrap_bio(ssl.MemoryBIO(), outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = bytearray(outgoing.read())
    place = 5 + 4 + 2 + 32 + 1 + hello[43]
    if at > 45:
        place += 2 + (hello[place] << 8 | hello[place + 1]) + 2
    hello[place] ^= 0x40
    alert = bytes.fromhex("15030100020232")

    def serve(connection: socket.socket) -> None:
        assert read_exactly(connection, len(hello)) == hello
        connection.sendall(alert)

    with listening(serve) as server, members.relay(server.port) as relay, dial(relay.port) as client:
        client.sendall(hello)
        assert read_all(client) == (alert, "fin")
        client.close()
        assert relay.seen().leading is LegName.UPSTREAM
