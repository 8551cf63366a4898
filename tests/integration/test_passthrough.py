"""The forwarding relay: the bytes are the peers' own, and the handshake is read all the same."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from analyzers.connection import Endpoint, Outcome, Party
from analyzers.observer import Observer
from tests.integration.raw import dial, listening, read_all, read_exactly, reset
from tests.integration.relaying import ANYWHERE, Relaying, forwarding, mirror_of
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from probe.account import Witnessed
    from tests.integration.members import Members

BULK = bytes(range(256)) * 40_000
"""More than all buffers between the ends hold."""


@contextmanager
def passing(
    members: Members, upstream: int | Endpoint, tmp_path: Path, listen: Endpoint = ANYWHERE, **limits: float
) -> Iterator[Relaying]:
    """Run a probe with one forwarding relay for as long as the context lasts."""
    listed = {end.name: end.identity.dn for end in (members.cast.client, members.cast.server) if end.identity}
    mirror = mirror_of(members.client.ca, listed)
    with forwarding(upstream, mirror, tmp_path, listen, **limits) as running:
        yield running


def seen(relay: Relaying) -> Witnessed:
    """Wait for the next connection that is over."""
    account: Witnessed = relay.seen()  # type: ignore[assignment]  # a forwarding relay tells of these
    return account


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_healthy(members: Members, tmp_path: Path, version: ssl.TLSVersion) -> None:
    """Members shake hands with each other, and what can be seen of it without a key is told."""
    with listening(members.echo) as server, passing(members, server.port, tmp_path) as relay:
        context = members.context(members.client, is_server=False)
        context.maximum_version = context.minimum_version = version
        with context.wrap_socket(dial(relay.port)) as tls:
            tls.sendall(b"hello")
            assert tls.recv(100) == b"hello"
            shown = tls.getpeercert(binary_form=True)
        account = seen(relay)
    assert members.cast.server.identity
    assert shown == members.cast.server.identity.leaf.public_bytes(Encoding.DER)
    assert (account.outcome, account.road, account.has_failed) == (Outcome.ESTABLISHED, "passthrough", False)
    assert account.handshake_seconds
    if version is ssl.TLSVersion.TLSv1_2:
        assert [member for member, _, _ in account.certificates()] == ["IRISA", "IRISB"]
    else:
        assert account.connection.certificates_of(Party.SERVER) is None


def test_bytes_are_untouched(members: Members, tmp_path: Path) -> None:
    """What comes out at either end is what went in at the other, with half-closes and under back pressure."""
    digests: list[str] = []

    def serve(connection: socket.socket) -> None:
        data, kind = read_all(connection)
        digests.extend((hashlib.sha256(data).hexdigest(), kind))
        connection.sendall(BULK[::-1])

    with (
        listening(serve) as server,
        passing(members, server.port, tmp_path) as relay,
        dial(relay.port) as client,
    ):
        client.sendall(BULK)
        client.shutdown(socket.SHUT_WR)
        answer, kind = read_all(client)
        account = seen(relay)
    assert digests == [hashlib.sha256(BULK).hexdigest(), "fin"]
    assert (answer, kind) == (BULK[::-1], "fin")
    assert (account.connection.client_application_bytes, account.connection.server_application_bytes) == (
        len(BULK),
        len(BULK),
    )


def test_reset_is_passed_on(members: Members, tmp_path: Path) -> None:
    """An end that resets is felt as a reset by the other."""
    kinds: list[str] = []
    done = threading.Event()

    def serve(connection: socket.socket) -> None:
        read_exactly(connection, 1)
        connection.sendall(b"x")
        kinds.append(read_all(connection)[1])
        done.set()

    with listening(serve) as server, passing(members, server.port, tmp_path) as relay:
        client = dial(relay.port)
        client.sendall(b"x")
        read_exactly(client, 1)
        reset(client)
        account = seen(relay)
        assert done.wait(20)
    assert kinds == ["rst"]
    assert account.connection.closed_by is Party.CLIENT


def test_refused_upstream(members: Members, tmp_path: Path) -> None:
    """An upstream that refuses is told as such, and the client is reset."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with passing(members, port, tmp_path) as relay, dial(relay.port) as client:
        assert read_all(client) == (b"", "rst")
        account = seen(relay)
    assert account.outcome is Outcome.REFUSED
    assert account.verdict.root_cause == "connection-refused"


def test_silent_connection_ends(members: Members, tmp_path: Path) -> None:
    """A connection on which nobody says anything does not hold its slot for ever."""
    with (
        listening(lambda connection: read_all(connection) and None) as server,
        passing(members, server.port, tmp_path, silence_seconds=0.1) as relay,
        dial(relay.port) as client,
    ):
        assert read_all(client)[1] == "rst"
        assert seen(relay).outcome is Outcome.NO_DATA


