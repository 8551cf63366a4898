"""Events to a collector over OTLP/HTTP: what arrives, what is tried again, and what is counted as lost."""

from __future__ import annotations

import json
import queue
import socket
import ssl
from contextlib import contextmanager, suppress
from email.utils import formatdate
from time import monotonic, time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from probe.config.settings import OtlpSettings
from probe.events import event_of, otlp
from probe.events.otlp import OtlpSink
from probe.events.otlp_message import Letter, refused_of, request_of
from probe.lab.authority import Authority
from probe.outcome import UsageFailure
from tests.history.telling import event
from tests.probe.events.collector import WAIT_SECONDS, Answer, collecting, value_of
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "not-to-be-told"
EVENT = event("0a-one-1", "client-eku-server-only-tls12")


class Told:
    """What a sink told of itself."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self.heard: list[tuple[str, str]] = []
        self._queue: queue.Queue[tuple[str, str]] = queue.Queue()

    def __call__(self, kind: str, _sink: str, reason: str) -> None:
        """Hear it, in the sink's thread."""
        self.heard.append((kind, reason))
        self._queue.put((kind, reason))

    def next(self) -> tuple[str, str]:
        """Wait for what is told next."""
        return self._queue.get(timeout=WAIT_SECONDS)


@contextmanager
def sending(
    port: int,
    told: Told | None = None,
    *,
    scheme: str = "http",
    ca: Path | None = None,
    closing: float = 20.0,
) -> Iterator[OtlpSink]:
    """Give a sink to a collector at a port, and close it when the context ends."""
    url = f"{scheme}://127.0.0.1:{port}/v1/logs"
    settings = OtlpSettings("collector", url, (("Authorization", f"Bearer {SECRET}"),), ca)
    sink = OtlpSink(settings, "probe-1", told or Told())
    try:
        yield sink
    finally:
        sink.close(closing)


def test_everything_arrives() -> None:
    """A record bears the event's line, and beside it all that is flat, typed."""
    with collecting() as collector, sending(collector.port) as sink:
        sink.take(EVENT)
    (logs,) = collector.taken
    (record,) = collector.records
    attributes = {pair.key: value_of(pair.value) for pair in record.attributes}
    fields = json.loads(EVENT.line)
    assert collector.problems == []
    assert collector.headers[0]["authorization"] == f"Bearer {SECRET}"
    assert {pair.key: value_of(pair.value) for pair in logs.resource.attributes} == {
        "service.name": "mirrorprobe",
        "service.version": fields["service.version"],
        "service.instance.id": "probe-1",
    }
    assert (logs.scope_logs[0].scope.name, logs.scope_logs[0].scope.version) == ("mirrorprobe.event", "1")
    assert record.body.string_value == EVENT.line
    assert record.time_unix_nano == int(EVENT.at * 1e9)
    assert record.event_name == "mirrorprobe.connection"
    assert attributes["tls.client.subject"] == fields["tls.client.subject"]
    assert attributes["source.port"] == fields["source.port"]
    assert attributes["tls.established"] is False
    assert attributes["event.category"] == ["network"]
    assert attributes["mirrorprobe.root_cause"] == "client-certificate-purpose"
    assert attributes["mirrorprobe.started"] == fields["started"]
    assert not {"mirrorprobe.legs", "mirrorprobe.checks", "@timestamp"} & set(attributes)


@pytest.mark.parametrize(
    ("level", "number"), [("info", 9), ("warning", 13), ("error", 17)], ids=["info", "warning", "error"]
)
def test_severity(level: str, number: int) -> None:
    """Levels are the severities of OpenTelemetry's data model."""
    with collecting() as collector, sending(collector.port) as sink:
        sink.take(event_of(2.0, "reload failed", level, {"problems": ("one", "two")}))  # type: ignore[arg-type]  # of a table
    (record,) = collector.records
    assert record.severity_number == number
    assert record.event_name == "mirrorprobe.reload_failed"
    assert [value_of(pair.value) for pair in record.attributes] == [["one", "two"]]


@pytest.mark.parametrize("status", sorted(otlp.RETRYABLE))
def test_busy_collector_is_asked_again(status: int) -> None:
    """What a collector cannot take now it gets later, once, and the change is told, without the token."""
    told = Told()
    with collecting() as collector:
        collector.answers += [Answer(status), Answer(status)]
        with sending(collector.port, told) as sink:
            sink.take(EVENT)
            collector.until(requests=3)
            kind, reason = told.next()
            assert told.next()[0] == "sink works again"
    assert kind == "sink failing"
    assert reason.startswith(f"127.0.0.1:{collector.port}: answers {status} ")
    assert collector.bodies == [EVENT.line]
    assert sink.dropped() == 0
    assert SECRET not in repr(told.heard)


