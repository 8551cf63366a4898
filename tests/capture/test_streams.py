"""TCP streams: the bytes that the receiver read, whatever the capture made of the packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.capture import halves, streams
from analyzers.capture.protocol import Batch, Budget
from analyzers.capture.streams import Conversation
from tests.capture.building import Script

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from analyzers.capture.protocol import Row

CLIENT, SERVER = 40000, 2188
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


class Wire:
    """Packets of a connection, as a person writes them down; frames and times count up."""

    def __init__(self, *, client_isn: int = 1000, server_isn: int = 5000) -> None:
        self.data = bytearray()
        self.rows: list[Row] = []
        self.next = {CLIENT: client_isn, SERVER: server_isn}

    def put(
        self,
        sender: int,
        payload: bytes = b"",
        *,
        flags: int = ACK,
        seq: int | None = None,
        ack: int | None = None,
        cut: int | None = None,
    ) -> Wire:
        """Add a packet, by default the next one of its sender, which acknowledges all that the other sent."""
        number = self.next[sender] if seq is None else seq
        if seq is None:
            self.next[sender] = (number + len(payload) + bool(flags & SYN) + bool(flags & FIN)) % (1 << 32)
        acked = self.next[SERVER if sender == CLIENT else CLIENT] if ack is None else ack
        kept = payload[:cut]
        frame = len(self.rows) + 1
        place = len(self.data)
        self.data += kept
        number %= 1 << 32
        self.rows.append(
            (frame, frame / 100, sender == CLIENT, flags, number, acked, place, len(kept), len(payload))
        )
        return self

    def opened(self) -> Wire:
        """Add the three packets that open a connection."""
        return self.put(CLIENT, flags=SYN).put(SERVER, flags=SYN | ACK).put(CLIENT)


def conversation_of(
    wire: Wire, *, batches: int = 1, horizon: float = float("inf")
) -> tuple[Conversation, Script]:
    """Read the packets, in several batches if wanted, and finish."""
    script = Script(("server", SERVER), ("client", CLIENT), 0.0)
    conversation = Conversation(script, Budget(), wire.rows[0])
    for rows in _parts(wire.rows, batches):
        taken = conversation.process(
            Batch(rows, lambda at, n: bytes(wire.data[at : at + n]), wire.data, horizon)
        )
        assert taken == len(rows)
    conversation.finish()
    return conversation, script


def _parts(rows: Sequence[Row], count: int) -> list[Sequence[Row]]:
    size = -(-len(rows) // count)
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def told(wire: Wire, *, batches: int = 1, horizon: float = float("inf")) -> list[tuple[object, ...]]:
    """What the reader is told."""
    return conversation_of(wire, batches=batches, horizon=horizon)[1].told


def test_clean_connection() -> None:
    """Both streams in the order of the packets, who opened, and both ends."""
    wire = Wire().opened().put(CLIENT, b"hello").put(SERVER, b"world").put(CLIENT, flags=FIN | ACK)
    wire.put(SERVER, b"!", flags=FIN | ACK).put(CLIENT)
    conversation, script = conversation_of(wire)
    assert script.told == [
        ("opened", CLIENT),
        ("data", CLIENT, b"hello", 4),
        ("data", SERVER, b"world", 5),
        ("fin", CLIENT, 6),
        ("data", SERVER, b"!", 7),
        ("fin", SERVER, 7),
    ]
    assert conversation.is_closed


@pytest.mark.parametrize("isn", [0, 1000, (1 << 32) - 3, (1 << 31) - 2])
def test_sequence_numbers_wrap(isn: int) -> None:
    """Where the numbers begin makes no difference, not even at the edges of their range."""
    wire = Wire(client_isn=isn, server_isn=(1 << 32) - 1).opened()
    for number in range(10):
        wire.put(CLIENT, bytes([number]) * 3).put(SERVER, bytes([number]) * 2)
    _, script = conversation_of(wire)
    assert b"".join(bytes([n]) * 3 for n in range(10)) == script.bytes_of(CLIENT)
    assert b"".join(bytes([n]) * 2 for n in range(10)) == script.bytes_of(SERVER)


def test_retransmission_is_told_once() -> None:
    """The same bytes again, whole, in part, or with more behind them, are not repeated."""
    wire = Wire().opened().put(CLIENT, b"abcd").put(CLIENT, b"abcd", seq=1001).put(CLIENT, b"cd", seq=1003)
    wire.put(CLIENT, b"cdef", seq=1003)
    assert told(wire)[1:] == [("data", CLIENT, b"abcd", 4), ("data", CLIENT, b"ef", 7)]


def test_what_came_first_counts_where_segments_overlap() -> None:
    """Other bytes at a place that was filled already are not taken, not even among waiting segments."""
    wire = Wire().opened().put(CLIENT, b"ab").put(CLIENT, b"XYcd", seq=1001).put(CLIENT, b"gh", seq=1007)
    wire.put(CLIENT, b"efXYij", seq=1005)
    assert conversation_of(wire)[1].bytes_of(CLIENT) == b"abcdefghij"


def test_keep_alive_is_no_data() -> None:
    """A probe repeats the last byte, or none, before the next one."""
    wire = Wire().opened().put(CLIENT, b"ab").put(CLIENT, b"\0", seq=1002).put(CLIENT, b"", seq=1002)
    wire.put(CLIENT, b"cd")
    assert conversation_of(wire)[1].bytes_of(CLIENT) == b"abcd"


def test_out_of_order_segments_wait_for_each_other() -> None:
    """The receiver reads what came late first, and then what waited for it."""
    wire = Wire().opened().put(CLIENT, b"cd", seq=1003, ack=5001).put(CLIENT, b"ef", seq=1005, ack=5001)
    wire.put(SERVER, b"s", ack=1001).put(CLIENT, b"ab", seq=1001, ack=5001)
    assert told(wire)[1:] == [
        ("data", SERVER, b"s", 6),
        ("data", CLIENT, b"ab", 7),
        ("data", CLIENT, b"cd", 4),
        ("data", CLIENT, b"ef", 5),
    ]


def test_capture_that_shows_the_acknowledgment_first() -> None:
    """Bytes that were acknowledged before they were captured are looked for among the next packets."""
    wire = Wire().opened().put(CLIENT, b"cd", seq=1003).put(SERVER, b"answer", ack=1005)
    wire.put(CLIENT, b"ab", seq=1001)
    assert sorted(told(wire)[1:], key=lambda entry: [6, 4, 5].index(int(str(entry[3])))) == [
        ("data", CLIENT, b"ab", 6),
        ("data", CLIENT, b"cd", 4),
        ("data", SERVER, b"answer", 5),
    ]
    assert conversation_of(wire)[1].bytes_of(CLIENT) == b"abcd"


def test_acknowledged_bytes_that_never_come_are_a_gap() -> None:
    """What the receiver got and the capture lacks is missing, with its length, before what answered it."""
    wire = Wire().opened().put(CLIENT, b"ab").put(CLIENT, b"efg", seq=1005).put(SERVER, b"ok", ack=1008)
    assert sorted(told(wire)[1:], key=lambda entry: int(str(entry[3]))) == [
        ("data", CLIENT, b"ab", 4),
        ("gap", CLIENT, 2, 5),
        ("data", CLIENT, b"efg", 5),
        ("data", SERVER, b"ok", 6),
    ]


def test_bytes_that_were_not_acknowledged_are_waited_for() -> None:
    """Lost on the way, they are sent again, and until then nothing behind them was read by anybody."""
    wire = Wire().opened().put(CLIENT, b"cd", seq=1003)
    for _ in range(50):
        wire.put(SERVER, ack=1001)
    wire.put(CLIENT, b"ab", seq=1001)
    assert told(wire)[1:] == [("data", CLIENT, b"ab", 55), ("data", CLIENT, b"cd", 4)]


def test_a_gap_near_the_end_of_a_window_waits_for_the_next() -> None:
    """What is missing may stand at the beginning of the next window."""
    wire = Wire().opened().put(CLIENT, b"cd", seq=1003).put(SERVER, ack=1005).put(CLIENT, b"ab", seq=1001)
    for batches in (1, 2, 3, 6):
        assert conversation_of(wire, batches=batches, horizon=0)[1].bytes_of(CLIENT) == b"abcd"


def test_acknowledged_end_of_a_stream_that_was_not_captured() -> None:
    """What was acknowledged behind the last captured bytes is a gap, also where it is one byte, or a FIN."""
    wire = Wire().opened().put(CLIENT, b"ab").put(SERVER, ack=1010)
    assert told(wire)[-1] == ("gap", CLIENT, 7, 0)
    wire = Wire().opened().put(CLIENT, b"ab").put(SERVER, ack=1004)
    assert told(wire)[-1] == ("gap", CLIENT, 1, 0)


def test_reset_behind_missing_bytes() -> None:
    """A reset whose number is beyond what was captured tells of bytes before it; a FIN has a number, too."""
    wire = Wire().opened().put(CLIENT, b"ab").put(CLIENT, flags=RST, seq=1010)
    assert told(wire)[-2:] == [("gap", CLIENT, 7, 5), ("rst", CLIENT, 5)]
    wire = Wire().opened().put(CLIENT, flags=FIN | ACK).put(CLIENT, flags=RST, seq=1002)
    assert told(wire)[-2:] == [("fin", CLIENT, 4), ("rst", CLIENT, 5)]


def test_fin_behind_missing_bytes() -> None:
    """The direction ends where its FIN stands, behind a gap for what never came."""
    wire = Wire().opened().put(CLIENT, b"ab").put(CLIENT, b"", flags=FIN | ACK, seq=1009)
    assert told(wire)[1:] == [("data", CLIENT, b"ab", 4), ("gap", CLIENT, 6, 5), ("fin", CLIENT, 5)]


def test_snap_length_is_a_gap_within_the_stream() -> None:
    """What was cut off is missing, and reading goes on at the right place behind it."""
    wire = Wire().opened().put(CLIENT, b"abcdef", cut=2).put(CLIENT, b"gh")
    assert told(wire)[1:] == [("data", CLIENT, b"ab", 4), ("gap", CLIENT, 4, 4), ("data", CLIENT, b"gh", 5)]


def test_fast_open_carries_data_in_the_syn() -> None:
    """Data of the SYN counts, also where it is sent again because the server did not take it."""
    wire = Wire().put(CLIENT, b"hello", flags=SYN).put(SERVER, flags=SYN | ACK, ack=1001)
    wire.put(CLIENT, b"hello!", seq=1001)
    assert told(wire)[1:] == [("data", CLIENT, b"hello", 1), ("data", CLIENT, b"!", 3)]


def test_half_close_lets_the_other_side_go_on() -> None:
    """After one FIN the other direction still carries data."""
    wire = (
        Wire().opened().put(CLIENT, b"q", flags=FIN | ACK).put(SERVER, b"answer").put(SERVER, flags=FIN | ACK)
    )
    assert told(wire)[2:] == [("fin", CLIENT, 4), ("data", SERVER, b"answer", 5), ("fin", SERVER, 6)]


def test_reset_ends_the_connection_once() -> None:
    """Resets are often sent several times; a wild one, which no receiver takes, counts for nothing."""
    wire = Wire().opened().put(CLIENT, b"a").put(SERVER, flags=RST, seq=5000 + (1 << 30))
    wire.put(SERVER, flags=RST).put(SERVER, flags=RST)
    conversation, script = conversation_of(wire)
    assert script.told[2:] == [("rst", SERVER, 6)]
    assert conversation.is_closed


def test_refused_and_unanswered_connections() -> None:
    """A SYN that is answered by RST was refused; one that is repeated in vain was not answered."""
    refused, _ = conversation_of(Wire().put(CLIENT, flags=SYN).put(SERVER, flags=RST | ACK))
    assert (refused.was_refused, refused.was_unanswered) == (True, False)
    again = Wire().put(CLIENT, flags=SYN).put(CLIENT, flags=SYN, seq=1000)
    unanswered, _ = conversation_of(again)
    assert (unanswered.was_refused, unanswered.was_unanswered) == (False, True)
    once, _ = conversation_of(Wire().put(CLIENT, flags=SYN))
    assert (once.was_refused, once.was_unanswered) == (False, False)
    again.put(CLIENT, flags=ACK, seq=1001, ack=5001)
    one_sided, _ = conversation_of(again)
    assert (one_sided.was_refused, one_sided.was_unanswered) == (False, False)


def test_capture_that_begins_in_the_middle() -> None:
    """The first segment of each side tells where its stream is; who opened is not known."""
    wire = Wire().put(SERVER, b"cd").put(CLIENT, b"xy").put(SERVER, b"ef")
    conversation, script = conversation_of(wire)
    assert (
        [script.bytes_of(SERVER), script.bytes_of(CLIENT)],
        conversation.opener,
    ) == ([b"cdef", b"xy"], None)


def test_answer_tells_where_a_client_began_that_was_not_captured() -> None:
    """A SYN+ACK alone shows who opened, and that the client's first segment is missing where it is."""
    wire = Wire().put(CLIENT, flags=SYN)
    wire.rows.clear()
    wire.put(SERVER, flags=SYN | ACK).put(CLIENT, b"later", seq=1004).put(SERVER, ack=1009)
    assert told(wire)[0] == ("opened", CLIENT)
    assert ("gap", CLIENT, 3, 2) in told(wire)


