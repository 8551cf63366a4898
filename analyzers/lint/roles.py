"""Checks of one member's certificate in its two roles, by OpenSSL's rules and by the vendor's, at every depth."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from analyzers.mirror.definition import DN_CHARACTERS
from analyzers.x509.chain import build_chain
from analyzers.x509.purposes import Purpose, vendor_purpose

from .member import Finding, MemberFiles, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.x509.chain import ChainError, ChainReport

__all__ = ["check_roles", "own_chain"]

_CHECKS = {
    Purpose.CLIENT: "valid for TLS Web client authentication",
    Purpose.SERVER: "valid for TLS Web server authentication",
}

_TIMES = frozenset({"certificate-expired", "issuer-expired", "certificate-not-yet-valid"})
_STRENGTHS = frozenset({"weak-key", "weak-signature"})
"""Weighed for the levels in use, each by itself (`files`)."""

_REMEDIES = {
    "certificate-expired": "Renew the certificate; connections that stand go on, the next one fails.",
    "issuer-expired": "Renew the issuing CA, and give every member its new certificate.",
    "certificate-not-yet-valid": "Wait, or check this host's clock and the authority's.",
    "unknown-ca": "Put the root of this chain into the CA file.",
    "incomplete-chain": "Append the missing issuer to the certificate file, or add it to the peers' CA files.",
    "ca-rekeyed": "Put the issuer's new certificate, of the same name, into the CA file beside the old one.",
}


def own_chain(member: MemberFiles, at: float, purpose: Purpose | None) -> ChainReport:
    """Judge the member's own chain by its own CA file: IRIS demands that a member can verify itself."""
    return build_chain(member.certificates, member.authorities, at, purpose)


def check_roles(member: MemberFiles, at: float) -> Iterator[Finding]:
    """Check whether the certificate serves as client and as server."""
    leaf = member.leaf
    if leaf is None or not leaf.is_readable:
        return
    yield from _chain(member, at)
    vendor = vendor_purpose(leaf)
    for reason in vendor.reasons:
        cause = "vendor-extended-key-usage" if "extended" in reason else "vendor-key-usage"
        yield Finding(
            "usage extensions name both roles", cause, Severity.MEDIUM, member.name, member.certificate_source,
            f"{reason}; the documentation asks for both roles", "Reissue: mirrorprobe csr writes the request.", "InterSystems",
        )  # fmt: skip
    yield from _name(member)


def _chain(member: MemberFiles, at: float) -> Iterator[Finding]:
    shared: set[tuple[str, int, str]] = set()
    for purpose in Purpose:
        for error in own_chain(member, at, purpose).errors:
            if error.kind in _STRENGTHS or not error.code:
                continue
            key = error.kind, error.depth, error.text
            is_of_role = error.kind.endswith("-purpose")
            if key in shared and not is_of_role:
                continue
            shared.add(key)
            yield _of(member, error, _CHECKS[purpose] if is_of_role else _check_of(error))


def _check_of(error: ChainError) -> str:
    if error.kind in _TIMES:
        return "certificate has not expired" if "expired" in error.kind else "certificate is valid already"
    return "verification of certificate with CA file"


def _of(member: MemberFiles, error: ChainError, check: str) -> Finding:
    where = "the own certificate" if error.depth == 0 else f"the issuer at depth {error.depth}"
    remedy = _REMEDIES.get(
        error.kind, "Have it reissued without this fault: mirrorprobe causes " + error.kind
    )
    text = f"{where}: {error.text} (OpenSSL verify error {error.code})"
    return Finding(
        check, error.kind, Severity.CRITICAL, member.name, member.certificate_source, text, remedy, "OpenSSL"
    )


def _name(member: MemberFiles) -> Iterator[Finding]:
    leaf = member.leaf
    if leaf is None:
        return
    dn = leaf.subject.rfc4514()
    if len(dn) > DN_CHARACTERS:
        yield Finding(
            "DN at most 1024 characters", None, Severity.CRITICAL, member.name, member.certificate_source,
            f"the DN has {len(dn)} characters; IRIS stores {DN_CHARACTERS} (#2175)", "Shorten the subject.", "InterSystems",
        )  # fmt: skip
    names = leaf.subject.values("CN")
    if not dn:
        yield Finding(
            "DN is there", "dn-not-allowed", Severity.CRITICAL, member.name, member.certificate_source,
            "the subject is empty, and IRIS lists a member by its DN, which cannot be null",
            "Have a certificate issued with a subject: CN=host.example.com/IRISA and more.", "InterSystems",
        )  # fmt: skip
    elif not names:
        yield Finding(
            "common name identifies the member", None, Severity.MEDIUM, member.name, member.certificate_source,
            "the subject has no common name", "Use the host's full name and the instance's name: CN=host.example.com/IRISA.",
            "InterSystems",
        )  # fmt: skip
    elif not any("." in name.partition("/")[0] for name in names):
        yield Finding(
            "common name identifies the member", None, Severity.LOW, member.name, member.certificate_source,
            f"the common name {names[0]!r} has no full host name in it",
            "The vendor suggests the host's full name plus the instance's name: CN=host.example.com/IRISA.", "InterSystems",
        )  # fmt: skip


def date_text(seconds: float) -> str:
    """Write a day as lint prints it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
