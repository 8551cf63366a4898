"""From a connection to a verdict.

The engine establishes the facts, asks every entry of the catalogue whose needs they meet, and ranks what
they suspect. It starts from direction: who refused, with which stack, at which point; `Case.blame` weighs
each fault against that. Then the order in which the refusing stack looks for faults decides between
several, and consequences give way to their causes.

There is a root cause only when the evidence decides: the first explanation is strong, no other one comes
near it, and it rests on nothing that was not seen. Where nothing failed, a broken rule of the mirror may be
the root cause, if the bytes prove it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzers.causes import catalogue
from analyzers.causes.entry import Bearing, State
from analyzers.causes.inquiry.alerts import CERTIFICATE_FAULTS, has_order, order_of
from analyzers.causes.inquiry.case import Case
from analyzers.connection import Outcome, Party, Road

from .checks import run_checks
from .comparison import changes_since
from .findings import Finding, Verdict
from .holes import has_holes, with_holes
from .precedents import precedent_of, set_precedent
from .settled import settled
from .stacks import guess_stack
from .unseen import suspect_unseen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analyzers.causes.entry import Blamed, Cause, CheckName, Evidence, Fact, Suspicion
    from analyzers.connection import Connection
    from analyzers.mirror.definition import Mirror

    from .findings import Check
    from .settled import Settled

__all__ = ["diagnose"]

_DECIDES_FROM = 0.8
_MARGIN = 0.2
"""An explanation is the verdict from that confidence on, if the next one is that much weaker."""

_MET_LATER = 0.5
"""What is left of an explanation when the refusing stack would have met another fault first."""

_MET_LATER_PERHAPS = 0.85
"""The same where the stack, or its order, is not known: some look at the dates first, some at the path, so that of
two faults neither is the verdict."""

_KNOWN_STACK = 0.6

_BY_ELIMINATION = 0.4
"""What is left of an explanation that nothing shows, beside a fault of the same party that the bytes show."""

_LOOKING_ON = frozenset({Road.PCAP, Road.SNIFF, Road.PASSTHROUGH})
"""Where the peers themselves judged each other's certificates: what they accept is a fault that stands, and broke nothing."""

_CONSEQUENCE = 0.3
"""What is left of a mere consequence beside its cause."""

_CAUSE_FROM = 0.6

_Suspected = tuple["Cause", "Suspicion"]


def diagnose(
    connection: Connection,
    mirror: Mirror | None = None,
    *,
    at: float | None = None,
    earlier: tuple[Connection, ...] = (),
) -> Verdict:
    """Judge one connection.

    Args:
        connection: what was observed.
        mirror: what it is compared with; None: only what is wrong by itself is found.
        at: the time that certificates must be valid at, in epoch seconds; None: when the connection was made.
        earlier: connections of the same members, for what changed between then and now.
    """
    when = connection.started if at is None else at
    precedent = None if earlier else precedent_of(connection, mirror, when)
    verdict = None if precedent is None else precedent.verdict(connection)
    if verdict is not None:
        return verdict
    case = None if precedent is None else precedent.case_of(connection, when)
    if precedent is None or case is None:
        case = Case(connection, mirror, at=when, earlier=earlier, guess=guess_stack)
        known = settled(case, _askable(case.facts))
        if known is not None:
            set_precedent(case, known)
    else:
        known = precedent.settled
    asked = _askable(case.facts) if known is None else known.asked
    suspected = [(cause, suspicion) for cause in asked for suspicion in cause.check(case)]
    if known is not None and known.verdict is not None and not suspected:
        return known.verdict
    suspected += [(catalogue()[cause], suspicion) for cause, suspicion in suspect_unseen(case, suspected)]
    if has_holes(connection):
        suspected = with_holes(suspected, case.refusal or case.departure)
    explanations = _weigh([each for each in suspected if each[1].bearing is Bearing.EXPLAINS], case)
    standing = sorted([each for each in suspected if each[1].bearing is Bearing.STANDS], key=_gravity)
    ranked = [*explanations, *standing]
    findings = _with_changes(tuple(_merged(ranked)), connection, earlier)
    client, server = case.member(Party.CLIENT), case.member(Party.SERVER)
    root_cause = _root_of(explanations, standing, case)
    # To leave after a good handshake is a refusal only where something explains it as one.
    is_departure = any(cause.id == root_cause for cause, _ in explanations)
    return Verdict(
        checks=_checks(case, findings, known),
        findings=findings,
        root_cause=root_cause,
        refusal=case.refusal or (case.departure if is_departure else None),
        client_member=None if client is None else client.name,
        server_member=None if server is None else server.name,
        client_stack=case.stack(Party.CLIENT),
        server_stack=case.stack(Party.SERVER),
    )


def _checks(case: Case, findings: tuple[Finding, ...], known: Settled | None) -> Mapping[CheckName, Check]:
    """Answer the seven checks; what is not seen makes none of them fail."""
    if known is not None and known.checks is not None and not any(finding.is_seen for finding in findings):
        return known.checks
    return run_checks(case, findings)


@lru_cache(maxsize=1024)
def _askable(facts: frozenset[Fact]) -> tuple[Cause, ...]:
    """Give the entries whose needs are met; connections come in few kinds, so the choice is kept."""
    return tuple(cause for cause in catalogue().values() if cause.needs <= facts)