def test_second_answer_of_another_number() -> None:
    """Some boxes answer a SYN twice; the number that the server's data continue is the right one."""
    for right, wrong in ((5000, 77), (77, 5000)):
        wire = Wire().put(CLIENT, flags=SYN)
        wire.put(SERVER, flags=SYN | ACK, seq=5000).put(SERVER, flags=SYN | ACK, seq=77).put(
            CLIENT, b"c", ack=0
        )
        wire.put(SERVER, b"data", seq=right + 1)
        assert conversation_of(wire)[1].bytes_of(SERVER) == b"data", (right, wrong)


def test_new_syn_opens_another_connection() -> None:
    """The packets behind it are not of this connection; the same SYN again is."""
    wire = Wire().opened().put(CLIENT, b"a").put(CLIENT, flags=SYN, seq=1000).put(CLIENT, flags=SYN, seq=9000)
    script = Script(("server", SERVER), ("client", CLIENT), 0.0)
    conversation = Conversation(script, Budget(), wire.rows[0])
    batch = Batch(wire.rows, lambda at, n: bytes(wire.data[at : at + n]), wire.data, 0)
    assert conversation.process(batch) == 5


def test_far_numbers_are_another_stream() -> None:
    """Where the numbers jump further than any window, nobody knows how much is missing."""
    wire = Wire().opened().put(CLIENT, b"ab").put(CLIENT, b"cd", seq=1001 + (1 << 29))
    assert told(wire)[2:] == [("gap", CLIENT, 0, 5), ("data", CLIENT, b"cd", 5)]


