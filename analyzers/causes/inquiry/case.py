"""All that an entry of the catalogue may look at."""

from __future__ import annotations

__all__ = ["Case"]


class Case:
    """One connection under judgement; what costs time is worked out once, when it is first asked for."""

    __slots__ = ()
