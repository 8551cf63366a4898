"""OpenSSL's verify errors: X509_V_ERR numbers, what each is about, and the sentences and symbols that go with them.

Sources: x509_vfy.h, x509_txt.c of OpenSSL 1.0.2, 1.1.1, 3.0 and 3.5; the symbols are those of X509_V_ERR_, which Node shows as
`error.code`. Certificate topics at depth 1 and above are about the issuer (`topics.at_depth`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .topics import Topic
from .wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["VERIFY_TOPICS", "VERIFY_WORDINGS"]

_ERRORS: tuple[tuple[int, Topic, tuple[str, ...], str], ...] = (
    (2, Topic.ISSUER_NOT_FOUND, ("unable to get issuer certificate",), "unable_to_get_issuer_cert"),
    (3, Topic.REVOCATION_UNKNOWN, ("unable to get certificate crl",), "unable_to_get_crl"),
    (
        4,
        Topic.SIGNATURE,
        ("unable to decrypt certificate's signature",),
        "unable_to_decrypt_cert_signature",
    ),
    (
        6,
        Topic.DECODE,
        ("unable to decode issuer public key",),
        "unable_to_decode_issuer_public_key",
    ),
    (7, Topic.REKEYED, ("certificate signature failure",), "cert_signature_failure"),
    (8, Topic.REVOCATION_UNKNOWN, ("crl signature failure",), "crl_signature_failure"),
    (9, Topic.NOT_YET_VALID, ("certificate is not yet valid",), "cert_not_yet_valid"),
    (10, Topic.EXPIRED, ("certificate has expired",), "cert_has_expired"),
    (11, Topic.REVOCATION_UNKNOWN, ("crl is not yet valid",), "crl_not_yet_valid"),
    (12, Topic.REVOCATION_UNKNOWN, ("crl has expired",), "crl_has_expired"),
    (
        13,
        Topic.DECODE,
        ("format error in certificate's notbefore field",),
        "error_in_cert_not_before_field",
    ),
    (14, Topic.DECODE, ("format error in certificate's notafter field",), "error_in_cert_not_after_field"),
    (
        18,
        Topic.SELF_SIGNED,
        ("self signed certificate", "self-signed certificate"),
        "depth_zero_self_signed_cert",
    ),
    (
        19,
        Topic.SELF_SIGNED_IN_CHAIN,
        ("self signed certificate in certificate chain", "self-signed certificate in certificate chain"),
        "self_signed_cert_in_chain",
    ),
    (
        20,
        Topic.ISSUER_NOT_FOUND,
        ("unable to get local issuer certificate",),
        "unable_to_get_issuer_cert_locally",
    ),
    (
        21,
        Topic.LEAF_NOT_VERIFIED,
        ("unable to verify the first certificate", "unable to verify leaf signature"),
        "unable_to_verify_leaf_signature",
    ),
    (22, Topic.PATH_LENGTH, ("certificate chain too long",), "cert_chain_too_long"),
    (23, Topic.REVOKED, ("certificate revoked",), "cert_revoked"),
    # 24 until 1.1.1, 79 since 3.0; the sentence is listed with 79.
    (24, Topic.NOT_A_CA, (), ""),
    (25, Topic.PATH_LENGTH, ("path length constraint exceeded",), "path_length_exceeded"),
    (
        26,
        Topic.PURPOSE,
        ("unsupported certificate purpose", "unsuitable certificate purpose"),
        "invalid_purpose",
    ),
    (27, Topic.UNKNOWN_CA, ("certificate not trusted",), "cert_untrusted"),
    (28, Topic.PURPOSE, ("certificate rejected",), "cert_rejected"),
    (29, Topic.ISSUER_NOT_FOUND, ("subject issuer mismatch",), "subject_issuer_mismatch"),
    (30, Topic.REKEYED, ("authority and subject key identifier mismatch",), "akid_skid_mismatch"),
    (31, Topic.REKEYED, ("authority and issuer serial number mismatch",), "akid_issuer_serial_mismatch"),
    (32, Topic.NOT_A_CA, ("key usage does not include certificate signing",), "keyusage_no_certsign"),
    (33, Topic.REVOCATION_UNKNOWN, ("unable to get crl issuer certificate",), "unable_to_get_crl_issuer"),
    (34, Topic.CRITICAL_EXTENSION, ("unhandled critical extension",), "unhandled_critical_extension"),
    (35, Topic.REVOCATION_UNKNOWN, ("key usage does not include crl signing",), "keyusage_no_crl_sign"),
    (36, Topic.REVOCATION_UNKNOWN, ("unhandled critical crl extension",), ""),
    (37, Topic.NOT_A_CA, ("invalid non-ca certificate (has ca markings)",), "invalid_non_ca"),
    (38, Topic.PATH_LENGTH, ("proxy path length constraint exceeded",), ""),
    (39, Topic.PURPOSE, ("key usage does not include digital signature",), "keyusage_no_digital_signature"),
    (40, Topic.NOT_A_CA, ("proxy certificates not allowed",), ""),
    (44, Topic.REVOCATION_UNKNOWN, ("different crl scope",), ""),
    (47, Topic.NAME_CONSTRAINT, ("permitted subtree violation",), "permitted_violation"),
    (48, Topic.NAME_CONSTRAINT, ("excluded subtree violation",), "excluded_violation"),
    (49, Topic.NAME_CONSTRAINT, ("name constraints minimum and maximum not supported",), ""),
    (50, Topic.VERIFY_FAILED, ("application verification failure",), "application_verification"),
    (51, Topic.NAME_CONSTRAINT, ("unsupported name constraint type",), ""),
    (52, Topic.NAME_CONSTRAINT, ("unsupported or invalid name constraint syntax",), ""),
    (54, Topic.REVOCATION_UNKNOWN, ("crl path validation error",), ""),
    (62, Topic.HOST_NAME, ("hostname mismatch",), "hostname_mismatch"),
    (63, Topic.HOST_NAME, ("email address mismatch",), ""),
    (64, Topic.HOST_NAME, ("ip address mismatch",), "ip_address_mismatch"),
    (66, Topic.WEAK_KEY, ("ee certificate key too weak",), "ee_key_too_small"),
    (67, Topic.WEAK_KEY, ("ca certificate key too weak",), "ca_key_too_small"),
    (
        68,
        Topic.WEAK_SIGNATURE,
        ("ca md too weak", "ca signature digest algorithm too weak"),
        "ca_md_too_weak",
    ),
    (73, Topic.REVOCATION_UNKNOWN, ("ocsp verification needed",), ""),
    (74, Topic.REVOCATION_UNKNOWN, ("ocsp verification failed",), ""),
    (75, Topic.REVOCATION_UNKNOWN, ("ocsp unknown cert",), ""),
    (79, Topic.NOT_A_CA, ("invalid ca certificate",), "invalid_ca"),
    (92, Topic.NOT_A_CA, ("ca cert does not include key usage extension",), ""),
    (94, Topic.KEY_TYPE, ("certificate public key has explicit ecc parameters",), ""),
    (100, Topic.REVOCATION_UNKNOWN, ("no ocsp response available for certificate",), ""),
)

_EVERYDAY = frozenset({62, 63, 64})
"""Sentences that name neither certificate nor revocation list."""

VERIFY_TOPICS: Mapping[int, Topic] = {number: topic for number, topic, _, _ in _ERRORS}
"""What each number is about; the others (policies, Suite B, strict checks) point to no root cause of ours."""


def _wordings() -> Iterator[Wording]:
    for number, topic, sentences, symbol in _ERRORS:
        for sentence in sentences:
            yield Wording(sentence, topic, code=f"X509_V_ERR {number}", is_everyday=number in _EVERYDAY)
        if symbol:
            yield Wording(symbol, topic, code=symbol.upper())


VERIFY_WORDINGS: tuple[Wording, ...] = tuple(_wordings())
