"""Record a lab's connections with tcpdump.

tcpdump hands packets on with a delay, so the end of a recording is marked on the wire itself: a datagram that
only we could have sent. Whatever was sent before it has then arrived, and neither it nor anything after it is
kept.
"""

from __future__ import annotations

import secrets
import socket
import struct
import subprocess
from contextlib import contextmanager
from threading import Thread
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["NotRecorded", "recording"]

_FILE_HEADER = 24
"""Bytes of a pcap file's header (draft-ietf-opsawg-pcap section 4)."""

_RECORD_HEADER = struct.Struct("=IIII")
"""Of a packet, in this machine's byte order: seconds, microseconds, captured length, length."""

_MARK_PORT = 9
"""The discard service: nobody answers."""

_STOP_SECONDS = 10.0
"""tcpdump needs milliseconds to end."""


class NotRecorded(Exception):
    """tcpdump is missing, may not capture, or ended too early."""


@contextmanager
def recording(path: Path, address: tuple[str, int]) -> Iterator[None]:
    """Write every TCP segment from and to a loopback `address` into the pcap file `path` meanwhile.

    Raises:
        NotRecorded: tcpdump cannot do it; the text says why.
        OSError: the file cannot be written.
    """
    mark = secrets.token_bytes(32)
    host, port = address
    expression = (
        f"(tcp and host {host} and port {port}) or (udp dst port {_MARK_PORT} and dst host 127.0.0.1)"
    )
    command = [
        "tcpdump",
        "-i",
        "lo",
        "-U",
        "--immediate-mode",
        "-s",
        "0",
        "-Z",
        "root",
        "-w",
        "-",
        expression,
    ]
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603  our own words
    except OSError as error:
        raise NotRecorded(f"tcpdump cannot be run: {error.strerror}") from error
    with process, path.open("wb") as file:
        if process.stdout is None or process.stderr is None:
            raise NotRecorded("tcpdump has no output")
        _wait_until_listening(process.stderr)
        copying = Thread(target=_copy, args=(process.stdout, file, mark), name="recording", daemon=True)
        copying.start()
        try:
            yield
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marking:
                marking.sendto(mark, ("127.0.0.1", _MARK_PORT))
            copying.join(_STOP_SECONDS)
            process.terminate()
    if copying.is_alive():
        raise NotRecorded("tcpdump did not see the end of the recording")


def _wait_until_listening(diagnostics: IO[bytes]) -> None:
    said = []
    for line in diagnostics:
        if b"listening on" in line:
            return
        said.append(line.decode("ascii", "replace").strip())
    raise NotRecorded(f"tcpdump does not capture: {'; '.join(said)}")


def _copy(source: IO[bytes], file: IO[bytes], mark: bytes) -> None:
    """Copy packets until one carries the mark, or none follows."""
    file.write(source.read(_FILE_HEADER))
    while len(header := source.read(_RECORD_HEADER.size)) == _RECORD_HEADER.size:
        packet = source.read(_RECORD_HEADER.unpack(header)[2])
        if mark in packet:
            return
        file.write(header + packet)
