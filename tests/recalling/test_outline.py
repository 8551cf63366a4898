"""What an outline leaves out of a flight shows nowhere."""

from __future__ import annotations

import json
import random
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Party
from analyzers.diagnosis.engine import diagnose
from analyzers.observing.standing import Standing
from analyzers.recalling.outline import read_outline
from analyzers.report.json import connection_record
from analyzers.tls.search import CHANGE_CIPHER_SPEC, HANDSHAKE, HEADER_BYTES
from tests.recalling.test_recalling import STORIES, told
from tests.tls.dialogues import TLS12, observe, record

if TYPE_CHECKING:
    from analyzers.connection import Connection

CLIENT, SERVER = Party.CLIENT, Party.SERVER
NOTHING = {party: Standing(party, None, has_changed=False) for party in Party}


def written(connection: Connection) -> str:
    """The record."""
    return json.dumps(connection_record(connection, diagnose(connection)))


def scrambled(flight: bytes, standing: Standing, generator: random.Random) -> bytes:
    """Give a flight with other bytes wherever its outline leaves some out."""
    outline = read_outline(flight, 0, standing)
    assert outline is not None
    other = bytearray(generator.randbytes(len(flight)))
    for begin, end in outline.kept:
        other[begin:end] = flight[begin:end]
    if outline.session_id is not None:
        begin, end = outline.session_id
        other[begin:end] = flight[begin:end]
    return bytes(other)


@pytest.mark.parametrize("name", [name for name in STORIES if name != "resumed"])
def test_bytes_that_are_left_out_change_nothing(name: str) -> None:
    """Randoms, key shares, signatures and ciphertext may be anything."""
    generator = random.Random(1)
    turns = [
        (party, b"".join(data for _, data in group))
        for party, group in groupby(told(name), lambda one: one[0])
    ]
    standings, changed = dict(NOTHING), []
    for number, (party, flight) in enumerate(turns):
        changed.append((party, scrambled(flight, standings[party], generator)))
        seen = observe(turns[: number + 1]).tls
        assert seen is not None
        standings = {
            one: Standing(one, seen.version, has_changed=_has_changed(turns[: number + 1], one, seen.version))
            for one in Party
        }
    assert turns != changed
    assert written(observe(turns)) == written(observe(changed))


def _has_changed(turns: list[tuple[Party, bytes]], party: Party, version: int | None) -> bool:
    sent = b"".join(data for sender, data in turns if sender is party)
    return version is not None and version <= TLS12 and CHANGE_CIPHER_SPEC in _record_types(sent)


def _record_types(sent: bytes) -> set[int]:
    """The types of all records; their bodies are skipped, for a random may hold anything."""
    types, at = set(), 0
    while at < len(sent):
        types.add(sent[at])
        at += HEADER_BYTES + int.from_bytes(sent[at + 3 : at + HEADER_BYTES])
    return types


@pytest.mark.parametrize(
    ("flight", "what"),
    [
        (record(22, b"\x01\x00\x00\x40" + bytes(60)), "a message goes on in the next record"),
        (record(23, bytes(40))[:-1], "the last record is not whole"),
        (record(23, bytes(40)) + b"\x17\x03", "a header is not whole"),
        (b"GET / HTTP/1.1\r\n\r\n", "it is no TLS"),
    ],
)
def test_flight_that_is_not_whole_has_no_outline(flight: bytes, what: str) -> None:
    """Its end would depend on what follows."""
    assert read_outline(flight, 0, NOTHING[CLIENT]) is None, what


def test_what_comes_before_tls_is_kept() -> None:
    """A preamble is reported, byte by byte."""
    hello = told("TLS 1.3")[0][1]
    outline = read_outline(b"IRISB agent" + hello, 11, NOTHING[CLIENT])
    assert outline is not None
    shown, _, _ = outline.apply(b"IRISB agent" + hello, b"")
    assert shown.startswith(b"IRISB agent\x16\x03")


def test_random_of_the_server_may_say_something() -> None:
    """A sentinel at its end says that the server could have done a higher version."""
    party, flight = next(turn for turn in told("TLS 1.2") if turn[0] is SERVER)
    outline = read_outline(flight, 0, NOTHING[party])
    assert outline is not None
    assert outline.server_random is not None
    end = outline.server_random + 32
    lowered = flight[: end - 8] + b"DOWNGRD\x01" + flight[end:]
    usual = flight[: end - 8] + bytes(8) + flight[end:]
    assert outline.apply(lowered, b"") != outline.apply(usual, b"")
    assert outline.apply(usual, b"") == outline.apply(flight[: end - 8] + bytes([1] * 8) + flight[end:], b"")


@pytest.mark.parametrize("kind", [4, 11, 12, 13, 14, 15, 16, 20])
@pytest.mark.parametrize("length", range(6))
def test_message_that_is_too_short_is_kept_whole(kind: int, length: int) -> None:
    """The last message of a damaged flight may hold less than its type needs."""
    party, flight = told("TLS 1.2")[1]
    assert party is SERVER
    hello = flight[: HEADER_BYTES + int.from_bytes(flight[3:5])]
    damaged = hello + record(HANDSHAKE, bytes((kind,)) + length.to_bytes(3) + bytes(length))
    outline = read_outline(damaged, 0, NOTHING[SERVER])
    assert outline is not None
    assert sum(end - begin for begin, end in outline.kept) <= len(damaged)