def _gravity(suspected: _Suspected) -> tuple[int, bool, float, str]:
    """Say where a fault that stands belongs among others: the gravest first."""
    cause, suspicion = suspected
    return cause.severity.rank, suspicion.state is not State.OBSERVED, -suspicion.confidence, cause.id


def _weigh(explanations: list[_Suspected], case: Case) -> list[_Suspected]:
    if len(explanations) < 2:
        return explanations  # There is nothing that one could give way to.
    shown = [_after_facts(each, explanations) for each in explanations]
    weighed = [_after_consequences(each, shown) for each in _after_order(shown, case)]
    return sorted(weighed, key=lambda each: (-each[1].confidence, each[0].severity.rank, each[0].id))


def _after_facts(suspected: _Suspected, explanations: list[_Suspected]) -> _Suspected:
    """Weaken what is only concluded where a fault that was seen explains as much."""
    cause, suspicion = suspected
    if suspicion.is_seen or suspicion.state is State.OBSERVED or cause.id not in CERTIFICATE_FAULTS:
        return suspected
    is_outdone = any(
        rival.is_seen and rival.party is suspicion.party and rival.confidence >= suspicion.confidence
        for _, rival in explanations
    )
    return (cause, suspicion.weaker(_BY_ELIMINATION)) if is_outdone else suspected


def _after_order(explanations: list[_Suspected], case: Case) -> Iterator[_Suspected]:
    """Weaken each certificate fault that the refusing end would have met only after another one of the same
    party.
    """
    refusal = case.refusal or case.departure
    if refusal is None:
        yield from explanations
        return
    stack = case.stack(refusal.party)
    places = {cause: place for place, cause in enumerate(order_of(stack.stack))}
    is_known = stack.confidence >= _KNOWN_STACK and has_order(stack.stack)
    factor = _MET_LATER if is_known else _MET_LATER_PERHAPS
    for cause, suspicion in explanations:
        earlier = [
            other
            for other, rival in explanations
            if other is not cause
            and rival.party is suspicion.party
            and not rival.blames_unseen
            and rival.confidence >= suspicion.confidence
            and places.get(other.id, len(places)) < places.get(cause.id, -1)
        ]
        yield (cause, suspicion.weaker(factor)) if earlier else (cause, suspicion)


def _after_consequences(suspected: _Suspected, explanations: list[_Suspected]) -> _Suspected:
    cause, suspicion = suspected
    has_cause = any(
        other.id in cause.caused_by and rival.confidence >= _CAUSE_FROM for other, rival in explanations
    )
    return (cause, suspicion.weaker(_CONSEQUENCE)) if has_cause else suspected


def _root_of(explanations: list[_Suspected], standing: list[_Suspected], case: Case) -> str | None:
    if case.connection.outcome is Outcome.INCOMPLETE:
        return None  # Its end was not seen, so nothing is known to have failed.
    if explanations:
        (cause, best), *others = explanations
        rivals = [rival.confidence for other, rival in others if other is not cause]
        decides = best.confidence >= _DECIDES_FROM and best.confidence - max(rivals, default=0.0) >= _MARGIN
        return cause.id if decides and not best.blames_unseen else None
    if case.refusal is not None or not _is_judged(case):
        return None
    for cause, suspicion in standing[:1]:
        is_tolerated = cause.id in CERTIFICATE_FAULTS and case.connection.road in _LOOKING_ON
        breaks = cause.breaks_rule and suspicion.state is State.OBSERVED
        return cause.id if breaks and not is_tolerated else None
    return None


def _is_judged(case: Case) -> bool:
    """Say whether a broken rule counts although nothing failed: for the mirror's own connections, and where
    we verified.
    """
    return case.mirror is not None or bool(case.connection.verify_errors)


def _with_changes(
    findings: tuple[Finding, ...], connection: Connection, earlier: tuple[Connection, ...]
) -> tuple[Finding, ...]:
    """Add to the first explanation what has changed since the connection last worked."""
    changes = (
        changes_since(connection, earlier) if earlier and findings and findings[0].is_explanation else ()
    )
    if not changes:
        return findings
    first, *others = findings
    return (replace(first, evidence=(*first.evidence, *changes)), *others)


def _merged(ranked: list[_Suspected]) -> Iterator[Finding]:
    """Make findings, one for a cause and a party, in the order of what is ranked best in each."""
    groups: dict[tuple[str, Blamed], list[_Suspected]] = {}
    for cause, suspicion in ranked:
        groups.setdefault((cause.id, suspicion.party), []).append((cause, suspicion))
    for (cause, best), *others in groups.values():
        evidence: dict[Evidence, None] = dict.fromkeys(best.evidence)
        for _, other in others:
            evidence.update(dict.fromkeys(other.evidence))
        yield Finding(
            id=cause.id,
            severity=cause.severity,
            state=best.state,
            confidence=round(best.confidence, 2),
            party=best.party,
            summary=best.summary,
            evidence=tuple(evidence),
            remedy=cause.remedy,
            references=cause.references,
            is_seen=best.state is State.OBSERVED or best.is_seen,
            is_explanation=best.bearing is Bearing.EXPLAINS,
        )
