"""Whether the name that a certificate bears is the one that a mirror lists."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["NameComparison", "NameMatch"]


class NameMatch(StrEnum):
    """How far two names agree."""

    EXACT = "exact"
    NEAR = "near"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class NameComparison:
    """The outcome of comparing a presented name with a listed one."""

    kind: NameMatch
    differences: tuple[str, ...]
    """In words, empty where the match is exact."""
