"""Signatures that no library makes any more.

`cryptography` does not sign certificates with SHA-1, and nothing makes a false signature on purpose. Both are
made from a good RSA certificate: DER of the same length, so no length has to be changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from .keys import PrivateKey

__all__ = ["broken", "signed_with_sha1"]

_SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
_SHA1_WITH_RSA = bytes.fromhex("06092a864886f70d010105")


def signed_with_sha1(certificate: x509.Certificate, key: PrivateKey) -> x509.Certificate:
    """Give the same certificate with sha1WithRSAEncryption (RFC 8017), signed by the issuer's `key`.

    The algorithm's identifier stands twice: inside the signed part and after it (RFC 5280 section 4.1.1.2).

    Raises:
        ValueError: the issuer's key is no RSA key.
    """
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("only an RSA issuer signs with SHA-1 in this lab")  # noqa: TRY004  an unfit value
    signed = certificate.tbs_certificate_bytes
    rewritten = signed.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA, 1)
    signature = key.sign(rewritten, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303  weak on purpose
    der = certificate.public_bytes(Encoding.DER)
    start, end = der.index(signed), der.index(signed) + len(signed)
    algorithm = der[end : -len(signature)].replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    return x509.load_der_x509_certificate(der[:start] + rewritten + algorithm + signature)


def broken(certificate: x509.Certificate) -> x509.Certificate:
    """Give the same certificate with the last bit of its signature flipped."""
    der = bytearray(certificate.public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_certificate(bytes(der))
