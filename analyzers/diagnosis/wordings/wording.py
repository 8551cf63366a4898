"""One sentence that one TLS stack writes, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from analyzers.tls.codepoints import ALERTS

from .topics import ALERT_TOPICS, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analyzers.connection import Party

__all__ = ["STANDARD_ALERTS", "Direction", "Wording", "alert_wordings"]

_NO_REFUSALS_HERE = frozenset({0, 52, 117, 121})
"""close_notify refuses nothing; the others belong to DTLS connection ids, to tickets by request and to ECH, which no mirror speaks."""

STANDARD_ALERTS: Mapping[int, str] = {
    number: name for number, name in ALERTS.items() if number not in _NO_REFUSALS_HERE
}
"""Descriptions as the IANA registry writes them, of the alerts that end a handshake."""


class Direction(StrEnum):
    """Where the refusal that a line tells of came from, seen from the host that wrote the line."""

    RECEIVED = "received"
    """The peer refused, and its alert was read here."""
    RAISED = "raised"
    """The writer itself found the fault."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A text that tells a topic when it stands in a line."""

    text: str
    """Lower case; stands in the lower-cased line."""
    topic: Topic
    direction: Direction = Direction.RAISED
    alert: int | None = None
    """The alert that was received, or that this stack is known to send with the sentence."""
    writer: Party | None = None
    """The role of the host that writes it, where only one role can."""
    code: str | None = None
    """The stack's own number or symbol for it."""
    also: str = ""
    """A second text that has to stand in the line; lower case."""
    stack: str | None = None
    """Named where the sentence belongs to another stack than the table that lists it."""
    is_consequence: bool = False
    """Whether it only says that something before it failed; it gives way to any other reading of the line."""
    is_everyday: bool = False
    """Whether it is a phrase that other programs use, too: it counts only in a line which mentions TLS, or by itself."""


def alert_wordings(
    pattern: str,
    names: Mapping[int, str],
    direction: Direction,
    *,
    code: str | None = None,
    is_consequence: bool = False,
) -> Iterable[Wording]:
    """Give one wording an alert: `pattern` with the stack's own name of the alert in place of `{}`."""
    for number, name in names.items():
        topic = ALERT_TOPICS.get(number, Topic.OTHER)
        text = pattern.format(name.lower())
        yield Wording(text, topic, direction, number, code=code, is_consequence=is_consequence)
