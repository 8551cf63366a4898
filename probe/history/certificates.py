"""Which certificate a member showed in which role, from when to when, and what changed with the next one."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Change", "Period", "Showing", "changes_between", "periods_of"]

COMPARED = (
    "subject",
    "issuer",
    "key",
    "signature",
    "key_usage",
    "extended_key_usage",
    "is_ca",
    "path_length",
    "san",
    "serial",
    "not_before",
    "not_after",
)
"""What may change from one certificate to the next, what a mirror stumbles over first."""


@dataclass(frozen=True, slots=True)
class Showing:
    """A member showed a certificate in a role, on one day in UTC, first and last at these times in epoch seconds."""

    member: str
    role: str
    sha256: str
    first_seen: float
    last_seen: float


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that two certificates say differently."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Period:
    """A time during which a member showed one certificate, as far as it was seen."""

    member: str
    role: str
    sha256: str
    since: float
    """When it was first seen. It may have been in use before, since the last time another one was seen."""
    until: float
    """When it was last seen."""
    before: str | None = None
    """The SHA-256 of the certificate that it follows; None: the first that was seen."""
    is_beside: bool = False
    """Whether the one before was seen again later: both were in use at a time."""


def periods_of(showings: Iterable[Showing]) -> tuple[Period, ...]:
    """Put days together to periods, those of one member and role after each other in the order of their beginnings.

    A certificate that comes again after another took its place (a rollback) begins a period of its own.
    """
    groups: dict[tuple[str, str], list[Showing]] = defaultdict(list)
    for showing in showings:
        groups[showing.member, showing.role].append(showing)
    return tuple(period for key in sorted(groups) for period in _in_one_role(groups[key]))


def _in_one_role(showings: list[Showing]) -> list[Period]:
    periods: list[Period] = []
    latest: dict[str, int] = {}
    for showing in sorted(showings, key=lambda each: (each.first_seen, each.last_seen, each.sha256)):
        at = latest.get(showing.sha256)
        if at is None or any(
            periods[at].until < period.since <= showing.first_seen for period in periods[at + 1 :]
        ):
            latest[showing.sha256] = len(periods)
            periods.append(
                Period(showing.member, showing.role, showing.sha256, showing.first_seen, showing.last_seen)
            )
        else:
            periods[at] = replace(periods[at], until=max(periods[at].until, showing.last_seen))
    return [
        replace(period, before=before.sha256, is_beside=before.until > period.since)
        if (before := periods[at - 1] if at else None)
        else period
        for at, period in enumerate(periods)
    ]


def changes_between(before: str, after: str) -> tuple[Change, ...]:
    """Give what two certificates say differently, from what they say as JSON."""
    old: Mapping[str, Any] = json.loads(before)
    new: Mapping[str, Any] = json.loads(after)
    return tuple(
        Change(field, old.get(field), new.get(field))
        for field in COMPARED
        if old.get(field) != new.get(field)
    )
