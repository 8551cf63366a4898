"""A stand-in for an ISCAgent or a superserver of InterSystems IRIS, and the member that calls one.

It is no IRIS. It does what the vendor's page says that a mirror member does with TLS: it requires a
certificate from its peer, verifies it with OpenSSL, and drops a peer whose distinguished name is not that of
a member.
"""

from __future__ import annotations

import socket
import threading
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Self

from .conversation import Conversation
from .ends import Account, Manner

if TYPE_CHECKING:
    from types import TracebackType

    from analyzers.mirror.definition import Channel

    from .ends import End

__all__ = ["PATIENCE_SECONDS", "StandIn", "call"]

PATIENCE_SECONDS = 5.0
"""How long an end waits for an answer: less than the 8 seconds of the mirror's default QoS timeout."""

_BACKLOG = 64
"""A lab has fewer members than that."""


def call(
    end: End,
    address: tuple[str, int],
    channel: Channel,
    *,
    source: str = "",
    patience: float = PATIENCE_SECONDS,
) -> Account:
    """Connect to `address` as `end`, from the local address `source` if given, and hold one conversation."""
    try:
        line = socket.create_connection(
            address, timeout=patience, source_address=(source, 0) if source else None
        )
    except TimeoutError:
        return Account(error="connect timed out")
    except OSError as error:
        return Account(error=(error.strerror or str(error)).lower())
    return Conversation(line, end, channel, is_server=False, patience=patience).run()


class StandIn:
    """A listening service of a lab member; use it as a context manager."""

    def __init__(
        self,
        end: End,
        channel: Channel,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """Prepare to listen at `host` and `port` (0: any free one); `patience` is in seconds."""
        self.channel = channel
        self._end = end
        self._patience = patience
        self._accounts: SimpleQueue[tuple[End, Account]] = SimpleQueue()
        self._lines: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self.address = host, port
        """Where it listens; the port is known once it does."""
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None

    @property
    def end(self) -> End:
        """How it behaves towards the next connection."""
        return self._end

    def become(self, end: End) -> None:
        """Behave as `end` from the next connection on; one that is `Manner.ABSENT` closes the port."""
        was_absent, is_absent = self._end.manner is Manner.ABSENT, end.manner is Manner.ABSENT
        self._end = end
        if is_absent and not was_absent:
            self._stop_listening()
        elif was_absent and not is_absent:
            self._listen()

    def next_account(self, timeout_seconds: float) -> Account | None:
        """Give the next account of a connection held as the present `end`; None if there is none in time."""
        deadline = monotonic() + timeout_seconds
        while True:
            try:
                end, account = self._accounts.get(timeout=max(0.0, deadline - monotonic()))
            except Empty:
                return None
            if end is self._end:
                return account

    def __enter__(self) -> Self:
        """Begin to listen.

        Raises:
            OSError: the address is in use, or is not one of this machine.
        """
        self._listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port and every connection, and wait until all is over."""
        self._stop_listening()
        for line in tuple(self._lines):
            _interrupt(line)
        for thread in tuple(self._threads):
            thread.join()

    def _listen(self) -> None:
        self._listener = socket.create_server(self.address, backlog=_BACKLOG)
        self.address = self._listener.getsockname()[:2]
        name = f"{self._end.name}-{self.channel}"
        self._accepting = threading.Thread(
            target=self._accept, args=(self._listener,), name=name, daemon=True
        )
        self._accepting.start()

    def _stop_listening(self) -> None:
        if self._listener is not None and self._accepting is not None:
            _interrupt(self._listener)
            self._accepting.join()
            self._listener.close()
            self._listener = self._accepting = None

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return  # `_stop_listening` has shut the socket down.
            thread = threading.Thread(
                target=self._converse, args=(line,), name=f"{self._end.name}-conversation", daemon=True
            )
            self._lines.add(line)
            self._threads.add(thread)
            thread.start()

    def _converse(self, line: socket.socket) -> None:
        end = self._end
        self._accounts.put(
            (end, Conversation(line, end, self.channel, is_server=True, patience=self._patience).run())
        )
        self._lines.discard(line)
        self._threads.discard(threading.current_thread())


def _interrupt(line: socket.socket) -> None:
    """Wake up whoever waits on this socket."""
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # It is closed already, so nobody waits on it.
