"""What to offer an upstream in a client's name, and what to answer the client in the upstream's.

The relay is only as faithful as its two hellos: the upstream must be able to choose, or refuse to choose,
among what the client offered, and the client must be given what the upstream chose.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzers.tls import codepoints

from .suites import engine_suites, split_by_version

if TYPE_CHECKING:
    from analyzers.observer import Observer
    from analyzers.tls.messages import ClientHello

__all__ = ["Answer", "Offer", "answer_of", "offer_of"]

TLS10, TLS12, TLS13 = 0x0301, 0x0303, 0x0304


@dataclass(frozen=True, slots=True)
class Offer:
    """A ClientHello in the words of OpenSSL's settings, as far as our engine can offer the same."""

    minimum: int
    maximum: int
    ciphers: tuple[str, ...]
    """OpenSSL's names for TLS 1.2 and older, in the client's order."""
    ciphersuites: tuple[str, ...]
    groups: str
    """In OpenSSL's notation; empty where the client named none."""
    schemes: str
    alpn: tuple[bytes, ...]
    is_fallback: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What an upstream chose, so that our own answer to the client is the same."""

    version: int
    cipher: str
    group: str
    """In OpenSSL's notation; empty where the key exchange has none."""
    alpn: bytes
    ca_names: tuple[bytes, ...] | None
    """DER names of the CertificateRequest; None where no client certificate is wanted."""


def group_list(groups: tuple[int, ...], shared: tuple[int, ...]) -> str:
    """Write groups in OpenSSL's notation, with a key share for those for which the client sent one."""
    names = ((code, codepoints.group_name(code)) for code in groups if code in codepoints.GROUPS)
    return ":".join(f"?*{name}" if code in shared else f"?{name}" for code, name in names)


def scheme_list(schemes: tuple[int, ...]) -> str:
    """Write signature schemes in OpenSSL's notation."""
    return ":".join(
        f"?{codepoints.signature_scheme_name(code)}"
        for code in schemes
        if code in codepoints.SIGNATURE_SCHEMES
    )


@lru_cache(maxsize=256)
def _offer(
    versions: tuple[int, ...],
    suites: tuple[int, ...],
    groups: tuple[int, ...],
    shared: tuple[int, ...],
    schemes: tuple[int, ...],
    alpn: tuple[str, ...],
) -> Offer | None:
    known = [version for version in versions if TLS10 <= version <= TLS13]
    ciphers, ciphersuites = split_by_version(suites)
    if not known:
        return None
    minimum, maximum = min(known), max(known)
    if not ciphers:
        minimum = TLS13
    if not ciphersuites:
        maximum = min(maximum, TLS12)
    if minimum > maximum:
        return None
    return Offer(
        minimum,
        maximum,
        ciphers,
        ciphersuites,
        group_list(groups, shared),
        scheme_list(schemes),
        tuple(name.encode("latin-1", "replace") for name in alpn),
        codepoints.FALLBACK_SCSV in suites,
    )


def offer_of(hello: ClientHello) -> Offer | None:
    """Give what our engine can offer in the client's name; None where it can do nothing of it."""
    return _offer(
        hello.versions,
        hello.cipher_suites,
        hello.groups,
        hello.key_share_groups,
        hello.signature_schemes,
        hello.alpn,
    )


def answer_of(observer: Observer, curve: str) -> Answer | None:
    """Give the answer that the server of this connection gave; None before its ServerHello was seen.

    Args:
        observer: of the leg on which the server is.
        curve: of the key that the answer will be signed with. Up to TLS 1.2 it has to be among the groups.
    """
    hello = observer.server_hello
    if hello is None:
        return None
    group = codepoints.group_name(observer.group) if observer.group is not None else ""
    if group and curve and not codepoints.is_tls13(hello.version):
        group = f"{group}:?{curve}"
    names = None
    if observer.certificate_requested:
        request = observer.certificate_request
        names = tuple(name.der for name in request.authorities if name.der) if request else ()
    alpn = (observer.alpn or "").encode("latin-1", "replace")
    return Answer(hello.version, engine_suites().get(hello.cipher_suite, ""), group, alpn, names)
