"""Checks of one member's files: order, key, CA file, strength."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.x509.issuance import can_have_issued, is_self_signed
from analyzers.x509.keys import are_same_key
from analyzers.x509.strength import key_strength, signature_strength, tls13_key_fault

from .member import Finding, MemberFiles, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.x509.certificate import Certificate

__all__ = ["check_files"]

_BY_OPENSSL = "OpenSSL"
_BY_VENDOR = "InterSystems"
_BY_US = "mirrorprobe"
_LEVELS = (1, 2)
"""OpenSSL's security levels that are in use: 1 up to OpenSSL 3.1, 2 in later versions, in Debian and Ubuntu."""


def _subject(certificate: Certificate) -> str:
    return certificate.subject.rfc4514() or f"SHA-256 {certificate.sha256[:16]}"


def check_files(member: MemberFiles, at: float, level: int = 1) -> Iterator[Finding]:
    """Check what a member's files say by themselves, whoever its peers are, at OpenSSL's security level `level`."""
    yield from _unreadable(member)
    yield from _order(member)
    yield from _key(member)
    yield from _authorities(member, at)
    for depth, certificate in enumerate(member.certificates):
        yield from _strength(member, certificate, depth, level)


def _unreadable(member: MemberFiles) -> Iterator[Finding]:
    files = ((member.certificates, member.certificate_source), (member.authorities, member.authority_source))
    for certificates, source in files:
        for place, certificate in enumerate(certificates, 1):
            if certificate.problem is not None:
                text = f"certificate {place} of the file cannot be read in full: {certificate.problem}"
                yield Finding(
                    "certificate can be read", "decode-error", Severity.HIGH, member.name, source, text,
                    "Export it again from the authority, in PEM.", _BY_OPENSSL,
                )  # fmt: skip


def _is_issuer(issuer: Certificate, certificate: Certificate) -> bool:
    return can_have_issued(issuer, certificate)


def _order(member: MemberFiles) -> Iterator[Finding]:
    leaf = member.leaf
    if leaf is None:
        return
    if leaf.is_ca and any(not other.is_ca for other in member.certificates[1:]):
        yield Finding(
            "own certificate first in its file", "client-configuration", Severity.CRITICAL, member.name,
            member.certificate_source,
            f"the file begins with the CA {_subject(leaf)}; OpenSSL presents the first certificate, whose key is another",
            "Put the member's own certificate first, then each issuer after the one that it issued.", _BY_OPENSSL,
        )  # fmt: skip
        return
    for place, (certificate, issuer) in enumerate(
        zip(member.certificates, member.certificates[1:], strict=False), 1
    ):
        if not _is_issuer(issuer, certificate) or issuer == certificate:
            what = (
                f"certificate {place + 1} is certificate {place} again ({_subject(certificate)})"
                if issuer == certificate
                else f"certificate {place + 1} ({_subject(issuer)}) did not issue certificate {place} ({_subject(certificate)})"
            )
            yield Finding(
                "certificate chain contiguous", "chain-out-of-order", Severity.MEDIUM, member.name,
                member.certificate_source,
                what,
                "Order the file: the member's certificate, its issuer, the issuer's issuer, without a gap.", _BY_VENDOR,
            )  # fmt: skip
            return


def _key(member: MemberFiles) -> Iterator[Finding]:
    leaf = member.leaf
    if leaf is None or member.key_spki is None or not leaf.spki or are_same_key(member.key_spki, leaf.spki):
        return
    others = [c for c in member.certificates[1:] if are_same_key(c.spki, member.key_spki)]
    hint = f"; it is the key of {_subject(others[0])}, which stands further down" if others else ""
    yield Finding(
        "public key in certificate and private key match", "private-key-mismatch", Severity.CRITICAL, member.name,
        member.key_source, f"the key is not that of {_subject(leaf)}{hint}",
        "Use the key with which this certificate was requested, or request a certificate for this key.", _BY_OPENSSL,
    )  # fmt: skip


def _authorities(member: MemberFiles, at: float) -> Iterator[Finding]:
    if not member.has_authorities:
        return
    if not member.authorities:
        yield Finding(
            "CA certificate file is valid", "client-configuration", Severity.CRITICAL, member.name,
            member.authority_source, "the CA file holds no certificate, so no peer can be verified",
            "Put the root, and the intermediates that peers do not send, into the CA file.", _BY_OPENSSL,
        )  # fmt: skip
        return
    if not any(is_self_signed(certificate) for certificate in member.authorities):
        yield Finding(
            "root in the CA file", "unknown-ca", Severity.HIGH, member.name, member.authority_source,
            "no certificate of the CA file is self-signed: the root is missing, and OpenSSL trusts no chain without it",
            "Add the self-signed root certificate to the CA file.", _BY_OPENSSL,
        )  # fmt: skip
    for certificate in member.authorities:
        if certificate.is_readable and certificate.not_after <= at:
            yield Finding(
                "CA certificates have not expired", None, Severity.LOW, member.name, member.authority_source,
                f"{_subject(certificate)} in the CA file has expired, and verifies nobody",
                "Remove it, once no chain needs it; have the authority renewed where one does.", _BY_US,
            )  # fmt: skip
        if not certificate.is_ca and certificate.version == 3:
            yield Finding(
                "only CA certificates in the CA file", None, Severity.LOW, member.name, member.authority_source,
                f"{_subject(certificate)} is no CA; it verifies nobody",
                "Keep member certificates out of the CA file.", _BY_US,
            )  # fmt: skip


def _strength(member: MemberFiles, certificate: Certificate, depth: int, level: int) -> Iterator[Finding]:
    weighed = [("weak-key", "key strong enough", key_strength(certificate))]
    if not is_self_signed(certificate):
        weighed.append(("weak-signature", "signature strong enough", signature_strength(certificate)))
    for cause, check, verdict in weighed:
        failed = [one for one in sorted({*_LEVELS, level} - {0}) if not verdict.passes(one)]
        if failed:
            severity = Severity.HIGH if failed[0] <= level else Severity.MEDIUM
            levels = " and ".join(map(str, failed))
            yield Finding(
                check, cause, severity, member.name, member.certificate_source,
                f"{verdict.text} of {_subject(certificate)} (depth {depth}) has {verdict.bits} bits of security:"
                f" refused at OpenSSL's security level {levels}",
                "Reissue with RSA of at least 2048 bits or P-256, signed with SHA-256 or better.", _BY_OPENSSL,
            )  # fmt: skip
    if depth == 0 and (fault := tls13_key_fault(certificate)) is not None:
        yield Finding(
            "key type usable in TLS 1.3", "unsupported-key-type", Severity.HIGH, member.name, member.certificate_source,
            f"{fault}; OpenSSL passes over the certificate there",
            "Use an RSA or ECDSA key; IRIS takes types RSA and ECDSA in TLS 1.3.", _BY_OPENSSL,
        )  # fmt: skip
