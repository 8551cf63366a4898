"""What happened, told to every sink: one event for each connection, and what befalls the probe itself."""

from __future__ import annotations

from .event import EVENT_SCHEMA, Event, event_of
from .publisher import Publisher
from .sink import Sink

__all__ = ["EVENT_SCHEMA", "Event", "Publisher", "Sink", "event_of"]
