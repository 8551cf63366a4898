"""The seven checks of a mirror connection: the vendor's three actions, taken apart.

A check fails where a finding that the bytes prove says so (`Cause.fails`). Where none does, it passes only
if what it is about was seen.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from analyzers.causes import catalogue
from analyzers.causes.entry import Blamed, CheckName
from analyzers.causes.inquiry.scope import is_arbiter_traffic
from analyzers.connection import PARTIES, Outcome, Party
from analyzers.tls.codepoints import cipher_suite_name, is_tls13, version_name

from .findings import Check, CheckStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyzers.causes.inquiry.case import Case
    from analyzers.connection import Tls

    from .findings import Finding

__all__ = ["run_checks"]

_PASS, _UNSEEN, _NONE = CheckStatus.PASS, CheckStatus.NOT_OBSERVABLE, CheckStatus.NOT_APPLICABLE

_NAMES = {CheckName.CLIENT_DN: Party.CLIENT, CheckName.SERVER_DN: Party.SERVER}


def run_checks(case: Case, findings: tuple[Finding, ...]) -> Mapping[CheckName, Check]:
    """Answer the seven checks, in the order of the record."""
    failed = _failures(findings)
    exempt = _exemption(case)
    return MappingProxyType({name: failed.get(name) or exempt or _CHECKS[name](case) for name in CheckName})


def _failures(findings: tuple[Finding, ...]) -> dict[CheckName, Check]:
    failed: dict[CheckName, Check] = {}
    for finding in findings:
        if not finding.is_seen:
            continue
        for name in catalogue()[finding.id].fails:
            of = _NAMES.get(name)
            if of is None or finding.party in (Blamed(of.value), Blamed.BOTH):
                failed.setdefault(name, Check(CheckStatus.FAIL, finding.summary))
    return failed


def _exemption(case: Case) -> Check | None:
    """Why nothing is checked at all."""
    if case.definition is not None and is_arbiter_traffic(case.connection, case.definition):
        return Check(_NONE, "traffic of an arbiter, whose ISCAgent has no TLS configuration")
    if case.connection.tls is not None:
        return None
    if case.connection.outcome is Outcome.PLAINTEXT:
        return Check(_NONE, "the connection is plaintext, and no rule says that it must use TLS")
    return Check(_UNSEEN, "no TLS was seen on this connection")


def _mutual_authentication(case: Case) -> Check:
    tls = case.tls
    is_complete = case.connection.outcome is Outcome.ESTABLISHED
    if tls.resumed:
        return Check(_UNSEEN, "a resumed session: the certificates were shown in an earlier handshake")
    if tls.server_certificates and tls.client_certificates:
        if is_complete:
            return Check(
                _PASS, "both ends showed a certificate, and each completed the handshake with the other"
            )
        return Check(_UNSEEN, "both ends showed a certificate, and the handshake was not completed")
    if tls.server_certificates is None and _hides_certificates(tls):
        return Check(_UNSEEN, "TLS 1.3 encrypts the certificates, and no key log opens them")
    if tls.certificate_requested is False:
        return Check(
            _NONE,
            "the server did not ask for a client certificate, and no mirror definition says that it must",
        )
    return Check(_UNSEEN, "the handshake did not come as far as the client's certificate")


def _client_dn(case: Case) -> Check:
    return _name(case, Party.CLIENT)


def _server_dn(case: Case) -> Check:
    return _name(case, Party.SERVER)


def _name(case: Case, party: Party) -> Check:
    if case.mirror is None:
        return Check(_NONE, "no mirror definition lists the names of members")
    if not case.mirror.listed_names():
        return Check(_NONE, "the mirror definition lists no distinguished names")
    certificates = case.connection.certificates_of(party)
    if certificates is None:
        return Check(_UNSEEN, f"the {party}'s certificate was not seen")
    if not certificates:
        return Check(_NONE, f"the {party} showed no certificate")
    found = case.identity(party)
    if found is None:
        return Check(_UNSEEN, f"the {party}'s certificate could not be read")
    return Check(_PASS, f"the {party}'s name is listed for {found.member.name}")


def _protocol(case: Case) -> Check:
    version = case.tls.version
    if version is None:
        return Check(_UNSEEN, "no ServerHello was seen")
    return Check(_PASS, f"{version_name(version)} was negotiated")


def _cipher(case: Case) -> Check:
    suite = case.tls.cipher_suite
    if suite is None:
        return Check(_UNSEEN, "no ServerHello was seen")
    return Check(_PASS, f"{cipher_suite_name(suite)} was negotiated")


def _certificates(case: Case) -> Check:
    tls = case.tls
    chains = [party for party in PARTIES if case.certificates(party)]
    if not chains:
        if tls.resumed:
            return Check(_UNSEEN, "a resumed session: the certificates were shown in an earlier handshake")
        hidden = "TLS 1.3 encrypts the certificates, and no key log opens them"
        return Check(_UNSEEN, hidden if _hides_certificates(tls) else "no certificate was seen")
    if (
        Party.CLIENT not in chains
        and tls.certificate_requested is not False
        and tls.client_certificates is None
    ):
        return Check(_UNSEEN, "the server's certificate is good, the client's was not seen")
    if Party.SERVER not in chains:
        return Check(_UNSEEN, "the client's certificate is good, the server's was not seen")
    notes = {note for party in chains if (report := case.chain(party)) is not None for note in report.notes}
    return Check(_PASS, "; ".join(("valid and fit for the role in which each was shown", *sorted(notes))))


def _encryption(case: Case) -> Check:
    tls = case.tls
    match case.connection.outcome:
        case Outcome.ESTABLISHED:
            suite = "" if tls.cipher_suite is None else f" by {cipher_suite_name(tls.cipher_suite)}"
            return Check(_PASS, f"all data after the handshake is encrypted{suite}")
        case Outcome.INCOMPLETE:
            return Check(_UNSEEN, "the end of the handshake was not seen")
        case _:
            return Check(_NONE, "the handshake was not completed, and no data passed")


def _hides_certificates(tls: Tls) -> bool:
    return tls.version is not None and is_tls13(tls.version) and not tls.has_secrets


_CHECKS: Mapping[CheckName, Callable[[Case], Check]] = {
    CheckName.MUTUAL_AUTHENTICATION: _mutual_authentication,
    CheckName.CLIENT_DN: _client_dn,
    CheckName.SERVER_DN: _server_dn,
    CheckName.PROTOCOL: _protocol,
    CheckName.CIPHER: _cipher,
    CheckName.CERTIFICATES: _certificates,
    CheckName.ENCRYPTION: _encryption,
}
