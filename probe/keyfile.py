"""Private keys in files: read with whatever cipher OpenSSL encrypts them, and told where today's OpenSSL could not.

`cryptography` decrypts few of the ciphers that OpenSSL does. The OpenSSL that it carries has them all, for it loads the
legacy provider, too; the OpenSSL 3 of a system does not, unless its configuration says so.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import Error as Base64Error
from binascii import a2b_base64

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from analyzers.errors import MalformedInput
from analyzers.wire import Cursor
from analyzers.x509.der import OBJECT_IDENTIFIER, SEQUENCE, enter, expect, read_element, read_oid

__all__ = ["legacy_cipher", "open_key"]

_HEADER = re.compile(rb"^DEK-Info: *([A-Z0-9-]+),", re.MULTILINE)
"""What names the cipher of a key in the traditional form (RFC 1421 section 4.6.1.3)."""
_ENCRYPTED = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----(.*?)-----END", re.DOTALL)

_LEGACY_HEADERS = {
    "DES-CBC": "single DES (DES-CBC)",
    "DES-CFB": "single DES (DES-CFB)",
    "DES-OFB": "single DES (DES-OFB)",
    "RC2-CBC": "RC2 (RC2-CBC)",
    "IDEA-CBC": "IDEA (IDEA-CBC)",
    "SEED-CBC": "SEED (SEED-CBC)",
    "BF-CBC": "Blowfish (BF-CBC)",
    "CAST5-CBC": "CAST5 (CAST5-CBC)",
}
"""The ciphers of OpenSSL's legacy provider (OSSL_PROVIDER-legacy(7)), as DEK-Info names them."""

_PBES2 = "1.2.840.113549.1.5.13"
_LEGACY_SCHEMES = {
    "1.2.840.113549.1.5.1": "single DES (pbeWithMD2AndDES-CBC)",
    "1.2.840.113549.1.5.3": "single DES (pbeWithMD5AndDES-CBC)",
    "1.2.840.113549.1.5.4": "RC2 (pbeWithMD2AndRC2-CBC)",
    "1.2.840.113549.1.5.6": "RC2 (pbeWithMD5AndRC2-CBC)",
    "1.2.840.113549.1.5.10": "single DES (pbeWithSHA1AndDES-CBC)",
    "1.2.840.113549.1.5.11": "RC2 (pbeWithSHA1AndRC2-CBC)",
    "1.2.840.113549.1.12.1.1": "RC4 (pbeWithSHA1And128BitRC4)",
    "1.2.840.113549.1.12.1.2": "RC4 (pbeWithSHA1And40BitRC4)",
    "1.2.840.113549.1.12.1.5": "RC2 (pbeWithSHA1And128BitRC2-CBC)",
    "1.2.840.113549.1.12.1.6": "RC2 (pbeWithSHA1And40BitRC2-CBC)",
    "1.3.14.3.2.7": "single DES (DES-CBC)",
    "1.2.840.113549.3.2": "RC2 (RC2-CBC)",
    "1.2.410.200004.1.4": "SEED (SEED-CBC)",
    "1.3.6.1.4.1.3029.1.2": "Blowfish (BF-CBC)",
    "1.2.840.113533.7.66.10": "CAST5 (CAST5-CBC)",
}
"""The same of PKCS #8: schemes of PKCS #5 v1 and PKCS #12 (RFC 8018, RFC 7292 appendix C), and ciphers of PBES2."""


def open_key(data: bytes, password: bytes | None) -> object:
    """Read a private key of any kind in PEM or DER.

    Raises:
        TypeError: a password is wanted and there is none, or the reverse.
        ValueError, UnsupportedAlgorithm: it cannot be read, or the password is wrong.
    """
    load = load_pem_private_key if b"-----BEGIN" in data else load_der_private_key
    try:
        return load(data, password)
    except (ValueError, UnsupportedAlgorithm):
        if password is None:
            raise
        from OpenSSL import crypto  # noqa: PLC0415 (rarely needed)

        try:
            return crypto.load_privatekey(crypto.FILETYPE_PEM, _pem(data), password).to_cryptography_key()
        except crypto.Error:
            pass
        raise


def _pem(data: bytes) -> bytes:
    if b"-----BEGIN" in data:
        return data
    label = b"ENCRYPTED PRIVATE KEY-----\n"
    return b"-----BEGIN " + label + encodebytes(data) + b"-----END " + label


def legacy_cipher(data: bytes) -> str | None:
    """Name the cipher of an encrypted key that OpenSSL 3 has in its legacy provider alone; None for any other."""
    header = _HEADER.search(data)
    if header is not None:
        return _LEGACY_HEADERS.get(header[1].decode("ascii"))
    try:
        return _LEGACY_SCHEMES.get(_scheme(_der(data)))
    except (MalformedInput, Base64Error):
        return None


def _der(data: bytes) -> bytes:
    block = _ENCRYPTED.search(data)
    return data if block is None else a2b_base64(block[1])


def _scheme(der: bytes) -> str:
    """Read which scheme, or cipher of PBES2, an EncryptedPrivateKeyInfo names (RFC 5958 section 3)."""
    algorithm = enter(
        enter(Cursor(der), SEQUENCE, "EncryptedPrivateKeyInfo"), SEQUENCE, "encryptionAlgorithm"
    )
    scheme = read_oid(expect(algorithm, OBJECT_IDENTIFIER, "algorithm"))
    if scheme != _PBES2:
        return scheme
    parameters = enter(algorithm, SEQUENCE, "PBES2-params")
    read_element(parameters)  # the key derivation function
    cipher = enter(parameters, SEQUENCE, "encryptionScheme")
    return read_oid(expect(cipher, OBJECT_IDENTIFIER, "algorithm"))
