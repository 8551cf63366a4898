"""Finds the halves of one incident: what several probes saw of one connection.

Two members, a probe near each, and possibly relays between them: each probe keeps a record of its own. Which records
belong together is told by what both saw, and each join says on what it rests.

* **handshake**: both saw a ClientHello with the same 32 random bytes (and no different ServerHello). It is the same TLS
  handshake, whatever clocks and addresses say: address translation and skew do not matter. Observed.
* **addresses**: the same addresses and ports at both ends, at the same time as far as two clocks agree. Inferred: ports
  are used again, private addresses exist more than once, and a loopback address means nothing on another host.
* **members**: the same two members at the same time, and nothing that speaks against it. Inferred, and weakly.

An inferred join needs that each is the only candidate of the other. Different hellos on one leg refute it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from itertools import accumulate, combinations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

__all__ = ["SKEW_SECONDS", "Basis", "Half", "Incident", "Join", "Leg", "join"]

SKEW_SECONDS = 2.0
"""How far apart the clocks of two hosts may be: those of a mirror are kept together, or its journal is not."""


class Basis(StrEnum):
    """On what a join rests."""

    HANDSHAKE = "handshake"
    ADDRESSES = "addresses"
    MEMBERS = "members"

    @property
    def is_observed(self) -> bool:
        """Whether the bytes prove it."""
        return self is Basis.HANDSHAKE


CROWD = 64
"""Records between the same ends at one time: in a crowd like this nobody is the only candidate of anybody."""

CONFIDENCE = {Basis.HANDSHAKE: 1.0, Basis.ADDRESSES: 0.8, Basis.MEMBERS: 0.4}
"""How sure a join is, like that of a finding."""

_WORDS = {
    Basis.HANDSHAKE: "both saw the same random bytes in the ClientHello",
    Basis.ADDRESSES: "the same addresses and ports at both ends at the same time, and no other candidate",
    Basis.MEMBERS: "the same two members at the same time, and no other candidate",
}


@dataclass(frozen=True, slots=True)
class Leg:
    """One TCP connection as one probe saw it."""

    name: str
    started: float
    ended: float
    client: tuple[str, int]
    server: tuple[str, int]
    client_random: bytes | None = None
    """Of the ClientHello; None: none was seen."""
    server_random: bytes | None = None
    client_certificate: str | None = None
    """The SHA-256 of the certificate that was seen on this leg."""
    server_certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Half:
    """One record: what one relay, check or live capture of one probe saw."""

    id: str
    probe: str
    relay: str
    road: str
    started: float
    ended: float
    client: str
    server: str
    client_member: str | None
    server_member: str | None
    outcome: str
    has_failed: bool
    leading: str
    """The leg whose verdict is the record's."""
    refused_by: str | None
    root_cause: str | None
    severity: str | None
    summary: str | None
    legs: tuple[Leg, ...]
    shown: Mapping[str, str | None]
    """The SHA-256 of the certificate that each real end showed, by `client` and `server`."""

    @property
    def watcher(self) -> tuple[str, str]:
        """Who saw it: two records of one watcher are two connections."""
        return self.probe, self.relay


@dataclass(frozen=True, slots=True)
class Join:
    """Two records belong together."""

    one: str
    other: str
    legs: tuple[str, str]
    """The leg of each on which both saw the same connection; empty names where it is not known."""
    basis: Basis
    apart_seconds: float
    """By how much the other clock says later: skew, and the way between the probes."""

    @property
    def confidence(self) -> float:
        """From 0 to 1."""
        return CONFIDENCE[self.basis]

    @property
    def text(self) -> str:
        """On what it rests, in words."""
        return _WORDS[self.basis]


@dataclass(frozen=True, slots=True)
class Incident:
    """What was seen of one connection, by one probe or several."""

    halves: tuple[Half, ...]
    """In the order of their beginnings."""
    joins: tuple[Join, ...]


