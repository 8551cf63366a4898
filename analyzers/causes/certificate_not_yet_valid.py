"""A certificate is not valid yet, or the clock of the end that verifies is behind.

What it is:
    Every certificate begins at its notBefore time. A certificate that was issued a minute ago is refused
    by a host whose clock is five minutes slow.

On the wire:
    OpenSSL and IRIS send the alert 42 bad_certificate, not 45 (GnuTLS 42, its server 49; Go 42; Java 46;
    wolfSSL 45). So a clock fault looks like a damaged certificate.

In the logs:
    Verifier: `certificate verify failed`, in its trace `certificate is not yet valid`, error 9.
    Presenter: `sslv3 alert bad certificate` (14094412, 0A000412).

Why it happens in a mirror:
    A virtual machine that was restored or suspended comes back with an old clock; NTP is blocked between
    the sites of a disaster recovery member; a certificate was issued with a start date in the future for
    a planned change.

What to do:
    - Compare the clocks of both members and of the authority with a time server, and mend NTP.
    - If the clocks agree, wait for the start date, or reissue with an earlier one.

References:
    - RFC 5280 section 4.1.2.5
    - OpenSSL: X509_V_ERR_CERT_NOT_YET_VALID, mapped to bad_certificate by ssl_x509err2alert
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES

from .entry import CheckName, Fact, Family, Severity, entry
from .inquiry.wording import moment, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case

_SKEW_SECONDS = 86400
"""A clock that is wrong by more than a day breaks more than a handshake, and is noticed."""

_SKEW_CERTAINTY = 0.75
"""A certificate made within the last day, refused as bad, by an end whose clock we cannot see."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect certificates of the future, and, where one is refused as bad, those that have only just
    begun.
    """
    for fault in case.faults(CAUSE.id, 9):
        begins = fault.certificate.not_before if fault.certificate is not None else case.at
        summary = f"{fault.bearer} is not valid before {moment(begins)}, {span(begins - case.at)} after this connection"
        yield case.blame(CAUSE.id, fault.party, summary, fault.exhibit)
    for party in PARTIES:
        for certificate in case.certificates(party)[:1]:
            age = case.at - certificate.not_before
            if case.refusal is not None and 0 <= age < _SKEW_SECONDS and case.fit(CAUSE.id, party):
                verifier = case.name(party.other)
                summary = f"the clock of {verifier} may be behind: the certificate of the {party} is only {span(age)} old"
                exhibit = case.exhibit(party, certificate, f"valid from {moment(certificate.not_before)}")
                yield case.blame(
                    CAUSE.id, party, summary, exhibit, certainty=_SKEW_CERTAINTY, at_fault=party.other
                )


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.VALIDITY,
    severity=Severity.HIGH,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
