"""A capture file in, observed connections out: files, frames, streams and observers put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import numpy as np

from ..connection import Road
from ..counted import counted
from ..recalling.reader import RecallingReader
from ..recalling.whole import WholeMemory
from ..tls.secrets import KeyLog
from .file import CaptureFile
from .flows import Flow, FlowTable
from .frames import FrameReader
from .problems import CaptureProblems
from .reader import ConnectionReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from numpy.typing import NDArray

    from ..connection import Connection, Endpoint
    from ..recalling.memory import Memory
    from ..recalling.model import RecalledConnection
    from .flows import Recalled
    from .frames import Segments
    from .reader import Places
    from .sides import Address
    from .window import Packets

    AnyReader = ConnectionReader | RecallingReader
    AnyFlow = Flow[AnyReader] | Recalled[AnyReader]

__all__ = ["NOWHERE", "Analysis", "Captured", "Selection"]


class _Nowhere:
    """Nothing is known of where servers listen."""

    def is_server(self, endpoint: Endpoint) -> bool:
        """Say no."""
        del endpoint
        return False

    def is_wanted(self, client: Endpoint, server: Endpoint) -> bool:
        """Say no."""
        del client, server
        return False


NOWHERE: Final = _Nowhere()
"""Only connections that carry TLS are reported."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of a capture is looked at."""

    hosts: frozenset[str] = frozenset()
    """Addresses, of which one must be an end of the connection; empty: all."""
    since: float = float("-inf")
    """Connections that began before this time, in epoch seconds, are left out."""
    until: float = float("inf")
    """So are those that began at this time or later."""
    shard: int = 0
    """Of the connections, divided into `shards` parts by their addresses, the number of the part to look
    at."""
    shards: int = 1
    is_live: bool = False
    """Whether the file still grows, so that each piece of it is looked at when it comes."""


class Captured(NamedTuple):
    """A connection, and where in the capture it stands."""

    window: int
    """The window at whose end it was given out: with `first_frame` the same order for every division of
    the work."""
    first_frame: int
    connection: Connection


class Analysis:
    """Reads one capture."""

    def __init__(
        self,
        source: BinaryIO,
        *,
        keylog: KeyLog | None = None,
        places: Places = NOWHERE,
        selection: Selection | None = None,
        road: Road = Road.PCAP,
        memory: Memory | None = None,
    ) -> None:
        """Begin to read `source`.

        Args:
            source: the file, from its first byte; compressed or not.
            keylog: secrets; those that the file carries are added to it.
            places: where servers are known to listen, and which connections are reported without TLS.
            selection: the part of the capture to look at; None: all of it.
            road: what the connections say they came by.
            memory: where what was observed is looked up before it is observed again; with it, hellos may be those
                of another connection that differs in randoms, session ids and key shares only.

        Raises:
            MalformedCapture: it is no capture.
            Truncated: it is empty, or ends in its first header.
        """
        self._selection = selection or Selection()
        self._problems = CaptureProblems()
        self._file = CaptureFile(source, self._problems, is_live=self._selection.is_live)
        self._keylog = keylog
        self._places = places
        self._road = road
        self._memory = memory
        self._whole = None if memory is None else WholeMemory(partial(self._recalling, memory))
        self._flows: FlowTable[AnyReader] = FlowTable(self._read, recall=self._recall)
        self._hosts = np.array(
            [[number >> 64, number & (1 << 64) - 1] for number in map(_number, self._selection.hosts)],
            np.uint64,
        )

    @property
    def packets(self) -> int:
        """How many packets were read so far."""
        return self._file.packets

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the file as far as it was read, a line each."""
        lines = self._problems.lines()
        if self._flows.evictions:
            lines += (
                f"limit-reached: {counted(self._flows.evictions, 'connection was', 'connections were')} reported before the end",
            )
        if self._flows.given_up_segments:
            count = self._flows.given_up_segments
            lines += (f"limit-reached: {counted(count, 'time')} too much data waited for missing segments",)
        return lines

    def connections(self) -> Iterator[Captured]:
        """Give the connections as they end; those that are open at the end of the file come last."""
        frames, window = FrameReader(), 0
        for packets in self._file.windows():
            self._take_secrets()
            for flow in self._ended(frames, packets):
                yield from self._captured(window, flow)
            window += 1
        for flow in self._flows.finish():
            yield from self._captured(window, flow)

    def _ended(self, frames: FrameReader, packets: Packets) -> Iterator[AnyFlow]:
        if not len(packets):
            return self._flows.idle()
        segments = self._selected(frames.segments(packets))
        return self._flows.add(segments, float(packets.at.max()), is_last=self._file.is_last)

    def _read(self, first: Address, second: Address, started: float) -> AnyReader:
        if self._memory is not None and self._keylog is None:
            return self._recalling(self._memory, first, second, started)
        return ConnectionReader((first, second), started, self._road, self._keylog, self._places)

    def _recalling(self, memory: Memory, first: Address, second: Address, started: float) -> RecallingReader:
        return RecallingReader((first, second), started, self._road, self._places, memory)

    def _recall(self) -> WholeMemory | None:
        """Give what knows whole connections: nothing is recalled where secrets open what differs."""
        return self._whole if self._keylog is None else None

    def _captured(self, window: int, flow: AnyFlow) -> Iterator[Captured]:
        if not self._selection.since <= flow.started < self._selection.until:
            return
        if isinstance(flow, Flow):
            connection = flow.reader.connection(flow.conversation)
        else:
            connection = cast("RecalledConnection", flow).connection()  # nobody else recalls
        if connection is not None:
            yield Captured(window, flow.first_frame, connection)

    def _take_secrets(self) -> None:
        for secrets in self._file.take_secrets():
            self._keylog = self._keylog or KeyLog()
            self._keylog.merge(KeyLog.parse(secrets))

    def _selected(self, segments: Segments) -> Segments:
        if self._selection.shards > 1:
            shard = segments.connection % np.uint64(self._selection.shards)
            segments = segments.select(shard == self._selection.shard)
        if self._selection.hosts:
            chosen = self._is_host(segments.source) | self._is_host(segments.destination)
            segments = segments.select(chosen)
        return segments

    def _is_host(self, address: NDArray[np.uint64]) -> NDArray[np.bool_]:
        found = np.zeros(address.shape[1], np.bool_)
        for high, low in self._hosts:
            found |= (address[0] == high) & (address[1] == low)
        return found


def _number(host: str) -> int:
    """Give an address as the peelers write it, IPv4 in the lower half; `ValueError` where it is none."""
    return int(ip_address(host))
