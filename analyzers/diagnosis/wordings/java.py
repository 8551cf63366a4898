"""What Java's JSSE and PKIX validator write, and Bouncy Castle's TLS.

Sources: OpenJDK's sun.security.ssl and sun.security.provider.certpath messages; domain facts 4.3 (OpenJDK 17).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import Topic
from .wording import STANDARD_ALERTS, Direction, Wording, alert_wordings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["STACK", "WORDINGS"]

STACK = "Java"

_PKIX: tuple[Wording, ...] = (
    Wording("unable to find valid certification path to requested target", Topic.UNKNOWN_CA, alert=46),
    Wording("path does not chain with any of the trust anchors", Topic.UNKNOWN_CA, alert=46),
    Wording("no trusted certificate found", Topic.UNKNOWN_CA, alert=46),
    Wording("trust anchor for certification path not found", Topic.UNKNOWN_CA, alert=46),
    Wording("validity check failed", Topic.EXPIRED_OR_NOT_YET_VALID, alert=46),
    Wording("certificateexpiredexception", Topic.EXPIRED, alert=46),
    Wording("certificatenotyetvalidexception", Topic.NOT_YET_VALID, alert=46),
    Wording("timestamp check failed", Topic.EXPIRED_OR_NOT_YET_VALID, alert=46),
    Wording(
        "extended key usage does not permit use for tls server authentication",
        Topic.PURPOSE,
        alert=46,
        writer=Party.CLIENT,
    ),
    Wording(
        "extended key usage does not permit use for tls client authentication",
        Topic.PURPOSE,
        alert=46,
        writer=Party.SERVER,
    ),
    Wording("keyusage does not allow digital signatures", Topic.PURPOSE, alert=46),
    Wording("keyusage does not allow key encipherment", Topic.PURPOSE, alert=46, writer=Party.CLIENT),
    Wording("keyusage does not allow key agreement", Topic.PURPOSE, alert=46, writer=Party.CLIENT),
    Wording(
        "netscape cert type does not permit use for ssl server", Topic.PURPOSE, alert=46, writer=Party.CLIENT
    ),
    Wording(
        "netscape cert type does not permit use for ssl client", Topic.PURPOSE, alert=46, writer=Party.SERVER
    ),
    Wording("ca key usage check failed", Topic.NOT_A_CA, alert=46),
    Wording("basic constraints check failed", Topic.NOT_A_CA, alert=46),
    Wording("this is not a ca certificate", Topic.NOT_A_CA, alert=46),
    Wording("path length constraint exceeded", Topic.PATH_LENGTH, alert=46, also="pkix"),
    Wording("name constraints check failed", Topic.NAME_CONSTRAINT, alert=46),
    Wording("subject/issuer name chaining check failed", Topic.CHAIN_ORDER, alert=46),
    Wording("signature check failed", Topic.SIGNATURE, alert=46, also="exception"),
    Wording("signature does not match", Topic.SIGNATURE, alert=46),
    Wording("unrecognized critical extension", Topic.CRITICAL_EXTENSION, alert=46),
    Wording("algorithm constraints check failed", Topic.WEAK_SIGNATURE, alert=46),
    Wording("algorithm constraints check failed on keysize limits", Topic.WEAK_KEY, alert=46),
    Wording("certificates do not conform to algorithm constraints", Topic.WEAK_SIGNATURE, alert=46),
    Wording("certificates does not conform to algorithm constraints", Topic.WEAK_SIGNATURE, alert=46),
    Wording("certificate has been revoked", Topic.REVOKED, alert=46),
    Wording("could not determine revocation status", Topic.REVOCATION_UNKNOWN, alert=46),
    Wording("unable to determine revocation status", Topic.REVOCATION_UNKNOWN, alert=46),
    Wording("no subject alternative names", Topic.HOST_NAME, alert=46, writer=Party.CLIENT),
    Wording("no subject alternative dns name matching", Topic.HOST_NAME, alert=46, writer=Party.CLIENT),
    Wording(
        "doesn't match any of the subject alternative names", Topic.HOST_NAME, alert=46, writer=Party.CLIENT
    ),
    Wording(
        "not verified:", Topic.HOST_NAME, writer=Party.CLIENT, also="sslpeerunverifiedexception: hostname"
    ),
    Wording("https hostname wrong", Topic.HOST_NAME, writer=Party.CLIENT),
    Wording("no name matching", Topic.HOST_NAME, alert=46, writer=Party.CLIENT, also="found"),
    Wording("pkix path building failed", Topic.UNKNOWN_CA, alert=46),
    Wording("pkix path validation failed", Topic.VERIFY_FAILED, alert=46),
    Wording("trustanchors parameter must be non-empty", Topic.LOCAL_CONFIGURATION),
)

_JSSE: tuple[Wording, ...] = (
    Wording("empty client certificate chain", Topic.CERTIFICATE_MISSING, alert=42, writer=Party.SERVER),
    Wording("empty server certificate chain", Topic.LOCAL_CONFIGURATION, alert=42, writer=Party.CLIENT),
    Wording("null cert chain", Topic.CERTIFICATE_MISSING, alert=42, writer=Party.SERVER),
    Wording("no cipher suites in common", Topic.CIPHER, alert=40, writer=Party.SERVER),
    Wording("no negotiable cipher suite", Topic.CIPHER, alert=40),
    Wording("no appropriate protocol", Topic.VERSION),
    Wording("protocol is disabled or cipher suites are inappropriate", Topic.VERSION),
    Wording("is not accepted by client preferences", Topic.VERSION, alert=70, writer=Party.CLIENT),
    Wording(
        "client requested protocol",
        Topic.VERSION,
        alert=70,
        writer=Party.SERVER,
        also="not enabled or not supported",
    ),
    Wording(
        "is not enabled or supported in server context",
        Topic.VERSION,
        alert=70,
        writer=Party.SERVER,
        also="client requested protocol",
    ),
    Wording("unsupported or unrecognized ssl message", Topic.NOT_TLS),
    Wording("unrecognized ssl message, plaintext connection?", Topic.NOT_TLS),
    Wording("not an ssl/tls record", Topic.NOT_TLS, stack="Netty"),
    # The record is shown in hexadecimal: GET, POST and HEAD are a client's, HTTP/ is a server's.
    Wording("not an ssl/tls record: 474554", Topic.NOT_TLS, writer=Party.SERVER, stack="Netty"),
    Wording("not an ssl/tls record: 504f53", Topic.NOT_TLS, writer=Party.SERVER, stack="Netty"),
    Wording("not an ssl/tls record: 484541", Topic.NOT_TLS, writer=Party.SERVER, stack="Netty"),
    Wording("not an ssl/tls record: 485454502f", Topic.NOT_TLS, writer=Party.CLIENT, stack="Netty"),
    Wording("sslengine closed already", Topic.CLOSED),
    Wording("connection closed while ssl/tls handshake was in progress", Topic.CLOSED),
    Wording(
        "found no selectable cipher suite", Topic.CIPHER, alert=40, writer=Party.SERVER, stack="Bouncy Castle"
    ),
    Wording("remote host terminated the handshake", Topic.CLOSED),
    Wording("remote host closed connection during handshake", Topic.CLOSED),
    Wording("ssl peer shut down incorrectly", Topic.CLOSED),
    Wording("unexpected handshake message", Topic.UNEXPECTED_MESSAGE, alert=10),
    Wording("insufficient buffer remaining for aead cipher fragment", Topic.RECORD, alert=20),
    Wording("tag mismatch", Topic.RECORD, alert=20, also="aead"),
    Wording("dhpublickey does not comply to algorithm constraints", Topic.WEAK_KEY, writer=Party.CLIENT),
    Wording("could not generate dh keypair", Topic.WEAK_KEY, writer=Party.CLIENT),
    Wording("unavailable authentication scheme", Topic.SIGNATURE_SCHEME),
    Wording("no supported certificateverify signature algorithm", Topic.SIGNATURE_SCHEME, alert=40),
    Wording("no available authentication scheme", Topic.SIGNATURE_SCHEME, alert=40),
    Wording("no supported signature algorithm", Topic.SIGNATURE_SCHEME, alert=40),
    Wording("unsupported signature algorithm", Topic.SIGNATURE_SCHEME, alert=47),
    Wording("no common named group", Topic.GROUP, alert=40),
    Wording("unsupported curveid", Topic.GROUP),
    Wording("no key exchange methods", Topic.GROUP),
    Wording("unrecognized server name indication", Topic.SERVER_NAME, alert=112, writer=Party.SERVER),
    Wording("certificate signature validation failed", Topic.SIGNATURE),
    Wording("invalid certificateverify", Topic.DECRYPT_ERROR, alert=51),
    Wording("cannot recover key", Topic.LOCAL_CONFIGURATION),
    Wording("keystore was tampered with, or password was incorrect", Topic.LOCAL_CONFIGURATION),
    Wording("keystore password was incorrect", Topic.LOCAL_CONFIGURATION),
    Wording("sslpeerunverifiedexception", Topic.VERIFY_FAILED, is_consequence=True),
    Wording("peer not authenticated", Topic.VERIFY_FAILED, is_consequence=True),
    Wording("potential protocol downgrade attack", Topic.DOWNGRADE, alert=47, writer=Party.CLIENT),
    Wording("insecure renegotiation is not allowed", Topic.RENEGOTIATION),
    Wording("javax.net.ssl.sslhandshakeexception", Topic.OTHER, is_consequence=True),
)

_UPPER: Mapping[int, str] = {number: name.upper() for number, name in STANDARD_ALERTS.items()}

WORDINGS: tuple[Wording, ...] = (
    *_PKIX,
    *_JSSE,
    *alert_wordings("received fatal alert: {}", STANDARD_ALERTS, Direction.RECEIVED),
    *alert_wordings("alert: fatal, {}", STANDARD_ALERTS, Direction.RECEIVED),
    *alert_wordings("handshake alert:  {}", STANDARD_ALERTS, Direction.RECEIVED),
    # The alert that is sent follows from a reason, and the reason tells more where the line has it.
    *alert_wordings("alert: fatal, description = {}", STANDARD_ALERTS, Direction.RAISED, is_consequence=True),
    *alert_wordings("fatal ({})", _UPPER, Direction.RAISED, is_consequence=True),
    *alert_wordings("exception: ({})", STANDARD_ALERTS, Direction.RAISED, is_consequence=True),
    *(
        Wording(
            f"{kind}{name}({number})",
            w.topic,
            direction,
            number,
            stack="Bouncy Castle",
            is_consequence=direction is Direction.RAISED,
        )
        for kind, direction in (
            ("tlsfatalalertreceived: ", Direction.RECEIVED),
            ("tlsfatalalert: ", Direction.RAISED),
            ("received fatal(2) ", Direction.RECEIVED),
            ("raised fatal(2) ", Direction.RAISED),
        )
        for number, name in STANDARD_ALERTS.items()
        for w in alert_wordings("{}", {number: name}, direction)
    ),
)
