"""The open connections of a capture: segments of a window in, whole connections out as they end.

What is kept depends on how many connections are open, not on the size of the file: those that have ended are
given out at the end of a window, and those that nothing was heard of for longest when there are too many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from .flags import SYN
from .grouping import Grouped
from .protocol import Batch, Budget, Reader
from .streams import Conversation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .frames import Segments
    from .sides import Address

__all__ = ["Flow", "FlowTable", "Recall", "Recalled"]

OPEN_FLOWS: Final = 20_000
"""Connections that are followed at a time: one of which the handshake was seen takes some 16 KB."""

LINGER_SECONDS: Final = 2.0
"""How long a connection that has ended is kept: late and repeated packets must not look like another one."""

R = TypeVar("R", bound=Reader)
R_co = TypeVar("R_co", bound=Reader, covariant=True)


@dataclass(frozen=True, slots=True)
class Flow(Generic[R]):
    """One connection, and who reads it."""

    conversation: Conversation
    reader: R

    @property
    def started(self) -> float:
        """When its first segment was captured, in epoch seconds."""
        return self.conversation.started

    @property
    def ended(self) -> float:
        """When the last one was."""
        return self.conversation.ended

    @property
    def first_frame(self) -> int:
        """The number of the packet with which it begins."""
        return self.conversation.first_frame


class Recalled(Protocol[R_co]):
    """A connection that was closed within one window, and of which is known already what its reader would say."""

    @property
    def started(self) -> float:
        """When its first segment was captured, in epoch seconds."""
        ...

    @property
    def ended(self) -> float:
        """When the last one was."""
        ...

    @property
    def first_frame(self) -> int:
        """The number of the packet with which it begins."""
        ...

    def retold(self) -> tuple[R_co, Batch]:
        """Give a reader that was told nothing yet, and all segments: something came late, so that it is to be followed."""
        ...


class Recall(Protocol[R_co]):
    """Who remembers connections."""

    def recall(self, grouped: Grouped, numbers: list[int]) -> Mapping[int, Recalled[R_co]]:
        """Of some connections of a window, of which nothing was seen before, give those that are known."""
        ...


class FlowTable(Generic[R]):
    """Follows the connections of one capture."""

    def __init__(
        self,
        read: Callable[[Address, Address, float], R],
        *,
        recall: Callable[[], Recall[R] | None] = lambda: None,
        limit: int = OPEN_FLOWS,
    ) -> None:
        """Begin without any connection.

        Args:
            read: makes the reader of a connection, from the addresses of its two sides and its first time.
            recall: says who is asked first, at the moment, what is known of connections.
            limit: how many connections are followed at a time.
        """
        self._read = read
        self._recall = recall
        self._limit = limit
        self._flows: dict[int, Flow[R]] = {}
        self._recalled: dict[int, Recalled[R]] = {}
        self._closing: set[int] = set()
        self._ended: list[Flow[R] | Recalled[R]] = []
        self._budget = Budget()
        self.evictions = 0
        """How many connections were given out before they ended, because too many were open."""

    @property
    def open_flows(self) -> int:
        """How many connections are followed at present."""
        return len(self._flows) + len(self._recalled)

    @property
    def given_up_segments(self) -> int:
        """How often segments that came too early were no longer waited for, because too many waited."""
        return self._budget.evictions

    def add(self, segments: Segments, now: float, *, is_last: bool) -> Iterator[Flow[R] | Recalled[R]]:
        """Take the segments of a window; give the connections that ended, in the order of their first frames.

        `now` is the latest time in the window, also of packets that are not among the segments.
        """
        if len(segments.rows):
            self._add(Grouped(segments, is_last=is_last))
        self._give_out(now)
        yield from self._sorted()

    def _add(self, grouped: Grouped) -> None:
        flows, followed = self._flows, self._recalled
        memory = self._recall()
        if memory is None:
            known: Mapping[int, Recalled[R]] = {}
        else:
            new = [n for n, key in enumerate(grouped.keys) if key not in flows and key not in followed]
            known = memory.recall(grouped, new)
        if known:
            followed.update((grouped.keys[number], one) for number, one in known.items())
            if len(known) == len(grouped.keys):
                return
            grouped = grouped.without(known)
        for number, (key, has_syn) in enumerate(zip(grouped.keys, grouped.any_of(SYN), strict=True)):
            if key in followed:
                self._retell(key, grouped, number)
            flow = flows.get(key)
            if flow is None or has_syn or not flow.conversation.is_ignored:
                self._follow(key, flow, grouped.batch(number), grouped, number)

    def idle(self) -> Iterator[Flow[R] | Recalled[R]]:
        """Give all connections that have ended: nothing more comes at the moment, so nothing late either."""
        self._give_out(float("inf"))
        yield from self._sorted()

    def finish(self) -> Iterator[Flow[R] | Recalled[R]]:
        """Give all connections that are still open."""
        for key in list(self._flows):
            self._end(key)
        self._ended += self._recalled.values()
        self._recalled.clear()
        yield from self._sorted()

    def _retell(self, key: int, grouped: Grouped, number: int) -> None:
        """Follow a connection, of which something comes late, from its beginning."""
        reader, batch = self._recalled.pop(key).retold()
        flow = self._flows[key] = Flow(Conversation(reader, self._budget, batch.rows[0]), reader)
        self._follow(key, flow, batch, grouped, number)

    def _follow(self, key: int, flow: Flow[R] | None, batch: Batch, grouped: Grouped, number: int) -> None:
        """Give a connection its segments; those behind a new opening go to the connection that it opens."""
        while batch.rows:
            if flow is None:
                reader = self._read(*grouped.sides[number], batch.rows[0][1])
                flow = Flow(Conversation(reader, self._budget, batch.rows[0]), reader)
                self._flows[key] = flow
            count = flow.conversation.process(batch)
            if count == len(batch.rows):
                break
            self._end(key)
            batch, flow = replace(batch, rows=batch.rows[count:]), None
        if flow is not None and flow.conversation.is_closed:
            self._closing.add(key)

    def _end(self, key: int) -> None:
        if key in self._recalled:
            self._ended.append(self._recalled.pop(key))
            return
        flow = self._flows.pop(key)
        self._closing.discard(key)
        if not flow.conversation.is_ignored:
            flow.conversation.finish()
        flow.conversation.release()
        self._ended.append(flow)

    def _give_out(self, now: float) -> None:
        """End the connections whose time has come."""
        flows, recalled = self._flows, self._recalled
        for key in [key for key in self._closing if now - flows[key].conversation.ended > LINGER_SECONDS]:
            self._end(key)
        for key in [key for key, one in recalled.items() if now - one.ended > LINGER_SECONDS]:
            self._end(key)
        excess = self.open_flows - self._limit
        if excess > 0:
            self.evictions += excess
            ends = {key: one.ended for kept in (flows, recalled) for key, one in kept.items()}
            for key in nsmallest(excess, ends, key=ends.__getitem__):
                self._end(key)

    def _sorted(self) -> Iterator[Flow[R] | Recalled[R]]:
        ended, self._ended = self._ended, []
        ended.sort(key=_first_frame, reverse=True)
        while ended:
            yield ended.pop()  # so that what was given out can be freed


def _first_frame(flow: Flow[R] | Recalled[R]) -> int:
    return flow.first_frame
