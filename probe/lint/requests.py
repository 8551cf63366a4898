"""Certificate requests: what an authority would be asked for, before it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from analyzers.errors import MalformedName
from analyzers.lint.member import Finding, Severity, Source
from analyzers.mirror.definition import DN_CHARACTERS
from analyzers.x509.names import DistinguishedName

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_request"]

_RSA_BITS = 2048
"""Security level 2 of OpenSSL."""


def _name(request: x509.CertificateSigningRequest) -> str:
    try:
        return DistinguishedName.from_der(request.subject.public_bytes()).rfc4514()
    except MalformedName as error:
        return f"(a subject that cannot be read: {error})"


def _usage_faults(request: x509.CertificateSigningRequest) -> Iterator[tuple[str, str]]:
    """Yield cause and text for each role that the request does not ask for."""
    try:
        usage = request.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    try:
        extended = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        extended = None
    if usage is not None:
        for wanted, is_there in (
            ("digitalSignature", usage.digital_signature),
            ("keyEncipherment", usage.key_encipherment),
        ):
            if not is_there:
                yield "vendor-key-usage", f"it asks for a Key Usage without {wanted}"
    roles = (
        ("clientAuth", ExtendedKeyUsageOID.CLIENT_AUTH, "client-certificate-purpose"),
        ("serverAuth", ExtendedKeyUsageOID.SERVER_AUTH, "server-certificate-purpose"),
    )
    for wanted, identifier, cause in roles:
        if extended is not None and identifier not in extended:
            yield cause, f"it asks for an Extended Key Usage without {wanted}"
    if extended is None:
        yield (
            "client-certificate-purpose",
            (
                "it asks for no Extended Key Usage: a web server template would then issue for serverAuth alone"
            ),
        )


def check_request(source: Source, request: x509.CertificateSigningRequest) -> Iterator[Finding]:
    """Check whether a certificate made of this request would serve a member in both roles."""
    name = _name(request)

    def found(check: str, cause: str | None, severity: Severity, text: str, judged_by: str) -> Finding:
        remedy = "Make the request anew: mirrorprobe csr."
        return Finding(check, cause, severity, name, source, text, remedy, judged_by)

    if not request.is_signature_valid:
        yield found(
            "request is signed by its own key",
            "signature-invalid",
            Severity.CRITICAL,
            "its signature is wrong",
            "OpenSSL",
        )
    for cause, text in _usage_faults(request):
        is_default = "no Extended Key Usage" in text
        severity = (
            Severity.LOW if is_default else Severity.MEDIUM if cause.startswith("vendor") else Severity.HIGH
        )
        yield found("request names both roles", cause, severity, text, "InterSystems")
    key = request.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _RSA_BITS:
        yield found(
            "key strong enough", "weak-key", Severity.HIGH, f"its RSA key has {key.key_size} bits", "OpenSSL"
        )
    if isinstance(key, dsa.DSAPublicKey):
        yield found(
            "key type usable in TLS 1.3",
            "unsupported-key-type",
            Severity.HIGH,
            "TLS 1.3 has no DSA",
            "OpenSSL",
        )
    if len(name) > DN_CHARACTERS:
        yield found(
            "DN at most 1024 characters",
            None,
            Severity.CRITICAL,
            f"the DN has {len(name)} characters",
            "InterSystems",
        )
