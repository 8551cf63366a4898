"""Connections that are recalled together are what observing each of them would have given."""

from __future__ import annotations

import io
import json
import random
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.capture import file, stretches, whole
from analyzers.capture.analysis import Analysis
from analyzers.connection import Party
from analyzers.diagnosis.engine import diagnose
from analyzers.mirror.definition import Member, Mirror, Role
from analyzers.recalling import whole as remembering
from analyzers.recalling.memory import Memory
from analyzers.recalling.model import RecalledConnection
from analyzers.report.json import connection_record
from analyzers.x509.signatures import SignatureVerdict
from tests.capture.building import SECONDS
from tests.capture.packets import Talk
from tests.causes.tampering import SERVER_KEY_EXCHANGE, flipped, message
from tests.recalling.test_recalling import GCM, STORIES
from tests.tls.dialogues import TLS12, TLS13, Dialogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzers.connection import Connection
    from tests.tls.dialogues import Turn

CLIENT, SERVER = Party.CLIENT, Party.SERVER
OWN = ("refused in TLS 1.2", "left in TLS 1.2")
"""What is found out of each by itself: alerts, and whether the signature over the handshake is right."""


def left(dialogue: Dialogue) -> Dialogue:
    """Forget all that followed the server's part of the handshake."""
    del dialogue.turns[2:]
    return dialogue


SHORT: dict[str, Callable[[], Dialogue]] = {
    "short TLS 1.2": lambda: Dialogue(TLS12, suite=GCM).handshake(),
    "short TLS 1.3": lambda: Dialogue(TLS13).handshake().say(SERVER, b"y" * 40),
    "asked": lambda: (
        Dialogue(TLS13).handshake().say(CLIENT, b"q" * 90).say(SERVER, b"a" * 2000).close(SERVER)
    ),
    "asked in TLS 1.2": lambda: (
        Dialogue(TLS12).handshake().say(CLIENT, b"q" * 90).say(SERVER, b"a" * 700).close(CLIENT)
    ),
    "taken up again": lambda: Dialogue(TLS12).handshake().again().handshake(),
    "refused in TLS 1.2": lambda: Dialogue(TLS12, trusts=(SERVER,)).handshake(),
    "left in TLS 1.2": lambda: left(Dialogue(TLS12, suite=GCM).handshake()),
}
NAMES = sorted(SHORT | STORIES)
MIRROR = Mirror(
    "LAB",
    tls_required=True,
    members=(
        Member("IRISA", Role.FAILOVER, None, ("10.0.0.1",), None, None),
        Member("IRISB", Role.FAILOVER, None, ("10.0.0.2",), "10.0.0.2:2188", None),
        Member("IRISC", Role.ASYNC, None, ("10.0.0.1",), "10.0.0.1:50003", None),
    ),
)
"""One of the clients' ports is another member's listener."""
CHANGES = ("none", "none", "repeat", "swap", "lose", "spoil", "late", "again", "reset", "cut")


@lru_cache
def told(name: str, time: int) -> tuple[Turn, ...]:
    """The turns of a story, told anew each time."""
    del time
    return tuple((SHORT | STORIES)[name]().turns)


def talk(name: str, time: int, number: int, segment: int) -> Talk:
    """A connection from a port of its own, not closed yet."""
    words = Talk(("10.0.0.1", 50_000 + number), ("10.0.0.2", 2188))
    return words.open().say(told(name, time), segment)


def changed(words: Talk, change: str, chance: random.Random) -> list[bytes]:
    """The packets of a connection to which something happened."""
    if change == "reset":
        return words.put(CLIENT, flags="RA").packets
    packets = words.close(chance.choice(list(Party))).packets
    place = chance.randrange(1, len(packets) - 1)
    if change == "repeat":
        packets.insert(chance.randrange(place, len(packets)), packets[place])
    elif change == "swap":
        packets[place - 1 : place + 1] = packets[place - 1 : place + 1][::-1]
    elif change == "lose":
        del packets[place]
    elif change == "spoil":
        longest = max(packets, key=len)
        spoiled = bytearray(longest)
        spoiled[chance.randrange(54, len(spoiled))] ^= 1 << chance.randrange(8)
        packets[packets.index(longest)] = bytes(spoiled)
    elif change == "late":
        packets += [packets[place], packets[-2]]
        packets += words.put(CLIENT, b"\x17\x03\x03\x00\x05later", "PA").packets[-1:]
    elif change == "again":
        words.next = {CLIENT: 70_000, SERVER: 80_000}
        packets = words.open().say(told("TLS 1.3", 0)).close().packets
    elif change == "cut":
        packets = packets[:place]
    return packets


