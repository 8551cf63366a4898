"""Who is the client, and what a connection's streams say: from TCP streams to an observed connection.

Whoever opened the TCP connection is the client, unless the other one sends the ClientHello (as in active
FTP over TLS). In a capture that begins too late, a hello tells, then the places where servers are known to
listen, then the lower port. So what comes before TLS is remembered, to be told again with the roles
exchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from ..connection import PARTIES, CloseKind, Connection, Endpoint, NetworkError, NetworkErrorKind, Party
from ..observer import Observer
from ..observing.passing import PassedRun
from ..tls.search import CANDIDATE, client_hello_at, server_hello_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..connection import Road
    from ..observing.standing import Standing
    from ..tls.secrets import KeyLog
    from .protocol import End
    from .runs import Run
    from .sides import Address
    from .streams import Conversation

__all__ = ["ConnectionReader", "Places"]

REMEMBERED_BYTES: Final = 1 << 16
"""As much as the observer takes for a preamble: TLS begins within it, or not at all."""

REMEMBERED_EVENTS: Final = 512
"""Events before TLS: a preamble has a few; single bytes would cost more than they hold."""

ENDLESS: Final = 1 << 60
"""An observer that can pass over more than this looks at nothing more of a direction."""


_CLIENT, _SERVER = Party.CLIENT, Party.SERVER


class Places(Protocol):
    """Where servers are known to listen."""

    def is_server(self, endpoint: Endpoint) -> bool:
        """Whether a server is known to listen at `endpoint`."""
        ...

    def is_wanted(self, client: Endpoint, server: Endpoint) -> bool:
        """Whether a connection is to be reported although it carries no TLS."""
        ...


class ConnectionReader:
    """Tells an observer what the streams of one connection hold."""

    __slots__ = (
        "_client",
        "_has_start",
        "_is_settled",
        "_keylog",
        "_observer",
        "_past",
        "_past_bytes",
        "_places",
        "_road",
        "_sides",
        "_started",
    )

    def __init__(
        self,
        sides: tuple[Address, Address],
        started: float,
        road: Road,
        keylog: KeyLog | None,
        places: Places,
    ) -> None:
        """Begin before the first byte; `sides` are the addresses of side 0 and side 1."""
        self._sides = (Endpoint(*sides[0]), Endpoint(*sides[1]))
        self._started = started
        self._road = road
        self._keylog = keylog
        self._places = places
        self._client = self._likely_client()
        self._has_start = False
        self._observer: Observer | None = None
        self._past: list[Callable[[], object]] = []
        self._past_bytes = 0
        self._is_settled = False
        """Whether it can no longer turn out that the roles are the other way round."""

    def _likely_client(self) -> int:
        first, second = self._sides
        first_serves, second_serves = self._places.is_server(first), self._places.is_server(second)
        if first_serves is not second_serves:
            return 1 if first_serves else 0
        return 1 if first.port < second.port else 0

    def _party(self, side: int) -> Party:
        return _CLIENT if side == self._client else _SERVER

    def _observed(self) -> Observer:
        if self._observer is None:
            self._observer = Observer(
                self._sides[self._client],
                self._sides[1 - self._client],
                started=self._started,
                road=self._road,
                keylog=self._keylog,
                has_start=self._has_start,
            )
        return self._observer

    @property
    def client(self) -> int:
        """The side that is taken for the client."""
        return self._client

    def standings(self) -> tuple[Standing, Standing]:
        """Say how far client and server have come."""
        observer = self._observed()
        return observer.standing(_CLIENT), observer.standing(_SERVER)

    def opened(self, side: int) -> None:
        """Take note of who opened the connection."""
        if self._observer is None:
            self._client = side
            self._has_start = True

    def data(self, side: int, payload: bytes, at: float, frame: int) -> int:
        """Observe bytes; give how many of the next ones need not be shown, -1 where all is known."""
        if not self._is_settled:
            self._settle(side, payload)
        observer = self._observer or self._observed()
        party = self._party(side)
        if not self._is_settled:
            self._remember(lambda: self._observed().feed(self._party(side), payload, at, frame), len(payload))
        observer.feed(party, payload, at, frame)
        quiet = observer.skippable(party)
        return quiet if quiet < ENDLESS else self._quiet(observer, party)

    def skip(self, side: int, length: int, at: float, frame: int) -> None:
        """Observe that bytes passed which need not be shown."""
        if not self._is_settled:
            self._remember(lambda: self._observed().skip(self._party(side), length, at, frame), 0)
        self._observed().skip(self._party(side), length, at, frame)

    def telling_lengths(self, side: int) -> tuple[int, ...] | None:
        """Give the lengths of data records that have to be shown; None: all have to."""
        return self._observed().telling_lengths(self._party(side))

    def runs(self, runs: list[Run]) -> None:
        """Observe data records that were not shown."""
        observer = self._observed()
        for run in runs:
            passed = PassedRun(run.records, run.length, run.last_length, run.ahead, run.at, run.frame)
            observer.pass_run(self._party(run.side), passed)

    def passed(self, side: int, length: int, records: int, left: int, at: float) -> None:
        """Observe that the bytes of such records passed."""
        self._observed().pass_over(self._party(side), length, records, left, at)

    def gap(self, side: int, length: int, at: float, frame: int) -> int:
        """Observe that bytes are missing."""
        del frame  # what is missing was in none
        if not self._is_settled:
            self._remember(lambda: self._observed().gap(self._party(side), length, at), 0)
        party, observer = self._party(side), self._observed()
        observer.gap(party, length, at)
        quiet = observer.skippable(party)
        return quiet if quiet < ENDLESS else self._quiet(observer, party)

    def closed(self, side: int, end: End, at: float, frame: int) -> None:
        """Observe that a side closed or reset the connection."""
        kind = CloseKind(end.value)
        if not self._is_settled:
            self._remember(lambda: self._observed().closed(self._party(side), kind, at, frame), 0)
        self._observed().closed(self._party(side), kind, at, frame)

    def connection(self, conversation: Conversation) -> Connection | None:
        """Give what was observed, now that all was told; None where it is not to be reported."""
        client, server = self._sides[self._client], self._sides[1 - self._client]
        observer = self._observer
        is_wanted = self._places.is_wanted(client, server)
        if observer is None:
            if not is_wanted or not self._has_start:
                return None
            observer = self._observed()
        observer.directions_seen = frozenset(
            self._party(side) for side in (0, 1) if conversation.was_seen(side)
        )
        error = self._network_error(conversation)
        if error is not None:
            observer.network_failed(error)
        connection = observer.connection()
        return connection if is_wanted or connection.tls is not None else None

    def _network_error(self, conversation: Conversation) -> NetworkError | None:
        """Say how TCP failed to open, as its segments show it."""
        after = conversation.ended - conversation.started
        if conversation.was_refused:
            return NetworkError(NetworkErrorKind.REFUSED, "SYN was answered by RST", Party.SERVER, after)
        if conversation.was_unanswered:
            return NetworkError(
                NetworkErrorKind.TIMEOUT, "SYN was repeated without an answer", Party.SERVER, after
            )
        return None

    def _settle(self, side: int, payload: bytes) -> None:
        """Exchange the roles if a hello shows that they are the other way round."""
        observer = self._observer
        if observer is not None and any(observer.tls_started(party) for party in PARTIES):
            self._forget()
        elif self._is_of_other_role(side, payload):
            self._client = 1 - self._client
            past, self._observer = self._past, None
            for event in past:
                event()
            self._forget()

    def _is_of_other_role(self, side: int, payload: bytes) -> bool:
        if side == self._client:
            return payload[:1] == b"\x16" and bool(server_hello_at(payload, 0)) and not self._has_start
        found = CANDIDATE.search(payload)
        return found is not None and bool(client_hello_at(payload, found.start()))

    def _remember(self, event: Callable[[], object], size: int) -> None:
        self._past.append(event)
        self._past_bytes += size
        if self._past_bytes > REMEMBERED_BYTES or len(self._past) > REMEMBERED_EVENTS:
            self._forget()

    def _forget(self) -> None:
        self._is_settled = True
        self._past = []

    def _quiet(self, observer: Observer, party: Party) -> int:
        """Say whether anything of the other direction may still need to be shown: -1 where nothing does."""
        quiet = observer.skippable(party.other)
        if quiet < ENDLESS or observer.tls_started(party) or observer.tls_started(party.other):
            return ENDLESS
        client, server = self._sides[self._client], self._sides[1 - self._client]
        return ENDLESS if self._places.is_wanted(client, server) else -1
