"""What a judged connection comes to: seven checks, ranked findings, and at most one root cause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzers.causes.entry import Blamed, CheckName, Evidence, Severity, State
    from analyzers.causes.inquiry.refusal import Refusal
    from analyzers.causes.inquiry.stack import StackGuess
    from analyzers.connection import Party

__all__ = ["Check", "CheckStatus", "Finding", "Verdict"]


class CheckStatus(StrEnum):
    """How one of the seven checks came out."""

    PASS = "pass"  # noqa: S105  an outcome, no secret
    FAIL = "fail"
    NOT_OBSERVABLE = "not_observable"
    """The connection would show it, and this record of it does not."""
    NOT_APPLICABLE = "not_applicable"
    """There is nothing to check, or no rule to check against."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a mirror connection."""

    status: CheckStatus
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One root cause that applies, with what shows it."""

    id: str
    severity: Severity
    state: State
    confidence: float
    """0 to 1: of an explanation, that it is why the connection failed; of a standing fault, that it is
    there."""
    party: Blamed
    summary: str
    evidence: tuple[Evidence, ...]
    remedy: tuple[str, ...]
    references: tuple[str, ...]
    is_seen: bool
    """Whether the bytes prove that the fault is there, even where it is inferred that the connection failed
    of it."""
    is_explanation: bool
    """Whether it may be why this connection failed, as against a fault that is there beside."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one connection."""

    checks: Mapping[CheckName, Check]
    """All seven, in the order of the record."""
    findings: tuple[Finding, ...]
    """Ranked: the root cause, or what it most probably is, comes first."""
    root_cause: str | None
    """None where the connection is healthy, and where the evidence does not decide."""
    refusal: Refusal | None
    """Who ended the connection before it could be used, and how; None where nobody did."""
    client_member: str | None
    server_member: str | None
    client_stack: StackGuess
    server_stack: StackGuess

    @property
    def refused_by(self) -> Party | None:
        """The end that refused the other."""
        return None if self.refusal is None else self.refusal.party

    @property
    def root(self) -> Finding | None:
        """The finding of the root cause."""
        return self.findings[0] if self.root_cause is not None else None