def test_quiet_bytes_are_skipped_and_counted() -> None:
    """What the reader need not see is not copied, only counted, across segments."""
    wire = Wire().opened().put(CLIENT, b"head").put(CLIENT, b"x" * 30).put(CLIENT, b"y" * 30, cut=4)
    wire.put(CLIENT, b"z" * 41 + b"next")
    script = Script(("server", SERVER), ("client", CLIENT), 0.0)
    script.quiet = 100
    conversation = Conversation(script, Budget(), wire.rows[0])
    conversation.process(Batch(wire.rows, lambda at, n: bytes(wire.data[at : at + n]), wire.data, 0))
    assert script.told[1:] == [
        ("data", CLIENT, b"head", 4),
        ("skip", CLIENT, 60, 6),
        ("data", CLIENT, b"z" * 41 + b"next", 7),
    ]


def test_runs_of_records_are_told_of_with_their_bytes() -> None:
    """Whole records are found by their headers; one whose length tells something is shown."""
    record = b"\x17\x03\x03\x00\x14" + bytes(20)
    alert = b"\x17\x03\x03\x00\x13" + bytes(19)
    wire = Wire().opened().put(CLIENT, record).put(CLIENT, record + record).put(SERVER, record[:12], ack=0)
    wire.put(CLIENT, record).put(SERVER, record[12:], ack=0).put(CLIENT, alert)
    script = Script(("server", SERVER), ("client", CLIENT), 0.0)
    script.telling = (19,)
    conversation = Conversation(script, Budget(), wire.rows[0])
    conversation._halves[0].telling = (19,)
    conversation.process(Batch(wire.rows, lambda at, n: bytes(wire.data[at : at + n]), wire.data, 0))
    assert [
        ("data", CLIENT, record, 4),
        ("run", CLIENT, 2, 40, 0, 5),
        ("run", SERVER, 1, 20, 0, 6),
        ("run", CLIENT, 1, 20, 50, 7),
        ("passed", SERVER, 25, 1, 0),
        ("passed", CLIENT, 75, 3, 0),
        ("data", CLIENT, alert, 9),
    ] == script.told[1:]


