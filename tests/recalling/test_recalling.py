"""What is recalled of an earlier connection is what observing the later one would have given."""

from __future__ import annotations

import io
import json
import random
import struct
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.capture.analysis import Analysis
from analyzers.connection import Party
from analyzers.diagnosis.engine import diagnose
from analyzers.observer import Observer
from analyzers.recalling import memory
from analyzers.recalling.memory import Memory
from analyzers.report.json import connection_record
from tests.capture.building import pcap
from tests.capture.packets import Talk
from tests.tls.dialogues import TLS10, TLS12, TLS13, Dialogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.tls.dialogues import Turn

CLIENT, SERVER = Party.CLIENT, Party.SERVER
PCAPS = Path(__file__).parents[2] / "pcaps"
SHARED = Path(__file__).parents[3] / "shared" / "captures" / "files"
LINK_BYTES = {0: 4, 1: 14, 101: 0, 113: 16, 276: 20}
"""Link types, and how long their headers are."""

TCP = 6
LARGEST = 200_000
"""Bytes of a capture that is read several times here."""

GCM, CBC = "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA"
STORIES: dict[str, Callable[[], Dialogue]] = {
    "TLS 1.2": lambda: _talk(Dialogue(TLS12, suite=GCM)).close(CLIENT),
    "TLS 1.3": lambda: _talk(Dialogue(TLS13)).close(SERVER),
    "TLS 1.0": lambda: _talk(Dialogue(TLS10, suite=CBC)).close(CLIENT),
    "resumed": lambda: Dialogue(TLS12).handshake().again().handshake(),
    "refused": lambda: Dialogue(TLS13, trusts=(CLIENT,)).handshake(),
    "server first": lambda: Dialogue(TLS13).handshake().say(SERVER, b"y" * 9000).say(CLIENT, b"z"),
}


def _talk(dialogue: Dialogue) -> Dialogue:
    dialogue.handshake()
    for number in range(9):
        dialogue.say(CLIENT if number % 3 else SERVER, b"x" * (1 + 900 * number))
    return dialogue


def capture(*stories: Iterable[Turn], segment: int = 1448) -> bytes:
    """Connections one after the other, from ports of their own."""
    packets: list[bytes] = []
    for number, turns in enumerate(stories):
        talk = Talk(("10.0.0.1", 50_000 + number), ("10.0.0.2", 2188))
        packets += talk.open().say(turns, segment).close().packets
    return pcap(packets)


def records_of(data: bytes, remembered: Memory | None) -> list[str]:
    """What is written of every connection."""
    analysis = Analysis(io.BytesIO(data), memory=remembered)
    return [
        json.dumps(connection_record(captured.connection, diagnose(captured.connection)))
        for captured in analysis.connections()
    ]


def observed(data: bytes) -> int:
    """Give how many connections are observed, and not recalled, with a memory."""
    with patch.object(Observer, "connection", autospec=True, side_effect=Observer.connection) as asked:
        records_of(data, Memory())
    return asked.call_count


@lru_cache
def told(name: str, time: int = 0) -> tuple[Turn, ...]:
    """The turns of a story, told anew each time."""
    del time
    return tuple(STORIES[name]().turns)


@pytest.mark.parametrize("segment", [1448, 100])
@pytest.mark.parametrize("name", STORIES)
def test_other_handshakes_of_the_same_ends_are_recalled(name: str, segment: int) -> None:
    """Randoms, keys and signatures differ, and the record is the one that observing gives."""
    data = capture(*(told(name, time % 2) for time in range(4)), segment=segment)
    expected = records_of(data, None)
    assert len(expected) == 4
    assert expected == records_of(data, Memory())
    if name not in (
        "TLS 1.0",
        "refused",
    ):  # the signatures of old versions are not told apart from what shows
        assert observed(data) < len(expected)


def test_alert_in_clear_is_observed_every_time() -> None:
    """What ends with a refusal is told with the frames of its own."""
    data = capture(*(Dialogue(TLS12, trusts=(SERVER,)).handshake().turns for _ in range(3)))
    assert observed(data) >= len(records_of(data, None)) == 3
    assert records_of(data, None) == records_of(data, Memory())