def test_refusal_is_explained(members: Members, tmp_path: Path) -> None:
    """A certificate that the client refuses is named, with the alert that crossed untouched."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def serve(connection: socket.socket) -> None:
        with suppress(ssl.SSLError):
            members.echo(connection)

    with listening(serve) as server, passing(members, server.port, tmp_path) as relay:
        with pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(dial(relay.port))
        account = seen(relay)
    assert account.has_failed
    assert account.verdict.refused_by is Party.CLIENT
    assert [alert.code for alert in account.connection.tls.alerts] == [48]  # type: ignore[union-attr]


def test_bytes_flow_when_reading_fails(
    members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where our own reading breaks, the connection goes on, and the failure is told once."""

    def broken(*_: object) -> None:
        raise RuntimeError("no such record")

    monkeypatch.setattr(Observer, "feed", broken)
    with listening(members.echo) as server, passing(members, server.port, tmp_path) as relay:
        context = members.context(members.client, is_server=False)
        with context.wrap_socket(dial(relay.port)) as tls:
            tls.sendall(b"hello")
            assert tls.recv(100) == b"hello"
    log = (tmp_path / "events.jsonl").read_text()
    assert log.count("reading failed") == 1
    assert "no such record" in log


@pytest.mark.parametrize(("ceiling", "held"), [("connections", 1), ("pending_per_source", 1)])
def test_ceilings(members: Members, tmp_path: Path, ceiling: str, held: int) -> None:
    """A connection above a ceiling is reset at once."""
    serve: Callable[[socket.socket], None] = lambda connection: read_all(connection) and None  # noqa: E731
    with (
        listening(serve) as server,
        passing(members, server.port, tmp_path, **{ceiling: held}) as relay,
        dial(relay.port),
        pytest.raises(ConnectionResetError),
        dial(relay.port) as second,
    ):
        second.recv(1)


def test_drains(members: Members, tmp_path: Path) -> None:
    """A stop lets open connections end."""
    with listening(members.echo) as server, passing(members, server.port, tmp_path) as relay:
        context = members.context(members.client, is_server=False)
        with context.wrap_socket(dial(relay.port)) as tls:
            tls.sendall(b"before")
            assert tls.recv(100) == b"before"
            relay.stop()
            tls.sendall(b"after")
            assert tls.recv(100) == b"after"
        assert seen(relay).outcome is Outcome.ESTABLISHED


def test_plaintext_is_no_pending_handshake(members: Members, tmp_path: Path) -> None:
    """Where the server answers in clear there is no handshake that could be unfinished, however long it lasts."""
    with ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        relay = stack.enter_context(passing(members, port, tmp_path, pending_per_source=1))
        for _ in range(3):
            client = stack.enter_context(dial(relay.port))
            client.sendall(b"who are you")
            accepted = stack.enter_context(server.accept()[0])
            assert read_exactly(accepted, 11) == b"who are you"
            accepted.sendall(b"an arbiter")
            assert read_exactly(client, 10) == b"an arbiter"


def test_ipv4_source_of_an_ipv6_listener(members: Members, tmp_path: Path) -> None:
    """A member that comes by IPv4 to a listener on `::` is known by its IPv4 address."""
    with (
        listening(members.echo) as server,
        passing(members, server.port, tmp_path, listen=Endpoint("::", 0)) as relay,
    ):
        with members.context(members.client, is_server=False).wrap_socket(dial(relay.port)) as tls:
            tls.sendall(b"x")
            assert tls.recv(1) == b"x"
        assert seen(relay).source.address == "127.0.0.1"


def twins(monkeypatch: pytest.MonkeyPatch, *ports: int) -> Endpoint:
    """Give a name of several addresses, for which ports of one address stand."""
    resolve: Callable[..., list[Any]] = socket.getaddrinfo

    def answer(host: str, *rest: object, **more: object) -> list[Any]:
        if host != "twins.example":
            return resolve(host, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return Endpoint("twins.example", ports[0])


def test_name_whose_addresses_all_refuse(
    members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every address of the upstream's name refuses, that is a refusal and no lack of an answer."""
    upstream = twins(monkeypatch, free_port(), free_port())
    with passing(members, upstream, tmp_path) as relay, dial(relay.port) as client:
        assert read_all(client) == (b"", "rst")
        assert seen(relay).outcome is Outcome.REFUSED


def test_name_with_an_address_that_answers(
    members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a name with several addresses, the one that answers is taken."""
    with listening(members.echo) as server:
        upstream = twins(monkeypatch, free_port(), server.port)
        with passing(members, upstream, tmp_path) as relay:
            context = members.context(members.client, is_server=False)
            with context.wrap_socket(dial(relay.port)) as tls:
                tls.sendall(b"hello")
                assert tls.recv(100) == b"hello"
            assert seen(relay).destination == upstream
