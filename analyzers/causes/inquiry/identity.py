"""The name in a certificate against the names that the mirror lists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzers.causes.entry import Bearing, State, Suspicion, of_party
from analyzers.x509.names import NameMatch, closest_name, compare_names

from .progress import Stage
from .refusal import Signal

if TYPE_CHECKING:
    from analyzers.causes.entry import Evidence
    from analyzers.connection import Party
    from analyzers.mirror.definition import Member
    from analyzers.x509.certificate import Certificate
    from analyzers.x509.names import DistinguishedName, NameComparison

    from .case import Case

__all__ = ["Comparison", "accuse_name", "compare_with_list"]

_NAMES_KEPT = 512
"""Presented names: a member shows one, strangers in a capture may show some hundreds."""

_ACCESS_DENIED = 49

_CLOSINGS = frozenset({Signal.FIN, Signal.RST, Signal.CLOSE_NOTIFY})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A presented name beside the listed one that is closest to it."""

    certificate: Certificate
    member: Member
    listed: DistinguishedName
    kind: NameMatch
    differences: tuple[str, ...]


def compare_with_list(
    leaf: Certificate, listed: tuple[tuple[Member, DistinguishedName], ...]
) -> Comparison | None:
    """Compare the name in `leaf` with those that a mirror lists; None where one of them is not known."""
    if not listed or not (leaf.subject or leaf.is_readable):
        return None
    place, outcome = _closest(leaf.subject, tuple(name for _, name in listed))
    member, name = listed[place]
    return Comparison(leaf, member, name, outcome.kind, outcome.differences)


@lru_cache(maxsize=_NAMES_KEPT)
def _closest(
    presented: DistinguishedName, names: tuple[DistinguishedName, ...]
) -> tuple[int, NameComparison]:
    """Find the listed name that is equal, else one that is nearly so, else the one that differs least."""
    outcomes = [compare_names(presented, name) for name in names]
    for kind in (NameMatch.EXACT, NameMatch.NEAR):
        for place, outcome in enumerate(outcomes):
            if outcome.kind is kind:
                return place, outcome
    closest = closest_name(presented, names)
    place = next((place for place, name in enumerate(names) if name is closest), 0)
    return place, outcomes[place]


def accuse_name(
    case: Case, party: Party, summary: str, evidence: tuple[Evidence, ...], *, confidence: float
) -> Suspicion:
    """Suspect the name of `party`: as why the other end left after the handshake, or as a fault that
    stands.
    """
    ending = case.refusal or case.departure
    is_dropped = (
        ending is not None
        and ending.party is party.other
        and ending.stage in (Stage.AFTER_COMPLETION, Stage.CLIENT_FLIGHT)
        and (ending.signal in _CLOSINGS or ending.alert_code == _ACCESS_DENIED)
    )
    if ending is None or not is_dropped:
        return Suspicion(of_party(party), summary, evidence, 1.0, State.OBSERVED, Bearing.STANDS)
    return Suspicion(of_party(party), summary, (ending.evidence, *evidence), confidence, State.OBSERVED)