def repeated(data: bytes, generator: random.Random, *, is_spoiled: bool) -> bytes | None:
    """Give a capture some times over, between other hosts, spoiled from the third time on; None where it is
    of another form.
    """
    link = struct.unpack_from("<I", data, 20)[0] if data[:4] == bytes.fromhex("d4c3b2a1") else None
    if link not in LINK_BYTES:
        return None
    packets = list(_packets(data))
    parts = [data[:24]]
    for time in range(6):
        for seconds, rest, packet in packets:
            changed = bytearray(packet)
            ip = LINK_BYTES[link]
            if changed[ip : ip + 1] == b"\x45" and changed[ip + 9] == TCP:
                changed[ip + 14] = changed[ip + 14] + time & 255
                changed[ip + 18] = changed[ip + 18] + time & 255
                body = ip + 20 + (changed[ip + 32] >> 4) * 4
                if is_spoiled and time > 1 and body < len(changed) and generator.random() < 0.2:
                    place = generator.randrange(body, len(changed))
                    changed[place] ^= 1 << generator.randrange(8)
            if is_spoiled and time > 3 and generator.random() < 0.02:
                continue
            parts.append(struct.pack("<I", seconds + 30 * time) + rest + changed)
    return b"".join(parts)


def _packets(data: bytes) -> Iterable[tuple[int, bytes, bytes]]:
    at = 24
    while at + 16 <= len(data):
        seconds, _, length, _ = struct.unpack_from("<IIII", data, at)
        yield seconds, data[at + 4 : at + 16], data[at + 16 : at + 16 + length]
        at += 16 + length


@pytest.mark.parametrize("is_spoiled", [False, True])
@pytest.mark.parametrize("folder", [PCAPS, SHARED])
def test_every_capture_repeated_is_recalled_as_it_is_observed(folder: Path, is_spoiled: bool) -> None:
    """Whole connections of every stack, and the same ones with flipped bits and lost packets."""
    generator = random.Random(f"{folder.name} {is_spoiled}")
    files = [path for path in sorted(folder.glob("**/*.pcap")) if path.stat().st_size < LARGEST]
    if not files:
        pytest.skip("the shared captures do not lie beside the project")
    count = 0
    for path in files:
        data = repeated(path.read_bytes(), generator, is_spoiled=is_spoiled)
        if data is not None:
            expected = records_of(data, None)
            assert expected == records_of(data, Memory()), path.name
            count += len(expected)
    assert count > 100


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(STORIES)), st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=6)
)
def test_any_change_of_what_was_remembered_is_observed(name: str, changes: list[tuple[float, int]]) -> None:
    """Whatever bytes differ from those of the connection before, the record is the one that observing gives."""
    first = told(name)
    changed = bytearray(b"".join(data for _, data in first))
    for place, mask in changes:
        changed[min(int(place * len(changed)), len(changed) - 1)] ^= mask
    at, second = 0, []
    for sender, data in first:
        second.append((sender, bytes(changed[at : at + len(data)])))
        at += len(data)
    data = capture(first, second, first)
    assert records_of(data, None) == records_of(data, Memory())


def test_new_memory_begins_when_there_are_too_many_places() -> None:
    """What is remembered stays within its bound, and connections under way are not disturbed."""
    data = capture(*(told(name, time) for time in range(2) for name in STORIES))
    with patch.object(memory, "MAX_PLACES", 5):
        assert records_of(data, None) == records_of(data, Memory())


def test_secrets_of_the_capture_are_used() -> None:
    """Where there are secrets nothing is recalled, for they open what differs."""
    dialogue = STORIES["TLS 1.3"]()
    data = capture(dialogue.turns, dialogue.turns)
    analysis = Analysis(io.BytesIO(data), keylog=dialogue.keylog, memory=Memory())
    connections = [captured.connection for captured in analysis.connections()]
    assert [each.tls is not None and each.tls.has_secrets for each in connections] == [True, True]
