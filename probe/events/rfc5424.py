"""An event as a syslog message (RFC 5424).

Header, a few facts as structured data, and the event's line of JSON. Where the line is longer than a receiver must be
expected to take, the message is a shorter JSON of the same event, and only where not even that fits it is cut.
"""

from __future__ import annotations

import os
from socket import gethostname
from typing import TYPE_CHECKING

from analyzers.x509.printing import visible

from .event import EVENT_SCHEMA, as_line, moment

if TYPE_CHECKING:
    from .event import Event

__all__ = ["Writer"]

SD_ID = "mirrorprobe@32473"
"""The name of our structured data. 32473 is the enterprise number of examples (RFC 5612), for we have none."""

VALUE_BYTES = 100
"""What is given of a fact; member names and identifiers are shorter."""

LAST_SEQUENCE_ID = 2_147_483_647
"""RFC 5424 section 7.3.1."""

_SEVERITY = {"info": 6, "warning": 4, "error": 3}  # section 6.2.1

_FACTS = {
    "id": "id",
    "relay": "relay",
    "outcome": "outcome",
    "root_cause": "cause",
    "refused_by": "refusedBy",
    "client_member": "client",
    "server_member": "server",
    "sink": "sink",
}
"""The field of the event, and what it is called in the structured data."""

_SHORT = ("mirror.name", "source.address", "source.port", "destination.address", "destination.port", "id", "relay",
          "road", "action", "started", "ended", "client_member", "server_member", "outcome", "failed", "leg",
          "refused_by", "root_cause", "summary", "tls.version", "tls.cipher", "handshake_seconds", "sink", "reason",
          "error")  # fmt: skip
"""The fields of the shorter JSON."""


class Writer:
    """Writes the messages of one sink, each with the next number. Mutable."""

    def __init__(self, facility: int, most_bytes: int) -> None:
        """Write for a facility (section 6.2.1), and never more than so many bytes."""
        self._facility = facility
        self._most_bytes = most_bytes
        self._sequence_id = 0
        self._sender = f"{_printable(gethostname(), 255)} mirrorprobe {os.getpid()}"

    def message(self, event: Event) -> bytes:
        """Write an event. A receiver sees by the numbers that one was lost."""
        self._sequence_id = self._sequence_id % LAST_SEQUENCE_ID + 1
        priority = self._facility * 8 + _SEVERITY[event.level]
        facts = "".join(
            f' {name}="{_value(str(event.fields[field]))}"'
            for field, name in _FACTS.items()
            if event.fields.get(field) is not None
        )
        head = (
            f"<{priority}>1 {moment(event.at)} {self._sender} {_printable(event.kind, 32)} "
            f'[meta sequenceId="{self._sequence_id}"][{SD_ID}{facts}] '
        ).encode("utf-8", "backslashreplace")
        room = self._most_bytes - len(head)
        line = event.line if len(event.line) <= room else _short(event)
        return head + line.encode()[: max(room, 0)]  # in ASCII any cut is between two characters


def _short(event: Event) -> str:
    head = {
        "@timestamp": moment(event.at),
        "log.level": event.level,
        "event": event.kind,
        "event.schema": EVENT_SCHEMA,
        "event.shortened": True,
    }
    return as_line({**head, **{name: event.fields[name] for name in _SHORT if name in event.fields}})


def _printable(name: str, most: int) -> str:
    """Write a part of the header: visible ASCII without spaces (section 6: PRINTUSASCII), or the NILVALUE."""
    return "".join(c if "!" <= c <= "~" else "-" for c in name[:most]) or "-"


def _value(value: str) -> str:
    """Write a PARAM-VALUE (section 6.3.3), cut between two characters."""
    cut = value.encode("utf-8", "backslashreplace")[:VALUE_BYTES].decode("utf-8", "ignore")
    return visible(cut).replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
