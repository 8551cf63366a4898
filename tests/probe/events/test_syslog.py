"""Events reach a real rsyslogd by every transport, whole or shortened, and over its restart."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Endpoint
from probe.config.settings import SyslogSettings
from probe.events.syslog import MESSAGE_BYTES, UDP_BYTES, SyslogSink
from probe.events.trouble import SINK_FAILING, SINK_WORKS
from tests.probe.events.rsyslog import Rsyslog, rsyslog
from tests.probe.events.telling import WAIT_SECONDS, Told, event, event_for, notice, relayed
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TRANSPORTS = ("unix", "udp", "tcp")
DAEMON = 3


@pytest.fixture
def daemon(require_program: Callable[[str], str], tmp_path: Path) -> Iterator[Rsyslog]:
    """A real rsyslogd."""
    with rsyslog(require_program("rsyslogd"), tmp_path) as running:
        yield running


@contextmanager
def sending(address: Path | Endpoint, transport: str, told: Told | None = None) -> Iterator[SyslogSink]:
    """Give a sink, and close it in the end."""
    sink = SyslogSink(SyslogSettings("central", address, transport, DAEMON), told or Told())
    try:
        yield sink
    finally:
        sink.close(WAIT_SECONDS)


def to(daemon: Rsyslog, transport: str) -> tuple[Path | Endpoint, str]:
    """Say where the daemon listens."""
    if transport == "unix":
        return daemon.socket, "udp"
    return Endpoint("127.0.0.1", daemon.port), transport


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_rsyslog_understands_every_part(daemon: Rsyslog, transport: str) -> None:
    """The daemon finds time, sender, kind and facts where RFC 5424 has them, and valid JSON as the message."""
    with sending(*to(daemon, transport)) as sink:
        sink.take(event("0a-one-1", "client-dn-not-listed-tls12"))
        sink.take(notice(relays=["127.0.0.1:1"]))
        connection, started = daemon.wait_for(2)
    assert (connection["app"], connection["kind"], started["kind"]) == (
        "mirrorprobe",
        "connection",
        "started",
    )
    assert connection["at"] == "2023-11-14T22:13:20.250Z"
    assert (connection["priority"], started["priority"]) == (str(DAEMON * 8 + 4), str(DAEMON * 8 + 6))
    assert connection["process"].isdecimal()
    assert connection["host"] == socket.gethostname()
    said = json.loads(connection["message"])
    facts = dict(re.findall(r'(\w+)="([^"]*)"', connection["facts"]))
    assert (facts["id"], facts["cause"], facts["outcome"]) == (
        said["id"],
        said["root_cause"],
        said["outcome"],
    )
    assert (facts["client"], facts["server"]) == (said["client_member"], said["server_member"])
    assert json.loads(started["message"])["relays"] == ["127.0.0.1:1"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_long_event_is_shortened_and_not_torn(daemon: Rsyslog, transport: str) -> None:
    """What does not fit arrives as a shorter JSON that says so; what fits arrives to the byte."""
    bound = UDP_BYTES if transport == "udp" else MESSAGE_BYTES
    fitting = notice("edge", text="x" * (bound - 400))
    with sending(*to(daemon, transport)) as sink:
        sink.take(fitting)
        long = event_for(relayed("client-dn-not-listed-tls12"))
        assert len(long.line) > bound
        sink.take(long)
        whole, shortened = daemon.wait_for(2)
    assert whole["message"].removeprefix(" ") == fitting.line
    said = json.loads(shortened["message"])
    assert said["event.shortened"] is True
    assert (said["id"], said["failed"]) == ("0a-one-1", True)


@pytest.mark.parametrize("transport", ["unix", "tcp"])
def test_the_daemon_is_restarted_in_the_middle(daemon: Rsyslog, transport: str) -> None:
    """What is told while it is away waits for it; its going and coming are told once each."""
    told = Told()
    with sending(*to(daemon, transport), told) as sink:
        sink.take(event("before"))
        daemon.wait_for(1)
        daemon.stop()
        for number in range(50):
            sink.take(event(f"away-{number}"))
        told.until(SINK_FAILING)
        daemon.start()
        told.until(SINK_WORKS)
        sink.take(event("after"))
        received = daemon.wait_for(52)
        assert sink.dropped() == 0
    ids = [json.loads(each["message"])["id"] for each in received]
    assert ids == ["before", *(f"away-{number}" for number in range(50)), "after"]
    assert told.kinds() == [SINK_FAILING, SINK_WORKS]


def test_octets_are_counted() -> None:
    """Over TCP each message follows its own length, so that a line feed within one would end nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WAIT_SECONDS)
        with sending(Endpoint("127.0.0.1", server.getsockname()[1]), "tcp") as sink:
            sink.take(notice("one", text="a\nb"))
            sink.take(notice("two", text="ü"))
            stream, _ = server.accept()
            stream.settimeout(WAIT_SECONDS)
            with stream, stream.makefile("rb") as reader:
                for kind in (b"one", b"two"):
                    length = b""
                    while not length.endswith(b" "):
                        length += reader.read(1)
                    message = reader.read(int(length))
                    assert message.startswith(b"<30>1 ")
                    assert b" %s [meta" % kind in message
                    assert message.endswith(b"}")


