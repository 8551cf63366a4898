"""What a log line is about, and which root causes that makes likely.

A wording of any stack is first mapped to a `Topic`, and only here to root causes, so that "expired" means the same list whichever
of twenty libraries said it. For certificate topics the list depends on the party whose certificate is at fault: None stands for a
line that does not tell. Confidences are priors for a mirror whose members are OpenSSL (domain facts 4.4), not measurements.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from analyzers.connection import Party

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALERT_TOPICS", "Topic", "at_depth", "causes_of"]

Ranking = tuple[tuple[str, float], ...]


class Topic(Enum):
    """What a line is about."""

    PURPOSE = "purpose"
    ISSUER_PURPOSE = "issuer purpose"
    UNSUPPORTED_CERTIFICATE = "alert 43"
    BAD_CERTIFICATE = "alert 42"
    CERTIFICATE_UNKNOWN = "alert 46"
    EXPIRED = "expired"
    EXPIRED_OR_NOT_YET_VALID = "outside its validity"
    ISSUER_EXPIRED = "issuer expired"
    NOT_YET_VALID = "not yet valid"
    REVOKED = "revoked"
    REVOCATION_UNKNOWN = "revocation unknown"
    UNKNOWN_CA = "unknown CA"
    ISSUER_NOT_FOUND = "issuer not found"
    LEAF_NOT_VERIFIED = "first certificate not verified"
    SELF_SIGNED = "self-signed leaf"
    SELF_SIGNED_IN_CHAIN = "untrusted root in the chain"
    CHAIN_ORDER = "chain out of order"
    NOT_A_CA = "issuer is no CA"
    PATH_LENGTH = "path length"
    NAME_CONSTRAINT = "name constraint"
    CRITICAL_EXTENSION = "critical extension"
    REKEYED = "signature does not match the issuer's key"
    SIGNATURE = "signature invalid"
    DECRYPT_ERROR = "alert 51"
    WEAK_KEY = "weak key"
    WEAK_SIGNATURE = "weak signature"
    KEY_TYPE = "key type"
    HOST_NAME = "host name"
    VERIFY_FAILED = "verification failed, no reason given"
    CERTIFICATE_MISSING = "no client certificate"
    CERTIFICATE_REFUSED = "client certificate refused"
    KEY_MISMATCH = "key and certificate differ"
    LOCAL_CONFIGURATION = "own configuration"
    HANDSHAKE_FAILURE = "alert 40"
    CIPHER = "no common cipher"
    GROUP = "no common group"
    SIGNATURE_SCHEME = "no common signature scheme"
    MISSING_EXTENSION = "alert 109"
    VERSION = "no common version"
    INSUFFICIENT_SECURITY = "alert 71"
    FALLBACK = "fallback"
    DOWNGRADE = "downgrade"
    RENEGOTIATION = "renegotiation"
    SERVER_NAME = "server name"
    NOT_TLS = "not TLS"
    PLAINTEXT = "plaintext where TLS is required"
    RECORD = "record corrupt"
    DECODE = "decode error"
    INTERNAL = "internal error"
    UNEXPECTED_MESSAGE = "alert 10"
    CLOSED = "closed in the handshake"
    RESET = "reset"
    SILENT = "silent"
    CONNECT_TIMEOUT = "no connection in time"
    REFUSED = "connection refused"
    UNREACHABLE = "unreachable"
    DN = "DN not allowed"
    DN_DUPLICATE = "DN not unique"
    DRIFT = "configurations differ"
    ACCESS_DENIED = "alert 49"
    OTHER = "TLS, but no root cause of ours"


def _by_party(client: Ranking, server: Ranking, unknown: Ranking) -> Mapping[Party | None, Ranking]:
    return {Party.CLIENT: client, Party.SERVER: server, None: unknown}


def _always(*ranking: tuple[str, float]) -> Mapping[Party | None, Ranking]:
    return _by_party(ranking, ranking, ranking)


# A certificate made for one role only is nearly always a web server's (serverAuth alone), so where the line does not tell
# whose certificate was refused, the client's comes first.
_CAUSES: Mapping[Topic, Mapping[Party | None, Ranking]] = {
    Topic.PURPOSE: _by_party(
        (("client-certificate-purpose", 0.85), ("issuer-purpose", 0.1)),
        (("server-certificate-purpose", 0.85), ("issuer-purpose", 0.1)),
        (("client-certificate-purpose", 0.5), ("server-certificate-purpose", 0.35), ("issuer-purpose", 0.1)),
    ),
    Topic.ISSUER_PURPOSE: _by_party(
        (("issuer-purpose", 0.85), ("client-certificate-purpose", 0.1)),
        (("issuer-purpose", 0.85), ("server-certificate-purpose", 0.1)),
        (("issuer-purpose", 0.8), ("client-certificate-purpose", 0.1), ("server-certificate-purpose", 0.05)),
    ),
    Topic.UNSUPPORTED_CERTIFICATE: _by_party(
        (("client-certificate-purpose", 0.8), ("issuer-purpose", 0.15)),
        (("server-certificate-purpose", 0.8), ("issuer-purpose", 0.15)),
        (("client-certificate-purpose", 0.5), ("server-certificate-purpose", 0.3), ("issuer-purpose", 0.15)),
    ),
    # OpenSSL sends 42 for not-yet-valid and for weak keys and digests; Go and GnuTLS send it for anything.
    Topic.BAD_CERTIFICATE: _by_party(
        (
            ("certificate-not-yet-valid", 0.35),
            ("weak-key", 0.15),
            ("weak-signature", 0.15),
            ("unknown-ca", 0.1),
            ("certificate-expired", 0.08),
            ("client-certificate-purpose", 0.07),
            ("client-certificate-missing", 0.05),
        ),
        (
            ("certificate-not-yet-valid", 0.35),
            ("weak-key", 0.15),
            ("weak-signature", 0.15),
            ("unknown-ca", 0.1),
            ("certificate-expired", 0.08),
            ("server-certificate-purpose", 0.07),
            ("server-name-mismatch", 0.05),
        ),
        (
            ("certificate-not-yet-valid", 0.35),
            ("weak-key", 0.15),
            ("weak-signature", 0.15),
            ("unknown-ca", 0.1),
            ("certificate-expired", 0.08),
            ("client-certificate-purpose", 0.04),
            ("server-certificate-purpose", 0.03),
        ),
    ),
    Topic.CERTIFICATE_UNKNOWN: _by_party(
        (
            ("unknown-ca", 0.3),
            ("client-certificate-purpose", 0.2),
            ("name-constraint-violated", 0.15),
            ("certificate-expired", 0.1),
            ("issuer-not-a-ca", 0.1),
        ),
        (
            ("unknown-ca", 0.3),
            ("server-name-mismatch", 0.15),
            ("server-certificate-purpose", 0.15),
            ("name-constraint-violated", 0.15),
            ("certificate-expired", 0.1),
            ("issuer-not-a-ca", 0.1),
        ),
        (
            ("unknown-ca", 0.3),
            ("name-constraint-violated", 0.15),
            ("client-certificate-purpose", 0.12),
            ("server-certificate-purpose", 0.1),
            ("certificate-expired", 0.1),
            ("issuer-not-a-ca", 0.1),
        ),
    ),
    Topic.EXPIRED: _always(("certificate-expired", 0.8), ("issuer-expired", 0.15)),
    Topic.EXPIRED_OR_NOT_YET_VALID: _always(
        ("certificate-expired", 0.65), ("certificate-not-yet-valid", 0.2), ("issuer-expired", 0.1)
    ),
    Topic.ISSUER_EXPIRED: _always(("issuer-expired", 0.85), ("certificate-expired", 0.1)),
    Topic.NOT_YET_VALID: _always(("certificate-not-yet-valid", 0.95)),
    Topic.REVOKED: _always(("certificate-revoked", 0.95)),
    Topic.REVOCATION_UNKNOWN: _always(("revocation-unknown", 0.9)),
    Topic.UNKNOWN_CA: _always(
        ("unknown-ca", 0.55),
        ("incomplete-chain", 0.25),
        ("self-signed-certificate", 0.12),
        ("issuer-not-a-ca", 0.04),
    ),
    Topic.ISSUER_NOT_FOUND: _always(("unknown-ca", 0.55), ("incomplete-chain", 0.4)),
    Topic.LEAF_NOT_VERIFIED: _always(("incomplete-chain", 0.6), ("unknown-ca", 0.35)),
    Topic.SELF_SIGNED: _always(("self-signed-certificate", 0.95)),
    Topic.SELF_SIGNED_IN_CHAIN: _always(("unknown-ca", 0.9), ("self-signed-certificate", 0.05)),
    Topic.CHAIN_ORDER: _always(("chain-out-of-order", 0.9)),
    Topic.NOT_A_CA: _always(("issuer-not-a-ca", 0.95)),
    Topic.PATH_LENGTH: _always(("path-length-exceeded", 0.95)),
    Topic.NAME_CONSTRAINT: _always(("name-constraint-violated", 0.95)),
    Topic.CRITICAL_EXTENSION: _always(("unhandled-critical-extension", 0.95)),
    Topic.REKEYED: _always(("ca-rekeyed", 0.7), ("signature-invalid", 0.25)),
    Topic.SIGNATURE: _always(("signature-invalid", 0.55), ("ca-rekeyed", 0.4)),
    Topic.DECRYPT_ERROR: _always(
        ("ca-rekeyed", 0.55), ("private-key-mismatch", 0.2), ("signature-invalid", 0.15)
    ),
    Topic.WEAK_KEY: _always(("weak-key", 0.95)),
    Topic.WEAK_SIGNATURE: _always(("weak-signature", 0.95)),
    Topic.KEY_TYPE: _always(("unsupported-key-type", 0.9)),
    Topic.HOST_NAME: _always(("server-name-mismatch", 0.95)),
    Topic.VERIFY_FAILED: _by_party(
        (
            ("unknown-ca", 0.35),
            ("client-certificate-purpose", 0.2),
            ("incomplete-chain", 0.15),
            ("certificate-expired", 0.15),
            ("self-signed-certificate", 0.08),
        ),
        (
            ("unknown-ca", 0.35),
            ("server-certificate-purpose", 0.2),
            ("incomplete-chain", 0.15),
            ("certificate-expired", 0.15),
            ("self-signed-certificate", 0.08),
        ),
        (
            ("unknown-ca", 0.35),
            ("incomplete-chain", 0.15),
            ("certificate-expired", 0.15),
            ("client-certificate-purpose", 0.1),
            ("server-certificate-purpose", 0.1),
            ("self-signed-certificate", 0.08),
        ),
    ),
    Topic.CERTIFICATE_MISSING: _always(("client-certificate-missing", 0.95)),
    Topic.CERTIFICATE_REFUSED: _always(("client-certificate-refused", 0.8)),
    Topic.KEY_MISMATCH: _always(("private-key-mismatch", 0.95)),
    Topic.LOCAL_CONFIGURATION: _always(("client-configuration", 0.85)),
    Topic.HANDSHAKE_FAILURE: _by_party(
        (
            ("client-certificate-missing", 0.35),
            ("no-common-cipher", 0.3),
            ("no-common-group", 0.1),
            ("no-common-signature-scheme", 0.1),
            ("no-common-version", 0.05),
        ),
        (
            ("no-common-cipher", 0.35),
            ("no-common-signature-scheme", 0.2),
            ("no-common-group", 0.15),
            ("server-certificate-purpose", 0.05),
        ),
        (
            ("client-certificate-missing", 0.35),
            ("no-common-cipher", 0.3),
            ("no-common-group", 0.1),
            ("no-common-signature-scheme", 0.1),
            ("no-common-version", 0.05),
        ),
    ),
    Topic.CIPHER: _always(("no-common-cipher", 0.9), ("no-common-version", 0.05)),
    Topic.GROUP: _always(("no-common-group", 0.9)),
    Topic.SIGNATURE_SCHEME: _always(("no-common-signature-scheme", 0.9)),
    Topic.MISSING_EXTENSION: _always(("no-common-group", 0.4), ("no-common-signature-scheme", 0.4)),
    Topic.VERSION: _always(("no-common-version", 0.95)),
    Topic.INSUFFICIENT_SECURITY: _always(
        ("no-common-cipher", 0.45), ("weak-key", 0.25), ("weak-signature", 0.1)
    ),
    Topic.FALLBACK: _always(("inappropriate-fallback", 0.95)),
    Topic.DOWNGRADE: _always(("downgrade-detected", 0.9)),
    Topic.RENEGOTIATION: _always(("renegotiation-refused", 0.9)),
    Topic.SERVER_NAME: _always(("unrecognized-name", 0.95)),
    # At fault is the party that did not speak TLS.
    Topic.NOT_TLS: _by_party(
        (("not-tls-client", 0.85), ("plaintext-where-tls-required", 0.1)),
        (("not-tls-server", 0.75), ("tls-not-started", 0.1), ("no-common-version", 0.05)),
        (("not-tls-server", 0.45), ("not-tls-client", 0.4), ("no-common-version", 0.05)),
    ),
    Topic.PLAINTEXT: _always(("plaintext-where-tls-required", 0.9)),
    Topic.RECORD: _by_party(
        # An OpenSSL client refuses a server certificate in cleartext, which the server cannot open (domain facts 3.3).
        (("record-corrupt", 0.5), ("unknown-ca", 0.15), ("server-certificate-purpose", 0.1)),
        (("record-corrupt", 0.7),),
        (("record-corrupt", 0.6), ("unknown-ca", 0.1), ("server-certificate-purpose", 0.08)),
    ),
    Topic.DECODE: _always(
        ("decode-error", 0.6), ("client-certificate-missing", 0.15), ("closed-during-handshake", 0.1)
    ),
    # "I failed inside": whatever the reason was, only the log of the host that sent it tells.
    Topic.INTERNAL: _always(),
    Topic.UNEXPECTED_MESSAGE: _always(("decode-error", 0.6), ("not-tls-server", 0.1)),
    Topic.CLOSED: _always(
        ("closed-during-handshake", 0.6), ("tls-not-started", 0.2), ("dn-refused-by-peer", 0.1)
    ),
    Topic.RESET: _always(("reset-during-handshake", 0.65), ("tls-not-started", 0.15)),
    Topic.SILENT: _always(("handshake-timeout", 0.7), ("connection-timeout", 0.15), ("tls-not-started", 0.1)),
    Topic.CONNECT_TIMEOUT: _always(("connection-timeout", 0.85)),
    Topic.REFUSED: _always(("connection-refused", 0.95)),
    Topic.UNREACHABLE: _always(("connection-timeout", 0.4), ("connection-refused", 0.4)),
    Topic.DN: _always(("dn-not-allowed", 0.75), ("dn-near-miss", 0.15)),
    Topic.DN_DUPLICATE: _always(("dn-duplicate", 0.9)),
    Topic.DRIFT: _always(("configuration-drift", 0.9)),
    # The generic word of a GnuTLS server that refuses a client's certificate (domain facts 4.3).
    Topic.ACCESS_DENIED: _always(
        ("client-certificate-refused", 0.45),
        ("unknown-ca", 0.15),
        ("certificate-expired", 0.1),
        ("dn-not-allowed", 0.1),
    ),
    Topic.OTHER: _always(),
}

ALERT_TOPICS: Mapping[int, Topic] = {
    10: Topic.UNEXPECTED_MESSAGE,
    20: Topic.RECORD,
    21: Topic.RECORD,
    22: Topic.RECORD,
    30: Topic.RECORD,
    40: Topic.HANDSHAKE_FAILURE,
    41: Topic.CERTIFICATE_MISSING,
    42: Topic.BAD_CERTIFICATE,
    43: Topic.UNSUPPORTED_CERTIFICATE,
    44: Topic.REVOKED,
    45: Topic.EXPIRED,
    46: Topic.CERTIFICATE_UNKNOWN,
    47: Topic.DECODE,
    48: Topic.UNKNOWN_CA,
    49: Topic.ACCESS_DENIED,
    50: Topic.DECODE,
    51: Topic.DECRYPT_ERROR,
    70: Topic.VERSION,
    71: Topic.INSUFFICIENT_SECURITY,
    80: Topic.INTERNAL,
    86: Topic.FALLBACK,
    100: Topic.RENEGOTIATION,
    109: Topic.MISSING_EXTENSION,
    110: Topic.DECODE,
    112: Topic.SERVER_NAME,
    113: Topic.REVOCATION_UNKNOWN,
    116: Topic.CERTIFICATE_MISSING,
}
"""What an alert that was received, or sent, is about; alerts that are not here point to no root cause of ours."""

_ISSUER_TOPICS: Mapping[Topic, Topic] = {
    Topic.PURPOSE: Topic.ISSUER_PURPOSE,
    Topic.EXPIRED: Topic.ISSUER_EXPIRED,
}


def at_depth(topic: Topic, depth: int) -> Topic:
    """Give what `topic` means for the certificate at `depth` of a chain, 0 being the peer's own."""
    return _ISSUER_TOPICS.get(topic, topic) if depth > 0 else topic


def causes_of(topic: Topic, at_fault: Party | None) -> Ranking:
    """Rank the root causes that `topic` makes likely, as (id, confidence), when `at_fault` is to blame or unknown."""
    return _CAUSES[topic][at_fault]
