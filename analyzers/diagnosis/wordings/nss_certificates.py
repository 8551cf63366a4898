"""What NSS says of certificates that it refuses: SEC_ERROR_ and MOZILLA_PKIX_ERROR_ numbers, symbols and sentences.

Source: secerr.h and SECerrs.h of NSS, pkixnss.h of mozilla::pkix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import Topic

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = ["CERTIFICATE_ERRORS", "NssError"]

NssError: TypeAlias = "tuple[int, str, str, Topic, Party | None]"
"""Number, symbol, sentence, topic, the role that raises it where only one can."""

CERTIFICATE_ERRORS: tuple[NssError, ...] = (
    (-8182, "sec_error_bad_signature", "peer's certificate has an invalid signature", Topic.SIGNATURE, None),
    (-8181, "sec_error_expired_certificate", "peer's certificate has expired", Topic.EXPIRED, None),
    (-8180, "sec_error_revoked_certificate", "peer's certificate has been revoked", Topic.REVOKED, None),
    (
        -8179,
        "sec_error_unknown_issuer",
        "peer's certificate issuer is not recognized",
        Topic.UNKNOWN_CA,
        None,
    ),
    (
        -8172,
        "sec_error_untrusted_issuer",
        "peer's certificate issuer has been marked as not trusted by the user",
        Topic.UNKNOWN_CA,
        None,
    ),
    (
        -8171,
        "sec_error_untrusted_cert",
        "peer's certificate has been marked as not trusted by the user",
        Topic.UNKNOWN_CA,
        None,
    ),
    (
        -8162,
        "sec_error_expired_issuer_certificate",
        "the certificate issuer's certificate has expired",
        Topic.ISSUER_EXPIRED,
        None,
    ),
    (
        -8161,
        "sec_error_crl_expired",
        "the crl for the certificate's issuer has expired",
        Topic.REVOCATION_UNKNOWN,
        None,
    ),
    (-8178, "sec_error_bad_key", "peer's public key is invalid", Topic.LOCAL_CONFIGURATION, None),
    (
        -8126,
        "sec_error_ocsp_unknown_cert",
        "the ocsp server has no status for the certificate",
        Topic.REVOCATION_UNKNOWN,
        None,
    ),
    (
        -8122,
        "sec_error_ocsp_future_response",
        "the ocsp response is not yet valid",
        Topic.REVOCATION_UNKNOWN,
        None,
    ),
    (
        -8121,
        "sec_error_ocsp_old_response",
        "the ocsp response contains out-of-date information",
        Topic.REVOCATION_UNKNOWN,
        None,
    ),
    (-8156, "sec_error_ca_cert_invalid", "issuer certificate is invalid", Topic.NOT_A_CA, None),
    (
        -8155,
        "sec_error_path_len_constraint_invalid",
        "certificate path length constraint is invalid",
        Topic.PATH_LENGTH,
        None,
    ),
    (
        -8151,
        "sec_error_unknown_critical_extension",
        "certificate contains unknown critical extension",
        Topic.CRITICAL_EXTENSION,
        None,
    ),
    (
        -8102,
        "sec_error_inadequate_key_usage",
        "certificate key usage inadequate for attempted operation",
        Topic.PURPOSE,
        None,
    ),
    (
        -8101,
        "sec_error_inadequate_cert_type",
        "certificate type not approved for application",
        Topic.PURPOSE,
        None,
    ),
    (
        -8080,
        "sec_error_cert_not_in_name_space",
        "the certifying authority for this certificate is not permitted to issue a certificate with this name",
        Topic.NAME_CONSTRAINT,
        None,
    ),
    (
        -8016,
        "sec_error_cert_signature_algorithm_disabled",
        "the certificate was signed using a signature algorithm that is disabled because it is not secure",
        Topic.WEAK_SIGNATURE,
        None,
    ),
    (
        -16370,
        "mozilla_pkix_error_ca_cert_used_as_end_entity",
        "ca cert used as end entity",
        Topic.VERIFY_FAILED,
        None,
    ),
    (
        -16378,
        "mozilla_pkix_error_inadequate_key_size",
        "the server presented a certificate with a key size that is too small",
        Topic.WEAK_KEY,
        Party.CLIENT,
    ),
    (
        -16379,
        "mozilla_pkix_error_self_signed_cert",
        "the certificate is not trusted because it is self-signed",
        Topic.SELF_SIGNED,
        None,
    ),
    (
        -16382,
        "mozilla_pkix_error_v1_cert_used_as_ca",
        "an x.509 version 1 certificate that is not a trust anchor was used to issue",
        Topic.NOT_A_CA,
        None,
    ),
    (
        -16371,
        "mozilla_pkix_error_required_tls_feature_missing",
        "a required tls feature is missing",
        Topic.REVOCATION_UNKNOWN,
        None,
    ),
    (-16376, "mozilla_pkix_error_not_yet_valid_certificate", "not valid until", Topic.NOT_YET_VALID, None),
)