def test_waiting_bytes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """When too much waits for what is missing, it is given up; all connections together have a bound, too."""
    monkeypatch.setattr(halves, "HELD_BYTES", 1000)
    wire = Wire().opened()
    for number in range(20):
        wire.put(CLIENT, b"x" * 100, seq=1101 + 100 * number)
    _, script = conversation_of(wire)
    assert script.told[1] == ("gap", CLIENT, 100, 4)
    monkeypatch.setattr(halves, "HELD_BYTES", 1 << 20)
    monkeypatch.setattr(streams, "TOTAL_HELD_BYTES", 500)
    budget, script = Budget(), Script(("server", SERVER), ("client", CLIENT), 0.0)
    conversation = Conversation(script, budget, wire.rows[0])
    conversation.process(Batch(wire.rows, lambda at, n: bytes(wire.data[at : at + n]), wire.data, 0))
    assert (budget.evictions, budget.held) == (1, 0)


def test_patience_ends_where_nothing_is_acknowledged() -> None:
    """In a capture of one side only, what is missing is given up after a while."""
    wire = Wire()
    wire.put(CLIENT, b"ab", flags=0).put(CLIENT, b"ef", seq=1004, flags=0)
    late = wire.put(CLIENT, b"gh", seq=1006, flags=0).rows
    late[-1] = (late[-1][0], 99.0, *late[-1][2:])
    assert ("gap", CLIENT, 2, 2) in told(wire)


