"""A certificate in the chain of one end expires within the time that the policy warns of.

What it is:
    The connection works, and will not be made again after that day. Connections that are open then stay
    open.

On the wire:
    Nothing fails until then; afterwards the alert 45 certificate_expired.

In the logs:
    The CertCheck sensor of IRIS warns 30 days ahead.

Why it happens in a mirror:
    Certificates are renewed by hand, and mirror connections are so long-lived that nobody meets the date.

What to do:
    - Renew the certificate in time, with the same subject and both purposes, and replace the file on the
      member.
    - Have the mirror connections made anew in a quiet hour, not by the next failover.
    - Authorize the DN update on the primary if the name has changed.

References:
    - InterSystems Monitoring Guide: CertCheck sensor
    - RFC 5280 section 4.1.2.5
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES

from .entry import Bearing, Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.wording import moment, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_DAY_SECONDS = 86400


def check(case: Case) -> Iterator[Suspicion]:
    """Report the first certificate to end on each path, where it ends soon."""
    horizon = case.at + case.policy.expiry_warning_days * _DAY_SECONDS
    for party in PARTIES:
        report = case.chain(party)
        ends = [
            each for each in (() if report is None else report.path) if case.at < each.not_after <= horizon
        ]
        if not ends:
            continue
        first = min(ends, key=lambda each: each.not_after)
        left = span(first.not_after - case.at)
        exhibit = (case.exhibit(party, first, f"valid until {moment(first.not_after)}"),)
        whose = (
            "the certificate"
            if first in case.certificates(party)[:1]
            else "an authority above the certificate"
        )
        summary = f"{whose} of {case.name(party)} expires in {left}"
        yield Suspicion(of_party(party), summary, exhibit, 1.0, State.OBSERVED, Bearing.STANDS)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.POLICY,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.CERTIFICATE}),
    check=check,
)
