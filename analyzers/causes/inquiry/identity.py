"""The name in a certificate against the names that the mirror lists."""

from __future__ import annotations

from dataclasses import dataclass
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
    from analyzers.x509.names import DistinguishedName

    from .case import Case

__all__ = ["Comparison", "accuse_name", "closest_listed"]

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


def closest_listed(case: Case, party: Party) -> Comparison | None:
    """Compare the name of `party` with the mirror's list; None where one of them is not known."""
    leaf = next(iter(case.certificates(party)), None)
    names = () if case.mirror is None else case.mirror.listed_names()
    if leaf is None or not names or not (leaf.subject or leaf.is_readable):
        return None
    best: Comparison | None = None
    for member, listed in names:
        outcome = compare_names(leaf.subject, listed)
        if outcome.kind is NameMatch.EXACT:
            return Comparison(leaf, member, listed, outcome.kind, ())
        if outcome.kind is NameMatch.NEAR and best is None:
            best = Comparison(leaf, member, listed, outcome.kind, outcome.differences)
    if best is not None:
        return best
    closest = closest_name(leaf.subject, [listed for _, listed in names])
    member, listed = next((pair for pair in names if pair[1] is closest), names[0])
    return Comparison(
        leaf, member, listed, NameMatch.DIFFERENT, compare_names(leaf.subject, listed).differences
    )


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
