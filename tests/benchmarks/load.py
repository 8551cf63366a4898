"""The two ends around a relay under measurement: a server and clients, both with mutual TLS.

Each is a process of its own, run as `python -m tests.benchmarks.load ROLE DIRECTORY VERSION [PORT COUNT]` with an
`IdentityFiles` directory; results go to standard output as JSON. The work is OpenSSL's, outside the
interpreter lock, and what it costs is in no figure but the round-trip times, where the direct connection is
measured beside. Every handshake is a full one: the server keeps no session, and would not go on with one.
"""

from __future__ import annotations

import argparse
import json
import socket
import ssl
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = struct.Struct("!QQ240x")
"""A message of 256 bytes: how many follow it, and how many the server is to answer with."""

MESSAGE = REQUEST.size
CHUNK = 256 * 1024
AT_ONCE = 4
"""Connections that are made side by side."""

DEADLINE_SECONDS = 60.0
"""A stuck relay ends the measurement instead of holding it."""

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context_of(directory: Path, version: str, *, is_server: bool) -> ssl.SSLContext:
    """Make the context of one end that speaks this version only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(directory / "CertificateFile.pem", directory / "PrivateKeyFile.pem")
    context.load_verify_locations(directory / "CAFile.pem")
    context.minimum_version = context.maximum_version = VERSIONS[version]
    if is_server:
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    return context


def _receive(tls: ssl.SSLSocket, length: int) -> None:
    while length:
        data = tls.recv(min(length, CHUNK))
        if not data:
            raise ConnectionError("the other end closed early")
        length -= len(data)


def _send(tls: ssl.SSLSocket, length: int) -> None:
    while length:
        tls.sendall(bytes(min(length, CHUNK)))
        length -= min(length, CHUNK)


def _request(tls: ssl.SSLSocket, sent: int, answered: int) -> None:
    tls.sendall(REQUEST.pack(sent, answered))
    _send(tls, sent)
    _receive(tls, answered)


def _answer(raw: socket.socket, context: ssl.SSLContext) -> None:
    with context.wrap_socket(raw, server_side=True) as tls:
        if tls.session_reused:
            raise ConnectionError("the relay resumed a session: that is no full handshake")
        while request := tls.recv(REQUEST.size):
            received, answered = REQUEST.unpack(request)
            _receive(tls, received)
            _send(tls, answered)
        tls.unwrap()


def serve(context: ssl.SSLContext) -> None:
    """Answer until killed; print the port first."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    while True:
        raw, _ = listener.accept()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_answer, args=(raw, context), daemon=True).start()


def _connect(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(raw)


def _exchange(tls: ssl.SSLSocket) -> None:
    _request(tls, 0, MESSAGE)


def connections(port: int, context: ssl.SSLContext, count: int) -> dict[str, float]:
    """Make `count` connections, `AT_ONCE` at a time, each with one message, its answer and an orderly end."""

    def one(_: int) -> None:
        with _connect(port, context) as tls:
            _exchange(tls)
            tls.unwrap()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {"connections": float(len(list(pool.map(one, range(count)))))}


def bulk(port: int, context: ssl.SSLContext, count: int) -> dict[str, float]:
    """Send `count` chunks on one connection, then receive as many."""
    with _connect(port, context) as tls:
        _request(tls, count * CHUNK, MESSAGE)
        _request(tls, 0, count * CHUNK)
        tls.unwrap()
    return {"bytes": 2.0 * count * CHUNK}


def _timed(tls: ssl.SSLSocket, count: int) -> Iterator[float]:
    for _ in range(count):
        began = time.perf_counter()
        _exchange(tls)
        yield time.perf_counter() - began


def round_trips(port: int, context: ssl.SSLContext, count: int) -> dict[str, float]:
    """Time `count` exchanges of one small message on one connection."""
    with _connect(port, context) as tls:
        times = sorted(_timed(tls, count))
        tls.unwrap()
    return {"p50": times[count // 2], "p99": times[count * 99 // 100]}


def idle(port: int, context: ssl.SSLContext, count: int) -> dict[str, float]:
    """Hold `count` connections after one exchange each, until standard input ends."""
    held = [_connect(port, context) for _ in range(count)]
    for tls in held:
        _exchange(tls)
    print(json.dumps({"held": count}), flush=True)
    sys.stdin.read()
    for tls in held:
        tls.unwrap()
        tls.close()
    return {"held": 0.0}


LOADS = {"connections": connections, "bulk": bulk, "round_trips": round_trips, "idle": idle}


def main() -> None:
    """Run one end as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["serve", *LOADS])
    parser.add_argument("directory", type=Path)
    parser.add_argument("version", choices=list(VERSIONS))
    parser.add_argument("port", type=int, nargs="?", default=0)
    parser.add_argument("count", type=int, nargs="?", default=0)
    asked = parser.parse_args()
    context = context_of(asked.directory, asked.version, is_server=asked.role == "serve")
    if asked.role == "serve":
        serve(context)
    print(json.dumps(LOADS[asked.role](asked.port, context, asked.count)), flush=True)


if __name__ == "__main__":
    main()
