"""A TCP connection seen from outside: its segments in, its two streams of bytes out.

The capture may lack packets, have them twice or in another order than either end saw them. What the ends
acknowledge tells which of it happened: bytes that were acknowledged were received, so if they do not turn up
among the next packets, the capture lost them, and reading goes on behind the gap. Bytes that were not
acknowledged were lost on the way and will be sent again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..tls.search import APPLICATION_DATA
from .flags import ACK, CONTROL, FIN, RST, SYN
from .halves import FAR, MODULUS, Half, Held
from .ordering import belated
from .protocol import Batch, End
from .rows import Rows
from .runs import Runs, records_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .protocol import Budget, Reader, Row

__all__ = ["Conversation"]

AT_A_TIME: Final = 24
"""Segments, as many as a handshake has, after which it is looked whether a stretch of data begins."""

TOTAL_HELD_BYTES: Final = 64 << 20
"""Bytes that wait in all connections together."""

PATIENCE_SECONDS: Final = 10.0
"""How long bytes wait for missing ones that nobody is seen to acknowledge: several retransmissions."""


class Conversation:
    """The state of one connection."""

    __slots__ = (
        "_batch",
        "_budget",
        "_halves",
        "_moved_up",
        "_reader",
        "_runs",
        "ended",
        "first_frame",
        "is_ignored",
        "opener",
        "resetter",
        "started",
    )

    def __init__(self, reader: Reader, budget: Budget, first: Row) -> None:
        """Begin with its first segment, which is still to be given to `process`."""
        self._reader = reader
        self._budget = budget
        self._halves = (Half(0), Half(1))
        self._batch = _NO_BATCH
        self._moved_up: set[int] = set()
        self._runs = Runs()
        self.first_frame, self.started, *_ = first
        self.ended = self.started
        self.opener: int | None = None
        """The side that sent the first SYN, as far as that was seen."""
        self.resetter: int | None = None
        """The side that reset the connection."""
        self.is_ignored = False
        """Whether the reader wants to see no more of it."""

    @property
    def is_closed(self) -> bool:
        """Whether both sides have ended it, or one has reset it."""
        return self.resetter is not None or all(half.has_ended for half in self._halves)

    @property
    def was_refused(self) -> bool:
        """Whether the side that was called answered with nothing but a reset."""
        if self.opener is None or self.resetter != 1 - self.opener:
            return False
        return self._halves[self.resetter].next is None

    @property
    def was_unanswered(self) -> bool:
        """Whether one side called more than once, and the other was not heard of.

        A caller that acknowledges was answered, by packets that the capture lacks.
        """
        if self.opener is None:
            return False
        caller, called = self._halves[self.opener], self._halves[1 - self.opener]
        return caller.syns > 1 and not called.was_seen and called.acked is None

    def was_seen(self, side: int) -> bool:
        """Whether any packet of this side was captured."""
        return self._halves[side].was_seen

    def process(self, batch: Batch) -> int:
        """Take the next segments; give how many belong to this connection: the one behind opens another."""
        self._batch = batch
        self._moved_up.clear()
        count = 0 if self.is_ignored else self._take_rows(batch.rows)
        self._tell_passed()
        if self.is_ignored:
            count = self._next_opening(count)
        self._batch = _NO_BATCH
        return count

    def _take_rows(self, rows: Sequence[Row]) -> int:
        """Take segments until one opens another connection, or no more are wanted; give their number."""
        count, total = 0, len(rows)
        while count < total and not self.is_ignored:
            if isinstance(rows, Rows) and not self._moved_up:
                passed, self.ended = rows.pass_stretch(count, self._halves, self._runs) or (0, self.ended)
                count += passed
            end = min(count + AT_A_TIME, total)
            count = self._take_each(rows[count:end], count)
            if count < end:
                break
        return count

    def _take_each(self, rows: Sequence[Row], count: int) -> int:
        """Take segments one by one; give the number of all that were taken, `count` of them before."""
        halves, moved_up, payload = self._halves, self._moved_up, self._batch.payload
        for row in rows:
            frame, at, forward, flags, seq, ack, offset, length, wire = row
            half, other = halves[forward], halves[not forward]
            if ack != other.next or flags & RST:
                self._reorder(half, other, row, count + 1)
            if not wire and not flags & CONTROL:
                pass
            elif wire <= half.quiet and seq == half.next and not (half.waits or flags & CONTROL):
                half.quiet -= wire
                half.skipped += wire
                half.skipped_at, half.skipped_frame = at, frame
                half.next = (seq + wire) % MODULUS
                half.position += wire
            elif half.telling is None and seq == half.next and not (half.held or flags & CONTROL or moved_up):
                self._deliver(half, payload(offset, length), wire, at, frame)
            elif not self._pass(half, row) and not self._take(half, row):
                break
            half.was_seen = True
            count += 1
            if flags & ACK:
                other.acked = ack
            if half.held or other.held:
                self._acknowledged(count)
            self.ended = at
            if self.is_ignored:
                break
        return count

    def _pass(self, half: Half, row: Row) -> bool:
        """Pass over a segment of nothing but application data that says no more than its length, if it is
        one.
        """
        frame, at, _, flags, seq, _, offset, length, wire = row
        telling = half.telling
        if telling is None or seq != half.next or half.waits or flags & CONTROL or length != wire:
            return False
        place, buffer = half.quiet, self._batch.buffer
        found = records_in(buffer, offset, place, wire, telling) if offset < len(buffer) else None
        if found is None:
            return False
        lengths, half.quiet = found
        self._runs.add(half, lengths, place, at, frame)
        half.skipped += wire
        half.skipped_at, half.skipped_frame = at, frame
        half.advance(wire)
        return True

    def _take(self, half: Half, row: Row) -> bool:
        """Take one segment; whether it belongs to this connection."""
        frame, at, _, flags, seq, _, offset, length, wire = row
        if flags & CONTROL:
            if flags & SYN and self._is_another(half, seq, flags):
                return False
            self._control(half, row)
        elif frame in self._moved_up:
            pass
        elif seq == half.next and not half.held:
            self._deliver(half, self._batch.payload(offset, length), wire, at, frame)
        else:
            self._stray(half, row)
        return True

    def finish(self) -> None:
        """Hand on what still waits, with gaps for what never came."""
        self._flush()
        for half in self._halves:
            missing = half.distance(half.acked) if half.acked is not None and half.next is not None else 0
            if half.fin is not None and not half.has_ended:
                position, at, frame = half.fin
                self._gap(half, position - half.position, at, frame)
                self._end(half)
            elif not half.has_ended and 0 < missing <= FAR:  # 1 may be a FIN
                self._gap(half, missing, self.ended, 0)

    def release(self) -> None:
        """Give back what waits, without handing it on."""
        for half in self._halves:
            self._budget.held -= half.held_bytes
            half.held.clear()
            half.held_bytes = 0

    def _next_opening(self, count: int) -> int:
        """Give the place of the first segment, not before `count`, that opens another connection."""
        for index in range(count, len(self._batch.rows)):
            _, _, forward, flags, seq, *_ = self._batch.rows[index]
            if flags & SYN and self._is_another(self._halves[forward], seq, flags):
                return index
        return len(self._batch.rows)

    def _is_another(self, half: Half, seq: int, flags: int) -> bool:
        """Whether a SYN opens another connection between the same endpoints."""
        if flags & ACK:  # what answers an open connection a second time is a mistake of some box on the way
            return self.is_closed and half.isn != seq
        if half.isn is not None:
            return half.isn != seq
        if half.next is None:
            return self._halves[1 - half.side].position > 0
        return half.distance(seq + 1) != -half.position

    def _control(self, half: Half, row: Row) -> None:
        """Take a segment that opens or ends a direction."""
        frame, at, _, flags, seq, ack, offset, length, wire = row
        if flags & SYN:
            self._open(half, seq, ack, is_answer=bool(flags & ACK))
            seq += 1
        if flags & RST:
            self._reset(half, seq, at, frame)
            return
        if half.next is None:
            half.begin(seq)
        if wire:
            self._stray(half, (frame, at, bool(half.side), flags, seq, ack, offset, length, wire))
        if flags & FIN and half.fin is None:
            half.fin = (half.position + half.distance(seq + wire), at, frame)
            self._end(half)

    def _open(self, half: Half, seq: int, ack: int, *, is_answer: bool) -> None:
        other = self._halves[1 - half.side]
        if half.next is None:
            half.begin(seq + 1)
        if half.isn is not None and half.isn != seq:
            half.rival = seq
            return
        half.syns += 1
        half.isn = seq
        if self.opener is None:
            self.opener = other.side if is_answer else half.side
            self._reader.opened(self.opener)
        if is_answer and other.next is None:  # its own SYN was not captured, but it is known where it began
            other.begin(ack)

    def _reset(self, half: Half, seq: int, at: float, frame: int) -> None:
        if half.next is not None and abs(half.distance(seq)) > FAR and seq:
            return  # a stray one, which the receiver ignores (RFC 5961 section 3.2)
        if self.resetter is None and not self.is_closed:
            self._flush()
            if seq and half.is_behind(seq):
                self._gap(half, half.distance(seq) - (half.fin is not None), at, frame)
            self.resetter = half.side
            self._tell_passed()
            self._reader.closed(half.side, End.RST, at, frame)

    def _end(self, half: Half) -> None:
        """Note the end of a direction once everything before its FIN was handed on."""
        if half.fin is None or half.has_ended or half.position < half.fin[0]:
            return
        half.has_ended = True
        if self.resetter is None:
            _, at, frame = half.fin
            self._tell_passed()
            self._reader.closed(half.side, End.FIN, at, frame)

    def _stray(self, half: Half, row: Row) -> None:
        """Take a segment that does not simply continue the stream."""
        frame, at, _, _, seq, _, offset, length, wire = row
        if half.next is None or half.rival == (seq - 1) % MODULUS:
            half.begin(seq)
        ahead = half.distance(seq)
        if abs(ahead) > FAR:
            self._flush()
            half.begin(seq)
            self._gap(half, 0, at, frame)
            ahead = 0
        if ahead > 0:
            self._hold(
                half, Held(half.position + ahead, self._batch.payload(offset, length), wire, at, frame)
            )
        elif wire + ahead > 0:
            payload = self._batch.payload(offset - ahead, max(length + ahead, 0))
            if half.held:
                # What came before and waits counts where the two overlap.
                self._budget.held += half.hold(Held(half.position, payload, wire + ahead, at, frame))
                self._drain(half)
            else:
                self._deliver(half, payload, wire + ahead, at, frame)

    def _deliver(self, half: Half, payload: bytes, wire: int, at: float, frame: int) -> None:
        """Hand on bytes whose turn has come; what the snap length cut off is a gap."""
        self._tell_passed()
        half.advance(wire)
        if payload:
            self._note(half, self._reader.data(half.side, payload, at, frame))
            half.telling = self._reader.telling_lengths(half.side) if payload[0] == APPLICATION_DATA else None
        if len(payload) < wire:
            half.telling = None
            self._note(half, self._reader.gap(half.side, wire - len(payload), at, frame))
        if half.fin is not None:
            self._end(half)

    def _note(self, half: Half, quiet: int) -> None:
        half.quiet = max(quiet, 0)
        if quiet < 0:
            self.is_ignored = True

    def _tell_passed(self) -> None:
        """Tell the reader what was passed over, before it is told of anything else."""
        first, second = self._halves
        if not (first.skipped or second.skipped):
            return
        if self._runs.runs:
            self._reader.runs(self._runs.take())
        for half in (first, second):
            if half.records:
                self._reader.passed(half.side, half.skipped, half.records, half.quiet, half.skipped_at)
            elif half.skipped:
                self._reader.skip(half.side, half.skipped, half.skipped_at, half.skipped_frame)
            half.skipped = half.records = 0

    def _hold(self, half: Half, segment: Held) -> None:
        self._budget.held += half.hold(segment)
        is_late = segment.at - half.held[0].at > PATIENCE_SECONDS
        if half.is_full or is_late or self._budget.held > TOTAL_HELD_BYTES:
            self._budget.evictions += not is_late
            self._give_up(half)

    def _acknowledged(self, count: int) -> None:
        """Look for missing bytes that were received among the next segments; else the capture lacks them."""
        for half in self._halves:
            acked = half.acked
            if not half.held or acked is None or half.distance(acked) <= 0:
                continue
            self._move_up(half, acked, count)
            is_all_here = self._batch.rows[count - 1][0] <= self._batch.horizon
            if half.held and half.distance(acked) > 0 and is_all_here:
                self._give_up(half)

    def _reorder(self, half: Half, other: Half, row: Row, count: int) -> None:
        """Take the segments first that were sent before this one, and that the file has behind it."""
        _, _, _, flags, seq, ack, *_ = row
        if flags & RST and half.is_behind(seq):
            self._move_up(half, seq, count)
        if flags & (ACK | SYN) == ACK and ack != other.sought and other.is_behind(ack):
            other.sought = ack
            self._move_up(other, ack, count)

    def _move_up(self, half: Half, until: int, count: int) -> None:
        for row in belated(self._batch.rows, count, half, until):
            self._moved_up.add(row[0])
            if row[3] & FIN:
                self._control(half, row)
            else:
                self._stray(half, row)

    def _give_up(self, half: Half) -> None:
        """Go on behind the missing bytes."""
        first = half.held[0]
        self._gap(half, half.missing, first.at, first.frame)
        self._drain(half)

    def _gap(self, half: Half, length: int, at: float, frame: int) -> None:
        self._tell_passed()
        half.advance(length)
        half.telling = None
        self._note(half, self._reader.gap(half.side, length, at, frame))

    def _drain(self, half: Half) -> None:
        """Hand on held segments whose turn has come."""
        before = half.held_bytes
        while (held := half.take()) is not None:
            if held.position + held.wire > half.position:
                rest = held.part(half.position, held.position + held.wire)
                self._deliver(half, rest.payload, rest.wire, rest.at, rest.frame)
        self._budget.held -= before - half.held_bytes
        self._end(half)

    def _flush(self) -> None:
        """Go on behind all missing bytes, in the order in which what follows them was captured."""
        while waiting := [half for half in self._halves if half.held]:
            self._give_up(min(waiting, key=lambda half: half.held[0].frame))


_NO_BATCH: Final = Batch((), lambda _offset, _length: b"", b"", 0)
