"""The form of a real TLS stack as a peer: it dials or answers once, and says in its own words what came of it."""

from __future__ import annotations

import re
import subprocess
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

DEADLINE_SECONDS = 30.0
"""When a peer that hangs is ended; no test expects to come near it."""

HELLO = b"hello\n"

VERSIONS = {0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}


@dataclass(frozen=True, slots=True)
class Files:
    """What a peer reads: its certificate and key (None: it has none), and the CA file."""

    ca: Path
    certificate: Path | None
    key: Path | None


class Server(Protocol):
    """A peer that listens."""

    port: int

    def said(self) -> tuple[str, ...]:
        """Wait until it has served its one connection; give its evidence."""


class Dialling(Protocol):
    """A TLS stack that can be a client."""

    name: str

    def client(self, port: int, files: Files, version: int, *, speaks: bool) -> tuple[str, ...]:
        """Dial, say HELLO and wait for the answer where it `speaks`, else wait for what comes; give the evidence."""


class Answering(Protocol):
    """A TLS stack that can be a server."""

    name: str

    def server(self, files: Files, version: int) -> AbstractContextManager[Server]:
        """Answer one connection, with a client certificate required."""


class Output:
    """What a program prints, read while it runs."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Read the stream in a thread until it ends."""
        self._text = b""
        self._changed = threading.Condition()
        self._stream = stream
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while data := self._stream.read1(4096):  # type: ignore[attr-defined]
            with self._changed:
                self._text += data
                self._changed.notify_all()
        self._stream.close()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, pattern: bytes) -> re.Match[bytes] | None:
        """Wait until the pattern was printed; None: the stream ended without it."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or re.search(pattern, self._text), DEADLINE_SECONDS)
            return re.search(pattern, self._text)

    def text(self) -> str:
        """Give everything, when the program has ended."""
        self._thread.join(DEADLINE_SECONDS)
        return self._text.decode("utf-8", "replace")


def evidence(text: str, pattern: str) -> tuple[str, ...]:
    """Keep what `pattern` matches in each line (its groups where it has some), in the order of the output."""
    found = re.finditer(pattern, text, re.MULTILINE)
    return tuple(" ".join(match.groups()) if match.groups() else match.group() for match in found)


def until_greeting(said: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out what came after the greeting: whether a client still hears the close before it is ended is a race."""
    place = next((place for place, line in enumerate(said) if line in ("olleh", "hello")), len(said))
    return said[: place + 1]


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait until a program ends; end it when its time is up."""
    try:
        process.wait(DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a program that is not needed any more."""
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
