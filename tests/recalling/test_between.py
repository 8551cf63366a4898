"""Connections that pass data of their own are recalled as they would be observed."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.capture import file, lanes, stretches
from analyzers.connection import CloseKind, EventKind, Party
from analyzers.recalling import between, heads
from analyzers.recalling.memory import Memory
from analyzers.recalling.model import RecalledConnection
from tests.capture.packets import Talk
from tests.recalling.test_recalling import CBC, GCM
from tests.recalling.test_whole import CHANGES, capture, changed, observed, recalled, written
from tests.tls.dialogues import TLS10, TLS12, TLS13, Dialogue, record

if TYPE_CHECKING:
    from tests.tls.dialogues import Turn

CLIENT, SERVER = Party.CLIENT, Party.SERVER
DATA, ALERT = 23, 21
BEGINNINGS = {
    "TLS 1.0": lambda: Dialogue(TLS10, suite=CBC).handshake(),
    "TLS 1.2": lambda: Dialogue(TLS12, suite=GCM).handshake(),
    "TLS 1.3": lambda: Dialogue(TLS13).handshake(),
    "TLS 1.3, answered": lambda: Dialogue(TLS13).handshake().say(SERVER, b"y" * 40),
    "TLS 1.3, both": lambda: Dialogue(TLS13).handshake().say(CLIENT, b"z" * 70).say(SERVER, b"y" * 40),
}
ENDINGS = ("none", "alert", "alert with data", "alert and data", "both alerts", "half", "cut")
LENGTHS = (1, 18, 19, 24, 26, 32, 35, 40, 700, 1400, 4000)
"""Among them those of alerts."""


class Story(NamedTuple):
    """What a connection passes behind its handshake."""

    beginning: str
    time: int
    turns: tuple[tuple[Party, tuple[int, ...]], ...]
    """Who sends, and the lengths of the records."""
    ending: str
    change: str


@lru_cache
def begun(name: str, time: int) -> tuple[Turn, ...]:
    """The turns of a handshake, made anew each time."""
    del time
    return tuple(BEGINNINGS[name]().turns)


def data(lengths: tuple[int, ...]) -> bytes:
    """Records that nobody can open."""
    return b"".join(record(DATA, bytes(length)) for length in lengths)


def alert(beginning: str) -> bytes:
    """A close_notify that nobody can open."""
    return record(DATA, bytes(19)) if beginning.startswith("TLS 1.3") else record(ALERT, bytes(26))


def ended(story: Story) -> list[Turn]:
    """The turns of a connection."""
    turns = [(sender, data(lengths)) for sender, lengths in story.turns]
    sender = turns[-1][0] if turns else CLIENT
    last = alert(story.beginning)
    if story.ending == "alert with data" and turns:
        turns[-1] = (sender, turns[-1][1] + last)
    elif story.ending == "alert and data":
        turns += [(sender, last), (sender.other, data((400,)))]
    elif story.ending == "both alerts":
        turns += [(sender, last), (sender.other, last)]
    elif story.ending == "alert":
        turns.append((sender.other, last))
    elif story.ending == "cut" and turns:
        turns[-1] = (sender, turns[-1][1][:-1])
    return [*begun(story.beginning, story.time), *turns]


def packets(story: Story, number: int, segment: int, chance: random.Random) -> list[bytes]:
    """The packets of a connection from a port of its own."""
    talk = Talk(("10.0.0.1", 50_000 + number), ("10.0.0.2", 2188)).open().say(ended(story), segment)
    if story.ending == "half":
        talk.put(CLIENT, flags="FA").say([(SERVER, data((90, 800)))], segment).put(SERVER, flags="FA")
        return talk.packets
    return changed(talk, story.change, chance)


stories = st.builds(
    Story,
    st.sampled_from(sorted(BEGINNINGS)),
    st.integers(0, 1),
    st.lists(
        st.tuples(
            st.sampled_from(Party), st.lists(st.sampled_from(LENGTHS), min_size=1, max_size=6).map(tuple)
        ),
        max_size=12,
    ).map(tuple),
    st.sampled_from(ENDINGS),
    st.sampled_from(("none", "none", "none", *CHANGES)),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(stories, min_size=2, max_size=16),
    st.sampled_from([100, 700, 1448, 9000]),
    st.integers(1, 6),
    st.sampled_from([0.00002, 0.05, 1.5]),
    st.sampled_from([6000, 40_000, 8 << 20]),
    st.randoms(use_true_random=False),
)
def test_whatever_passes_the_record_is_that_of_observing(
    told: list[Story], segment: int, side_by_side: int, step: float, buffer: int, chance: random.Random
) -> None:
    """Turns of any lengths, alerts before, between and behind them, ends that close by halves, and what happens to packets."""
    talks = [packets(story, number, segment, chance) for number, story in enumerate(told)]
    content = capture(talks, side_by_side=side_by_side, step=step, chance=chance)
    with (
        patch.object(file, "BUFFER_BYTES", buffer),
        patch.object(file, "PIECE", buffer),
        patch.object(heads, "FEWEST", 6),
    ):
        assert written(content, None) == written(content, Memory())


def conversations(beginning: str, count: int, ending: str = "alert", port: int = 0) -> list[list[bytes]]:
    """Connections that take turns, each with data of its own."""
    chance = random.Random(11)
    talks = []
    for number in range(count):
        turns = tuple(
            (party, tuple(chance.choice((60, 700, 3000)) for _ in range(chance.randint(1, 3))))
            for _ in range(chance.randint(3, 9))
            for party in (CLIENT, SERVER)
        )
        talks.append(
            packets(Story(beginning, number % 2, turns, ending, "none"), port + number, 1448, chance)
        )
    return talks


@pytest.mark.parametrize("beginning", ["TLS 1.0", "TLS 1.2", "TLS 1.3, answered", "TLS 1.3, both"])
@pytest.mark.parametrize("ending", ["none", "alert", "both alerts"])
def test_connections_with_data_of_their_own_are_recalled(beginning: str, ending: str) -> None:
    """Nearly all of them, although no two pass the same."""
    content = capture(
        conversations(beginning, 30, ending), side_by_side=3, step=0.001, chance=random.Random(3)
    )
    assert recalled(content) >= 20
    assert written(content, None) == written(content, Memory())


@pytest.mark.parametrize("beginning", sorted(BEGINNINGS))
@pytest.mark.parametrize("fewest", [6, 99])
def test_last_data_of_who_ends_may_belong_to_its_run(beginning: str, fewest: int) -> None:
    """An observer draws it together with what came before, unless that was the other end's."""
    turns = ((CLIENT, (700,)), (SERVER, (700,))), ((CLIENT, (60,)), (SERVER, (700,)))
    taking_turns, going_on = (*turns[0], *turns[1]), (*turns[0], turns[0][1])
    for order in ((taking_turns, going_on), (going_on, taking_turns)):
        talks = [
            packets(
                Story(beginning, 0, order[number % 2], "alert with data", "none"),
                number,
                1448,
                random.Random(1),
            )
            for number in range(4)
        ]
        content = capture(talks, side_by_side=1, step=0.001, chance=random.Random(1))
        with patch.object(heads, "FEWEST", fewest):
            assert written(content, None) == written(content, Memory())


