"""Events to a syslog server: a local socket, UDP (RFC 5426), or TCP with octet counting (RFC 6587 section 3.4.1).

Syslog has no acknowledgement. A message that a local socket or TCP does not take is tried again until it is taken;
what the other end had not read when it died is lost without a sign, as is all that UDP loses.
"""

from __future__ import annotations

import errno
import select
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from analyzers.counted import counted

from .rfc5424 import Writer
from .trouble import Health
from .worker import Backoff, Worker

if TYPE_CHECKING:
    from analyzers.connection import Endpoint

    from ..config.settings import SyslogSettings
    from .event import Event
    from .trouble import Tell

__all__ = ["SyslogSink"]

UDP_BYTES = 2048
"""What every receiver should take in one datagram (RFC 5426 section 3.2)."""

MESSAGE_BYTES = 8192
"""What rsyslog takes as one message unless told otherwise; it cuts longer ones."""

SENDING_SECONDS = 5.0
"""How long one message, or one attempt to connect, may take."""


class SyslogSink:
    """One syslog server."""

    def __init__(self, settings: SyslogSettings, tell: Tell) -> None:
        """Begin to send; a server that cannot be reached is waited for."""
        self.name = settings.name
        self._address = settings.address
        self._is_tcp = settings.transport == "tcp" and not isinstance(settings.address, Path)
        is_udp = not self._is_tcp and not isinstance(settings.address, Path)
        self._writer = Writer(settings.facility, UDP_BYTES if is_udp else MESSAGE_BYTES)
        self._socket: socket.socket | None = None
        self._backoff = Backoff()
        self._health = Health(settings.name, tell)
        self._worker: Worker[bytes] = Worker(f"syslog {settings.name}", self._send, finish=self._disconnect)

    def take(self, event: Event) -> None:
        """Leave the event's message for the sender."""
        message = self._writer.message(event)
        self._worker.put(message, len(message))

    def dropped(self) -> int:
        """Give the number of events that were lost, as far as that can be known."""
        return self._worker.dropped

    def close(self, seconds: float) -> None:
        """Send what waits."""
        self._worker.close(seconds)

    def _send(self, messages: list[bytes]) -> int:
        lost = 0
        for number, message in enumerate(messages):
            while (error := self._sent(message)) is not None:
                self._health.failing("away", f"{self._where()}: {(error.strerror or str(error)).lower()}")
                if error.errno == errno.EMSGSIZE:
                    lost += 1
                    break
                if not self._worker.pause(self._backoff.next()):
                    return lost + len(messages) - number
        return lost

    def _sent(self, message: bytes) -> OSError | None:
        """Send a message, and give what prevented it."""
        try:
            if self._socket is not None and self._is_tcp and _has_ended(self._socket):
                self._disconnect()
            if self._socket is None:
                self._socket = self._connected()
            self._socket.sendall(b"%d %s" % (len(message), message) if self._is_tcp else message)
        except OSError as error:
            self._disconnect()
            return error
        self._backoff.reset()
        self._health.works(f"{counted(self.dropped(), 'event was', 'events were')} lost since the start")
        return None

    def _connected(self) -> socket.socket:
        if isinstance(self._address, Path):
            return _datagrams(socket.AF_UNIX, str(self._address))
        if self._is_tcp:
            stream = socket.create_connection((self._address.address, self._address.port), SENDING_SECONDS)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return stream
        return _udp(self._address)

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _where(self) -> str:
        return str(self._address)


def _udp(server: Endpoint) -> socket.socket:
    found = socket.getaddrinfo(server.address, server.port, type=socket.SOCK_DGRAM)
    family, _, _, _, address = found[0]
    return _datagrams(family, address)


def _datagrams(
    family: int, address: str | tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        made.settimeout(SENDING_SECONDS)
        made.connect(address)
    except OSError:
        made.close()
        raise
    return made


def _has_ended(stream: socket.socket) -> bool:
    """Tell whether the server has closed: what is sent then would be lost. What a server says is not looked at."""
    poller = select.poll()
    poller.register(stream, select.POLLIN)
    return bool(poller.poll(0)) and stream.recv(4096) == b""
