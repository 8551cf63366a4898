"""Events to a real NATS server with JetStream: nothing twice, nothing lost while the server is away."""

from __future__ import annotations

import json
import re
import socket
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.js.api import DiscardPolicy

from probe.config.settings import NatsSettings
from probe.events import event_of
from probe.events.nats import NatsSink
from probe.events.nats_credentials import signing
from probe.lab.authority import Authority
from probe.outcome import UsageFailure
from tests.history.telling import event
from tests.probe.events.nats_operator import operated
from tests.probe.events.nats_server import SUBJECT, NatsServer, serving
from tests.probe.events.test_otlp import Told
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probe.events import Event

PASSWORD = "not-to-be-told"
EVENT = event("0a-one-1")


def numbered(count: int) -> list[Event]:
    """Give the events of so many connections."""
    assert EVENT.account is not None
    return [
        replace(EVENT, account=replace(EVENT.account, id=f"0a-one-{number}"))  # type: ignore[type-var]  # a Witnessed
        for number in range(count)
    ]


@pytest.fixture
def make_server(require_program: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[..., NatsServer]]:
    """Makes servers, not started; what a test left running is ended."""
    made: list[NatsServer] = []

    def make(extra: str = "") -> NatsServer:
        made.append(NatsServer(require_program("nats-server"), tmp_path / f"nats{len(made)}", extra))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@contextmanager
def sending(
    *servers: str,
    told: Told | None = None,
    ca: Path | None = None,
    credentials: Path | None = None,
    closing: float = 30.0,
) -> Iterator[NatsSink]:
    """Give a sink, and close it when the context ends."""
    sink = NatsSink(NatsSettings("stream", servers, SUBJECT, credentials, ca), "probe-1", told or Told())
    try:
        yield sink
    finally:
        sink.close(closing)


def test_everything_arrives(make_server: Callable[..., NatsServer]) -> None:
    """A message is the event's line, under the connection's identifier; events of the probe have their own."""
    with serving(make_server()) as server:
        server.make_stream()
        with sending(server.url) as sink:
            sink.take(EVENT)
            sink.take(event_of(2.0, "reload failed", "error", {"problems": ["one"]}))
            sink.take(event_of(3.0, "stopped", "info", {}))
        one, two, three = server.messages(3)
    assert one.data.decode() == EVENT.line
    assert one.headers is not None
    assert (one.headers["Nats-Msg-Id"], one.headers["Mirrorprobe-Event"]) == ("0a-one-1", "connection")
    assert json.loads(two.data)["problems"] == ["one"]
    assert len({message.headers["Nats-Msg-Id"] for message in (one, two, three) if message.headers}) == 3
    assert sink.dropped() == 0


def test_same_connection_twice(make_server: Callable[..., NatsServer]) -> None:
    """What is sent again, for its acknowledgement was lost, is in the stream once."""
    with serving(make_server()) as server:
        server.make_stream()
        for _ in range(2):
            with sending(server.url) as sink:
                for each in numbered(5):
                    sink.take(each)
                assert sink.dropped() == 0
        assert len(server.messages(5)) == 5


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_server_goes_and_comes_back(make_server: Callable[..., NatsServer], kill: bool) -> None:
    """A server that ends in the middle and is started again has every event, and each of them once."""
    told = Told()
    events = numbered(3000)
    with serving(make_server()) as server:
        server.make_stream()
        with sending(server.url, told=told) as sink:
            for each in events[:1000]:
                sink.take(each)
            server.messages(1)  # it is at work
            server.stop(kill=kill)
            for each in events[1000:2000]:
                sink.take(each)
            kind, _ = told.next()
            server.start()
            for each in events[2000:]:
                sink.take(each)
            messages = server.messages(3000)
    identifiers = [message.headers["Nats-Msg-Id"] for message in messages if message.headers]
    assert kind == "sink failing"
    assert sorted(identifiers) == sorted(f"0a-one-{number}" for number in range(3000))
    assert sink.dropped() == 0


def test_no_stream(make_server: Callable[..., NatsServer]) -> None:
    """Where no stream takes the subject, that is told in words, events wait, and none is made."""
    told = Told()
    with serving(make_server()) as server, sending(server.url, told=told) as sink:
        sink.take(EVENT)
        kind, reason = told.next()
        server.make_stream()
        assert len(server.messages(1)) == 1
        assert told.next()[0] == "sink works again"
    assert kind == "sink failing"
    assert reason.startswith(
        f"no stream of JetStream takes the subject {SUBJECT}; make one: nats stream add "
    )
    assert sink.dropped() == 0