@pytest.mark.parametrize("seed", range(6))
def test_data_that_the_file_has_behind_its_answer_is_taken_first(seed: int) -> None:
    """However connections are gone through: an acknowledgment tells what was sent before."""
    chance = random.Random(seed)
    talks = []
    for number in range(6):
        turns = tuple((party, (chance.choice((60, 300)),)) for _ in range(40) for party in (CLIENT, SERVER))
        story = Story(("TLS 1.2", "TLS 1.3, answered")[seed % 2], number % 2, turns, "none", "none")
        talk = packets(story, number, 1448, chance)
        place = len(talk) - chance.randrange(5, 34)
        if number > 2:
            talk[place - 1 : place + 1] = talk[place - 1 : place + 1][::-1]
        talks.append(talk)
    content = capture(talks, side_by_side=1, step=0.001, chance=chance)
    with patch.object(stretches, "FEWEST", 1 << 30):
        expected = written(content, None)
    assert expected == written(content, None)
    assert expected == written(content, Memory())


@pytest.mark.parametrize("beginning", sorted(BEGINNINGS))
@pytest.mark.parametrize("turns", [4, 40])
@pytest.mark.parametrize("is_remembering", [False, True])
def test_data_that_the_file_has_behind_the_end_is_not_missing(
    beginning: str, turns: int, is_remembering: bool
) -> None:
    """The direction ends where its last data has come, also where nobody looks into it."""
    told = tuple((party, (90,)) for _ in range(turns) for party in (SERVER, CLIENT))
    talk = Talk().open().say(ended(Story(beginning, 0, told, "none", "none"))).close().packets
    talk[-4:-2] = talk[-4:-2][::-1]
    content = capture([talk], side_by_side=1, step=0.001, chance=random.Random(1))
    (found,) = observed(content, Memory() if is_remembering else None)
    assert (found.problems, found.closed_by, found.close_kind) == ((), CLIENT, CloseKind.FIN)
    assert [event.sender for event in found.events if event.kind is EventKind.FIN] == [CLIENT, SERVER]


