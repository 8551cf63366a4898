"""The path that OpenSSL builds from a presented certificate to a trust anchor.

At every step the trusted certificates are searched before the presented ones, and once a trusted one is
found, only them. An anchor is a trusted certificate that is self-signed: IRIS sets no flag that would end a
path at a trusted intermediate.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from .canonical import CanonicalName, canonical_name
from .issuance import can_have_issued, is_self_signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .certificate import Certificate

__all__ = ["DEEPEST_PATH", "Path", "build_path", "is_valid_at"]

DEEPEST_PATH = 9
"""Certificates between the peer's own and the root: the default `VerifyDepth` of Security.SSLConfigs."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path, the peer's certificate first."""

    certificates: tuple[Certificate, ...]
    from_peer: int
    """How many of its certificates come from the peer and not from the trusted ones."""
    is_anchored: bool
    """Whether its last certificate is a trust anchor."""


def is_valid_at(certificate: Certificate, at: float) -> bool:
    """Say whether `at` lies in the validity of a certificate; OpenSSL takes the last second for expired."""
    return not certificate.broken_times and certificate.not_before <= at < certificate.not_after


@lru_cache(maxsize=32)  # one entry for the CA file of each member
def _by_subject(certificates: tuple[Certificate, ...]) -> Mapping[CanonicalName, tuple[Certificate, ...]]:
    found: dict[CanonicalName, list[Certificate]] = defaultdict(list)
    for certificate in dict.fromkeys(certificates):
        found[canonical_name(certificate.subject)].append(certificate)
    return {name: tuple(same) for name, same in found.items()}


def _best(candidates: Iterable[Certificate], certificate: Certificate, at: float) -> Certificate | None:
    """Choose an issuer: the first that is valid at `at`, else the one that expires last."""
    fitting = [candidate for candidate in candidates if can_have_issued(candidate, certificate)]
    valid = next((candidate for candidate in fitting if is_valid_at(candidate, at)), None)
    return valid or max(fitting, key=lambda candidate: candidate.not_after, default=None)


def build_path(presented: tuple[Certificate, ...], trust: tuple[Certificate, ...], at: float) -> Path:
    """Build the path of `presented[0]` as of `at` (epoch seconds); no signature is checked."""
    trusted = _by_subject(trust)
    path = [presented[0]]
    from_peer = 1
    while len(path) <= DEEPEST_PATH + 1:
        last = path[-1]
        issuer = _best(trusted.get(canonical_name(last.issuer), ()), last, at)
        if is_self_signed(last):
            is_anchored = issuer == last
            return Path(tuple(path), from_peer - is_anchored, is_anchored)
        if issuer is not None:
            path.append(issuer)
            if is_self_signed(issuer):
                return Path(tuple(path), from_peer, is_anchored=True)
            continue
        if from_peer == len(path):
            issuer = _best((candidate for candidate in presented if candidate not in path), last, at)
        if issuer is None:
            break
        path.append(issuer)
        from_peer += 1
    return Path(tuple(path), from_peer, is_anchored=False)
