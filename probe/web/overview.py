"""What `/api/mirror` tells: the mirror as it is defined, what watches it, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzers.connection import Road

from ..config import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzers.connection import Endpoint
    from analyzers.mirror.definition import Member

    from ..board import Board
    from ..config import Config
    from ..metrics import Metrics
    from ..pairs import Pairs
    from ..shown import Shown

__all__ = ["Sources", "overview"]

_OBSERVE = "observe"


@dataclass(frozen=True, slots=True)
class Sources:
    """What the HTTP port reads; all of it on the event loop, and nothing that it could change."""

    version: str
    """Of this program."""
    config: Callable[[], Config]
    """The configuration at work, which a reload replaces."""
    listens: Callable[[str], Endpoint]
    """Where a relay listens, by its name."""
    active: Callable[[str], int]
    """The number of its open connections."""
    is_ready: Callable[[], bool]
    """Whether connections are taken."""
    board: Board
    pairs: Pairs
    shown: Shown
    metrics: Metrics


def overview(sources: Sources, now: float) -> dict[str, Any]:
    """Give the whole; `now` is in epoch seconds."""
    mirror = sources.config().mirror
    return {
        "mirror": mirror.name,
        "version": sources.version,
        "tls_required": mirror.tls_required,
        "now": now,
        "members": [_member(member) for member in mirror.members],
        "watched": list(_watched(sources)),
        "pairs": sources.pairs.rows(),
        "certificates": sources.shown.rows(now),
        "counts": sources.metrics.totals(),
    }


def _member(member: Member) -> dict[str, Any]:
    return {
        "name": member.name,
        "role": member.role.value,
        "dn": member.dn,
        "addresses": list(member.addresses),
        "agent": member.agent,
        "superserver": member.superserver,
    }


def _watched(sources: Sources) -> Iterator[dict[str, Any]]:
    """Give a row for each relay, check and live capture; null is what it does not have."""
    config = sources.config()
    for relay in config.relays:
        yield {
            "name": relay.name,
            "road": (Road.RELAY if relay.mode is Mode.TERMINATE else Road.PASSTHROUGH).value,
            "listen": str(sources.listens(relay.name)),
            "upstream": str(relay.upstream),
            "mode": relay.mode.value,
            "action": relay.action.value,
            "active": sources.active(relay.name),
        }
    for check in config.checks:
        yield _row(check.name, Road.CHECK, listen=None, upstream=str(check.target))
    for sniff in config.sniffs:
        yield _row(sniff.name, Road.SNIFF, listen=sniff.interface, upstream=None)


def _row(name: str, road: Road, *, listen: str | None, upstream: str | None) -> dict[str, Any]:
    own = {"mode": road.value, "action": _OBSERVE, "active": None}
    return {"name": name, "road": road.value, "listen": listen, "upstream": upstream, **own}