def capture(talks: list[list[bytes]], *, side_by_side: int, step: float, chance: random.Random) -> bytes:
    """The packets of connections, some of which run side by side, captured `step` seconds one after the other."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)]
    waiting, running, at = [*talks], [], float(SECONDS)
    while waiting or running:
        while waiting and len(running) < side_by_side:
            running.append([*waiting.pop(0)])
        one = chance.choice(running)
        packet = one.pop(0)
        if not one:
            running.remove(one)
        at += step
        parts.append(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(packet), len(packet)) + packet)
    return b"".join(parts)


def observed(data: bytes, remembered: Memory | None, **options: Any) -> Iterator[Connection]:  # noqa: ANN401
    """Every connection of a capture."""
    analysis = Analysis(io.BytesIO(data), memory=remembered, **options)
    return (captured.connection for captured in analysis.connections())


def written(data: bytes, remembered: Memory | None) -> list[str]:
    """All that is written of the connections, and their timelines."""
    return [
        f"{json.dumps(connection_record(each, diagnose(each)))} {each.events} {diagnose(each)} {diagnose(each, MIRROR)}"
        for each in observed(data, remembered)
    ]


def recalled(data: bytes) -> int:
    """Give how many connections are recalled as a whole."""
    with patch.object(
        RecalledConnection, "connection", autospec=True, side_effect=RecalledConnection.connection
    ) as asked:
        list(observed(data, Memory()))
    return asked.call_count


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.integers(0, 1), st.sampled_from(CHANGES)),
        min_size=2,
        max_size=14,
    ),
    st.sampled_from([300, 1448]),
    st.integers(1, 6),
    st.sampled_from([0.00002, 0.05, 1.5]),
    st.sampled_from([6000, 40_000, 8 << 20]),
    st.randoms(use_true_random=False),
)
def test_whatever_happens_to_connections_the_record_is_that_of_observing(
    stories: list[tuple[str, int, str]],
    segment: int,
    side_by_side: int,
    step: float,
    buffer: int,
    chance: random.Random,
) -> None:
    """Repeated, lost and exchanged segments, flipped bits, late packets, ports used again, and windows that end anywhere."""
    talks = [
        changed(talk(name, time, number, segment), change, chance)
        for number, (name, time, change) in enumerate(stories)
    ]
    data = capture(talks, side_by_side=side_by_side, step=step, chance=chance)
    with patch.object(file, "BUFFER_BYTES", buffer), patch.object(file, "PIECE", buffer):
        with patch.object(stretches, "FEWEST", 1 << 30):
            expected = written(data, None)
        assert expected == written(data, None)
        assert expected == written(data, Memory())


@pytest.mark.parametrize("name", [name for name in SHORT if name not in OWN])
def test_connections_that_are_alike_are_gone_through_once(name: str) -> None:
    """However their packets lie between each other."""
    talks = [talk(name, number % 2, number, 1448).close().packets for number in range(12)]
    data = capture(talks, side_by_side=4, step=0.001, chance=random.Random(1))
    assert recalled(data) >= 12
    assert written(data, None) == written(data, Memory())


def comes_late(words: Talk, what: str) -> list[bytes]:
    """The packets of a connection that is closed, and what comes long after it."""
    packets = [*words.close().packets]
    if what == "repeated data":
        return [*packets, max(packets, key=len)]
    if what == "an acknowledgment":
        return [*packets, words.put(SERVER).packets[-1]]
    if what == "data behind the end":
        return [*packets, words.put(CLIENT, b"\x17\x03\x03\x00\x05later", "PA").packets[-1]]
    if what == "a reset":
        return [*packets, words.put(SERVER, flags="R").packets[-1]]
    words.next = {CLIENT: 70_000, SERVER: 80_000}
    return words.open().say(told("short TLS 1.3", 0)).close().packets


@pytest.mark.parametrize(
    "what",
    ["repeated data", "an acknowledgment", "data behind the end", "a reset", "another connection"],
)
def test_connection_that_was_recalled_goes_on_in_a_later_window(what: str) -> None:
    """What comes late is taken as if every segment had been followed."""
    alike = [talk("asked", number % 2, number, 1448).close().packets for number in range(6)]
    late = comes_late(talk("asked", 0, 10, 1448), what)
    closed = len(talk("asked", 0, 10, 1448).close().packets)
    between = talk("server first", 0, 20, 1448).close().packets
    buffer = sum(map(len, [packet for one in alike for packet in one])) + 20_000
    data = capture(
        [*alike, late[:closed], between * 9, late[closed:]],
        side_by_side=1,
        step=0.00002,
        chance=random.Random(5),
    )
    with patch.object(file, "BUFFER_BYTES", buffer):
        assert recalled(data) >= len(alike)
        assert written(data, None) == written(data, Memory())


def test_first_of_a_shape_is_gone_through_in_the_ordinary_way() -> None:
    """Another one may never come; the second one is laid beside those after it."""
    packets = talk("short TLS 1.3", 0, 0, 1448).close().packets
    assert recalled(capture([packets], side_by_side=1, step=0.1, chance=random.Random(1))) == 0


def test_models_and_shapes_are_bounded() -> None:
    """What is remembered is forgotten when it is too much, and a shape of strangers is not laid out any more."""
    talks = [
        talk(name, time, 10 * time + number, 1448).close().packets
        for time in range(6)
        for number, name in enumerate(SHORT)
    ]
    data = capture(talks, side_by_side=3, step=0.001, chance=random.Random(2))
    expected = written(data, None)
    for bound in ("MAX_MASKS", "MAX_MODELS", "MAX_SHAPES", "MAX_STRANGERS", "MAX_PAYLOAD", "MAX_SEGMENTS"):
        with patch.object(remembering, bound, 1), patch.object(file, "BUFFER_BYTES", 30_000):
            assert expected == written(data, Memory()), bound
    with patch.object(whole, "MOST", 8):
        assert expected == written(data, Memory())


def test_secrets_that_come_with_the_capture_end_recalling() -> None:
    """What is the same under encryption is not when it is opened."""
    dialogue = SHORT["asked"]()
    packets = [
        Talk(("10.0.0.1", 50_000 + number), ("10.0.0.2", 2188)).open().say(dialogue.turns).close().packets
        for number in range(4)
    ]
    data = capture(packets, side_by_side=1, step=0.1, chance=random.Random(3))
    found = list(observed(data, Memory(), keylog=dialogue.keylog))
    assert [each.tls is not None and each.tls.has_secrets for each in found] == [True] * 4


def test_verdict_changes_where_a_certificate_begins_or_ends_to_be_valid() -> None:
    """Connections that are alike on both sides of every moment at which the validity of a certificate changes."""
    packets = [talk("short TLS 1.2", 0, number, 1448).close().packets for number in range(3)]
    data = capture(packets, side_by_side=1, step=0.001, chance=random.Random(4))
    found = list(observed(data, Memory()))
    moments = sorted(
        {
            moment
            for party in Party
            for certificate in found[0].certificates_of(party) or ()
            for moment in (certificate.not_before, certificate.not_after)
        }
    )
    assert moments
    times = [moment + offset for moment in moments for offset in (-1.0, 0.0, 1.0)]
    expected = [diagnose(each, at=at).findings for at in times for each in observed(data, None)]
    assert expected == [diagnose(each, at=at).findings for at in times for each in found]
    assert expected[0] != expected[len(times) // 2 * len(found)]


def test_a_signature_is_that_of_one_connection() -> None:
    """Of those who left on the server's part, one has a signature that is not right; none is told of another."""
    talks: list[list[bytes]] = []
    for number in range(6):
        (client, hello), (server, flight) = told("left in TLS 1.2", number % 2)
        place = message(flight, SERVER_KEY_EXCHANGE)
        assert place is not None
        if number == 3:
            flight = flipped(flight, place[1] - 1)
        words = Talk(("10.0.0.1", 50_000 + number), ("10.0.0.2", 2188)).open()
        talks.append(words.say(((client, hello), (server, flight)), 1448).close(CLIENT).packets)
    data = capture(talks, side_by_side=1, step=0.001, chance=random.Random(1))
    proofs = [connection.tls.server_proof for connection in observed(data, Memory()) if connection.tls]
    assert [proof is SignatureVerdict.VALID for proof in proofs] == [number != 3 for number in range(6)]
    assert recalled(data) == 0
