"""Whether one certificate can have issued another, by all that can be said without checking the signature.

These are the conditions under which OpenSSL takes a certificate for an issuer at all
(`ossl_x509_likely_issued`). A certificate that fails one is passed over, so a peer that holds only such ones
reports an unknown issuer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .canonical import are_same_name

if TYPE_CHECKING:
    from .certificate import Certificate

__all__ = ["bears_authority_key", "can_have_issued", "is_self_signed"]


def bears_authority_key(certificate: Certificate, issuer: Certificate) -> bool:
    """Say whether the authorityKeyIdentifier, as far as it says anything, describes `issuer`."""
    authority = certificate.authority_key
    if authority is None:
        return True
    if None not in (authority.key_id, issuer.subject_key_id) and authority.key_id != issuer.subject_key_id:
        return False
    if authority.serial is not None and authority.serial != issuer.serial_number:
        return False
    name = next((general.name for general in authority.issuer if general.name is not None), None)
    return name is None or are_same_name(name, issuer.issuer)


def _has_fitting_key(certificate: Certificate, issuer: Certificate) -> bool:
    """Say whether the issuer's type of key makes such signatures, where we know the kind."""
    made_by = certificate.signature_key_type
    return not issuer.has_broken_key and (
        made_by is None or issuer.key_type == made_by or (issuer.key_type == "RSA" and made_by == "RSA-PSS")
    )


def can_have_issued(issuer: Certificate, certificate: Certificate) -> bool:
    """Say whether OpenSSL takes `issuer` for an issuer: name, key identifier and type of key fit, and both can be decoded."""
    return (
        not (issuer.has_broken_extensions or certificate.has_broken_extensions)
        and are_same_name(issuer.subject, certificate.issuer)
        and bears_authority_key(certificate, issuer)
        and _has_fitting_key(certificate, issuer)
    )


def is_self_signed(certificate: Certificate) -> bool:
    """Say whether OpenSSL takes a certificate for self-signed; the signature itself is not looked at."""
    return can_have_issued(certificate, certificate)
