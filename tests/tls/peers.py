"""Two programs talking TLS over loopback, and every record between them."""

from __future__ import annotations

import contextlib
import random
import socket
import subprocess
import threading
from typing import IO, TYPE_CHECKING, Self

from tests.tls.engines import CLIENT, SERVER, Record

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE_SECONDS = 60.0

_chance = random.Random()
"""Its own: hypothesis watches the state of the module, also from other threads."""


def free_port() -> int:
    """Give a loopback port that nobody listens on, below those that the system hands out to others meanwhile."""
    while True:
        port = _chance.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Tap:
    """Forwards one connection to `upstream` byte for byte, and notes the records of both directions."""

    def __init__(self, upstream: int) -> None:
        """Listen; the other side is dialled when the client has come."""
        self.records: list[Record] = []
        self._changed = threading.Condition()
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._serve, name="tap", daemon=True)]
        self._threads[0].start()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client, socket.create_connection(("127.0.0.1", self._upstream)) as server:
            back = threading.Thread(
                target=self._pump, args=(server, client, SERVER), name="tap back", daemon=True
            )
            back.start()
            self._pump(client, server, CLIENT)
            back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, sender: str) -> None:
        unread = b""
        while True:
            try:
                data = source.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            unread = self._note(sender, unread + data)
            try:
                sink.sendall(data) if data else sink.shutdown(socket.SHUT_WR)
            except OSError:  # The other end has gone already.
                return
            if not data:
                return

    def _note(self, sender: str, stream: bytes) -> bytes:
        while len(stream) >= 5 and len(stream) >= (end := 5 + int.from_bytes(stream[3:5], "big")):
            with self._changed:
                self.records.append(
                    Record(sender, stream[0], int.from_bytes(stream[1:3], "big"), stream[5:end])
                )
                self._changed.notify_all()
            stream = stream[end:]
        return stream

    def wait_for(self, condition: Callable[[list[Record]], bool]) -> None:
        """Wait until the records fulfil `condition`."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self.records), DEADLINE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for both directions to end, unless something has failed already."""
        self._listener.close()
        if kind is None:
            for thread in self._threads:
                thread.join(DEADLINE_SECONDS)
                assert not thread.is_alive()


class Program:
    """A child process with text going in and out."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment},
        )

    def read_until(self, word: bytes) -> bytes:
        """Read lines up to the one that has `word` in it; a program that stays silent is killed."""
        seen = b""
        deadline = threading.Timer(DEADLINE_SECONDS, self._process.kill)
        deadline.start()
        try:
            for line in _pipe(self._process.stdout):
                seen += line
                if word in line:
                    return seen
        finally:
            deadline.cancel()
            deadline.join()
        raise AssertionError(f"{word!r} did not come, but {seen!r}")

    def write(self, text: bytes) -> None:
        """Give it `text`."""
        stdin = _pipe(self._process.stdin)
        stdin.write(text)
        stdin.flush()

    def finish(self) -> bytes:
        """End its input, wait for its end, and give what it still printed."""
        output, _ = self._process.communicate(timeout=DEADLINE_SECONDS)
        return output

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it, where it still runs."""
        self._process.terminate()
        self._process.communicate(timeout=DEADLINE_SECONDS)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
