"""Answers that are the same for all connections that are alike.

Members of a mirror open the same connection again and again, and the reader of captures gives them the same
`Tls`. An entry of the catalogue that found nothing to say of such a connection, and looked at nothing that
belongs to this one alone, has nothing to say of the others either. What it looks at is watched, so that nothing
rests on what entries are supposed to do: to read a time, an address, a frame or an amount is to be asked again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from analyzers.causes.inquiry.case import Case
from analyzers.connection import PARTIES, Connection, Road

from .checks import run_checks
from .findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzers.causes.entry import Cause, CheckName

    from .findings import Check

__all__ = ["Settled", "settled"]

KINDS: Final = 512
"""Kinds of connections that are remembered: a mirror of six members has some hundred."""

_READ_FROM_PACKETS: Final = frozenset({Road.PCAP, Road.SNIFF})
"""The roads on which what was observed of one connection is given to others."""

_SHARED_BY_CONNECTIONS: Final = frozenset(
    {
        *(
            "__class__",
            "certificates_of",
            "directions_seen",
            "has_start",
            "network_error",
            "outcome",
            "preamble",
        ),
        *("problems", "road", "tls", "verify_errors"),
    }
)
"""What is the same for all connections of a kind; everything else is a connection's own."""

_SHARED_BY_CASES: Final = frozenset(
    {
        *(
            "__class__",
            "_chain",
            "_chains",
            "_fault_kinds",
            "_faults",
            "_identities",
            "_stacks",
            "certificates",
        ),
        *(
            "chain",
            "connection",
            "definition",
            "facts",
            "faults",
            "identity",
            "mirror",
            "policy",
            "stack",
            "tls",
        ),
        "trust",
    }
)
_SHARED_IF_NONE: Final = frozenset({"departure", "refusal"})


class Settled(NamedTuple):
    """What needs no asking."""

    asked: tuple[Cause, ...]
    """The entries that are still to be asked."""
    checks: Mapping[CheckName, Check] | None
    """The checks of a connection of which nothing is found; None where they are to be made."""
    verdict: Verdict | None
    """The verdict, where nothing is found and nobody refused; None where it is to be made."""


class _Kind:
    """Connections that differ in times, addresses, frames and amounts only."""

    __slots__ = ("members", "settled")

    def __init__(self, members: tuple[object, ...]) -> None:
        self.members = members
        """Kept, so that no other object takes the place of one of them."""
        self.settled: Settled | None = None


class _WatchedConnection(Connection):
    """A connection that notes when something of its own is looked at."""

    __slots__ = ("looks",)

    def __init__(self, connection: Connection, looks: list[str]) -> None:
        object.__setattr__(self, "looks", looks)
        for field in fields(connection):
            object.__setattr__(self, field.name, getattr(connection, field.name))

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 (of any attribute)
        if name not in _SHARED_BY_CONNECTIONS:
            object.__getattribute__(self, "looks").append(name)
        return object.__getattribute__(self, name)


class _WatchedCase(Case):
    """A case that notes the same; what it has worked out already is the other one's."""

    __slots__ = ("looks",)

    def __init__(self, case: Case, looks: list[str]) -> None:
        for name in Case.__slots__:
            object.__setattr__(self, name, getattr(case, name))
        self.looks = looks
        self.connection = _WatchedConnection(case.connection, looks)

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 (of any attribute)
        value = object.__getattribute__(self, name)
        if name not in _SHARED_BY_CASES and not (name in _SHARED_IF_NONE and value is None):
            object.__getattribute__(self, "looks").append(name)
        return value


_kinds: OrderedDict[tuple[int, ...], _Kind] = OrderedDict()


def settled(case: Case, askable: tuple[Cause, ...]) -> Settled | None:
    """Give what is settled of a connection of this kind; None where it is the first one, or none is like it.

    Args:
        case: the connection.
        askable: the entries whose needs it meets; the same object for the same needs.
    """
    connection = case.connection
    tls = connection.tls
    if tls is None or tls.alerts or case.earlier or connection.problems or connection.verify_errors:
        return None
    if connection.network_error is not None or len(connection.directions_seen) < len(PARTIES):
        return None
    if connection.road not in _READ_FROM_PACKETS:
        return None
    client, server = PARTIES
    members: tuple[object, ...] = (
        tls,
        case.definition,
        case.mirror,
        askable,
        case.chain(client),
        case.chain(server),
        case.stack(client),
        case.stack(server),
        connection.outcome,
        connection.road,
        connection.preamble,
        connection.has_start,
        case.refusal is None,
        case.departure is None,
    )
    key = tuple(map(id, members))
    kind = _kinds.get(key)
    if kind is None:
        _kinds[key] = _Kind(members)
        if len(_kinds) > KINDS:
            _kinds.popitem(last=False)
        return None
    if kind.settled is None:
        kind.settled = _settle(case, askable)
    return kind.settled


def _settle(case: Case, askable: tuple[Cause, ...]) -> Settled:
    """Ask everything once more, and watch what is looked at."""
    looks: list[str] = []
    watched = _WatchedCase(case, looks)
    asked: list[Cause] = []
    for cause in askable:
        looks.clear()
        if list(cause.check(watched)) or looks:
            asked.append(cause)
    looks.clear()
    checks = run_checks(watched, ())
    if looks:
        return Settled(tuple(asked), None, None)
    return Settled(tuple(asked), checks, _healthy(case, checks))


def _healthy(case: Case, checks: Mapping[CheckName, Check]) -> Verdict | None:
    """Give the verdict of a connection of which nothing is found; None where members are named in it, or a refusal."""
    if case.definition is not None or case.refusal is not None:
        return None
    client, server = PARTIES
    return Verdict(checks, (), None, None, None, None, case.stack(client), case.stack(server))
