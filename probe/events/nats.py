"""Events to a subject of NATS JetStream (extra `nats`).

Every message bears `Nats-Msg-Id`, the connection's identifier, and is sent until the stream has acknowledged it; what
arrives twice because an acknowledgement was lost is taken once, within the stream's duplicate window (two minutes
unless the stream says otherwise). The stream is the operator's: how long and how much it keeps is not for a probe to
decide, so it is never made here; while none takes the subject, events wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from nats.js.errors import APIError, NoStreamResponseError

from ..identity import unreadable
from ..outcome import UsageFailure
from .nats_credentials import signing
from .trouble import Health
from .worker import Backoff, Worker

if TYPE_CHECKING:
    from nats.js.api import PubAck

    from ..config.settings import NatsSettings
    from .event import Event
    from .trouble import Tell

__all__ = ["NatsSink"]

SECONDS = 5
"""To connect, and for a batch to be acknowledged."""

LEAVING_SECONDS = 1
"""For the client to take its leave."""

AT_ONCE = 200
"""Messages that wait for their acknowledgement at the same time."""

_MESSAGE_TOO_LARGE = 10054
"""JetStream's error code for a message that exceeds what the stream takes: it always will."""


class _Letter(NamedTuple):
    id: str
    kind: str
    line: str


class _Result(NamedTuple):
    """What came of a batch."""

    waiting: list[_Letter]
    """To be sent again."""
    refused: int
    """Never to be taken."""
    state: str = ""
    reason: str = ""


