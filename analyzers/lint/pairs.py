"""Whether one member, as TLS client, and another, as server, would accept each other: decided by the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.x509.chain import build_chain
from analyzers.x509.purposes import Purpose

if TYPE_CHECKING:
    from analyzers.x509.chain import ChainError

    from .member import MemberFiles

__all__ = ["Prediction", "predict"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the rules say of one ordered pair."""

    refused_by: Party | None
    """Who would refuse; the client looks first. None: the handshake would complete."""
    cause: str | None
    code: int | None
    """OpenSSL's verify error."""
    text: str

    @property
    def is_accepted(self) -> bool:
        """Whether the handshake would complete."""
        return self.refused_by is None


def _refusal(
    shown: MemberFiles, verifier: MemberFiles, at: float, purpose: Purpose, level: int
) -> ChainError | None:
    return build_chain(shown.certificates, verifier.authorities, at, purpose, security_level=level).refusal


def predict(client: MemberFiles, server: MemberFiles, at: float, *, security_level: int = 1) -> Prediction:
    """Judge `client` calling `server` at the time `at`, both with verification of the peer."""
    for refuser, shown, verifier, purpose in (
        (Party.CLIENT, server, client, Purpose.SERVER),
        (Party.SERVER, client, server, Purpose.CLIENT),
    ):
        error = _refusal(shown, verifier, at, purpose, security_level)
        if error is not None:
            return Prediction(refuser, error.kind, error.code, error.text)
    return Prediction(None, None, None, "each accepts the other's certificate")
