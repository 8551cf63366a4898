"""Two names set out one under the other, for a reader who must find the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .comparison import are_equivalent, pair_attributes
from .printing import visible

if TYPE_CHECKING:
    from .names import DistinguishedName

__all__ = ["AlignedAttribute", "align_names", "aligned_difference"]

_ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class AlignedAttribute:
    """One attribute of two names."""

    name: str
    """The type's short name; both names where they are not the same."""
    presented: str | None
    """The value, with what is invisible made visible; None where the presented name lacks the attribute."""
    listed: str | None
    is_equal: bool
    is_equivalent: bool
    """Whether the values are equal when normalized."""

    @property
    def marks(self) -> str:
        """Carets under the run of characters in which the two values differ, empty where none does."""
        if self.is_equal or self.presented is None or self.listed is None:
            return ""
        left, right = self.presented, self.listed
        shorter = min(len(left), len(right))
        head = next((at for at in range(shorter) if left[at] != right[at]), shorter)
        tail = next((at for at in range(shorter - head) if left[-1 - at] != right[-1 - at]), shorter - head)
        return " " * head + "^" * max(len(left) - head - tail, len(right) - head - tail, 1)


def align_names(presented: DistinguishedName, listed: DistinguishedName) -> tuple[AlignedAttribute, ...]:
    """Set two names side by side, in the order of the presented one with the most specific attribute first.

    Attributes that only the listed name has come last.
    """
    rows = []
    pairs = pair_attributes(presented, listed)[::-1]
    for pair in sorted(pairs, key=lambda pair: pair[0] is None):
        left, right = pair
        names = dict.fromkeys(attribute.name for attribute in pair if attribute is not None)
        rows.append(
            AlignedAttribute(
                name="/".join(names),
                presented=None if left is None else visible(left.value),
                listed=None if right is None else visible(right.value),
                is_equal=left is not None
                and right is not None
                and (left.oid, left.value) == (right.oid, right.value),
                is_equivalent=are_equivalent(pair),
            )
        )
    return tuple(rows)


def aligned_difference(presented: DistinguishedName, listed: DistinguishedName) -> tuple[str, ...]:
    """Set two names out in plain text: equal attributes on one line, others on two with a mark below."""
    rows = align_names(presented, listed)
    width = max((len(row.name) for row in rows), default=0)
    lines: list[str] = []
    for row in rows:
        if row.is_equal:
            lines.append(f"{row.name:<{width}}  both       {row.presented}")
            continue
        lines.append(f"{row.name:<{width}}  presented  {_ABSENT if row.presented is None else row.presented}")
        lines.append(f"{'':<{width}}  listed     {_ABSENT if row.listed is None else row.listed}")
        if row.marks:
            lines.append(f"{'':<{width}}             {row.marks}")
    return tuple(lines)
