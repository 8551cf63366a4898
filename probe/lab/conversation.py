"""One end of one connection, from the first byte to the last.

It blocks, and it runs in a thread of its own where it serves: the lab shares no code with the relay that it
tests. It reads what the peer still sends after it has turned the peer down, for a moment, because closing a
socket with unread bytes makes the kernel send a reset, which may overtake the alert.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from OpenSSL import SSL

from . import words
from .ends import Account, Manner, Refusal
from .engine import Engine

if TYPE_CHECKING:
    from analyzers.mirror.definition import Channel

    from .ends import End

__all__ = ["Conversation"]

_CHUNK = 65536
"""More than one flight of a handshake."""

_DRAIN_MOST = 64
"""Chunks that are read after the end of a conversation before the socket is closed regardless."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with a time of 0: close sends a reset (socket(7))."""


class _GivenUp(Exception):
    """This end has ended the conversation as its manner says."""


class Conversation:
    """One end of one TCP connection."""

    def __init__(
        self, line: socket.socket, end: End, channel: Channel, *, is_server: bool, patience: float
    ) -> None:
        """Speak over `line`, which is ours from now on, and wait `patience` seconds for each answer."""
        self._line = line
        self._end = end
        self._channel = channel
        self._is_server = is_server
        self._engine: Engine | None = None
        self._leaves_midway = end.manner in {Manner.CLOSE_MIDWAY, Manner.RESET_MIDWAY}
        self._peer_has_gone = False
        self._is_complete = False
        self._refusal: Refusal | None = None
        self._error = ""
        self._answer = b""
        line.settimeout(patience)

    def run(self) -> Account:
        """Hold the conversation, close the line, and tell how it went."""
        try:
            self._speak()
        except _GivenUp as done:
            self._error = str(done)
        except SSL.SysCallError as error:
            self._error = f"I/O error: {error.args[-1]}"
        except SSL.Error as error:
            self._error = _text_of(error)
        except TimeoutError:
            self._error = "timed out"
        except OSError as error:
            self._error = (error.strerror or str(error)).lower()
        finally:
            self._hang_up()
        return self._account()

    def _speak(self) -> None:
        match self._end.manner:
            case Manner.PLAINTEXT:
                self._exchange_plainly()
            case Manner.SILENT:
                self._drain()
                raise _GivenUp("this end never answers, as it was told")
            case Manner.CLOSE_FIRST:
                if self._is_server:
                    self._line.recv(_CHUNK)
                raise _GivenUp("this end closes at once, as it was told")
            case _:
                self._speak_tls()

    def _speak_tls(self) -> None:
        if self._end.preamble:
            self._exchange_preamble()
        try:
            self._engine = Engine(self._end, is_server=self._is_server)
        except SSL.Error as error:
            self._refusal = Refusal.LOCAL_CONFIGURATION
            raise _GivenUp(_text_of(error)) from error
        self._handshake(self._engine)
        self._check_name(self._engine)
        if self._is_server:
            self._serve(self._engine)
        else:
            self._ask(self._engine)

    def _exchange_preamble(self) -> None:
        if not self._is_server:
            self._line.sendall(words.greeting(self._end.name, self._channel))
            self._read_line()
        elif self._read_line().startswith(words.MARK):
            self._line.sendall(words.welcome())
        else:
            raise _GivenUp("the peer did not begin with the lab's preamble")

    def _read_line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n") and len(line) < words.LINE_MOST:
            received = self._line.recv(words.LINE_MOST)
            if not received:
                break
            line += received
        return line

    def _exchange_plainly(self) -> None:
        """A client asks and listens; a server answers whatever it gets."""
        if not self._is_server:
            self._line.sendall(words.request(self._channel))
        received = self._line.recv(_CHUNK)
        if self._is_server and received:
            self._line.sendall(words.answer(self._end.name, self._channel))
        self._answer = received

    def _handshake(self, engine: Engine) -> None:
        try:
            while not engine.handshake():
                self._send(engine)
                self._receive(engine)
        except SSL.Error:
            # An alert that OpenSSL writes when the peer has gone is a consequence, not a refusal.
            self._refusal = Refusal.HANDSHAKE if engine.sent_alerts and not self._peer_has_gone else None
            self._send(engine)
            raise
        self._send(engine)
        self._is_complete = True

    def _check_name(self, engine: Engine) -> None:
        """Compare the peer's name with the members'; who was not asked for a certificate may stay."""
        chain = engine.peer_chain
        if chain is None:
            return
        name = chain[0].subject.rfc4514_string()
        if name not in self._end.listed:
            self._refusal = Refusal.NAME
            engine.say_goodbye()
            self._send(engine)
            raise _GivenUp(f"{name} is not the name of a member of this mirror")

    def _ask(self, engine: Engine) -> None:
        engine.write(words.request(self._channel))
        self._send(engine)
        received = self._read(engine)
        self._answer = received
        if not received:
            raise _GivenUp("the peer closed without an answer")
        engine.say_goodbye()
        self._send(engine)

    def _serve(self, engine: Engine) -> None:
        received = self._read(engine)
        self._answer = received
        if received:
            engine.write(words.answer(self._end.name, self._channel))
            self._send(engine)
            self._read(engine)
        engine.say_goodbye()
        self._send(engine)

    def _read(self, engine: Engine) -> bytes:
        while (received := engine.read()) is None:
            self._send(engine)
            self._receive(engine)
        return received

    def _send(self, engine: Engine) -> None:
        wire = engine.take()
        if wire and self._leaves_midway and self._is_server:
            self._line.sendall(wire[: len(wire) // 2])
            raise _GivenUp("this end leaves in the middle of its part of the handshake, as it was told")
        self._line.sendall(wire)

    def _receive(self, engine: Engine) -> None:
        wire = self._line.recv(_CHUNK)
        if self._leaves_midway and not self._is_server:
            raise _GivenUp("this end leaves when it has got the server's part, as it was told")
        if wire:
            engine.put(wire)
        else:
            self._peer_has_gone = True
            engine.end_of_wire()

    def _hang_up(self) -> None:
        with self._line:
            if self._end.manner is Manner.RESET_MIDWAY:
                self._line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                return
            try:
                self._line.shutdown(socket.SHUT_WR)
                self._drain()
            except OSError:
                return  # The peer is gone already: there is nobody left to be polite to.

    def _drain(self) -> None:
        for _ in range(_DRAIN_MOST):
            if not self._line.recv(_CHUNK):
                return

    def _account(self) -> Account:
        told = Account(
            is_complete=self._is_complete, refusal=self._refusal, error=self._error, answer=self._answer
        )
        engine = self._engine
        if engine is None:
            return told
        code, depth = engine.verify_error or (None, None)
        return replace(
            told,
            version=engine.version,
            cipher=engine.cipher,
            peer_chain=engine.peer_chain,
            sent_alerts=tuple(engine.sent_alerts),
            received_alerts=tuple(engine.received_alerts),
            verify_error=code,
            verify_depth=depth,
            key_log=tuple(engine.key_log),
        )


def _text_of(error: SSL.Error) -> str:
    """Join the reasons of OpenSSL's error stack, as logs print them."""
    reasons = [entry[-1] for entry in error.args[0]] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(reason for reason in reasons if reason) or type(error).__name__