def test_a_server_that_reads_nothing_slows_nobody() -> None:
    """While the server takes nothing, taking an event costs microseconds, and the end comes within its limit."""
    told = Told()
    with socket.create_server(("127.0.0.1", 0)) as server:
        sink = SyslogSink(
            SyslogSettings("stuck", Endpoint("127.0.0.1", server.getsockname()[1]), "tcp", DAEMON), told
        )
        one = notice("x", text="y" * 7000)
        for _ in range(12_000):
            sink.take(one)
        begun = perf_counter()
        sink.close(0.5)
        assert perf_counter() - begun < WAIT_SECONDS
        assert sink.dropped() > 0


def test_a_missing_server_is_told_once_and_counted_at_the_end(tmp_path: Path) -> None:
    """Nothing listens: one notice whatever the number of events, and everything that waited is counted as lost."""
    told = Told()
    for address, transport in ((tmp_path / "none", "udp"), (Endpoint("127.0.0.1", free_port()), "tcp")):
        told = Told()
        sink = SyslogSink(SyslogSettings("nowhere", address, transport, DAEMON), told)
        for number in range(100):
            sink.take(event(f"{number}"))
        assert str(address) in told.until(SINK_FAILING)
        sink.close(0.4)
        assert sink.dropped() == 100
        assert told.kinds() == [SINK_FAILING]


def test_hostile_values_stay_values(tmp_path: Path) -> None:
    """Quotes, brackets, line feeds and long names neither end the structured data nor reach the bound."""
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(str(tmp_path / "log"))
    receiver.settimeout(WAIT_SECONDS)
    hostile = ('"] [x@1 y="', "a\nb\x00\x1b[31m", "\\", "\ud800", "ü" * 5000, "]")
    with receiver, sending(tmp_path / "log", "udp") as sink:
        for text in hostile:
            sink.take(notice("odd kind\n", relay=text, id=text, reason=text))
            message = receiver.recv(100_000)
            assert len(message) <= MESSAGE_BYTES
            decoded = message.decode()
            assert decoded.isprintable()
            found = re.fullmatch(
                r"<30>1 \S+ \S+ mirrorprobe \d+ odd-kind- "
                r'\[meta sequenceId="\d+"\]\[mirrorprobe@32473((?: \w+="(?:[^"\\\]]|\\["\\\]])*")*)\] (.*)',
                decoded,
            )
            assert found is not None
            if len(text) < 1000:
                assert json.loads(found[2])["relay"] == text


def test_sequence_numbers_show_a_loss(tmp_path: Path) -> None:
    """Each message has the next number, whatever thread sends it."""
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(str(tmp_path / "log"))
    receiver.settimeout(WAIT_SECONDS)
    with receiver, sending(tmp_path / "log", "udp") as sink:
        takes = threading.Thread(target=lambda: [sink.take(notice()) for _ in range(3)])
        takes.start()
        takes.join(WAIT_SECONDS)
        numbers = [re.search(rb'sequenceId="(\d+)"', receiver.recv(9000))[1] for _ in range(3)]  # type: ignore[index]  # fails the test
    assert numbers == [b"1", b"2", b"3"]