def test_full_stream(make_server: Callable[..., NatsServer]) -> None:
    """A stream that takes no more until there is room is waited for."""
    told = Told()
    with serving(make_server()) as server:
        server.make_stream(max_msgs=2, discard=DiscardPolicy.NEW)
        with sending(server.url, told=told) as sink:
            for each in numbered(3):
                sink.take(each)
            kind, reason = told.next()
            server.do(lambda stream: stream.purge_stream("EVENTS"))
            assert len(server.messages(1)) == 1
    assert (kind, reason) == ("sink failing", "JetStream: maximum messages exceeded")
    assert sink.dropped() == 0


@pytest.mark.parametrize("by_stream", [False, True], ids=["server", "stream"])
def test_too_large_an_event(make_server: Callable[..., NatsServer], by_stream: bool) -> None:
    """An event that the server or the stream never takes is lost and counted; those beside it arrive."""
    told = Told()
    small = [event_of(1.0, "started", "info", {"number": number}) for number in range(4)]
    with serving(make_server("" if by_stream else "max_payload: 2048")) as server:
        server.make_stream(**({"max_msg_size": 2048} if by_stream else {}))
        with sending(server.url, told=told) as sink:
            for each in (*small[:2], EVENT, *small[2:]):
                sink.take(each)
            assert told.next()[1].startswith("an event is too large: ")
            assert len(server.messages(4)) == 4
    assert sink.dropped() == 1


def test_password(make_server: Callable[..., NatsServer]) -> None:
    """Who may not connect is told so, without the password; who may, sends."""
    told = Told()
    server = make_server(f'authorization {{ user: "probe", password: "{PASSWORD}" }}')
    server.options = {"user": "probe", "password": PASSWORD}
    with serving(server):
        server.make_stream()
        wrong = f"nats://probe:{PASSWORD}x@127.0.0.1:{server.port}"
        with sending(wrong, told=told, closing=0.5) as refused:
            refused.take(EVENT)
            kind, reason = told.next()
        with sending(wrong.replace(f"{PASSWORD}x", PASSWORD)) as sink:
            sink.take(EVENT)
        assert len(server.messages(1)) == 1
    assert (kind, refused.dropped(), sink.dropped()) == ("sink failing", 1, 0)
    assert reason.startswith(f"127.0.0.1:{server.port}: ")
    assert "authorization" in reason.lower()
    assert PASSWORD not in repr(told.heard)


def test_may_not_publish(make_server: Callable[..., NatsServer]) -> None:
    """A server that forbids the subject says so, and its words are told."""
    told = Told()
    few = f'{{ user: "few", password: "{PASSWORD}", permissions: {{ publish: "other" }} }}'
    users = f'{{ user: "all", password: "{PASSWORD}" }}, {few}'
    server = make_server(f"authorization {{ users: [ {users} ] }}")
    server.options = {"user": "all", "password": PASSWORD}
    with serving(server):
        server.make_stream()
        with sending(f"nats://few:{PASSWORD}@127.0.0.1:{server.port}", told=told, closing=0.0) as sink:
            sink.take(EVENT)
            _, reason = told.next()
    assert "permissions violation for publish" in reason.lower()
    assert sink.dropped() == 1


def test_tls(make_server: Callable[..., NatsServer], authority: Authority, tmp_path: Path) -> None:
    """Over TLS, events go only to a server whose certificate the CA file vouches for."""
    files = authority.member("IRISA").write(tmp_path / "server")
    other = Authority.root("Another Root CA").member("IRISB").write(tmp_path / "other")
    told = Told()
    server = make_server(f'tls {{ cert_file: "{files.certificate}", key_file: "{files.key}" }}')
    with serving(server):
        url = server.url.replace("nats:", "tls:")
        with sending(url, told=told, ca=other.ca, closing=0.5) as strict:
            strict.take(EVENT)
            _, reason = told.next()
        with sending(url, told=told, ca=files.ca, closing=0.5) as sink:
            sink.take(EVENT)
            while "no stream" not in (said := told.next()[1]):
                assert "certificate" in said
    assert "certificate" in reason
    assert (strict.dropped(), sink.dropped()) == (1, 1)


def test_another_server_of_the_list(make_server: Callable[..., NatsServer]) -> None:
    """A server of the list that is away is passed over."""
    with serving(make_server()) as server:
        server.make_stream()
        with sending(f"nats://127.0.0.1:{free_port()}", server.url) as sink:
            sink.take(EVENT)
        assert len(server.messages(1)) == 1
    assert sink.dropped() == 0


