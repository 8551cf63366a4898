"""An event for the eye: one line that says who called whom, what came of it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from analyzers.x509.printing import visible

from .event import CONNECTION, moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .event import Event

__all__ = ["Console"]

_ASIDE = ("id", "relay", "refused_by", "tls.version")
"""What stands behind the sentence; the API and every other sink have the rest."""


class Console:
    """Writes events for a person, with colours where that person sees them."""

    def __init__(self, *, colours: bool) -> None:
        """Choose whether to colour."""
        self._render = structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=0, pad_level=False)

    def line(self, event: Event) -> str:
        """Write an event; what came from the network cannot move the cursor."""
        fields = event.fields
        if event.kind == CONNECTION:
            said = _sentence(fields)
            shown = {name: fields[name] for name in _ASIDE if fields.get(name) is not None}
        else:
            said = event.kind
            shown = {name: value for name, value in fields.items() if name != "mirror.name"}
        head = {"timestamp": moment(event.at), "level": event.level, "event": visible(said)}
        return str(self._render(None, event.level, {**head, **{name: _shown(shown[name]) for name in shown}}))


def _sentence(fields: Mapping[str, Any]) -> str:
    """Say who called whom, what came of it, and why."""
    ends = (
        _end(fields.get("client_member"), fields.get("client")),
        _end(fields.get("server_member"), fields.get("upstream")),
    )
    said = f"{' -> '.join(ends)} {fields.get('outcome')}"
    cause, summary = fields.get("root_cause"), fields.get("summary")
    if cause is not None:
        return f"{said}: {cause}: {summary}"
    return said


def _end(member: str | None, address: str | None) -> str:
    return str(address) if member is None else f"{member} ({address})"


def _shown(value: Any) -> str:  # noqa: ANN401 (a field is whatever JSON can hold)
    if isinstance(value, list | tuple):
        return visible(", ".join(map(str, value)))
    return visible(str(value))
