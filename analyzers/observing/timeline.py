"""The timeline of a connection: what each end sent, in order, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..connection import Event, EventKind

if TYPE_CHECKING:
    from ..connection import Party

__all__ = ["MAX_EVENTS", "Slot", "Timeline"]

MAX_EVENTS = 512
"""A handshake has about twenty. Ends that take turns for an hour have thousands: their runs are merged."""


class _Run:
    """Data of one sender, added up until something else happens."""

    __slots__ = ("at", "count", "frame", "kind", "length", "offset", "protected", "sender")

    def __init__(
        self,
        sender: Party,
        kind: EventKind,
        length: int,
        at: float,
        offset: int,
        frame: int | None,
        *,
        protected: bool,
        count: int = 1,
    ) -> None:
        self.sender = sender
        self.kind = kind
        self.length = length
        self.at = at
        self.offset = offset
        self.frame = frame
        self.protected = protected
        self.count = count

    def event(self) -> Event:
        kind = self.kind
        return Event(
            self.at,
            self.sender,
            kind,
            kind.value,
            self.length,
            self.offset,
            self.frame,
            self.protected,
            self.count,
        )


class Slot:
    """The place of a protected record that may be opened later, when its secret has come."""

    __slots__ = ("events",)

    def __init__(self, event: Event) -> None:
        """Show the record as it is while it is closed."""
        self.events = [event]


class Timeline:
    """The events so far."""

    __slots__ = ("_entries", "_runs", "dropped")

    def __init__(self) -> None:
        """Begin without events."""
        self._entries: list[Event | _Run | Slot] = []
        self._runs: dict[Party, _Run] = {}
        self.dropped = 0
        """Events beyond the bound."""

    @property
    def is_full(self) -> bool:
        """Whether only the few events that end a connection are still taken."""
        return len(self._entries) >= MAX_EVENTS

    def add(self, event: Event) -> None:
        """Put an event at the end."""
        if len(self._entries) < MAX_EVENTS:
            self._entries.append(event)
        else:
            self.dropped += 1

    def add_last(self, event: Event) -> None:
        """Put an event at the end that must not be lost; the caller sees to it that there are few of them."""
        self._entries.append(event)

    def add_slot(self, event: Event) -> Slot:
        """Put a record that is still closed at the end, and give its place."""
        slot = Slot(event)
        if len(self._entries) < MAX_EVENTS:
            self._entries.append(slot)
        else:
            self.dropped += 1
        return slot

    def add_data(
        self,
        sender: Party,
        kind: EventKind,
        length: int,
        at: float,
        offset: int,
        frame: int | None,
        *,
        protected: bool,
        count: int = 1,
    ) -> None:
        """Put data at the end, in the run that it continues; when full, in its sender's last run."""
        entries = self._entries
        last = entries[-1] if entries else None
        if not isinstance(last, _Run) or last.sender is not sender:
            last = self._runs.get(sender) if len(entries) >= MAX_EVENTS else None
        if last is not None and last.kind is kind and last.protected is protected:
            last.length += length
            last.count += count if protected else 0
        elif len(entries) < MAX_EVENTS:
            run = _Run(sender, kind, length, at, offset, frame, protected=protected, count=count)
            self._runs[sender] = run
            entries.append(run)
        else:
            self.dropped += 1

    def take_back(self, sender: Party, length: int) -> None:
        """Take back plaintext that turned out to begin TLS: the last `length` bytes of it."""
        for index in range(len(self._entries) - 1, -1, -1):
            run = self._entries[index]
            if length <= 0:
                return
            if not isinstance(run, _Run) or run.sender is not sender or run.kind is not EventKind.PLAINTEXT:
                continue
            taken = min(run.length, length)
            run.length -= taken
            length -= taken
            if not run.length:
                del self._entries[index]

    def remove(self, sender: Party) -> None:
        """Take out all that `sender` is said to have sent: it was no TLS."""
        self._entries = [entry for entry in self._entries if _sender(entry) is not sender]
        self._runs.pop(sender, None)

    def events(self) -> list[Event]:
        """Give the events in order."""
        found: list[Event] = []
        for entry in self._entries:
            if isinstance(entry, Event):
                found.append(entry)
            elif isinstance(entry, _Run):
                found.append(entry.event())
            else:
                found.extend(entry.events)
        return found


def _sender(entry: Event | _Run | Slot) -> Party:
    return entry.events[0].sender if isinstance(entry, Slot) else entry.sender
