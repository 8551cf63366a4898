"""The path from a presented certificate to an anchor, and everything that is wrong along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .certificate import Certificate
    from .purposes import Purpose

__all__ = ["ChainError", "ChainReport", "build_chain"]


@dataclass(frozen=True, slots=True)
class ChainError:
    """One thing that is wrong with a chain."""

    kind: str
    """The id of the root cause: `unknown-ca`, `incomplete-chain`, ..."""
    depth: int
    """Where in the path: 0 is the peer's own certificate."""
    text: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """A path as OpenSSL would build it, and its errors, the ones that OpenSSL meets first in front."""

    path: tuple[Certificate, ...]
    is_complete: bool
    """Whether the path ends in an anchor, or, where no anchors are known, in a self-signed certificate."""
    anchor: Certificate | None
    errors: tuple[ChainError, ...]
    note: str = ""
    """What could not be judged, such as trust where no anchors were given."""


def build_chain(
    presented: tuple[Certificate, ...], trust: tuple[Certificate, ...], at: float, purpose: Purpose | None
) -> ChainReport:
    """Build and judge the path of `presented[0]` as of `at` (epoch seconds). Empty `trust`: anchors are unknown, none is missed."""
    raise NotImplementedError
