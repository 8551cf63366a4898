"""What a mirror member needs to speak TLS: its certificates, its key, and the authorities that it trusts."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Identity", "IdentityFiles", "pem_of", "write_private"]

KEY_MODE = 0o600
"""Only the owner reads a private key."""


@dataclass(frozen=True, slots=True)
class IdentityFiles:
    """Where an identity was written, in the layout of a CPF `SSLDir`."""

    certificate: Path
    key: Path
    ca: Path

    def relative_to(self, directory: Path) -> IdentityFiles:
        """Give the same files as `directory` would name them."""
        return IdentityFiles(*(path.relative_to(directory) for path in (self.certificate, self.key, self.ca)))


@dataclass(frozen=True, slots=True)
class Identity:
    """The certificate chain, the private key and the trusted authorities of one end, all PEM."""

    certificate_pem: bytes
    """Leaf first, then what else is sent."""
    key_pem: bytes = field(repr=False)
    ca_pem: bytes

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates that are sent, leaf first."""
        return tuple(x509.load_pem_x509_certificates(self.certificate_pem))

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate of this end itself."""
        return self.chain[0]

    @property
    def dn(self) -> str:
        """The leaf's subject in RFC 4514 notation."""
        return self.leaf.subject.rfc4514_string()

    def write(self, directory: Path) -> IdentityFiles:
        """Write certificate chain, private key (mode 0600) and CA file into `directory`, making it.

        The names are those of a CPF `ConfigMirror/SSLDir`.

        Raises:
            OSError: the directory or a file cannot be written.
        """
        directory.mkdir(parents=True, exist_ok=True)
        files = IdentityFiles(
            certificate=directory / "CertificateFile.pem",
            key=directory / "PrivateKeyFile.pem",
            ca=directory / "CAFile.pem",
        )
        files.certificate.write_bytes(self.certificate_pem)
        files.ca.write_bytes(self.ca_pem)
        write_private(files.key, self.key_pem)
        return files


def write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody but its owner could ever read, replacing an older one.

    Raises:
        OSError: the file cannot be written.
    """
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def pem_of(certificates: tuple[x509.Certificate, ...]) -> bytes:
    """Write certificates one after the other as PEM."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
