"""What servers, clients and databases write in words of their own around TLS, whichever library they use.

Sources: the message texts of nginx, Apache httpd (the AH numbers of mod_ssl), HAProxy, Postfix, PostgreSQL and libpq, MongoDB, MySQL
and MariaDB clients, OpenVPN, OpenLDAP, wget, curl, PHP and Ruby. What they print of OpenSSL stands in its own table.
"""

from __future__ import annotations

from analyzers.connection import Party

from .topics import Topic
from .wording import Direction, Wording

__all__ = ["STACK", "WORDINGS"]

STACK = "unknown"
"""For sentences that any library may stand behind."""

_C, _S = Party.CLIENT, Party.SERVER
_RECEIVED = Direction.RECEIVED

_NGINX = tuple(
    Wording(text, topic, direction, writer=writer, stack="nginx")
    for text, topic, direction, writer in (
        ("peer closed connection in ssl handshake", Topic.CLOSED, Direction.RAISED, None),
        ("peer closed connection in ssl handshake (104", Topic.RESET, Direction.RAISED, None),
        ("client sent no required ssl certificate", Topic.CERTIFICATE_MISSING, Direction.RAISED, _S),
        ("no required ssl certificate was sent", Topic.CERTIFICATE_MISSING, Direction.RAISED, _S),
        ("client sent plain http request to https port", Topic.NOT_TLS, Direction.RAISED, _S),
        ('no "ssl_certificate" is defined in server', Topic.LOCAL_CONFIGURATION, Direction.RAISED, _S),
        ("upstream ssl certificate does not match", Topic.HOST_NAME, Direction.RAISED, _C),
    )
)
_HAPROXY = (
    Wording("connection closed during ssl handshake", Topic.CLOSED, stack="HAProxy"),
    Wording("timeout during ssl handshake", Topic.SILENT, stack="HAProxy"),
    Wording("ssl client certificate not trusted", Topic.VERIFY_FAILED, writer=_S, stack="HAProxy"),
    Wording("ssl client ca chain cannot be verified", Topic.UNKNOWN_CA, writer=_S, stack="HAProxy"),
)
_APACHE = (
    *(
        Wording(text, topic, writer=_S, code=text[:7].upper(), stack="Apache")
        for text, topic in (
            ("ah02561: failed to configure certificate", Topic.LOCAL_CONFIGURATION),
            ("ah02562: failed to configure certificate", Topic.LOCAL_CONFIGURATION),
            ("ah02564: failed to configure encrypted", Topic.LOCAL_CONFIGURATION),
            ("ah02565: certificate and private key", Topic.KEY_MISMATCH),
            ("ah02577: init: ssl library error: unable to read", Topic.LOCAL_CONFIGURATION),
            ("ah02580: init: pass phrase incorrect", Topic.LOCAL_CONFIGURATION),
            ("ah02261: re-negotiation handshake failed: not accepted by client", Topic.CERTIFICATE_MISSING),
            (
                "ah02262: re-negotiation handshake failed: client certificate missing",
                Topic.CERTIFICATE_MISSING,
            ),
            ("ah02033: no hostname was provided via sni", Topic.SERVER_NAME),
            ("ah02032: hostname", Topic.SERVER_NAME),
        )
    ),
    Wording(
        "ah02008: ssl library error",
        Topic.OTHER,
        writer=_S,
        code="AH02008",
        stack="Apache",
        is_consequence=True,
    ),
    Wording("certificate verification: error", Topic.VERIFY_FAILED, stack="Apache", is_consequence=True),
)
_POSTFIX = (
    Wording("ssl_accept error from", Topic.OTHER, writer=_S, is_consequence=True),
    Wording("ssl_connect error to", Topic.OTHER, writer=_C, is_consequence=True),
    Wording("ssl_connect error to", Topic.CLOSED, writer=_C, also=": lost connection"),
    Wording("ssl_accept error from", Topic.CLOSED, writer=_S, also=": lost connection"),
    Wording("certificate verification failed for", Topic.UNKNOWN_CA, writer=_C, also="untrusted issuer"),
    Wording("certificate verification failed for", Topic.VERIFY_FAILED, writer=_C),
    Wording("tls session: (certificate verification failed)", Topic.VERIFY_FAILED, writer=_C),
)
_POSTGRESQL = (
    Wording(
        "requires a valid client certificate",
        Topic.CERTIFICATE_MISSING,
        _RECEIVED,
        writer=_C,
        stack="PostgreSQL",
    ),
    Wording("could not accept ssl connection: eof detected", Topic.CLOSED, writer=_S, stack="PostgreSQL"),
    Wording(
        "could not accept ssl connection", Topic.OTHER, writer=_S, is_consequence=True, stack="PostgreSQL"
    ),
    Wording(
        "server does not support ssl, but ssl was required", Topic.PLAINTEXT, writer=_C, stack="PostgreSQL"
    ),
    Wording("the server does not support ssl connections", Topic.PLAINTEXT, writer=_C, stack="PostgreSQL"),
    Wording(
        "no pg_hba.conf entry for", Topic.PLAINTEXT, _RECEIVED, writer=_C, also="ssl off", stack="PostgreSQL"
    ),
    Wording(
        "no pg_hba.conf entry for",
        Topic.PLAINTEXT,
        _RECEIVED,
        writer=_C,
        also="no encryption",
        stack="PostgreSQL",
    ),
    Wording(
        "server certificate for",
        Topic.HOST_NAME,
        writer=_C,
        also="does not match host name",
        stack="PostgreSQL",
    ),
    Wording(
        "root certificate file",
        Topic.LOCAL_CONFIGURATION,
        writer=_C,
        also="does not exist",
        stack="PostgreSQL",
    ),
    Wording(
        "private key file",
        Topic.LOCAL_CONFIGURATION,
        writer=_C,
        also="has group or world access",
        stack="PostgreSQL",
    ),
)
_MONGODB = (
    Wording("no ssl certificate provided by peer", Topic.CERTIFICATE_MISSING, writer=_S, stack="MongoDB"),
    Wording(
        "the server is configured to only allow ssl connections", Topic.PLAINTEXT, writer=_S, stack="MongoDB"
    ),
    Wording(
        "the server certificate does not match the host name", Topic.HOST_NAME, writer=_C, stack="MongoDB"
    ),
    Wording(
        "ssl peer certificate validation failed", Topic.VERIFY_FAILED, is_consequence=True, stack="MongoDB"
    ),
    Wording("cssmerr_tp_not_trusted", Topic.UNKNOWN_CA, stack="Secure Transport"),
    Wording("cssmerr_tp_cert_expired", Topic.EXPIRED, stack="Secure Transport"),
)
_MYSQL = (
    Wording("ssl connection error: protocol version mismatch", Topic.VERSION, writer=_C, stack="MySQL"),
    Wording(
        "ssl connection error: ssl_ctx_set_default_verify_paths failed",
        Topic.LOCAL_CONFIGURATION,
        writer=_C,
        stack="MySQL",
    ),
    Wording(
        "ssl connection error: unable to get private key", Topic.LOCAL_CONFIGURATION, writer=_C, stack="MySQL"
    ),
    Wording(
        "ssl connection error: unable to get certificate", Topic.LOCAL_CONFIGURATION, writer=_C, stack="MySQL"
    ),
    Wording(
        "ssl connection error: unknown error number",
        Topic.OTHER,
        writer=_C,
        is_consequence=True,
        stack="MySQL",
    ),
    Wording("ssl connection error", Topic.OTHER, writer=_C, is_consequence=True, stack="MySQL", also="2026"),
)
_OPENVPN = tuple(
    Wording(text, topic, writer=writer, is_consequence=is_consequence, stack="OpenVPN")
    for text, topic, writer, is_consequence in (
        ("tls key negotiation failed to occur within", Topic.SILENT, None, False),
        ("tls error: tls handshake failed", Topic.OTHER, None, True),
        ("tls error: tls object -> incoming plaintext read error", Topic.OTHER, None, True),
        ("tls_error: bio read tls_read_plaintext error", Topic.OTHER, None, True),
        ("your certificate is not yet valid", Topic.NOT_YET_VALID, None, False),
        ("your certificate has expired", Topic.EXPIRED, None, False),
        ("verify x509name error", Topic.HOST_NAME, None, False),
        ("verify ku error", Topic.PURPOSE, None, False),
        ("verify eku error", Topic.PURPOSE, None, False),
        ("verify nscerttype error", Topic.PURPOSE, None, False),
    )
)
_CLIENTS = (
    Wording("no alternative certificate subject name matches", Topic.HOST_NAME, writer=_C, stack="curl"),
    Wording(
        "certificate subject name",
        Topic.HOST_NAME,
        writer=_C,
        also="does not match target host",
        stack="curl",
    ),
    Wording(
        "ssl certificate problem: invalid certificate chain",
        Topic.VERIFY_FAILED,
        writer=_C,
        stack="Secure Transport",
    ),
    Wording("error setting certificate verify locations", Topic.LOCAL_CONFIGURATION, writer=_C, stack="curl"),
    Wording("error setting certificate file", Topic.LOCAL_CONFIGURATION, writer=_C, stack="curl"),
    Wording("could not load pem client certificate", Topic.LOCAL_CONFIGURATION, writer=_C, stack="curl"),
    Wording("could not load client certificate", Topic.LOCAL_CONFIGURATION, writer=_C, stack="curl"),
    Wording("ssl connection timeout", Topic.SILENT, writer=_C, stack="curl"),
    Wording(
        "peer cert untrusted or revoked", Topic.VERIFY_FAILED, writer=_C, stack="GnuTLS", is_consequence=True
    ),
    Wording("server certificate verification failed. cafile", Topic.VERIFY_FAILED, writer=_C, stack="GnuTLS"),
    Wording("cannot verify", Topic.VERIFY_FAILED, writer=_C, also="certificate, issued by", stack="wget"),
    Wording("unable to locally verify the issuer's authority", Topic.UNKNOWN_CA, writer=_C, stack="wget"),
    Wording("self-signed certificate encountered", Topic.SELF_SIGNED, writer=_C, stack="wget"),
    Wording("issued certificate has expired", Topic.EXPIRED, writer=_C, stack="wget"),
    Wording("issued certificate not yet valid", Topic.NOT_YET_VALID, writer=_C, stack="wget"),
    Wording(
        "certificate common name",
        Topic.HOST_NAME,
        writer=_C,
        also="doesn't match requested host name",
        stack="wget",
    ),
    Wording("no certificate subject alternative name matches", Topic.HOST_NAME, writer=_C, stack="wget"),
    Wording(
        "issuer is not trusted",
        Topic.UNKNOWN_CA,
        writer=_C,
        also="certificate verification failed",
        stack="OpenSSL",
    ),
    Wording(
        "certificate issued for a different hostname",
        Topic.HOST_NAME,
        writer=_C,
        stack="OpenSSL",
        also="verification",
    ),
    Wording("hostname verification failed", Topic.HOST_NAME, writer=_C, is_everyday=True),
    Wording("ssl connect attempt failed", Topic.OTHER, writer=_C, is_consequence=True, stack="OpenSSL"),
    Wording("tls connect error", Topic.OTHER, writer=_C, is_consequence=True, stack="OpenSSL"),
    Wording("unable to establish ssl connection", Topic.OTHER, writer=_C, is_consequence=True, stack="wget"),
    Wording("does not match common name in certificate", Topic.HOST_NAME, writer=_C, also="tls: hostname"),
    Wording("tls: can't connect:", Topic.OTHER, writer=_C, is_consequence=True),
    Wording("did not match expected cn=", Topic.HOST_NAME, writer=_C, also="peer certificate", stack="PHP"),
    Wording("ssl: connection reset by peer", Topic.RESET),
    Wording(
        "does not match the server certificate", Topic.HOST_NAME, writer=_C, also="hostname", stack="Ruby"
    ),
    Wording(
        "doesn't match '", Topic.HOST_NAME, writer=_C, also="hostname '", stack="Python", is_everyday=True
    ),
    Wording(
        "doesn't match either of '",
        Topic.HOST_NAME,
        writer=_C,
        also="hostname '",
        stack="Python",
        is_everyday=True,
    ),
)

WORDINGS: tuple[Wording, ...] = (
    *_NGINX,
    *_HAPROXY,
    *_APACHE,
    *_POSTFIX,
    *_POSTGRESQL,
    *_MONGODB,
    *_MYSQL,
    *_OPENVPN,
    *_CLIENTS,
    Wording("rejected by cert at depth", Topic.VERIFY_FAILED, stack="stunnel"),
    Wording("ssl handshake failure", Topic.OTHER, is_consequence=True),
    Wording("ssl handshake failed", Topic.OTHER, is_consequence=True),
    Wording("ssl_do_handshake() failed", Topic.OTHER, is_consequence=True, stack="nginx"),
    Wording("failed to authenticate https connection", Topic.OTHER, writer=_S, is_consequence=True),
    Wording("handshake timed out", Topic.SILENT, is_everyday=True),
    Wording("handshake timeout", Topic.SILENT, is_everyday=True),
    Wording("handshake operation timed out", Topic.SILENT),
)
"""Sentences that say no more than that the handshake failed are consequences: the reason stands elsewhere."""
