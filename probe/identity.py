"""A certificate, its chain and its key, read from PEM files as OpenSSL would, or the reason why not.

IRIS wants the own certificate first in its file and the certificates that issued it after it ("Establishing
the Required Certificate Chain"); the commonest mistakes (CA first, DER, the key of another certificate, a
password that is missing or wrong) each have their own text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from analyzers.x509.certificate import parse_certificate

from .keyfile import open_key

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FILE_BYTES",
    "Identity",
    "PrivateKey",
    "load_certificates",
    "load_identity",
    "load_private_key",
    "read_file",
    "spki_of",
    "unreadable",
]

PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | dsa.DSAPrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
)
"""The kinds of key that can sign a TLS handshake."""

FILE_BYTES = 1024 * 1024
"""A certificate or key file is a few KiB; a CA bundle of every public root is 220 KiB."""


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """What one end of a TLS connection shows of itself, and proves; equal where certificates and key are the same."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    """The certificates that stand after the own one in its file."""
    key: PrivateKey
    der: bytes
    """The own certificate as it stands on the wire."""
    key_type: str
    """As `analyzers` names it: RSA, EC, DSA, Ed25519, Ed448."""
    _digest: bytes = field(init=False, repr=False)
    """Of every certificate and the key's public half: a file that is read again at a reload holds the same identity."""

    def __post_init__(self) -> None:
        """Take the digest once; identities are looked up for each connection."""
        parts = (self.der, *(issuer.public_bytes(Encoding.DER) for issuer in self.chain), spki_of(self.key))
        object.__setattr__(self, "_digest", sha256(b"".join(parts)).digest())  # each DER says where it ends

    def __eq__(self, other: object) -> bool:
        return self._digest == other._digest if isinstance(other, Identity) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._digest)

    def __repr__(self) -> str:
        """Name the certificate and never the key."""
        return f"Identity({self.certificate.subject.rfc4514_string()!r})"


def read_file(path: Path) -> bytes:
    """Read a small file.

    Raises:
        ValueError: it is missing, unreadable, no file, or too large; the text says which.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    except ValueError:
        raise ValueError(f"no file can have the name {str(path)!r}") from None
    if len(data) > FILE_BYTES:
        raise ValueError(f"{path}: is larger than {FILE_BYTES} bytes")
    return data


def unreadable(path: Path) -> str | None:
    """Say why a file cannot be read, naming it; None where it can."""
    try:
        with path.open("rb"):
            return None
    except (OSError, ValueError) as error:  # a path with a NUL is a ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        return f"{path}: cannot be read: {(reason or str(error)).lower()}"


def _not_pem(path: Path, data: bytes, wanted: str) -> str:
    if data[:1] == b"\x30":
        tool = "pkey" if "key" in wanted else "x509"
        return f"{path}: is DER, and PEM is wanted (openssl {tool} -inform DER -in {path.name})"
    if not data.strip():
        return f"{path}: is empty"
    return f"{path}: holds no {wanted} in PEM"


def load_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Read every certificate of a PEM file, in its order.

    Raises:
        ValueError: the file cannot be read or holds no certificate in PEM; the text says why.
    """
    data = read_file(path)
    if b"-----BEGIN CERTIFICATE-----" not in data:
        raise ValueError(_not_pem(path, data, "certificate"))
    try:
        return tuple(x509.load_pem_x509_certificates(data))
    except ValueError as error:
        raise ValueError(f"{path}: a certificate in it cannot be parsed: {error}") from None


def load_private_key(path: Path, password: bytes | None) -> PrivateKey:
    """Read a private key in PEM.

    Raises:
        ValueError: it cannot be read, holds no key, or its password is missing or wrong; the text says which.
    """
    data = read_file(path)
    if b"PRIVATE KEY-----" not in data:
        raise ValueError(_not_pem(path, data, "private key"))
    try:
        key = open_key(data, password)
    except TypeError:
        if password is None:
            text = "is encrypted, and neither password_file nor password_env says with what"
        else:
            text = "is not encrypted, and a password is given"
        raise ValueError(f"{path}: {text}") from None
    except (ValueError, UnsupportedAlgorithm) as error:
        if password is not None:
            raise ValueError(f"{path}: the password is wrong, or the key is damaged") from None
        raise ValueError(f"{path}: the private key cannot be parsed: {error}") from None
    if not isinstance(key, PrivateKey):
        raise ValueError(f"{path}: a key of type {type(key).__name__} cannot sign a TLS handshake")  # noqa: TRY004 (the file is wrong)
    return key


def spki_of(source: x509.Certificate | PrivateKey) -> bytes:
    """Give the public half of a key, or a certificate's key, as SubjectPublicKeyInfo in DER."""
    return source.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def load_identity(certificate: Path, key: Path, password: bytes | None) -> Identity:
    """Read a certificate file and a key file, and check that they belong together.

    Raises:
        ExceptionGroup: of ValueError, one for each problem, its text naming the file.
    """
    problems: list[ValueError] = []
    certificates: tuple[x509.Certificate, ...] = ()
    private: PrivateKey | None = None
    try:
        certificates = load_certificates(certificate)
    except ValueError as error:
        problems.append(error)
    try:
        private = load_private_key(key, password)
    except ValueError as error:
        problems.append(error)
    if certificates and private is not None:
        mine = spki_of(private)
        places = [place for place, candidate in enumerate(certificates) if spki_of(candidate) == mine]
        if not places:
            problems.append(ValueError(f"{key}: is not the key of the certificate in {certificate}"))
        elif places[0] > 0:
            problems.append(ValueError(_wrong_order(certificate, certificates, places[0])))
        else:
            der = certificates[0].public_bytes(Encoding.DER)
            return Identity(certificates[0], certificates[1:], private, der, parse_certificate(der).key_type)
    raise ExceptionGroup("identity", problems)


def _wrong_order(path: Path, certificates: tuple[x509.Certificate, ...], place: int) -> str:
    first = certificates[0].subject.rfc4514_string()
    return (
        f"{path}: the certificate of {first} comes first (an issuing CA?), and the own one is number "
        f"{place + 1}; the own certificate must be the first in its file"
    )
