"""Whether a certificate may serve as a TLS client and as a TLS server: by the vendor's book, and by OpenSSL's code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .certificate import Certificate

__all__ = ["Purpose", "PurposeVerdict", "openssl_purpose", "vendor_purpose"]


class Purpose(StrEnum):
    """The role in which a certificate is presented."""

    CLIENT = "client"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class PurposeVerdict:
    """Whether a certificate is fit for a purpose."""

    ok: bool
    reasons: tuple[str, ...]
    """In words, empty where it is fit."""
    source: str
    """Who says so."""


def vendor_purpose(certificate: Certificate, purpose: Purpose) -> PurposeVerdict:
    """Judge by the vendor's documentation: every usage extension that is present names both roles."""
    raise NotImplementedError


def openssl_purpose(certificate: Certificate, purpose: Purpose, depth: int = 0) -> PurposeVerdict:
    """Judge as OpenSSL does for the certificate at `depth` (0: the peer's own) of a chain that serves `purpose`."""
    raise NotImplementedError
