"""The observer gives one answer, however its input is cut, and an answer to any input."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.connection import CloseKind, Party
from tests.tls.dialogues import (
    CLIENT,
    SERVER,
    STARTED,
    TLS10,
    TLS12,
    TLS13,
    Dialogue,
    observer,
    record,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzers.connection import Connection
    from analyzers.observer import Observer
    from analyzers.tls.secrets import KeyLog
    from tests.tls.dialogues import Turn

GCM, CBC = "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA"
STORIES: dict[str, Callable[[], Dialogue]] = {
    "TLS 1.2": lambda: Dialogue(TLS12, suite=GCM).handshake().say(CLIENT, b"x" * 3000).close(CLIENT),
    "TLS 1.3": lambda: Dialogue(TLS13).handshake().say(SERVER, b"y" * 9000).close(SERVER),
    "TLS 1.0": lambda: Dialogue(TLS10, suite=CBC).handshake().say(CLIENT, b"z" * 400).close(SERVER),
    "refused": lambda: Dialogue(TLS13, trusts=(CLIENT,)).handshake(),
    "resumed": lambda: Dialogue(TLS12).handshake().again().handshake(),
    "renegotiated": lambda: Dialogue(TLS12, suite=GCM).handshake().renegotiate().close(CLIENT),
}
PREAMBLE: list[Turn] = [(CLIENT, b"IRISB agent\x16\x03"), (SERVER, b"\x06ok")]


@lru_cache
def told(name: str) -> tuple[tuple[Turn, ...], KeyLog]:
    """Give the turns of a story, behind a preamble, and its secrets."""
    dialogue = STORIES[name]()
    return (*PREAMBLE, *dialogue.turns), dialogue.keylog


def pieces(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """Cut `data` into pieces of the sizes, over and over."""
    at = number = 0
    while at < len(data):
        size = sizes[number % len(sizes)]
        yield data[at : at + size]
        at += size
        number += 1


def watch(turns: tuple[Turn, ...], keylog: KeyLog | None, sizes: list[int], *, skips: bool) -> Connection:
    """Observe the turns in pieces, passing over what need not be looked at."""
    watching = observer(keylog=keylog)
    for number, (sender, data) in enumerate(turns, 1):
        for piece in pieces(data, sizes):
            passed = min(watching.skippable(sender), len(piece)) if skips else 0
            if passed:
                watching.skip(sender, passed, STARTED + number, number)
            watching.feed(sender, piece[passed:], STARTED + number, number)
    watching.closed(CLIENT, CloseKind.FIN, STARTED + 100, 100)
    return watching.connection()


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("has_keys", [False, True])
def test_byte_by_byte_is_as_whole(name: str, has_keys: bool) -> None:
    """The finest cut gives the same record as none."""
    turns, keylog = told(name)
    secrets = keylog if has_keys else None
    whole = watch(turns, secrets, [1 << 20], skips=False)
    assert whole.problems == ()
    assert watch(turns, secrets, [1], skips=False) == whole
    assert watch(turns, secrets, [1], skips=True) == whole


@given(
    name=st.sampled_from(sorted(STORIES)),
    has_keys=st.booleans(),
    sizes=st.lists(st.integers(1, 2000), min_size=1, max_size=6),
)
def test_any_cut_is_as_whole(name: str, has_keys: bool, sizes: list[int]) -> None:
    """Segments and records have nothing to do with one another."""
    turns, keylog = told(name)
    secrets = keylog if has_keys else None
    whole = watch(turns, secrets, [1 << 20], skips=False)
    assert watch(turns, secrets, sizes, skips=True) == whole


@given(
    name=st.sampled_from(sorted(STORIES)),
    turn=st.integers(0, 20),
    place=st.floats(0, 1, exclude_max=True),
    cut=st.integers(0, 40),
    inserted=st.binary(max_size=40),
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=3),
)
def test_broken_input_is_observed_the_same_way_however_it_is_cut(
    name: str, turn: int, place: float, cut: int, inserted: bytes, sizes: list[int]
) -> None:
    """Bytes taken out, put in and exchanged: no exception, and one answer."""
    turns, keylog = told(name)
    broken = list(turns)
    sender, data = broken[turn % len(broken)]
    at = int(place * len(data))
    broken[turn % len(broken)] = (sender, data[:at] + inserted + data[at + cut :])
    whole = watch(tuple(broken), keylog, [1 << 20], skips=False)
    assert watch(tuple(broken), keylog, sizes, skips=True) == whole


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(("feed", "gap", "skip", "close", "look")),
            st.sampled_from(Party),
            st.one_of(
                st.binary(max_size=60),
                st.binary(max_size=40).map(lambda body: record(22, body)),
                st.binary(max_size=40).map(lambda body: record(23, body)),
                st.sampled_from([turn[1] for turn in told("TLS 1.2")[0]]),
            ),
        ),
        max_size=12,
    ),
    has_start=st.booleans(),
)
def test_any_sequence_of_calls_gives_a_record(steps: list[tuple[str, Party, bytes]], has_start: bool) -> None:
    """Nothing that the network does makes the observer raise."""
    watching = observer(keylog=told("TLS 1.2")[1], has_start=has_start)
    for number, (what, party, data) in enumerate(steps):
        take(watching, what, party, data, STARTED + number)
    connection = watching.connection()
    assert connection.ended >= connection.started
    assert connection.client_application_bytes >= 0
    for alert in connection.tls.alerts if connection.tls else ():
        assert connection.events[alert.event].name == alert.description
    assert watching.connection() == connection


def take(watching: Observer, what: str, party: Party, data: bytes, at: float) -> None:
    """Do one thing to the observer."""
    if what == "feed":
        watching.feed(party, memoryview(data), at)
    elif what == "gap":
        watching.gap(party, len(data), at)
    elif what == "skip":
        watching.skip(party, len(data), at)
    elif what == "close":
        watching.closed(party, CloseKind.RST if len(data) % 2 else CloseKind.FIN, at)
    else:
        watching.connection()


def test_skipped_bytes_count_as_read_ones() -> None:
    """What is passed over by its length is in the record all the same."""
    turns, _ = told("TLS 1.3")
    skipped = watch(turns, None, [100], skips=True)
    assert skipped.server_application_bytes > 9000


def test_skipping_too_much_is_a_gap() -> None:
    """A caller that passes over headers has lost them."""
    watching = observer()
    watching.feed(CLIENT, told("TLS 1.2")[0][2][1], STARTED)
    watching.skip(CLIENT, 10, STARTED)
    (problem,) = watching.connection().problems
    assert problem.what == "10 bytes are missing"
