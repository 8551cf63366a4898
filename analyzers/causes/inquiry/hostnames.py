"""Whether a certificate is for a host, as a client that checks would see it (RFC 9525)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzers.x509.certificate import Certificate

__all__ = ["covers"]


def covers(certificate: Certificate, host: str) -> bool:
    """Say whether a name of `certificate` is `host`; the common name counts only where no alternative name
    does.
    """
    names = [
        value for kind, _, value in (name.partition(":") for name in certificate.san) if kind in ("DNS", "IP")
    ]
    return any(_matches(name.lower(), host.lower()) for name in names or certificate.subject.values("CN"))


def _matches(pattern: str, host: str) -> bool:
    """A wildcard stands for one whole label, the leftmost (RFC 9525 section 6.3)."""
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:] and not host.startswith(".")
    return pattern.rstrip(".") == host.rstrip(".")