@pytest.mark.parametrize(
    ("place", "bound", "value"),
    [
        (between, "MAX_RUNS", 5),
        (lanes, "MAX_RECORDS", 4),
        (heads, "MAX_HEADS", 1),
        (heads, "MAX_STRANGERS", 1),
        (heads, "FEWEST", 1),
    ],
)
def test_what_is_beyond_a_bound_is_observed(place: object, bound: str, value: int) -> None:
    """Whatever the bound, the record is the same."""
    names = sorted(BEGINNINGS)
    talks = [each for port, name in enumerate(names) for each in conversations(name, 4, port=10 * port)]
    content = capture(talks, side_by_side=3, step=0.001, chance=random.Random(4))
    expected = written(content, None)
    with patch.object(place, bound, value):
        assert expected == written(content, Memory())


@pytest.mark.parametrize("late", ["repeated data", "an acknowledgment", "data behind the end", "a reset"])
def test_connection_goes_on_in_a_later_window(late: str) -> None:
    """It is told again, with the headers of its data and nothing else of it."""
    alike = conversations("TLS 1.2", 11, "none")
    chance = random.Random(5)
    turns = ((CLIENT, (700, 700)), (SERVER, (3000,)), (CLIENT, (60,)), (SERVER, (60,)))
    story = Story("TLS 1.2", 0, turns, "none", "none")
    words = Talk(("10.0.0.1", 60_000), ("10.0.0.2", 2188)).open().say(ended(story)).close()
    closed = len(words.packets)
    if late == "repeated data":
        words.packets.append(max(words.packets, key=len))
    elif late == "an acknowledgment":
        words.put(SERVER)
    elif late == "a reset":
        words.put(SERVER, flags="R")
    else:
        words.put(CLIENT, data((5,)), "PA")
    between_them = conversations("TLS 1.3, answered", 9, port=100)
    content = capture(
        [*alike, words.packets[:closed], *between_them, words.packets[closed:]],
        side_by_side=1,
        step=0.00002,
        chance=chance,
    )
    buffer = sum(len(packet) + 16 for one in alike for packet in one) + 14_000
    retold = RecalledConnection.retold
    with patch.object(file, "BUFFER_BYTES", buffer):
        with patch.object(RecalledConnection, "retold", autospec=True, side_effect=retold) as asked:
            assert recalled(content) >= 12
        assert asked.call_count == 1
        assert written(content, None) == written(content, Memory())


def test_strangers_do_not_keep_others_from_being_recalled() -> None:
    """Where many connections come first in which nothing is to be learned, those behind them are recalled all the same."""
    strangers = []
    for number in range(40):
        turns = [(party, bytes([number]) * 30) for _ in range(8) for party in (CLIENT, SERVER)]
        talk = Talk(("10.0.0.1", 55_000 + number), ("10.0.0.2", 2188))
        strangers.append(talk.open().say(turns).close().packets)
    packets_of_others = conversations("TLS 1.2", 60)
    content = capture([*strangers, *packets_of_others], side_by_side=1, step=0.001, chance=random.Random(2))
    buffer = sum(len(packet) + 16 for one in strangers for packet in one)
    with patch.object(file, "BUFFER_BYTES", buffer), patch.object(heads, "MAX_STRANGERS", 3):
        assert recalled(content) >= 20
        with patch.object(heads, "AFTERWARDS", 1 << 30):
            assert recalled(content) == 0