def test_server_that_never_answers() -> None:
    """A server that hangs holds the end of the probe no longer than allowed, and what it had is counted."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with sending(f"nats://127.0.0.1:{server.getsockname()[1]}", closing=0.3) as sink:
            for each in numbered(5):
                sink.take(each)
            connection, _ = server.accept()
            began = monotonic()
        ended = monotonic()
        connection.close()
    assert sink.dropped() == 5
    assert ended - began < 3


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"INFO\r\n",
        b"INFO []\r\n",
        b"INFO {}\r\n",
        b'INFO {"max_payload": "x"}\r\n\xff',
        b'INFO {"nonce": 5, "auth_required": true}\r\nPONG\r\n',
        b"",
        b"\x00" * 200_000,
    ],
    ids=range(8),
)
def test_server_that_speaks_no_nats(said: bytes) -> None:
    """Whatever a server says, it is an absence, and told as one."""
    told = Told()
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        url = f"nats://127.0.0.1:{server.getsockname()[1]}"
        sink = stack.enter_context(sending(url, told=told, closing=0.0))
        sink.take(EVENT)
        connection, _ = server.accept()
        with connection:
            with suppress(OSError):  # the sink may have heard enough, and be gone before all was said
                connection.sendall(said)
                connection.shutdown(socket.SHUT_WR)
            assert told.next()[0] == "sink failing"
    assert sink.dropped() == 1


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    """A CA file and credentials that cannot be read are the operator's to mend."""
    none = tmp_path / "none"
    for settings in (
        NatsSettings("s", ("nats://127.0.0.1",), SUBJECT, None, none),
        NatsSettings("s", ("nats://127.0.0.1",), SUBJECT, none, None),
    ):
        with pytest.raises(UsageFailure) as failure:
            NatsSink(settings, "probe-1", Told())
        assert failure.value.problems[0].startswith("[[nats]] s: ")


def test_credentials(make_server: Callable[..., NatsServer], tmp_path: Path) -> None:
    """A server with an operator takes events from the user of a credentials file only; nothing of a file is told."""
    told = Told()
    credentials, foreign = tmp_path / "probe.creds", tmp_path / "foreign.creds"
    operated(foreign)
    server = make_server(operated(credentials))
    server.options = signing(credentials)
    with serving(server):
        server.make_stream()
        with sending(server.url, told=told, credentials=foreign, closing=0.5) as refused:
            refused.take(EVENT)
            _, reason = told.next()
        with sending(server.url, credentials=credentials) as sink:
            sink.take(EVENT)
        assert len(server.messages(1)) == 1
    assert (refused.dropped(), sink.dropped()) == (1, 0)
    assert "authorization" in reason.lower()
    secrets = [line for line in foreign.read_text().splitlines() if line and not line.startswith("-")]
    assert not any(secret in repr(told.heard) for secret in secrets)


def test_credentials_are_renewed(make_server: Callable[..., NatsServer], tmp_path: Path) -> None:
    """Credentials are read anew for each attempt: events that were refused go with the new ones."""
    told = Told()
    credentials, good = tmp_path / "probe.creds", tmp_path / "good.creds"
    operated(credentials)
    server = make_server(operated(good))
    server.options = signing(good)
    with serving(server):
        server.make_stream()
        with sending(server.url, told=told, credentials=credentials) as sink:
            sink.take(EVENT)
            assert "authorization" in told.next()[1].lower()
            credentials.write_text(good.read_text())
            assert len(server.messages(1)) == 1
    assert sink.dropped() == 0


def _spoilt(text: str) -> Iterator[str]:
    """Write credentials in some ways in which they are none."""
    seed = re.findall("SU[A-Z2-7]{56}", text)[0]
    yield from ("", "nothing", text[: len(text) // 2], text.replace("NATS USER JWT", "NATS JWT"))
    yield from (
        text.replace(seed, other) for other in ("SU", seed[:-1], f"{seed}A", f"{seed[:20]}8{seed[21:]}")
    )
    yield text.replace(seed, seed[:20] + ("A" if seed[20] != "A" else "B") + seed[21:])


def test_credentials_that_are_none(tmp_path: Path) -> None:
    """A file without credentials, or with spoilt ones, is the operator's to mend; nothing of it is told."""
    credentials = tmp_path / "probe.creds"
    operated(credentials)
    for text in _spoilt(credentials.read_text()):
        credentials.write_text(text)
        with pytest.raises(UsageFailure) as failure:
            NatsSink(NatsSettings("s", ("nats://127.0.0.1",), SUBJECT, credentials, None), "probe-1", Told())
        assert failure.value.problems[0].startswith(f"[[nats]] s: {credentials}: ")
        assert "SU" not in failure.value.problems[0].removeprefix(f"[[nats]] s: {credentials}: ")


@given(st.binary())
def test_credentials_are_anything(text: bytes) -> None:
    """Whatever a file holds, it is no credentials, and that is said."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        with pytest.raises(ValueError, match="nkey seed"):
            signing(Path(file.name))
