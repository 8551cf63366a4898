"""Events to an OpenTelemetry collector: OTLP over HTTP, binary protobuf, gzip (extra `otlp`).

What the specification says of failures is what is done: 429, 502, 503, 504 and a lost connection are tried again, ever
more seldom and not before `Retry-After`; with any other status the batch is lost, for it would be refused again.
The HTTP client is the standard library's, in the sink's own thread.
"""

from __future__ import annotations

import gzip
import http.client
import secrets
import ssl
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ..identity import unreadable
from ..outcome import UsageFailure
from ..version import installed_version
from .otlp_message import Letter, letter_of, refused_of, request_of
from .worker import Backoff, Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config.settings import OtlpSettings
    from .event import Event
    from .trouble import Tell

from .trouble import Health

__all__ = ["OtlpSink"]

RETRYABLE = frozenset({429, 502, 503, 504})
"""OTLP specification 1.x, "Failures"."""

BATCH_BYTES = 4_000_000
"""Of lines in one request: a fifth of what a collector takes unless told otherwise."""

ANSWER_BYTES = 65_536
"""The most that is read of an answer: a count and a sentence."""

SECONDS = 5.0
"""For each step of a request, to connect, to send, to answer."""

LONGEST_RETRY_AFTER_SECONDS = 300.0
"""A collector that asks for more is asked again nevertheless."""

SAID = 200
"""Characters of a collector's own words that are told."""


class OtlpSink:
    """One collector."""

    def __init__(self, settings: OtlpSettings, probe: str, tell: Tell) -> None:
        """Begin to send; a collector that is away is waited for.

        Raises:
            UsageFailure: the URL, a header or the CA file cannot be used.
        """
        self.name = settings.name
        self._probe = probe
        self._collector = _Collector(settings)
        self._health = Health(settings.name, tell)
        self._worker: Worker[Letter] = Worker(
            f"otlp {settings.name}", self._work, finish=self._collector.close, at_once=200
        )

    def take(self, event: Event) -> None:
        """Leave the event for the sender."""
        self._worker.put(letter_of(event), len(event.line))

    def dropped(self) -> int:
        """Give the number of events that were lost."""
        return self._worker.dropped

    def close(self, seconds: float) -> None:
        """Send what waits."""
        self._worker.close(seconds)

    def _work(self, letters: list[Letter]) -> int:
        return sum(self._deliver(batch) for batch in _batches(letters))

    def _deliver(self, letters: list[Letter]) -> int:
        """Send a batch until it is taken or refused, or time is over; give how many events are lost."""
        body = gzip.compress(request_of(letters, self._probe), compresslevel=3, mtime=0)
        backoff = Backoff()
        while True:
            after = 0.0
            try:
                answer = self._collector.post(body)
            except (OSError, http.client.HTTPException) as error:
                self._health.failing("away", f"{self._collector.place}: {_reason(error)}")
            else:
                if answer.status == 413 and len(letters) > 1:
                    middle = len(letters) // 2
                    return self._deliver(letters[:middle]) + self._deliver(letters[middle:])
                if answer.status not in RETRYABLE:
                    return self._settled(answer, len(letters))
                self._health.failing(
                    "busy", f"{self._collector.place}: answers {answer.status} {answer.reason}"
                )
                after = answer.retry_after
            # At random by up to a half longer, lest all probes come back at the same moment.
            wait = backoff.next() * (1 + secrets.randbelow(1000) / 2000)
            if not self._worker.pause(max(wait, after)):
                return len(letters)

    def _settled(self, answer: _Answer, count: int) -> int:
        """Give how many events of a batch an answer loses that is not to be asked for again."""
        if answer.status != 200:
            self._health.failing(
                "refused", f"{self._collector.place}: refuses events: {answer.status} {answer.reason}"
            )
            return count
        refused, said = refused_of(answer.body)
        if refused:
            self._health.failing("partial", f"{self._collector.place}: refuses some events: {said[:SAID]!a}")
        else:
            self._health.works()
        return min(refused, count)


def _batches(letters: list[Letter]) -> Iterator[list[Letter]]:
    """Part letters into requests of bounded size; one that is larger by itself goes alone."""
    batch: list[Letter] = []
    size = 0
    for letter in letters:
        if batch and size + len(letter.line) > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += len(letter.line)
    yield batch


class _Answer(NamedTuple):
    status: int
    reason: str
    retry_after: float
    """Seconds from now."""
    body: bytes


class _Collector:
    """One persistent connection, made when it is needed. For the sink's thread alone."""

    def __init__(self, settings: OtlpSettings) -> None:
        parts = urlsplit(settings.url)
        try:
            host, port = parts.hostname or "", parts.port
            if settings.ca is not None and (why := unreadable(settings.ca)) is not None:
                raise UsageFailure(f"[[otlp]] {settings.name}: ca: {why}")
            context = ssl.create_default_context(cafile=settings.ca) if parts.scheme == "https" else None
            headers = dict(settings.headers)
            "".join(f"{name}{value}" for name, value in headers.items()).encode("latin-1")
        except (OSError, ValueError) as error:
            raise UsageFailure(f"[[otlp]] {settings.name}: {_reason(error)}") from None
        self._connection = (
            http.client.HTTPConnection(host, port, timeout=SECONDS)
            if context is None
            else http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context)
        )
        self.place = f"{host}:{self._connection.port}"
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {
            "User-Agent": f"mirrorprobe/{installed_version()}",
            **headers,
            "Content-Type": "application/x-protobuf",
            "Content-Encoding": "gzip",
        }

    def post(self, body: bytes) -> _Answer:
        """Send a request and read the answer.

        Raises:
            OSError: the collector cannot be reached, or the connection broke.
            http.client.HTTPException: the answer is no HTTP.
        """
        if self._connection.sock is not None:
            try:
                return self._exchange(body)
            except (ConnectionError, http.client.HTTPException):
                self.close()  # it lay idle until the collector closed it: that is no failure yet
        return self._exchange(body)

    def _exchange(self, body: bytes) -> _Answer:
        try:
            self._connection.request("POST", self._target, body, self._headers)
            response = self._connection.getresponse()
            said = response.read(ANSWER_BYTES)
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if not response.isclosed():  # there is more, which nobody wants
            self.close()
        after = _seconds_of(response.getheader("Retry-After", ""))
        return _Answer(response.status, response.reason[:SAID], after, said)

    def close(self) -> None:
        """Close the connection; the next request makes another."""
        self._connection.close()


def _seconds_of(retry_after: str) -> float:
    """Read a Retry-After, seconds or a date (RFC 9110 sections 10.2.3 and 5.6.7); 0 where it is neither."""
    text = retry_after.strip()
    try:
        if text.isdecimal():
            seconds = float(text)
        else:
            date = datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
            seconds = date.timestamp() - time()
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
