"""A fault: what it is, how to bring it about, and what it must look like from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..ends import TLS_1_2, TLS_1_3

if TYPE_CHECKING:
    from analyzers.connection import Party

    from ..cast import Arrangement

__all__ = ["Fault"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a mirror connection goes wrong, or breaks a rule."""

    name: str
    """Begins with the end that is at fault."""
    story: str
    """What an operator has done, in one sentence."""
    expects: str
    """The root cause that explains it; where `fails` is false, the finding that must be reported."""
    faulty: Party
    """The end whose files or settings have to be changed."""
    arrange: Arrangement
    """From a healthy cast to the faulty one."""
    refused_by: Party | None = None
    """The end that turns the other one down; None where nobody does."""
    alert: int | None = None
    """What the refusing end sends in TLS 1.2; None: it sends no alert."""
    alert_in_tls13: int | None = None
    """What it sends in TLS 1.3, where that is another one."""
    fails: bool = True
    """Whether the members cannot talk to each other."""
    is_decidable: bool = True
    """Whether what passes on the wire tells the cause from every other one."""
    versions: tuple[int, ...] = (TLS_1_2, TLS_1_3)
    """The versions in which it can be played."""

    def alert_in(self, version: int) -> int | None:
        """Give the alert that the refusing end sends in this version."""
        return self.alert_in_tls13 if version == TLS_1_3 and self.alert_in_tls13 is not None else self.alert
