"""What of a matrix went alike, so that it is said once.

A file may hold many certificates of one member: an old one and its successor, or a lab's faulty ones. Then a row for
each pair and certificate would be hundreds, of which most say the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from analyzers.causes.entry import Blamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzers.mirror.definition import Channel

    from .matrix import Asked

    Place = tuple[str, int]
    """The table that holds a certificate, and its number in there."""

    Look = tuple[str, str, int | None, str]
    """Who asked, and the standing, the version and the cause: all of an answer that a row shows."""

__all__ = ["Row", "in_a_row", "kinds", "rows", "what_came"]


@dataclass(frozen=True, slots=True)
class Row:
    """One member's certificates that fared alike, and with whom."""

    servers: tuple[str, ...]
    channels: tuple[Channel, ...]
    """Of each of the servers."""
    certificates: tuple[Place, ...]
    example: Asked


def what_came(asked: Asked) -> str:
    """Name the root cause, or what is known instead; nothing where all is well."""
    root = asked.account.root
    return root.id if root else "" if asked.standing == "up" else asked.account.outcome.value


def rows(answers: Iterable[Asked]) -> Iterator[Row]:
    """Yield what is to be told apart, in the order of the answers."""
    examples: dict[Look, Asked] = {}
    places: dict[tuple[Look, str, Channel], list[Place]] = defaultdict(list)
    for asked in answers:
        pair, tls = asked.pair, asked.account.connection.tls
        look = pair.client, asked.standing, None if tls is None else tls.version, what_came(asked)
        examples.setdefault(look, asked)
        places[look, pair.server, pair.channel].append((pair.holding.source, pair.holding.number))
    channels: dict[tuple[Look, tuple[Place, ...], str], list[Channel]] = defaultdict(list)
    for (look, server, channel), own in places.items():
        channels[look, tuple(own), server].append(channel)
    servers: dict[tuple[Look, tuple[Place, ...], tuple[Channel, ...]], list[str]] = defaultdict(list)
    for (look, certificates, server), offered in channels.items():
        servers[look, certificates, tuple(offered)].append(server)
    for (look, certificates, common), names in servers.items():
        yield Row(tuple(names), common, certificates, examples[look])


def kinds(answers: Iterable[Asked]) -> tuple[tuple[Asked, ...], ...]:
    """Put together what does not work for the same cause, by the fault of the same end."""
    found: dict[tuple[str, ...], list[Asked]] = defaultdict(list)
    for asked in answers:
        if asked.standing != "up":
            found[what_came(asked), *_at_fault(asked)].append(asked)
    return tuple(map(tuple, found.values()))


def _at_fault(asked: Asked) -> tuple[str, ...]:
    pair, root = asked.pair, asked.account.root
    if root is not None and root.party is Blamed.CLIENT:
        return (pair.client,)
    if root is not None and root.party is Blamed.SERVER:
        return pair.server, pair.channel.value
    return pair.client, pair.server, pair.channel.value


def in_a_row(numbers: Iterable[int]) -> str:
    """Write numbers, with those that follow each other as one span: `1, 3-6`."""
    spans = []
    for _, run in groupby(enumerate(sorted(numbers)), lambda item: item[1] - item[0]):
        members = [number for _, number in run]
        spans.append(f"{members[0]}-{members[-1]}" if len(members) > 1 else str(members[0]))
    return ", ".join(spans)
