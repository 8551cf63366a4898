"""Whether a certificate may serve as TLS client and as TLS server: by the vendor's book, by OpenSSL's code.

The two differ, and both matter. The vendor asks that a usage extension, where there is one, names both roles.
OpenSSL asks for less at the leaf (a server may do with keyEncipherment alone, a client may not) and for more
above it: the extended key usage of every CA in the chain counts, so that a leaf that allows both roles can be
refused for its issuer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .issuance import is_self_signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .certificate import Certificate

__all__ = [
    "OPENSSL_SOURCE",
    "VENDOR_SOURCE",
    "Purpose",
    "PurposeVerdict",
    "ca_fault",
    "openssl_purpose",
    "usage_faults",
    "vendor_purpose",
]

VENDOR_SOURCE = (
    "InterSystems, Configuring InterSystems IRIS to Use TLS with Mirroring, "
    "Special Considerations for Certificates for Mirror Members"
)
OPENSSL_SOURCE = "OpenSSL, X509_check_purpose; tested against OpenSSL 3.0, 3.5 and 4.0"


class Purpose(StrEnum):
    """The role in which a certificate is presented."""

    CLIENT = "client"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class PurposeVerdict:
    """Whether a certificate is fit for a purpose."""

    ok: bool
    reasons: tuple[str, ...]
    """In words, empty where it is fit."""
    source: str
    """Who says so."""


_EXTENDED = {
    Purpose.CLIENT: ("clientAuth",),
    Purpose.SERVER: ("serverAuth", "msSGC", "nsSGC"),
}
"""One of these must be in an extended key usage that is present; the last two are of the 1990s."""

_USAGE = {
    Purpose.CLIENT: ("digitalSignature", "keyAgreement"),
    Purpose.SERVER: ("digitalSignature", "keyEncipherment", "keyAgreement"),
}
"""One of these must be in a key usage that is present, in the peer's own certificate."""

_NETSCAPE = {Purpose.CLIENT: "client", Purpose.SERVER: "server"}
_NETSCAPE_CAS = frozenset({"sslCA", "emailCA", "objCA"})

_VENDOR_USAGE = ("digitalSignature", "keyEncipherment")
_VENDOR_EXTENDED = ("clientAuth", "serverAuth")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing"


def vendor_purpose(certificate: Certificate, purpose: Purpose | None = None) -> PurposeVerdict:
    """Judge by the vendor's documentation: every usage extension that is present must name both roles.

    A member is client of one connection and server of the next with one certificate, so what the other role
    lacks counts too; `purpose` puts what the present role lacks first.
    """
    reasons: list[str] = []
    for extension, present, wanted in (
        ("key usage", certificate.key_usage, _VENDOR_USAGE),
        ("extended key usage", certificate.extended_key_usage, _VENDOR_EXTENDED),
    ):
        if present is not None:
            reasons += (
                f"the {extension} lacks {name} (it has {_listed(present)})"
                for name in wanted
                if name not in present
            )
    if purpose is Purpose.SERVER:
        reasons.sort(key=lambda reason: "keyEncipherment (" not in reason and "serverAuth (" not in reason)
    return PurposeVerdict(not reasons, tuple(reasons), VENDOR_SOURCE)


def _is_ca_by_netscape(certificate: Certificate) -> bool:
    """Say whether Netscape's type is all that makes a certificate a CA."""
    is_old_root = certificate.version == 1 and is_self_signed(certificate)
    if certificate.has_basic_constraints or certificate.key_usage is not None or is_old_root:
        return False
    return not _NETSCAPE_CAS.isdisjoint(certificate.netscape_cert_type or ())


def ca_fault(certificate: Certificate, *, is_last: bool = False) -> str | None:
    """Say why OpenSSL does not take a certificate for a CA, None where it does (`X509_check_ca`).

    `is_last`: the certificate ends the chain. Only there does OpenSSL put up with a CA that lacks basic
    constraints: a self-signed one of version 1, one with a key usage, or one with Netscape's type.
    """
    usage = certificate.key_usage
    if usage is not None and "keyCertSign" not in usage:
        return f"its key usage lacks keyCertSign (it has {_listed(usage)})"
    if certificate.has_basic_constraints:
        return None if certificate.is_ca else "its basic constraints say that it is no CA"
    if not is_last:
        return "it has no basic constraints"
    is_old_root = certificate.version == 1 and is_self_signed(certificate)
    if is_old_root or usage is not None or _is_ca_by_netscape(certificate):
        return None
    return "it has no basic constraints, and nothing else that would make it a CA"


def usage_faults(certificate: Certificate, purpose: Purpose, depth: int) -> Iterator[str]:
    """Give what OpenSSL finds wrong with the usage extensions of the certificate at `depth`."""
    extended = certificate.extended_key_usage
    if extended is not None and not set(_EXTENDED[purpose]) & set(extended):
        also = (
            ", and anyExtendedKeyUsage does not stand in for it" if "anyExtendedKeyUsage" in extended else ""
        )
        yield f"its extended key usage lacks {_EXTENDED[purpose][0]} (it has {_listed(extended)}){also}"
    netscape = certificate.netscape_cert_type
    if depth > 0:
        if netscape is not None and "sslCA" not in netscape and _is_ca_by_netscape(certificate):
            yield f"its Netscape certificate type lacks sslCA (it has {_listed(netscape)})"
        return
    if certificate.key_usage is not None and not set(_USAGE[purpose]) & set(certificate.key_usage):
        wanted = " or ".join(_USAGE[purpose])
        yield f"its key usage lacks {wanted} (it has {_listed(certificate.key_usage)})"
    if netscape is not None and _NETSCAPE[purpose] not in netscape:
        yield f"its Netscape certificate type lacks {_NETSCAPE[purpose]} (it has {_listed(netscape)})"


def openssl_purpose(certificate: Certificate, purpose: Purpose, depth: int = 0) -> PurposeVerdict:
    """Judge as OpenSSL does for the certificate at `depth` (0: the peer's own) of a chain.

    Above the peer's own, that it is a CA is part of its fitness (`X509_check_purpose` with `ca`).
    """
    reasons = list(usage_faults(certificate, purpose, depth))
    fault = ca_fault(certificate, is_last=True) if depth > 0 else None
    if fault is not None:
        reasons.append(fault)
    return PurposeVerdict(not reasons, tuple(reasons), OPENSSL_SOURCE)
