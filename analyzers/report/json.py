"""The record of a connection and its verdict as plain data, ready for JSON.

Names, order and nulls are those of the schema `mirrorprobe/1`: null says that something was not observable, an empty list
that it was seen to be empty. Codes stay integers beside their names, so that nothing unknown is lost.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from analyzers.connection import PARTIES, Party
from analyzers.tls import codepoints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from analyzers.causes.entry import CheckName, Evidence
    from analyzers.connection import Alert, Connection, Preamble, Tls
    from analyzers.diagnosis.findings import Check, Finding, Verdict
    from analyzers.tls.messages import ClientHello, ServerHello
    from analyzers.x509.certificate import Certificate

__all__ = [
    "SCHEMA_NAME",
    "capture_record",
    "captures_document",
    "certificate_record",
    "checks_record",
    "connection_record",
    "finding_record",
    "preamble_record",
    "tls_record",
]


SCHEMA_NAME: Final = "mirrorprobe/1"
"""What documents say of their form; `report.schema` describes it."""


def captures_document(captures: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Give what `mirrorprobe pcap --json` prints, from what `capture_record` made of each file."""
    return {"schema": SCHEMA_NAME, "captures": list(captures)}


def capture_record(
    file: str, packets: int, problems: Iterable[str], judged: Iterable[tuple[Connection, Verdict]]
) -> dict[str, Any]:
    """Give the record of one capture file: how many packets it has, what could not be read, and its connections."""
    return {
        "file": file,
        "packets": packets,
        "problems": list(problems),
        "connections": [connection_record(connection, verdict) for connection, verdict in judged],
    }


def connection_record(connection: Connection, verdict: Verdict) -> dict[str, Any]:
    """Give the record of one connection with its verdict."""
    return {
        "client": _end(connection, Party.CLIENT, verdict.client_member),
        "server": _end(connection, Party.SERVER, verdict.server_member),
        "started": connection.started,
        "ended": connection.ended,
        "road": connection.road.value,
        "preamble": preamble_record(connection.preamble),
        "outcome": connection.outcome.value,
        "closed_by": "none" if connection.closed_by is None else connection.closed_by.value,
        "close_kind": connection.close_kind.value,
        "application_bytes": {party.value: connection.application_bytes(party) for party in PARTIES},
        "tls": None if connection.tls is None else tls_record(connection.tls),
        "checks": checks_record(verdict.checks),
        "findings": [finding_record(finding) for finding in verdict.findings],
        "root_cause": verdict.root_cause,
    }


def preamble_record(preamble: Preamble) -> dict[str, Any]:
    """Give what each end sent before TLS."""
    return {
        "client_bytes": preamble.client_bytes,
        "server_bytes": preamble.server_bytes,
        "client_hex": preamble.client_hex,
        "server_hex": preamble.server_hex,
    }


def checks_record(checks: Mapping[CheckName, Check]) -> dict[str, Any]:
    """Give the seven checks."""
    return {name.value: {"status": check.status.value, "why": check.why} for name, check in checks.items()}


def finding_record(finding: Finding) -> dict[str, Any]:
    """Give one finding."""
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "state": finding.state.value,
        "confidence": round(finding.confidence, 2),
        "party": finding.party.value,
        "summary": finding.summary,
        "evidence": [_evidence(each) for each in finding.evidence],
        "remedy": list(finding.remedy),
        "references": list(finding.references),
    }


@lru_cache(maxsize=256)  # a relay's peers show the same certificates on every connection
def certificate_record(certificate: Certificate) -> Mapping[str, Any]:
    """Give what a certificate says; the same object each time, so it is not to be changed."""
    return {
        "sha256": certificate.sha256,
        "subject": certificate.subject.rfc4514(),
        "issuer": certificate.issuer.rfc4514(),
        "serial": certificate.serial,
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "key": certificate.key,
        "signature": certificate.signature,
        "key_usage": _listed(certificate.key_usage),
        "extended_key_usage": _listed(certificate.extended_key_usage),
        "is_ca": certificate.is_ca,
        "path_length": certificate.path_length,
        "san": list(certificate.san),
    }


def _end(connection: Connection, party: Party, member: str | None) -> dict[str, Any]:
    endpoint = connection.endpoint(party)
    return {"address": endpoint.address, "port": endpoint.port, "member": member}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    """Give the text, and the most exact of the places where it can be looked up."""
    if evidence.frame is not None:
        return {"text": evidence.text, "frame": evidence.frame}
    if evidence.offset is not None:
        return {"text": evidence.text, "offset": evidence.offset}
    return {"text": evidence.text, "source": evidence.source or "connection"}


def tls_record(tls: Tls) -> dict[str, Any]:
    """Give what TLS showed."""
    request = tls.certificate_request
    # The offer as it was before a HelloRetryRequest narrowed it; JA3 and JA4 describe the same hello.
    client_hello = tls.first_client_hello or tls.client_hello
    return {
        "version": _named(codepoints.version_name, tls.version),
        "cipher_suite": _named(codepoints.cipher_suite_name, tls.cipher_suite),
        "cipher_suite_code": tls.cipher_suite,
        "group": _named(codepoints.group_name, tls.group),
        "signature_scheme": _named(codepoints.signature_scheme_name, tls.signature_scheme),
        "resumed": tls.resumed,
        "history": tls.history,
        "client_hello": None if client_hello is None else _client_hello(client_hello),
        "server_hello": None if tls.server_hello is None else _server_hello(tls.server_hello, tls),
        "ja3": tls.ja3,
        "ja3s": tls.ja3s,
        "ja4": tls.ja4,
        "certificate_requested": tls.certificate_requested,
        "certificate_authorities": None
        if request is None
        else [authority.rfc4514() for authority in request.authorities],
        "client_certificates": _chain(tls.client_certificates),
        "server_certificates": _chain(tls.server_certificates),
        "alerts": [_alert(alert) for alert in tls.alerts],
    }


def _client_hello(hello: ClientHello) -> dict[str, Any]:
    return {
        "legacy_version": hello.legacy_version,
        "supported_versions": list(hello.supported_versions),
        "cipher_suites": list(hello.cipher_suites),
        "groups": list(hello.groups),
        "signature_schemes": list(hello.signature_schemes),
        "server_name": hello.server_name,
        "alpn": list(hello.alpn),
        "extensions": list(hello.extension_types),
    }


def _server_hello(hello: ServerHello, tls: Tls) -> dict[str, Any]:
    return {
        "version": hello.version,
        "cipher_suite": hello.cipher_suite,
        "group": hello.group if hello.group is not None else tls.group,
        "alpn": tls.alpn,
        "extensions": list(hello.extension_types),
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "sender": alert.sender.value,
        "level": alert.level_name,
        "description": alert.description,
        "code": alert.code,
        "seen": alert.seen.value,
        "frame": alert.frame,
    }


def _chain(chain: tuple[Certificate, ...] | None) -> list[Mapping[str, Any]] | None:
    return None if chain is None else [certificate_record(certificate) for certificate in chain]


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _named(name_of: Callable[[int], str], code: int | None) -> str | None:
    return None if code is None else name_of(code)
