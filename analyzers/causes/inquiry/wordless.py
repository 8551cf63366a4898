"""Whether an end that left without a word, or said no more, may have refused a certificate.

Much software drops the alert of a failed verification: Node.js, Bun and Mono verify after the handshake and
just close, BearSSL's callers close as soon as its engine has failed. On the wire that is the same as a process
that was stopped in this moment. What tells the two apart is whether there was anything to judge, and whether
it was good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import EventKind, Party
from analyzers.tls.codepoints import is_tls13

from .alerts import CERTIFICATE_FAULTS
from .hostnames import covers
from .progress import Stage
from .purposes import lacks_signature
from .refusal import SILENCE_SECONDS, Signal
from .speech import malformed

if TYPE_CHECKING:
    from analyzers.connection import Tls
    from analyzers.x509.chain import ChainReport

    from .case import Case

__all__ = [
    "LEFT",
    "REASONS_TO_LEAVE",
    "WORDLESS",
    "certainty_of_leaving",
    "left_late",
    "may_have_judged",
]

_FOR_NO_REASON_SEEN, _AFTER_A_WHILE, _PERHAPS_REFUSING = 0.9, 0.7, 0.55

LEFT = frozenset({Signal.FIN, Signal.RST, Signal.CLOSE_NOTIFY})
"""To leave without saying why."""

WORDLESS = LEFT | {Signal.SILENCE}
"""s2n-tls waits up to half a minute before it leaves, so that it may be the other end that gives up."""

REASONS_TO_LEAVE = CERTIFICATE_FAULTS | {
    "client-certificate-missing",
    "dn-not-allowed",
    "dn-near-miss",
    "no-common-version",
    "record-corrupt",
    "not-tls-server",
    "private-key-mismatch",
}
"""Causes by which an end leaves in the middle of a handshake, by FIN as by RST."""

_LEAST_CERTIFICATE = 256
"""Bytes of protected records that a server's part takes at least when there is a certificate in it: Finished and
the extensions take less, and the smallest certificate with its signature more."""


def certainty_of_leaving(case: Case) -> float:
    """Say how far it explains the end that one party left, where it may have left for what it was shown, or could not
    read.
    """
    if may_have_judged(case) or malformed(case.connection):
        return _PERHAPS_REFUSING
    return _AFTER_A_WHILE if left_late(case) else _FOR_NO_REASON_SEEN


def left_late(case: Case) -> bool:
    """Say whether who left had kept the other waiting before: it, or what stands in the path, was stuck."""
    return case.refusal is not None and case.refusal.waited >= SILENCE_SECONDS


def may_have_judged(case: Case) -> bool:
    """Say whether who left, or fell silent, had just been shown a certificate that is not known to be good."""
    refusal = case.refusal
    if refusal is None or refusal.signal not in WORDLESS or case.connection.tls is None:
        return False
    presenter = refusal.party.other
    if presenter is Party.CLIENT and refusal.stage is not Stage.CLIENT_FLIGHT:
        return False
    if presenter is Party.SERVER and refusal.stage not in (Stage.SERVER_FLIGHT, Stage.CLIENT_FLIGHT):
        return False
    if presenter is Party.SERVER and case.tls.certificate_requested is False:
        return True  # A client of mutual authentication may leave because it was not asked for its own (s2n-tls).
    report = case.chain(presenter)
    if report is not None:
        return not (_is_good(report, case) and _is_for_host(case, presenter))
    return case.connection.certificates_of(presenter) is None and _may_hide_one(case, case.tls, presenter)


def _is_good(report: ChainReport, case: Case) -> bool:
    """Say whether there is nothing in a chain that any stack refuses."""
    is_trusted = bool(case.trust) and report.is_complete
    return is_trusted and not report.errors and not lacks_signature(report.path[0])


def _is_for_host(case: Case, presenter: Party) -> bool:
    """Say whether a client that compares host names finds the one that it named."""
    hello = case.tls.client_hello
    if presenter is Party.CLIENT or hello is None or hello.server_name is None:
        return True
    return covers(case.certificates(presenter)[0], hello.server_name)


def _may_hide_one(case: Case, tls: Tls, presenter: Party) -> bool:
    """Say whether a certificate may have been among what could not be read."""
    if tls.version is None or not is_tls13(tls.version):
        return False
    if presenter is Party.CLIENT:
        return tls.certificate_requested is not False
    hidden = sum(
        event.length
        for event in case.connection.events
        if event.sender is Party.SERVER and event.protected and event.kind is not EventKind.ALERT
    )
    return hidden >= _LEAST_CERTIFICATE
