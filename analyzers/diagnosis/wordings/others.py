"""What rustls, Erlang/OTP, Apple's libraries, Chromium's network stack and Node write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import ALERT_TOPICS, Topic
from .wording import STANDARD_ALERTS, Direction, Wording, alert_wordings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "APPLE",
    "APPLE_WORDINGS",
    "ERLANG",
    "ERLANG_WORDINGS",
    "NODE",
    "NODE_WORDINGS",
    "RUSTLS",
    "RUSTLS_WORDINGS",
]

RUSTLS = "rustls"
ERLANG = "Erlang"
APPLE = "Secure Transport"
NODE = "Node"

_CAMEL: Mapping[int, str] = {number: name.replace("_", "") for number, name in STANDARD_ALERTS.items()} | {
    48: "unknownca"
}

RUSTLS_WORDINGS: tuple[Wording, ...] = (
    *alert_wordings("received fatal alert: {}", _CAMEL, Direction.RECEIVED),
    *alert_wordings("alertreceived({})", _CAMEL, Direction.RECEIVED),
    *alert_wordings("level: fatal, description: {}", _CAMEL, Direction.RECEIVED),
    *alert_wordings("sending fatal alert {}", _CAMEL, Direction.RAISED),
    Wording("invalid peer certificate: unknownissuer", Topic.UNKNOWN_CA, alert=48),
    Wording("invalid certificate: unknownissuer", Topic.UNKNOWN_CA, alert=48),
    Wording("webpkierror(unknownissuer", Topic.UNKNOWN_CA, alert=48),
    Wording("invalidcertificate(unknownissuer", Topic.UNKNOWN_CA, alert=48),
    Wording("caused by: unknownissuer", Topic.UNKNOWN_CA, alert=48),
    Wording("invalid peer certificate: expired", Topic.EXPIRED, alert=45),
    Wording("invalidcertificate(expired", Topic.EXPIRED, alert=45),
    Wording("certexpired", Topic.EXPIRED, alert=45),
    Wording("invalid peer certificate: certificate expired", Topic.EXPIRED, alert=45),
    Wording("invalid peer certificate: notvalidyet", Topic.NOT_YET_VALID, alert=42),
    Wording("invalid peer certificate: certificate not valid yet", Topic.NOT_YET_VALID, alert=42),
    Wording("invalidcertificate(notvalidyet", Topic.NOT_YET_VALID, alert=42),
    Wording("certnotvalidyet", Topic.NOT_YET_VALID, alert=42),
    Wording("invalid peer certificate: revoked", Topic.REVOKED, alert=44),
    Wording("invalid peer certificate: invalidpurpose", Topic.PURPOSE, alert=43),
    Wording(
        "invalid peer certificate: certificate does not allow extended key usage", Topic.PURPOSE, alert=43
    ),
    Wording("invalidcertificate(invalidpurpose", Topic.PURPOSE, alert=43),
    Wording("requiredekunotfound", Topic.PURPOSE, alert=43),
    Wording("invalid peer certificate: badsignature", Topic.SIGNATURE, alert=51),
    Wording("invalidcertificate(badsignature", Topic.SIGNATURE, alert=51),
    Wording("invalidsignatureforpublickey", Topic.SIGNATURE),
    Wording("invalid peer certificate: badencoding", Topic.DECODE, alert=50),
    Wording("invalid peer certificate: unhandledcriticalextension", Topic.CRITICAL_EXTENSION),
    Wording("unsupportedcriticalextension", Topic.CRITICAL_EXTENSION),
    Wording("invalid peer certificate: notvalidforname", Topic.HOST_NAME, writer=Party.CLIENT),
    Wording("invalid peer certificate: certificate not valid for name", Topic.HOST_NAME, writer=Party.CLIENT),
    Wording("certnotvalidforname", Topic.HOST_NAME, writer=Party.CLIENT),
    Wording("nameconstraintviolation", Topic.NAME_CONSTRAINT),
    Wording("pathlenconstraintviolated", Topic.PATH_LENGTH),
    Wording("endentityusedasca", Topic.NOT_A_CA),
    Wording("causedasendentity", Topic.VERIFY_FAILED),
    Wording("peer sent no certificates", Topic.CERTIFICATE_MISSING, writer=Party.SERVER),
    Wording("nocertificatespresented", Topic.CERTIFICATE_MISSING, writer=Party.SERVER),
    Wording("peer is incompatible: nociphersuitesincommon", Topic.CIPHER),
    Wording("nociphersuitesincommon", Topic.CIPHER),
    Wording("no ciphersuites in common", Topic.CIPHER),
    Wording("nokxgroupsincommon", Topic.GROUP),
    Wording("no kx group in common", Topic.GROUP),
    Wording("nosignatureschemesincommon", Topic.SIGNATURE_SCHEME),
    Wording("servertlsversionisdisabledbyourconfig", Topic.VERSION, writer=Party.CLIENT),
    Wording("servertlsversionisdisabled", Topic.VERSION, writer=Party.CLIENT),
    Wording("servertlsversionistooold", Topic.VERSION, writer=Party.CLIENT),
    Wording("serverdoesnotsupporttls12or13", Topic.VERSION, writer=Party.CLIENT),
    Wording("supportedversionsextensionrequired", Topic.VERSION, writer=Party.SERVER),
    Wording("tls12notoffered", Topic.VERSION, writer=Party.SERVER),
    Wording("tls13requiredforquic", Topic.VERSION),
    Wording("received corrupt message of type invalidcontenttype", Topic.NOT_TLS),
    Wording("corruptmessage", Topic.NOT_TLS),
    Wording("received corrupt message", Topic.DECODE),
    Wording("cannot decrypt peer's message", Topic.RECORD, alert=20),
    Wording("error: decrypterror", Topic.RECORD, also="custom { kind: invaliddata"),
    Wording("decrypterror", Topic.RECORD, also="rustls"),
    Wording("invalid peer certificate: unsupportedsignaturealgorithm", Topic.WEAK_SIGNATURE),
    Wording("tls handshake eof", Topic.CLOSED),
    Wording("peer closed connection without sending tls close_notify", Topic.CLOSED),
    Wording("inconsistentkeys(keymismatch)", Topic.KEY_MISMATCH),
    Wording("keys may not be consistent: keymismatch", Topic.KEY_MISMATCH),
)


def _erlang() -> Iterator[Wording]:
    for number, name in STANDARD_ALERTS.items():
        topic = ALERT_TOPICS.get(number, Topic.OTHER)
        spoken = name.replace("_", " ")
        for owner, party in (("client", Party.CLIENT), ("server", Party.SERVER)):
            # A reason in braces tells more than the alert that follows from it.
            yield Wording(
                f"generated {owner} alert: fatal - {spoken}",
                topic,
                Direction.RAISED,
                number,
                party,
                is_consequence=True,
            )
            # The alert's owner is the party that sent it; the line's writer is the other one.
            yield Wording(
                f"received {owner} alert: fatal - {spoken}", topic, Direction.RECEIVED, number, party.other
            )
        yield Wording(f'{{tls_alert,"{spoken}"}}', topic, Direction.RECEIVED, number)
        yield Wording(f"{{:tls_alert, {{:{name},", topic, Direction.RECEIVED, number, is_consequence=True)
        yield Wording(f"{{tls_alert,{{{name},", topic, Direction.RECEIVED, number, is_consequence=True)


ERLANG_WORDINGS: tuple[Wording, ...] = (
    *_erlang(),
    Wording("{bad_cert,unknown_ca}", Topic.UNKNOWN_CA),
    Wording("{bad_cert,cert_expired}", Topic.EXPIRED_OR_NOT_YET_VALID),
    Wording("{bad_cert,invalid_issuer}", Topic.CHAIN_ORDER),
    Wording("{bad_cert,invalid_signature}", Topic.SIGNATURE),
    Wording("{bad_cert,selfsigned_peer}", Topic.SELF_SIGNED),
    Wording("{bad_cert,max_path_length_reached}", Topic.PATH_LENGTH),
    Wording("{bad_cert,name_not_permitted}", Topic.NAME_CONSTRAINT),
    Wording("{bad_cert,missing_basic_constraint}", Topic.NOT_A_CA),
    Wording("{bad_cert,invalid_key_usage}", Topic.PURPOSE),
    Wording("{bad_cert,invalid_ext_key_usage}", Topic.PURPOSE),
    Wording("{bad_cert,hostname_check_failed}", Topic.HOST_NAME, writer=Party.CLIENT),
    Wording("{bad_cert,{revoked,", Topic.REVOKED),
    Wording("{bad_cert,revocation_status_undetermined}", Topic.REVOCATION_UNKNOWN),
    Wording("{key_usage_mismatch,", Topic.PURPOSE),
    Wording("no_suitable_ciphers", Topic.CIPHER),
    Wording("insufficient_crypto_support", Topic.CIPHER),
    Wording("{unsupported_record_type,", Topic.NOT_TLS),
    Wording("no_client_certificate_provided", Topic.CERTIFICATE_MISSING, writer=Party.SERVER),
    Wording("certificateverify uses unsupported signature algorithm", Topic.SIGNATURE_SCHEME),
    Wording("no suitable signature algorithm", Topic.SIGNATURE_SCHEME, also="alert: fatal"),
)

_APPLE_CODES: tuple[tuple[int, str, Topic, Direction, int | None], ...] = (
    (-9801, "errsslnegotiation", Topic.CIPHER, Direction.RAISED, None),
    (-9805, "errsslclosedgraceful", Topic.CLOSED, Direction.RAISED, None),
    (-9806, "errsslclosedabort", Topic.RESET, Direction.RAISED, None),
    (-9807, "errsslxcertchaininvalid", Topic.VERIFY_FAILED, Direction.RAISED, None),
    (-9808, "errsslbadcert", Topic.DECODE, Direction.RAISED, None),
    (-9812, "errsslunknownrootcert", Topic.UNKNOWN_CA, Direction.RAISED, None),
    (-9813, "errsslnorootcert", Topic.UNKNOWN_CA, Direction.RAISED, None),
    (-9814, "errsslcertexpired", Topic.EXPIRED, Direction.RAISED, None),
    (-9815, "errsslcertnotyetvalid", Topic.NOT_YET_VALID, Direction.RAISED, None),
    (-9816, "errsslclosednonotify", Topic.CLOSED, Direction.RAISED, None),
    (-9820, "errssldecryptionfail", Topic.RECORD, Direction.RAISED, None),
    (-9824, "errsslpeerhandshakefail", Topic.HANDSHAKE_FAILURE, Direction.RECEIVED, 40),
    (-9825, "errsslpeerbadcert", Topic.BAD_CERTIFICATE, Direction.RECEIVED, 42),
    (-9826, "errsslpeerunsupportedcert", Topic.UNSUPPORTED_CERTIFICATE, Direction.RECEIVED, 43),
    (-9827, "errsslpeercertrevoked", Topic.REVOKED, Direction.RECEIVED, 44),
    (-9828, "errsslpeercertexpired", Topic.EXPIRED, Direction.RECEIVED, 45),
    (-9829, "errsslpeercertunknown", Topic.CERTIFICATE_UNKNOWN, Direction.RECEIVED, 46),
    (-9831, "errsslpeerunknownca", Topic.UNKNOWN_CA, Direction.RECEIVED, 48),
    (-9832, "errsslpeeraccessdenied", Topic.ACCESS_DENIED, Direction.RECEIVED, 49),
    (-9833, "errsslpeerdecodeerror", Topic.DECODE, Direction.RECEIVED, 50),
    (-9834, "errsslpeerdecrypterror", Topic.DECRYPT_ERROR, Direction.RECEIVED, 51),
    (-9836, "errsslpeerprotocolversion", Topic.VERSION, Direction.RECEIVED, 70),
    (-9837, "errsslpeerinsufficientsecurity", Topic.INSUFFICIENT_SECURITY, Direction.RECEIVED, 71),
    (-9838, "errsslpeerinternalerror", Topic.INTERNAL, Direction.RECEIVED, 80),
    (-9843, "errsslhostnamemismatch", Topic.HOST_NAME, Direction.RAISED, None),
)

APPLE_WORDINGS: tuple[Wording, ...] = tuple(
    Wording(
        text,
        topic,
        direction,
        alert,
        code=str(number),
        is_everyday=text[0] in "([:=",
    )
    for number, symbol, topic, direction, alert in _APPLE_CODES
    for text in (
        symbol,
        f"({number})",
        f"[{number}]",
        f"kcfstreamerrordomainssl, {number}",
        f"kcfstreamerrorcodekey={number}",
        f":{number}",
        f"= {number}",
        f"code={number}",
        f"error {number}",
        f"osstatus {number}",
    )
)

APPLE_WORDINGS += (
    Wording("nsurlerrordomain code=-1200", Topic.OTHER, is_consequence=True, code="-1200"),
    Wording("nsurlerrordomain code=-1201", Topic.EXPIRED, code="-1201"),
    Wording("nsurlerrordomain code=-1202", Topic.VERIFY_FAILED, code="-1202"),
    Wording("nsurlerrordomain code=-1203", Topic.UNKNOWN_CA, code="-1203"),
    Wording("nsurlerrordomain code=-1204", Topic.NOT_YET_VALID, code="-1204"),
    Wording("nsurlerrordomain code=-1205", Topic.CERTIFICATE_REFUSED, Direction.RECEIVED, code="-1205"),
    Wording("nsurlerrordomain code=-1206", Topic.CERTIFICATE_MISSING, Direction.RECEIVED, code="-1206"),
)

CHROMIUM = "BoringSSL"

_NET_ERRORS: tuple[tuple[int, Topic], ...] = (
    (-100, Topic.CLOSED),
    (-101, Topic.RESET),
    (-113, Topic.CIPHER),
    (-118, Topic.CONNECT_TIMEOUT),
    (-200, Topic.HOST_NAME),
    (-201, Topic.EXPIRED_OR_NOT_YET_VALID),
    (-202, Topic.UNKNOWN_CA),
    (-206, Topic.REVOKED),
    (-207, Topic.VERIFY_FAILED),
    (-208, Topic.WEAK_SIGNATURE),
    (-211, Topic.WEAK_KEY),
)
"""net_error_list.h of Chromium."""

_SPOKEN: Mapping[int, str] = {number: name.replace("_", " ") for number, name in STANDARD_ALERTS.items()} | {
    48: "unknown ca"
}

CHROMIUM_WORDINGS: tuple[Wording, ...] = (
    *alert_wordings("read alert, level: fatal, description: {}", _SPOKEN, Direction.RECEIVED),
    *alert_wordings("write alert, level: fatal, description: {}", _SPOKEN, Direction.RAISED),
    *(
        Wording(f"net_error {number}", topic, writer=Party.CLIENT, code=str(number))
        for number, topic in _NET_ERRORS
    ),
    Wording("err_ssl_version_or_cipher_mismatch", Topic.CIPHER, writer=Party.CLIENT),
    Wording("err_bad_ssl_client_auth_cert", Topic.BAD_CERTIFICATE, Direction.RECEIVED, writer=Party.CLIENT),
    Wording(
        "err_ssl_client_auth_cert_needed", Topic.CERTIFICATE_MISSING, Direction.RECEIVED, writer=Party.CLIENT
    ),
    Wording("err_ssl_unrecognized_name_alert", Topic.SERVER_NAME, Direction.RECEIVED, 112, Party.CLIENT),
    Wording("err_ssl_bad_record_mac_alert", Topic.RECORD, Direction.RECEIVED, 20, Party.CLIENT),
    Wording("err_ssl_decrypt_error_alert", Topic.DECRYPT_ERROR, Direction.RECEIVED, 51, Party.CLIENT),
    Wording("net::err_ssl_protocol_error", Topic.DECODE, writer=Party.CLIENT),
    Wording("err_cert_authority_invalid", Topic.UNKNOWN_CA, writer=Party.CLIENT),
    Wording("err_cert_date_invalid", Topic.EXPIRED_OR_NOT_YET_VALID, writer=Party.CLIENT),
    Wording("err_cert_common_name_invalid", Topic.HOST_NAME, writer=Party.CLIENT),
    Wording("err_cert_weak_signature_algorithm", Topic.WEAK_SIGNATURE, writer=Party.CLIENT),
    Wording("err_cert_weak_key", Topic.WEAK_KEY, writer=Party.CLIENT),
    Wording("err_cert_revoked", Topic.REVOKED, writer=Party.CLIENT),
    Wording("err_cert_invalid", Topic.VERIFY_FAILED, writer=Party.CLIENT),
)

HASKELL = "Haskell tls"
HASKELL_WORDINGS: tuple[Wording, ...] = tuple(
    Wording(
        f",true,{name})",
        ALERT_TOPICS.get(number, Topic.OTHER),
        Direction.RAISED,
        number,
        also="error_protocol",
    )
    for number, name in _CAMEL.items()
)

NODE_WORDINGS: tuple[Wording, ...] = (
    Wording(
        "client network socket disconnected before secure tls connection was established",
        Topic.CLOSED,
        writer=Party.CLIENT,
    ),
    Wording("err_tls_cert_altname_invalid", Topic.HOST_NAME, writer=Party.CLIENT),
    Wording("hostname/ip does not match certificate's altnames", Topic.HOST_NAME, writer=Party.CLIENT),
    Wording("hostname/ip doesn't match certificate's altnames", Topic.HOST_NAME, writer=Party.CLIENT),
    Wording("err_tls_handshake_timeout", Topic.SILENT),
    Wording("err_tls_required_server_name", Topic.SERVER_NAME, writer=Party.SERVER),
    Wording("err_tls_protocol_version_conflict", Topic.LOCAL_CONFIGURATION),
    Wording("err_tls_renegotiation_disabled", Topic.RENEGOTIATION),
    Wording("socket hang up", Topic.CLOSED, also="econnreset"),
    Wording("epipe", Topic.RESET, also="tls"),
    Wording("econnreset", Topic.RESET),
    Wording("econnrefused", Topic.REFUSED),
    Wording("etimedout", Topic.CONNECT_TIMEOUT),
    Wording("ehostunreach", Topic.UNREACHABLE),
)