@given(st.randoms(use_true_random=False), st.integers(0, (1 << 32) - 1), st.integers(1, 5))
def test_any_order_gives_the_same_streams(chance: random.Random, isn: int, batches: int) -> None:
    """Shuffled, repeated and cut differently, a stream comes out as it was sent."""
    sent = chance.randbytes(chance.randrange(1, 400))
    wire = Wire(client_isn=isn).opened()
    pieces = [(at, sent[at : at + 40]) for at in range(0, len(sent), 17)]
    pieces += chance.choices(pieces, k=len(pieces) // 2)
    chance.shuffle(pieces)
    for at, piece in pieces:
        wire.put(CLIENT, piece, seq=isn + 1 + at, ack=0)
    _, script = conversation_of(wire, batches=batches, horizon=0)
    assert sent == script.bytes_of(CLIENT)


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 31), st.integers(0, 60), st.binary(max_size=9)), min_size=1
    )
)
def test_any_packets_are_taken(packets: list[tuple[bool, int, int, bytes]]) -> None:
    """Whatever flags and numbers packets have, all are taken, and the budget is given back."""
    wire = Wire()
    for from_client, flags, seq, payload in packets:
        wire.put(CLIENT if from_client else SERVER, payload, flags=flags & 31, seq=seq, ack=60 - seq)
    rows, budget = wire.rows, Budget()
    while rows:
        script = Script(("server", SERVER), ("client", CLIENT), 0.0)
        conversation = Conversation(script, budget, rows[0])
        count = conversation.process(Batch(rows, lambda at, n: bytes(wire.data[at : at + n]), wire.data, 99))
        conversation.finish()
        conversation.release()
        assert count > 0
        rows = rows[count:]
    assert budget.held == 0
