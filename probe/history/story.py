"""What one incident comes to, told from all its halves: who presented what, who refused, and because of what."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .joining import Half, Incident, Join

__all__ = ["Presented", "Story", "incident_record", "tell"]

_OTHER = {"client": "server", "server": "client"}


@dataclass(frozen=True, slots=True)
class Presented:
    """A certificate that the refused end showed."""

    sha256: str
    subject: str | None
    """None: what it says is not kept."""
    seen_by: tuple[str, ...]
    """The identifiers of the records that tell of it."""


@dataclass(frozen=True, slots=True)
class Story:
    """One incident in words and in facts."""

    text: str
    client: str
    """The member, or the address where it is not known; like `server`."""
    server: str
    refused_by: str | None
    """`client`, `server`, or `relay NAME of PROBE`; None: nobody was seen to refuse."""
    presented: tuple[Presented, ...]
    """Several, where the probes saw different ones: a relay in between showed its own."""
    root_cause: str | None
    """None: the evidence does not decide, or the halves contradict each other."""
    witness: str
    """The record on which the story rests."""
    contradiction: bool


def tell(incident: Incident, facts: Mapping[str, str]) -> Story:
    """Tell an incident.

    Args:
        incident: the halves.
        facts: what certificates say, as JSON, by SHA-256.
    """
    witness = max(incident.halves, key=lambda half: _weight(half, incident.joins))
    ends = {end: _name(incident, witness, end) for end in _OTHER}
    refused_by = _refused_by(witness)
    heard = _informed(incident, witness)
    causes = {half.root_cause for half in heard if half.root_cause is not None}
    presented: tuple[Presented, ...] = ()
    if refused_by in _OTHER:
        presented = tuple(_presented(incident, _OTHER[refused_by], facts))
    parts = list(_parts(witness, ends, refused_by, presented, heard))
    return Story(
        "; ".join(parts),
        ends["client"],
        ends["server"],
        refused_by,
        presented,
        next(iter(causes)) if len(causes) == 1 else None,
        witness.id,
        len(causes) > 1,
    )


def _weight(half: Half, joins: tuple[Join, ...]) -> tuple[bool, bool, bool, bool, bool, float]:
    """Say how much a half knows: the cause, who refused what, and that not through another probe."""
    is_carried = len(half.legs) > 1 and any(
        (half.id, half.leading) in ((join.one, join.legs[0]), (join.other, join.legs[1])) for join in joins
    )
    return (
        half.has_failed,
        half.root_cause is not None,
        half.refused_by is not None,
        _saw_what_was_refused(half, half.refused_by),
        not is_carried,
        -half.started,
    )


def _saw_what_was_refused(half: Half, refused_by: str | None) -> bool:
    return refused_by in _OTHER and half.shown.get(_OTHER[refused_by]) is not None


def _informed(incident: Incident, witness: Half) -> tuple[Half, ...]:
    """Give the halves whose causes count: where one saw the certificate, who could not see it has less to say.

    In TLS 1.3 who only forwards knows that a certificate was refused, and not why.
    """
    saw = [half for half in incident.halves if _saw_what_was_refused(half, witness.refused_by)]
    return tuple(saw) if witness in saw else incident.halves


def _name(incident: Incident, witness: Half, end: str) -> str:
    """Name an end by its member, which any of the halves may know."""
    names = [
        half.client_member if end == "client" else half.server_member for half in (witness, *incident.halves)
    ]
    known = next((name for name in names if name is not None), None)
    return known or (witness.client if end == "client" else witness.server)


def _refused_by(witness: Half) -> str | None:
    if witness.refused_by == "relay":
        return f"relay {witness.relay} of {witness.probe}"
    return witness.refused_by


def _presented(incident: Incident, end: str, facts: Mapping[str, str]) -> Iterator[Presented]:
    seen: dict[str, list[str]] = {}
    for half in incident.halves:
        sha256 = half.shown.get(end)
        if sha256 is not None:
            seen.setdefault(sha256, []).append(half.id)
    for sha256, by in seen.items():
        subject = json.loads(facts[sha256])["subject"] if sha256 in facts else None
        yield Presented(sha256, subject, tuple(by))


def _parts(
    witness: Half,
    ends: Mapping[str, str],
    refused_by: str | None,
    presented: tuple[Presented, ...],
    heard: tuple[Half, ...],
) -> Iterator[str]:
    if refused_by is None:
        yield f"{ends['client']} to {ends['server']}: {witness.outcome}"
        yield "nobody was seen to refuse"
    elif refused_by in _OTHER:
        shown = " and ".join(
            f"{one.subject or 'a certificate'} (SHA-256 {one.sha256[:16]})" for one in presented
        )
        yield f"{ends[_OTHER[refused_by]]} presented {shown or 'no certificate that a probe saw'}"
        yield f"{ends[refused_by]} refused"
    else:
        yield f"{ends['client']} to {ends['server']}: the {refused_by} refused"
    if len({half.root_cause for half in heard} - {None}) > 1:
        named = sorted(
            f"{half.root_cause} (by {half.probe}/{half.relay})" for half in heard if half.root_cause
        )
        yield f"the halves contradict each other: {', '.join(named)}"
    elif witness.root_cause is not None:
        yield f"because {witness.root_cause}: {witness.summary}"
    else:
        yield "the evidence does not say why"


def incident_record(incident: Incident, story: Story) -> dict[str, Any]:
    """Give an incident as plain data, ready for JSON."""
    return {
        "story": story.text,
        "client": story.client,
        "server": story.server,
        "refused_by": story.refused_by,
        "root_cause": story.root_cause,
        "contradiction": story.contradiction,
        "witness": story.witness,
        "presented": [asdict(one) for one in story.presented],
        "halves": [_half_record(half) for half in incident.halves],
        "joins": [
            {
                "between": [join.one, join.other],
                "legs": [name or None for name in join.legs],
                "basis": join.basis.value,
                "state": "observed" if join.basis.is_observed else "inferred",
                "confidence": join.confidence,
                "apart_seconds": round(join.apart_seconds, 6),
                "text": join.text,
            }
            for join in incident.joins
        ],
    }


def _half_record(half: Half) -> dict[str, Any]:
    return {
        "id": half.id,
        "probe": half.probe,
        "relay": half.relay,
        "road": half.road,
        "started": half.started,
        "ended": half.ended,
        "client": half.client,
        "server": half.server,
        "outcome": half.outcome,
        "failed": half.has_failed,
        "leg": half.leading,
        "refused_by": half.refused_by,
        "root_cause": half.root_cause,
        "summary": half.summary,
        "client_certificate": half.shown.get("client"),
        "server_certificate": half.shown.get("server"),
    }
