"""Bytes that no TLS stack sends: nothing of the relay breaks, every connection ends and is told."""

from __future__ import annotations

import json
import random
import socket
import ssl
from typing import TYPE_CHECKING

import pytest

from tests.integration.raw import dial, read_all, read_record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.members import Members

ROUNDS = 60


def hello_of(members: Members, random_source: random.Random) -> bytes:
    """Give a good ClientHello, damaged in some places or not at all."""
    outgoing = ssl.MemoryBIO()
    tls = members.context(members.client, is_server=False).wrap_bio(ssl.MemoryBIO(), outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return damage(outgoing.read(), random_source)


def damage(data: bytes, random_source: random.Random) -> bytes:
    """Flip, cut or lengthen."""
    changed = bytearray(data)
    for _ in range(random_source.choice([0, 1, 1, 4])):
        changed[random_source.randrange(len(changed))] = random_source.randrange(256)
    if random_source.random() < 0.3:
        del changed[random_source.randrange(len(changed)) :]
    if random_source.random() < 0.3:
        changed += random_source.randbytes(random_source.randrange(1, 600))
    return bytes(changed)


def run(
    members: Members, random_source: random.Random, upstream_says: bytes | None, tmp_path: Path
) -> list[str]:
    """Send damaged bytes from both ends over many connections; give the kinds of events that were logged."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        port = listener.getsockname()[1]
        with members.relay(port, handshake_seconds=1.0, silence_seconds=1.0) as relay:
            for _ in range(ROUNDS):
                with dial(relay.port) as client:
                    client.sendall(hello_of(members, random_source))
                    upstream, _ = listener.accept()
                    with upstream:
                        upstream.settimeout(0.05)
                        answer = upstream_says or _answer(members, upstream)
                        _try_send(upstream, damage(answer, random_source))
                        _try_send(client, random_source.randbytes(random_source.randrange(1, 200)))
                        if random_source.random() < 0.5:
                            _try_end(upstream)
                    if random_source.random() < 0.5:
                        _try_end(client)
                    client.settimeout(20)
                    read_all(client)
                relay.seen()
    return [json.loads(line)["event.action"] for line in (tmp_path / "events.jsonl").read_text().splitlines()]


def _try_end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _try_send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except OSError:
        return


def _answer(members: Members, upstream: socket.socket) -> bytes:
    """Answer the relay's ClientHello with a good flight, or with something short where there is none."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = members.context(members.server, is_server=True).wrap_bio(incoming, outgoing, server_side=True)
    try:
        incoming.write(read_record(upstream))
        tls.do_handshake()
    except (ssl.SSLError, OSError, AssertionError):
        return outgoing.read() or b"\x16\x03\x03\x00\x01"
    return outgoing.read()


@pytest.mark.parametrize("seed", range(4))
def test_damaged_flights(members: Members, tmp_path: Path, seed: int) -> None:
    """Damaged hellos, flights and answers end as connections, never as errors of the probe."""
    events = run(members, random.Random(seed), None, tmp_path)
    assert "internal error" not in events
    assert events.count("connection") == ROUNDS


@pytest.mark.parametrize(
    "answer",
    [
        b"\x15\x03\x03\x00\x02\x01\x70" * 40,
        b"\x16\x03\x03\x00\x00" * 500,
        b"\x14\x03\x03\x00\x01\x01" * 300,
        b"\x17\x03\x03\x40\x00" + bytes(16384),
        b"\x16\x03\x03\x3f\xff" + b"\x0b\x01\xff\xff" + bytes(16379),
    ],
    ids=["warnings", "empty records", "change_cipher_specs", "data at once", "endless certificate"],
)
def test_endless_answers(members: Members, tmp_path: Path, answer: bytes) -> None:
    """An upstream that answers with much of nothing is ended as well."""
    events = run(members, random.Random(1), answer, tmp_path)
    assert "internal error" not in events
    assert events.count("connection") == ROUNDS