class NatsSink:
    """One subject."""

    def __init__(self, settings: NatsSettings, probe: str, tell: Tell) -> None:
        """Begin to send; a server that is away is waited for.

        Raises:
            UsageFailure: the CA file or the credentials cannot be read.
        """
        self.name = settings.name
        self._subject, self._servers = settings.subject, settings.servers
        self._options = _options(settings, probe)
        self._credentials = settings.credentials
        self._probe = probe
        self._client: Client | None = None
        self._said = ""
        self._health = Health(settings.name, tell)
        # The client answers the server's pings, so its event loop runs all the time, beside the worker.
        self._loop = asyncio.new_event_loop()
        self._turning = threading.Thread(
            target=self._loop.run_forever, name=f"nats {settings.name} loop", daemon=True
        )
        self._turning.start()
        self._worker: Worker[_Letter] = Worker(
            f"nats {settings.name}", self._work, finish=self._finish, at_once=AT_ONCE
        )

    def take(self, event: Event) -> None:
        """Leave the event for the sender."""
        identifier = f"{self._probe}-{secrets.token_hex(8)}" if event.account is None else event.account.id
        self._worker.put(_Letter(identifier, event.kind, event.line), len(event.line))

    def dropped(self) -> int:
        """Give the number of events that were lost."""
        return self._worker.dropped

    def close(self, seconds: float) -> None:
        """Send what waits."""
        self._worker.close(seconds)

    def _work(self, letters: list[_Letter]) -> int:
        backoff = Backoff()
        lost = 0
        while letters:
            sending = self._send(letters)
            result = asyncio.run_coroutine_threadsafe(sending, self._loop).result()
            lost += result.refused
            if len(result.waiting) < len(letters):
                backoff.reset()
            letters = result.waiting
            if result.state:
                self._health.failing(result.state, result.reason)
            else:
                self._health.works()
            if letters and not self._worker.pause(backoff.next()):
                return lost + len(letters)
        return lost

    async def _send(self, letters: list[_Letter]) -> _Result:
        """Send letters at the same time, and wait for what becomes of each."""
        try:
            client = await self._connected()
        except (NatsError, OSError, ValueError) as error:
            return _Result(letters, 0, "away", _reason(error))
        stream = client.jetstream(timeout=SECONDS)
        sending = (
            stream.publish(
                self._subject,
                letter.line.encode("utf-8", "backslashreplace"),
                headers={"Nats-Msg-Id": letter.id, "Mirrorprobe-Event": letter.kind},
            )
            for letter in letters
        )
        answers = await asyncio.gather(*sending, return_exceptions=True)
        result = self._sorted(letters, answers)
        if result.state == "away":
            await self._leave()
        return result

    def _sorted(self, letters: list[_Letter], answers: list[PubAck | BaseException]) -> _Result:
        waiting: list[_Letter] = []
        refused = 0
        state = reason = ""
        for letter, answer in zip(letters, answers, strict=True):
            if not isinstance(answer, BaseException):
                continue
            if isinstance(answer, MaxPayloadError) or _is_too_large(answer):
                refused += 1
                state, reason = state or "refused", reason or f"an event is too large: {_reason(answer)}"
                continue
            waiting.append(letter)
            state, reason = self._why(answer)
        return _Result(waiting, refused, state, reason)

    def _why(self, answer: BaseException) -> tuple[str, str]:
        """Say why a message was not taken: in what way, and in words."""
        if isinstance(answer, NoStreamResponseError):
            return "no stream", (
                f"no stream of JetStream takes the subject {self._subject}; make one: "
                f"nats stream add MIRRORPROBE --subjects {self._subject}"
            )
        if isinstance(answer, APIError):
            return "refused for now", f"JetStream: {answer.description or answer.code}"
        return "away", self._said or _reason(answer)

    async def _connected(self) -> Client:
        """Give the client, connected anew where it has to be; each server is tried once.

        Raises:
            NatsError, OSError, ValueError: of the last server; no word of it holds a password.
        """
        if self._client is not None and self._client.is_connected:
            return self._client
        await self._leave()
        failure: Exception = NatsError("no server")
        # Read anew each time: credentials are renewed.
        options = self._options if self._credentials is None else self._options | signing(self._credentials)
        for server in self._servers:
            self._client = client = Client()
            connecting = client.connect(server, error_cb=self._told, **options)
            # Gathered, for what a server says that is none can let the client fail in any way.
            (error,) = await asyncio.gather(asyncio.wait_for(connecting, SECONDS), return_exceptions=True)
            if error is None:
                return client
            place = urlsplit(server).netloc.rpartition("@")[2]
            failure = NatsError(f"{place}: {self._said or _reason(error)}")
            await self._leave()
        raise failure

    async def _told(self, error: Exception) -> None:
        """Keep what a server says of itself, such as that we may not publish here."""
        self._said = _reason(error)

    async def _leave(self) -> None:
        client, self._client, self._said = self._client, None, ""
        if client is not None:
            # After a TLS handshake that failed the client waits for its socket without end.
            with contextlib.suppress(NatsError, OSError):
                async with asyncio.timeout(LEAVING_SECONDS):
                    await client.close()

    def _finish(self) -> None:
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._turning.join()
        self._loop.close()


def _options(settings: NatsSettings, probe: str) -> dict[str, Any]:
    """Give how to connect: reconnecting is the sink's own affair, for it knows what was acknowledged."""
    options: dict[str, Any] = {
        "name": f"mirrorprobe {probe}",
        "allow_reconnect": False,
        "connect_timeout": SECONDS,
    }
    for key, path in (("ca", settings.ca), ("credentials_file", settings.credentials)):
        if path is not None and (why := unreadable(path)) is not None:
            raise UsageFailure(f"[[nats]] {settings.name}: {key}: {why}")
    try:
        if settings.ca is not None:
            options["tls"] = ssl.create_default_context(cafile=settings.ca)
        if settings.credentials is not None:
            signing(settings.credentials)
    except (OSError, ValueError) as error:
        raise UsageFailure(f"[[nats]] {settings.name}: {_reason(error)}") from None
    return options


def _is_too_large(answer: BaseException) -> bool:
    return isinstance(answer, APIError) and answer.err_code == _MESSAGE_TOO_LARGE


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
