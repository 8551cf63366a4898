"""The two ends around a relay under measurement: an echo server and clients, both with mutual TLS, each its own process."""

from __future__ import annotations

import argparse
import json
import socket
import ssl
import sys
import threading
import time
from pathlib import Path

MESSAGE = 256
CHUNK = 256 * 1024


def _context(directory: Path, *, is_server: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(directory / "member.pem", directory / "member.key")
    context.load_verify_locations(directory / "ca.pem")
    if is_server:
        context.num_tickets = 0
    return context


def _echo(raw: socket.socket, context: ssl.SSLContext) -> None:
    try:
        with context.wrap_socket(raw, server_side=True) as tls:
            while data := tls.recv(CHUNK):
                tls.sendall(data)
    except OSError:
        raw.close()


def serve(directory: Path) -> None:
    """Echo until killed; print the port first."""
    context = _context(directory, is_server=True)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    while True:
        raw, _ = listener.accept()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_echo, args=(raw, context), daemon=True).start()


def _connect(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", port))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(raw)


def _exchange(tls: ssl.SSLSocket, message: bytes) -> None:
    tls.sendall(message)
    left = len(message)
    while left:
        data = tls.recv(left)
        if not data:
            raise ConnectionError("the echo ended early")
        left -= len(data)


def connections(port: int, context: ssl.SSLContext, count: int) -> dict[str, float]:
    """Make `count` connections one after the other, each with one message and its echo."""
    message = bytes(MESSAGE)
    began = time.perf_counter()
    for _ in range(count):
        with _connect(port, context) as tls:
            _exchange(tls, message)
    return {"seconds": time.perf_counter() - began}


def bulk(port: int, context: ssl.SSLContext, count: int) -> dict[str, float]:
    """Send `count` chunks on one connection while another thread reads their echo."""
    chunk = bytes(CHUNK)
    with _connect(port, context) as tls:
        began = time.perf_counter()
        sender = threading.Thread(target=lambda: [tls.sendall(chunk) for _ in range(count)])
        sender.start()
        left = count * CHUNK
        while left:
            left -= len(tls.recv(CHUNK))
        sender.join()
        return {"seconds": time.perf_counter() - began, "bytes": 2.0 * count * CHUNK}


def round_trips(port: int, context: ssl.SSLContext, count: int) -> dict[str, float]:
    """Time `count` exchanges of one small message on one connection."""
    message = bytes(MESSAGE)
    times = []
    with _connect(port, context) as tls:
        for _ in range(count):
            began = time.perf_counter()
            _exchange(tls, message)
            times.append(time.perf_counter() - began)
    times.sort()
    return {"p50": times[count // 2], "p99": times[count * 99 // 100]}


def idle(port: int, context: ssl.SSLContext, count: int) -> dict[str, float]:
    """Hold `count` connections after one exchange each, until standard input ends."""
    held = [_connect(port, context) for _ in range(count)]
    for tls in held:
        _exchange(tls, bytes(MESSAGE))
    print(json.dumps({"held": count}), flush=True)
    sys.stdin.read()
    return {"held": float(len(held))}


LOADS = {"connections": connections, "bulk": bulk, "round_trips": round_trips, "idle": idle}


def main() -> None:
    """Run one end as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["serve", *LOADS])
    parser.add_argument("directory", type=Path)
    parser.add_argument("port", type=int, nargs="?", default=0)
    parser.add_argument("count", type=int, nargs="?", default=0)
    asked = parser.parse_args()
    if asked.role == "serve":
        serve(asked.directory)
    context = _context(asked.directory, is_server=False)
    print(json.dumps(LOADS[asked.role](asked.port, context, asked.count)), flush=True)


if __name__ == "__main__":
    main()