def join(halves: Iterable[Half], skew_seconds: float = SKEW_SECONDS) -> tuple[Incident, ...]:
    """Put records together to incidents, those that began last first."""
    by_id = {half.id: half for half in halves}
    ordered = sorted(by_id.values(), key=lambda half: (half.started, half.id))
    joins: list[Join] = []
    for way in (_by_handshake, _by_addresses, _by_members):
        joins += way(ordered, _Taken(joins, by_id), skew_seconds)
    return tuple(_incidents(ordered, joins))


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to infer that two records belong together."""

    basis: Basis
    key: Callable[[Half], Iterator[Hashable]]
    """What both must have in common."""
    legs_of: Callable[[Half, Half], tuple[str, str] | None]
    """Gives the legs on which two records may be one; None: they are not."""
    latest: Callable[[Half], float]
    """When the other must have begun at the latest, where it begins later."""


class _Taken:
    """Which record has a partner among those of which watcher already."""

    def __init__(self, joins: Iterable[Join], by_id: Mapping[str, Half]) -> None:
        self._pairs = set[tuple[str, tuple[str, str]]]()
        for each in joins:
            self._pairs.add((each.one, by_id[each.other].watcher))
            self._pairs.add((each.other, by_id[each.one].watcher))

    def are_free(self, one: Half, other: Half) -> bool:
        return (one.id, other.watcher) not in self._pairs and (other.id, one.watcher) not in self._pairs


def _by_handshake(ordered: Sequence[Half], _taken: _Taken, _skew: float) -> Iterator[Join]:
    seen: dict[bytes, list[tuple[Half, Leg]]] = defaultdict(list)
    for half in ordered:
        for leg in half.legs:
            if leg.client_random is not None:
                seen[leg.client_random].append((half, leg))
    for found in seen.values():
        watchers = [half.watcher for half, _ in found]
        if len(set(watchers)) < len(watchers):
            continue  # a client whose random bytes come again proves nothing by them
        for (one, mine), (other, theirs) in combinations(found, 2):
            if _agree(mine.server_random, theirs.server_random):
                yield Join(
                    one.id, other.id, (mine.name, theirs.name), Basis.HANDSHAKE, theirs.started - mine.started
                )


def _agree(one: object | None, other: object | None) -> bool:
    return one is None or other is None or one == other


def _are_one(mine: Leg, theirs: Leg) -> bool:
    """Tell whether nothing in the bytes speaks against two legs being one connection."""
    return (
        _agree(mine.client_random, theirs.client_random)
        and _agree(mine.server_random, theirs.server_random)
        and _agree(mine.client_certificate, theirs.client_certificate)
        and _agree(mine.server_certificate, theirs.server_certificate)
    )


def _by_addresses(ordered: Sequence[Half], taken: _Taken, skew: float) -> Iterator[Join]:
    def key(half: Half) -> Iterator[Hashable]:
        yield from {(leg.client, leg.server) for leg in half.legs}

    def legs_of(one: Half, other: Half) -> tuple[str, str] | None:
        for mine, theirs in product(one.legs, other.legs):
            is_near = mine.started - skew <= theirs.ended and theirs.started - skew <= mine.ended
            if (
                (mine.client, mine.server) == (theirs.client, theirs.server)
                and is_near
                and _are_one(mine, theirs)
            ):
                elsewhere = one.probe != other.probe and any(
                    _is_loopback(address) for address, _ in (mine.client, mine.server)
                )
                return None if elsewhere else (mine.name, theirs.name)
        return None

    way = _Way(Basis.ADDRESSES, key, legs_of, lambda half: half.ended + skew)
    yield from _only_candidates(ordered, taken, way)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _by_members(ordered: Sequence[Half], taken: _Taken, skew: float) -> Iterator[Join]:
    def key(half: Half) -> Iterator[Hashable]:
        if half.client_member is not None and half.server_member is not None:
            yield half.client_member, half.server_member

    def legs_of(one: Half, other: Half) -> tuple[str, str] | None:
        if one.probe == other.probe:
            return None
        is_possible = any(_are_one(mine, theirs) for mine, theirs in product(one.legs, other.legs))
        agrees = one.has_failed == other.has_failed and all(
            _agree(one.shown[end], other.shown[end]) for end in ("client", "server")
        )
        return ("", "") if is_possible and agrees else None

    way = _Way(Basis.MEMBERS, key, legs_of, lambda half: half.started + skew)
    yield from _only_candidates(ordered, taken, way)


def _only_candidates(ordered: Sequence[Half], taken: _Taken, way: _Way) -> Iterator[Join]:
    """Join what has one candidate only, on both sides, among the records of each other watcher."""
    groups: dict[Hashable, list[Half]] = defaultdict(list)
    for half in ordered:
        for each in way.key(half):
            groups[each].append(half)
    fits: dict[tuple[str, tuple[str, str]], list[Join]] = defaultdict(list)
    for group in groups.values():
        for one, other in _near(group, way.latest):
            legs = way.legs_of(one, other)
            if legs is not None and taken.are_free(one, other):
                found = Join(one.id, other.id, legs, way.basis, other.started - one.started)
                fits[one.id, other.watcher].append(found)
                fits[other.id, one.watcher].append(found)
    chosen: dict[tuple[str, str], int] = defaultdict(int)
    for candidates in fits.values():
        if len(candidates) == 1:
            only = candidates[0]
            chosen[only.one, only.other] += 1
            if chosen[only.one, only.other] == 2:
                yield only


def _near(group: Sequence[Half], latest: Callable[[Half], float]) -> Iterator[tuple[Half, Half]]:
    """Give the pairs of different watchers that are near in time, but none of a crowd."""
    starts = [half.started for half in group]
    ends = [bisect_right(starts, latest(half), at) for at, half in enumerate(group)]
    crowded = [0] * (len(group) + 1)
    for at, end in enumerate(ends):
        if end - at > CROWD:
            crowded[at] += 1
            crowded[end] -= 1
    depth = list(accumulate(crowded))
    for at, end in enumerate(ends):
        for there in range(at + 1, end if not depth[at] else at):
            if not depth[there] and group[at].watcher != group[there].watcher:
                yield group[at], group[there]


def _incidents(ordered: Sequence[Half], joins: Sequence[Join]) -> Iterator[Incident]:
    head = {half.id: half.id for half in ordered}

    def find(name: str) -> str:
        while head[name] != name:
            head[name] = head[head[name]]
            name = head[name]
        return name

    for each in joins:
        head[find(each.other)] = find(each.one)
    together: dict[str, list[Half]] = defaultdict(list)
    for half in ordered:
        together[find(half.id)].append(half)
    rests: dict[str, list[Join]] = defaultdict(list)
    for each in joins:
        rests[find(each.one)].append(each)
    for name, halves in sorted(together.items(), key=lambda item: item[1][0].started, reverse=True):
        yield Incident(tuple(halves), tuple(rests[name]))
