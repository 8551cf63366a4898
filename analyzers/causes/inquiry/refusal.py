"""Who ended the connection before it could be used, by which sign, and at which point of the handshake."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzers.causes.entry import Evidence, State
    from analyzers.connection import Alert, Party

__all__ = ["Refusal", "Signal", "Stage"]


class Signal(StrEnum):
    """By which sign an end refused."""

    ALERT = "alert"
    ENCRYPTED_ALERT = "encrypted alert"
    """An alert whose description encryption hides."""
    CLOSE_NOTIFY = "close_notify"
    FIN = "fin"
    RST = "rst"
    SILENCE = "silence"


class Stage(Enum):
    """How far the handshake had come, in order."""

    BEFORE_CLIENT_HELLO = 0
    BEFORE_SERVER_HELLO = 1
    """The ClientHello had not been answered."""
    SERVER_FLIGHT = 2
    """The server had begun to answer, and the client had not yet gone on."""
    CLIENT_FLIGHT = 3
    """The client had gone on with its second flight, and the server had not yet accepted it."""
    AFTER_COMPLETION = 4


@dataclass(frozen=True, slots=True)
class Refusal:
    """The end of a connection that came too early."""

    party: Party
    """Who refused: for silence, who did not answer."""
    signal: Signal
    alert: Alert | None
    stage: Stage
    state: State
    at: float
    frame: int | None
    evidence: tuple[Evidence, ...]

    @property
    def alert_code(self) -> int | None:
        """The alert's number, where it is known."""
        return None if self.alert is None else self.alert.code