def test_retry_after_is_kept() -> None:
    """A collector is not asked again before the time that it asked for."""
    with collecting() as collector:
        collector.answers.append(Answer(503, {"Retry-After": "1"}))
        with sending(collector.port) as sink:
            sink.take(EVENT)
            collector.until(requests=1)
            refused = monotonic()
            collector.until(records=1)
    assert monotonic() - refused > 0.9


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("7", 7, 7),
        (" 7 ", 7, 7),
        ("999999", 300, 300),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0, 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 300, 300),
        ("9" * 400, 300, 300),
        ("", 0, 0),
        ("-1", 0, 0),
        ("soon", 0, 0),
        ("٣", 3, 3),
    ],
)
def test_retry_after_is_read(said: str, least: float, most: float) -> None:
    """Seconds and dates are understood, within a bound; anything else asks for nothing."""
    assert least <= otlp._seconds_of(said) <= most


def test_retry_after_is_a_date() -> None:
    """A date is so many seconds from now."""
    assert 90 < otlp._seconds_of(formatdate(time() + 100, usegmt=True)) <= 100


@given(st.text())
def test_retry_after_is_anything(said: str) -> None:
    """Whatever stands in the header, a number of seconds within the bound comes out."""
    assert 0 <= otlp._seconds_of(said) <= otlp.LONGEST_RETRY_AFTER_SECONDS


@pytest.mark.parametrize("status", [400, 401, 404, 301, 500])
def test_refused_for_good(status: int) -> None:
    """What would be refused again is lost, counted and told; later events are sent nevertheless."""
    told = Told()
    with collecting() as collector:
        collector.answers.append(Answer(status))
        with sending(collector.port, told) as sink:
            sink.take(EVENT)
            kind, reason = told.next()
            sink.take(EVENT)
            collector.until(records=1)
    assert (kind, sink.dropped()) == ("sink failing", 1)
    assert f"refuses events: {status}" in reason


def test_partial_success_is_counted() -> None:
    """What a collector says that it refused of a batch is lost, and its words are told without control characters."""
    told = Told()
    with collecting() as collector:
        collector.answers.append(Answer(rejected=2, message="too \x1b[31mold"))
        with sending(collector.port, told) as sink:
            for _ in range(3):
                sink.take(EVENT)
    assert sink.dropped() == 2
    assert told.heard == [
        ("sink failing", f"127.0.0.1:{collector.port}: refuses some events: 'too \\x1b[31mold'")
    ]


def test_too_large_a_request_is_halved() -> None:
    """A batch that is too large for a collector goes in parts; only an event too large by itself is lost."""
    with collecting() as collector:
        collector.answers += [Answer(413), Answer(413), Answer(413), Answer(200), Answer(200)]
        with sending(collector.port) as sink:
            for _ in range(4):
                sink.take(EVENT)
    assert collector.sizes == [4, 2, 1, 1, 2]
    assert (len(collector.records), sink.dropped()) == (3, 1)


