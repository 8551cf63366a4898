"""The open connections of a capture: segments of a window in, whole connections out as they end.

What is kept depends on how many connections are open, not on the size of the file: those that have ended are
given out at the end of a window, and those that nothing was heard of for longest when there are too many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import nsmallest
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import numpy as np

from .protocol import Batch, Budget, Reader
from .streams import SYN, Conversation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .frames import Segments

__all__ = ["Address", "Flow", "FlowTable", "sides_of"]

OPEN_FLOWS: Final = 20_000
"""Connections that are followed at a time: one of which the handshake was seen takes some 16 KB."""

LINGER_SECONDS: Final = 2.0
"""How long a connection that has ended is kept: late and repeated packets must not look like another one."""

TOLERANCE: Final = 1000
"""How many frames before the end of a window a segment may be whose neighbours come with the next one."""

Address = tuple[str, int]
"""A host's address, as it is usually written, and a port."""

R = TypeVar("R", bound=Reader)


@dataclass(frozen=True, slots=True)
class Flow(Generic[R]):
    """One connection, and who reads it."""

    conversation: Conversation
    reader: R


def _address(version: int, high: int, low: int, port: int) -> Address:
    if version == 4:
        return f"{low >> 24}.{low >> 16 & 255}.{low >> 8 & 255}.{low & 255}", port
    if (
        high == 0 and low >> 32 == 0xFFFF
    ):  # an IPv4 address, written as everybody writes it (RFC 5952 section 5)
        return f"::ffff:{_address(4, 0, low & 0xFFFFFFFF, port)[0]}", port
    return str(IPv6Address(high << 64 | low)), port


def sides_of(segments: Segments, index: int) -> tuple[Address, Address]:
    """Give the addresses of side 0 and side 1 of the connection that a segment belongs to."""
    version = int(segments.version[index])
    (source_high, source_low), (high, low) = (
        segments.source[:, index].tolist(),
        segments.destination[:, index].tolist(),
    )
    sender = _address(version, source_high, source_low, int(segments.ports[0, index]))
    receiver = _address(version, high, low, int(segments.ports[1, index]))
    return (receiver, sender) if segments.rows["forward"][index] else (sender, receiver)


class FlowTable(Generic[R]):
    """Follows the connections of one capture."""

    def __init__(self, read: Callable[[Address, Address, float], R], *, limit: int = OPEN_FLOWS) -> None:
        """`read` makes the reader of a connection, from the addresses of its two sides and its first time."""
        self._read = read
        self._limit = limit
        self._flows: dict[int, Flow[R]] = {}
        self._closing: set[int] = set()
        self._ended: list[Flow[R]] = []
        self._budget = Budget()
        self.evictions = 0
        """How many connections were given out before they ended, because too many were open."""

    @property
    def open_flows(self) -> int:
        """How many connections are followed at present."""
        return len(self._flows)

    @property
    def given_up_segments(self) -> int:
        """How often segments that came too early were no longer waited for, because too many waited."""
        return self._budget.evictions

    def add(self, segments: Segments, now: float, *, is_last: bool) -> Iterator[Flow[R]]:
        """Take the segments of a window; give the connections that ended, in the order of their first frames.

        `now` is the latest time in the window, also of packets that are not among the segments.
        """
        if len(segments.rows):
            self._add(segments, is_last=is_last)
        self._give_out(now)
        yield from self._sorted()

    def _add(self, segments: Segments, *, is_last: bool) -> None:
        order = np.argsort(segments.connection, kind="stable")
        keys, rows = segments.connection[order], segments.rows[order]
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        opens = np.logical_or.reduceat(rows["flags"] & SYN != 0, starts)
        horizon = float("inf") if is_last else float(segments.rows["frame"][-1] - TOLERANCE)
        bounds = [*starts.tolist(), len(rows)]
        for number, (key, has_syn) in enumerate(zip(keys[starts].tolist(), opens.tolist(), strict=True)):
            flow = self._flows.get(key)
            if flow is not None and flow.conversation.is_ignored and not has_syn:
                continue
            begin, end = bounds[number], bounds[number + 1]
            batch = Batch(rows[begin:end].tolist(), segments.payload, segments.buffers[0], horizon)
            self._follow(key, flow, batch, segments, int(order[begin]))

    def idle(self) -> Iterator[Flow[R]]:
        """Give all connections that have ended: nothing more comes at the moment, so nothing late either."""
        self._give_out(float("inf"))
        yield from self._sorted()

    def finish(self) -> Iterator[Flow[R]]:
        """Give all connections that are still open."""
        for key in list(self._flows):
            self._end(key)
        yield from self._sorted()

    def _follow(self, key: int, flow: Flow[R] | None, batch: Batch, segments: Segments, index: int) -> None:
        """Give a connection its segments; those behind a new opening go to the connection that it opens."""
        while batch.rows:
            if flow is None:
                reader = self._read(*sides_of(segments, index), batch.rows[0][1])
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
        flow = self._flows.pop(key)
        self._closing.discard(key)
        if not flow.conversation.is_ignored:
            flow.conversation.finish()
        flow.conversation.release()
        self._ended.append(flow)

    def _give_out(self, now: float) -> None:
        """End the connections whose time has come."""
        flows = self._flows
        for key in [key for key in self._closing if now - flows[key].conversation.ended > LINGER_SECONDS]:
            self._end(key)
        excess = len(flows) - self._limit
        if excess > 0:
            self.evictions += excess
            for key in nsmallest(excess, flows, key=lambda key: flows[key].conversation.ended):
                self._end(key)

    def _sorted(self) -> Iterator[Flow[R]]:
        ended, self._ended = self._ended, []
        ended.sort(key=_first_frame, reverse=True)
        while ended:
            yield ended.pop()  # so that what was given out can be freed


def _first_frame(flow: Flow[R]) -> int:
    return flow.conversation.first_frame
