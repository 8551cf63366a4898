"""An authority kept on disk, so that what it signs today is trusted by what it signed yesterday."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .authority import Authority
from .identity import pem_of, write_private
from .keys import PrivateKey, key_pem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["UnfitAuthority", "keep", "kept_authority"]

_NAMES = ("root", "issuing")
"""The files' names, from the top down."""


class UnfitAuthority(Exception):
    """The files of a kept authority cannot be read, or do not belong together."""


def keep(issuing: Authority, directory: Path) -> None:
    """Write the issuing authority and its root into `directory`, keys with mode 0600.

    Raises:
        OSError: a file cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name, authority in zip(_NAMES, (issuing.top, issuing), strict=True):
        (directory / f"{name}.pem").write_bytes(pem_of((authority.certificate,)))
        write_private(directory / f"{name}.key", key_pem(authority.key))


def kept_authority(directory: Path) -> Authority:
    """Give the authority kept in `directory`; make and keep one where there is none.

    Raises:
        UnfitAuthority: the files are there, and unreadable or damaged.
        OSError: a new authority cannot be written.
    """
    if not (directory / f"{_NAMES[0]}.pem").exists():
        issuing = Authority.create()
        keep(issuing, directory)
        return issuing
    authority: Authority | None = None
    for certificate, key in _read(directory):
        authority = Authority(certificate, key, datetime.now(UTC), authority)
    if authority is None:
        raise UnfitAuthority(f"{directory} holds no authority")
    return authority


def _read(directory: Path) -> Iterator[tuple[x509.Certificate, PrivateKey]]:
    for name in _NAMES:
        try:
            certificate = x509.load_pem_x509_certificate((directory / f"{name}.pem").read_bytes())
            key = load_pem_private_key((directory / f"{name}.key").read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise UnfitAuthority(f"{directory}: {name}.pem or {name}.key cannot be read: {error}") from error
        if not isinstance(key, PrivateKey) or key.public_key() != certificate.public_key():
            raise UnfitAuthority(f"{directory}: {name}.key is not the key of {name}.pem")
        yield certificate, key