def test_requests_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request holds no more text than is allowed, but for a single event that is larger."""
    monkeypatch.setattr(otlp, "BATCH_BYTES", 2 * len(EVENT.line))
    with collecting() as collector, sending(collector.port) as sink:
        for _ in range(5):
            sink.take(EVENT)
    assert collector.sizes == [2, 2, 1]


def test_collector_that_comes_later() -> None:
    """While nobody listens events wait, and all of them arrive when somebody does."""
    told, port = Told(), free_port()
    with sending(port, told) as sink:
        for _ in range(10):
            sink.take(EVENT)
        assert told.next() == ("sink failing", f"127.0.0.1:{port}: connection refused")
        with collecting(port) as collector:
            collector.until(records=10)
            assert told.next()[0] == "sink works again"
    assert (len(collector.records), sink.dropped()) == (10, 0)


def test_idle_connection_that_was_closed() -> None:
    """A collector may close a connection between two requests; that is no failure, and costs no event."""
    told = Told()
    with collecting() as collector:
        collector.answers.append(Answer(closes=True))
        with sending(collector.port, told) as sink:
            for number in (1, 2, 3):
                sink.take(EVENT)
                collector.until(records=number)
    assert (told.heard, sink.dropped()) == ([], 0)


@pytest.mark.parametrize("said", [b"\xff\xff\xff", b"<html>", b"x" * 200_000], ids=["bytes", "text", "long"])
def test_answer_that_is_none(said: bytes) -> None:
    """The status decides, whatever else the answer holds, and however long it is."""
    with collecting() as collector:
        collector.answers += [Answer(body=said), Answer(body=said)]
        with sending(collector.port) as sink:
            for number in (1, 2):
                sink.take(EVENT)
                collector.until(records=number)
    assert (len(collector.records), sink.dropped()) == (2, 0)


@given(
    st.integers(min_value=-(2**63), max_value=2**63 - 1), st.text(st.characters(codec="utf-8")), st.binary()
)
def test_partial_success_is_read(rejected: int, message: str, more: bytes) -> None:
    """Number and words of a partial success are those that the generated messages wrote."""
    response = ExportLogsServiceResponse()
    response.partial_success.rejected_log_records = rejected
    response.partial_success.error_message = message
    whole = response.SerializeToString()
    assert refused_of(whole) == (max(rejected, 0), message)
    unknown = b"\x1a" + bytes([len(more[:100])]) + more[:100]
    assert refused_of(unknown + whole + b"\x25abcd\x29abcdefgh") == (max(rejected, 0), message)
    for end in range(2, len(whole)):
        assert refused_of(whole[:end]) == (0, "")


@given(st.binary())
def test_answer_is_anything(said: bytes) -> None:
    """Whatever bytes an answer has, it refuses a number of records."""
    refused, message = refused_of(said)
    assert refused >= 0
    assert isinstance(message, str)


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"",
        b"HTTP/1.1 999999 \r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000,
        b"HTTP/1.1 " + b"x" * 200_000,
    ],
    ids=["ssh", "nothing", "status", "chunks", "headers", "line"],
)
def test_server_that_speaks_no_http(said: bytes) -> None:
    """Something else at the port is an absence, and told as one."""
    told = Told()
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        sending(server.getsockname()[1], told, closing=0.0) as sink,
    ):
        sink.take(EVENT)
        connection, _ = server.accept()
        with connection:
            with suppress(OSError):  # the sink may have heard enough, and be gone before all was said
                connection.sendall(said)
                connection.shutdown(socket.SHUT_WR)
            assert told.next()[0] == "sink failing"
    assert sink.dropped() == 1


def test_collector_that_never_answers() -> None:
    """A collector that hangs holds the end of the probe no longer than allowed, and what it had is counted."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with sending(server.getsockname()[1], closing=0.3) as sink:
            for _ in range(5):
                sink.take(EVENT)
            connection, _ = server.accept()
            began = monotonic()
        ended = monotonic()
        connection.close()
    assert sink.dropped() == 5
    assert ended - began < otlp.SECONDS


def test_tls(authority: Authority, tmp_path: Path) -> None:
    """Over TLS, events go only to a collector whose certificate the CA file vouches for."""
    files = authority.member("IRISA").write(tmp_path / "collector")
    other = Authority.root("Another Root CA").member("IRISB").write(tmp_path / "other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    told = Told()
    with collecting(context=context) as collector:
        with sending(collector.port, told, scheme="https", ca=other.ca, closing=0.0) as strict:
            strict.take(EVENT)
            kind, reason = told.next()
        with sending(collector.port, scheme="https", ca=files.ca) as sink:
            sink.take(EVENT)
    assert (kind, strict.dropped()) == ("sink failing", 1)
    assert "certificate verify failed" in reason
    assert (collector.bodies, sink.dropped()) == ([EVENT.line], 0)


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    """A CA file that is none, a port that is none and a header that HTTP cannot hold are the operator's to mend."""
    (tmp_path / "ca.pem").write_text("nothing")
    for settings in (
        OtlpSettings("c", "https://127.0.0.1/v1/logs", (), tmp_path / "ca.pem"),
        OtlpSettings("c", "https://127.0.0.1/v1/logs", (), tmp_path / "none.pem"),
        OtlpSettings("c", "http://127.0.0.1:99999/v1/logs", (), None),
        OtlpSettings("c", "http://127.0.0.1/v1/logs", (("X-Key", "\N{SNOWMAN}" + SECRET),), None),
    ):
        with pytest.raises(UsageFailure) as failure:
            OtlpSink(settings, "probe-1", Told())
        assert "[[otlp]] c: " in failure.value.problems[0]
        assert SECRET not in failure.value.problems[0]


@given(st.text(), st.floats(min_value=-1e12, max_value=1e12), st.integers())
def test_any_text_can_be_sent(text: str, number: float, whole: int) -> None:
    """Lone surrogates, numbers of any size: a request can be made of every event."""
    told = event_of(1.0, "started", "info", {"text": text, "number": number, "whole": whole})
    assert request_of([Letter(told.at, told.kind, told.level, told.line)], "probe-1")
