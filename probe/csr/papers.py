"""What accompanies a request: OpenSSL's configuration, Microsoft's .inf, an order's words, checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzers.x509.names import DistinguishedName

__all__ = ["ORDER", "certreq_inf", "openssl_configuration", "verification_commands"]

ORDER = (
    "The certificate is for mutual TLS between members of a database mirror: it must be valid both as a"
    " TLS client and as a TLS server. Please issue it with Key Usage digitalSignature and keyEncipherment,"
    " and with Extended Key Usage clientAuth (1.3.6.1.5.5.7.3.2) and serverAuth (1.3.6.1.5.5.7.3.1), from an"
    " issuing CA that is not itself restricted to one of them, and leave the subject as it is in the request."
)
"""The sentence for the order to a commercial authority: a template for web servers leaves clientAuth out."""


def _openssl_value(value: str) -> str:
    """Escape a value for OpenSSL's configuration syntax (config(5))."""
    for special in "\\\"'#$;":
        value = value.replace(special, f"\\{special}")
    return value


def _subject_lines(name: DistinguishedName) -> Sequence[str]:
    lines = []
    for place, rdn in enumerate(name.rdns):
        for at, attribute in enumerate(rdn):
            joined = "+" if at else ""
            lines.append(f"{place}.{joined}{attribute.name} = {_openssl_value(attribute.value)}")
    return lines


def _alternative_lines(names: Sequence[x509.GeneralName]) -> Sequence[str]:
    kinds = {x509.DNSName: "DNS", x509.IPAddress: "IP"}
    return [f"{kinds[type(name)]}.{number} = {name.value}" for number, name in enumerate(names, 1)]


def openssl_configuration(
    name: DistinguishedName, names: Sequence[x509.GeneralName], key: str, request: str
) -> str:
    """Give a request configuration for `openssl req` that makes the same request.

    Args:
        name: the subject.
        names: the subject alternative names.
        key: the key file's name, for the comment.
        request: the request file's name, for the comment.
    """
    alternative = ["subjectAltName = @names"] if names else []
    section = ["", "[names]", *_alternative_lines(names)] if names else []
    lines = [
        f"# openssl req -new -config THIS_FILE -key {key} -out {request}",
        "[req]",
        "prompt = no",
        "utf8 = yes",
        "string_mask = utf8only",
        "default_md = sha256",
        "distinguished_name = subject",
        "req_extensions = usages",
        "",
        "[subject]",
        *_subject_lines(name),
        "",
        "[usages]",
        "basicConstraints = critical, CA:FALSE",
        "keyUsage = critical, digitalSignature, keyEncipherment",
        "extendedKeyUsage = clientAuth, serverAuth",
        *alternative,
        *section,
    ]
    return "\n".join(lines) + "\n"


def certreq_inf(name: DistinguishedName, key_bits: int) -> str:
    """Give an input file for Microsoft's certreq, which makes a key and a request of its own on Windows."""
    subject = name.rfc4514().replace('"', '""')
    return "\r\n".join(
        [
            "; certreq -new THIS_FILE request.req   makes key and request in the machine's store",
            "; certreq -submit request.req          hands it to Microsoft Certificate Services",
            "[Version]",
            'Signature = "$Windows NT$"',
            "",
            "[NewRequest]",
            f'Subject = "{subject}"',
            "KeyAlgorithm = RSA",
            f"KeyLength = {key_bits}",
            "KeySpec = 1",
            "HashAlgorithm = sha256",
            "Exportable = TRUE",
            "MachineKeySet = TRUE",
            "SMIME = FALSE",
            "RequestType = PKCS10",
            "KeyUsage = 0xA0 ; digitalSignature and keyEncipherment",
            "",
            "[EnhancedKeyUsageExtension]",
            "OID = 1.3.6.1.5.5.7.3.2 ; clientAuth",
            "OID = 1.3.6.1.5.5.7.3.1 ; serverAuth",
            "",
        ]
    )


def verification_commands(stem: str, key: str) -> tuple[str, ...]:
    """Give the commands that check what the authority sent back as `<stem>.pem`."""
    certificate, usages = f"{stem}.pem", "keyUsage,extendedKeyUsage"
    return (
        f"openssl verify -purpose sslclient -CAfile CAFile.pem -untrusted {certificate} {certificate}",
        f"openssl verify -purpose sslserver -CAfile CAFile.pem -untrusted {certificate} {certificate}",
        f"openssl x509 -in {certificate} -noout -subject -nameopt RFC2253 -dates -ext {usages}",
        f"mirrorprobe lint {certificate} {key} CAFile.pem",
    )
