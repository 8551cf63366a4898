"""How `lab fault` asks a running `lab up` for one connection with a fault.

A UNIX socket in the lab's directory takes one line of JSON, `{"fault", "version", "through"}`, and answers
with one line: `{"played": ...}` or `{"error": text}`. Only the owner may connect to it.
"""

from __future__ import annotations

import json
import socket
import socketserver
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

from .account import played_record
from .faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .box import Box

__all__ = ["LabRefused", "ask", "serving"]

_NAME = "lab.sock"
_LINE_MOST = 65536
"""A request is a hundred bytes, an answer a few thousand."""


class LabRefused(Exception):
    """The running lab could not do what it was asked."""


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, box: Box) -> None:
        super().__init__(str(path), _Handler)
        self.box = box


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Play what one line asks for."""
        line = self.rfile.readline(_LINE_MOST)
        self.wfile.write(json.dumps(_answer(self.server.box, line)).encode() + b"\n")


def _answer(box: Box, line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line)
        fault, through = FAULTS[asked["fault"]], asked["through"]
        played = box.play_fault(fault, version=asked["version"], through=tuple(through) if through else None)
    except (ValueError, KeyError, TypeError) as error:
        return {"error": f"the request cannot be read: {error}"}
    return {"played": played_record(played)}


@contextmanager
def serving(box: Box, directory: Path) -> Iterator[None]:
    """Answer requests for `box` as long as the context lasts.

    Raises:
        OSError: the socket cannot be made in `directory`.
    """
    path = directory / _NAME
    path.unlink(missing_ok=True)
    with _Server(path, box) as server:
        path.chmod(0o600)
        thread = Thread(target=server.serve_forever, name="lab-control", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            path.unlink(missing_ok=True)


def ask(
    directory: Path, fault: str, *, version: int | None, through: tuple[str, int] | None, patience: float
) -> dict[str, Any] | None:
    """Let the lab that runs in `directory` make one connection, and give what both ends say of it.

    None means that no lab runs there.

    Raises:
        LabRefused: it does not answer within `patience` seconds, or could not do it.
    """
    request = json.dumps({"fault": fault, "version": version, "through": through}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(patience)
        try:
            line.connect(str(directory / _NAME))
        except OSError:
            return None
        try:
            line.sendall(request)
            with line.makefile("rb") as file:
                answer = json.loads(file.readline(_LINE_MOST))
        except (OSError, ValueError) as error:
            raise LabRefused(f"the lab in {directory} does not answer: {error}") from error
    if "error" in answer:
        raise LabRefused(answer["error"])
    played: dict[str, Any] = answer["played"]
    return played
