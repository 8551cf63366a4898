"""One call: dial, shake hands, listen for a refusal, and leave with close_notify.

A call never sends application data: what mirror members say to each other is not public, and a check invents
nothing. So that a refusal is seen, it stays for a moment after the handshake: a TLS 1.3 server refuses a client's
certificate only then (RFC 8446 appendix D.4), and a mirror member drops a name that it does not list by closing. The
moment is as long as the analyzers take such an end for one; who leaves after it is not taken for refusing either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, time
from typing import TYPE_CHECKING

from analyzers.causes.inquiry.progress import AT_ONCE_SECONDS
from analyzers.connection import Connection, NetworkError, NetworkErrorKind, Party, Road, VerifyError
from analyzers.observer import Observer
from analyzers.tls.secrets import KeyLog

from ..dialling import Dialled, dial
from ..engine.bindings import verify_error_text
from ..engine.end import Engine, EngineFailed
from ..relay.enforcement import breach
from .line import Line

if TYPE_CHECKING:
    from OpenSSL import SSL

    from analyzers.connection import Endpoint
    from analyzers.mirror.definition import Mirror

__all__ = ["LISTEN_SECONDS", "Call", "Conversation", "give_up", "leave", "place", "speak_first"]

LISTEN_SECONDS = AT_ONCE_SECONDS + 0.1
"""After the handshake; our own leaving then comes too late to be taken for a refusal."""

CLOSING_SECONDS = 0.5
"""For the server's close_notify and FIN after ours, so that its socket is not reset; most need one round trip."""

PREAMBLE_QUIET_SECONDS = 0.2
"""A server that has answered a preamble, and was quiet for so long, waits for us."""

PREAMBLE_ANSWER_SECONDS = 1.0
"""A server that has not answered a preamble in this time is not going to."""

NO_PATH = frozenset({2, 18, 19, 20, 21, 27})
"""X509_V_ERR numbers that say that no trusted root was reached: of every server, where no CA file was given."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is dialled, and how."""

    target: Endpoint
    context: SSL.Context
    mirror: Mirror
    deadline_seconds: float
    """For the dial and the handshake together."""
    listen_seconds: float = LISTEN_SECONDS
    leaves_unlisted: bool = False
    """Whether to close at once on a server whose name the mirror does not list, as a member does."""
    server_name: str | None = None
    """For SNI, which IRIS does not send."""
    preamble: bytes = b""
    """What to send before TLS: bytes that a real member was seen to send."""


Conversation = Callable[["Call", Line, Observer, KeyLog, float], Awaitable[None]]
"""What is said on an open line, until the deadline (of the monotonic clock)."""


async def place(call: Call, hold: Conversation | None = None) -> Connection:
    """Make the call, and give all that it showed.

    Args:
        call: what is dialled, and how.
        hold: what is said instead of a whole handshake.
    """
    started, until = time(), monotonic() + call.deadline_seconds
    dialled = await dial(call.target, call.deadline_seconds)
    keylog = KeyLog()
    observer = Observer(
        dialled.local, _server(call, dialled), started=started, road=Road.CHECK, keylog=keylog
    )
    if dialled.error is not None:
        observer.network_failed(dialled.error)
    if dialled.handle is not None:
        line = Line(observer)
        await asyncio.get_running_loop().create_connection(lambda: line, sock=dialled.handle)
        try:
            await (hold or _converse)(call, line, observer, keylog, until)
        finally:
            await line.close()
    return observer.connection()


def _server(call: Call, dialled: Dialled) -> Endpoint:
    """Name the server as the mirror's definition does, where it does."""
    if call.mirror.candidates_at(call.target) or not call.mirror.candidates_at(dialled.remote):
        return call.target
    return dialled.remote


async def _converse(call: Call, line: Line, observer: Observer, keylog: KeyLog, until: float) -> None:
    engine = Engine(call.context, keylog, is_server=False, server_name=call.server_name)
    began = monotonic()
    try:
        async with asyncio.timeout(max(0.0, until - began)):
            await speak_first(line, call.preamble)
            is_complete = await _shake(line, engine)
    except TimeoutError:
        give_up(observer, monotonic() - began)
        return
    finally:
        _note_verification(engine, observer, has_trust=bool(call.mirror.trust))
    if is_complete:
        if not (call.leaves_unlisted and _is_unlisted(observer, call.mirror)):
            with suppress(TimeoutError):
                async with asyncio.timeout(call.listen_seconds):
                    await _listen(line, engine)
        if not engine.is_spent:
            engine.close()
            line.send(engine.wire())
    if any(alert.sender is Party.SERVER for alert in observer.alerts):
        await _end_of(line)  # who refuses closes first, and so it is to be seen
    await leave(line)


def give_up(observer: Observer, waited: float) -> None:
    """Note that the server did not go on before the deadline."""
    kind = NetworkErrorKind.HANDSHAKE_TIMEOUT
    observer.network_failed(NetworkError(kind, "the peer fell silent", Party.SERVER, waited))


async def leave(line: Line) -> None:
    """Send FIN, and wait a little for the server's."""
    line.finish()
    await _end_of(line)


async def _end_of(line: Line) -> None:
    """Wait a little until the server sends no more."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSING_SECONDS):
            await line.ended()


async def speak_first(line: Line, preamble: bytes) -> None:
    """Send what goes before TLS, and wait for the server's answer to it."""
    if not preamble:
        return
    line.send(preamble)
    with suppress(TimeoutError):
        async with asyncio.timeout(PREAMBLE_ANSWER_SECONDS):
            await line.receive()
        while not line.has_ended:
            async with asyncio.timeout(PREAMBLE_QUIET_SECONDS):
                await line.receive()


async def _shake(line: Line, engine: Engine) -> bool:
    """Shake hands; tell whether both of us came to the end."""
    while True:
        try:
            is_complete = engine.handshake()
        except EngineFailed:
            line.send(engine.wire())
            return False
        line.send(engine.wire())
        if is_complete:
            return True
        data = await line.receive()
        if not data:
            return False
        engine.feed(data)


async def _listen(line: Line, engine: Engine) -> None:
    """Wait until the server refuses or leaves."""
    while data := await line.receive():
        engine.receive(data)
        line.send(engine.wire())
        if engine.has_ended or engine.is_spent:
            return


def _note_verification(engine: Engine, observer: Observer, *, has_trust: bool) -> None:
    for depth, code in engine.verify_errors:
        if has_trust or code not in NO_PATH:
            observer.verify_error(VerifyError(Party.SERVER, depth, code, verify_error_text(code)))


def _is_unlisted(observer: Observer, mirror: Mirror) -> bool:
    found = breach(observer.connection(), mirror, Party.SERVER)
    return found is not None and found.cause == "dn-not-allowed"
