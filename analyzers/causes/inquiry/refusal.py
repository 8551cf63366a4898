"""Who ended the connection before it could be used, by which sign, and at which point of the handshake.

The first sign counts, and only a sign that is no mere consequence of an earlier one. Two consequences are
common. OpenSSL 3 answers the end of a half-read handshake with decode_error. And an OpenSSL client refuses
a TLS 1.3 server's certificate in clear, before it has keys to write with; a server that expects protected
records then answers with bad_record_mac or unexpected_message, so that the server's log speaks of
corruption where the client has refused it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from analyzers.causes.entry import Evidence, State
from analyzers.connection import (
    Alert,
    CloseKind,
    Connection,
    EventKind,
    NetworkErrorKind,
    Outcome,
    Party,
    Seen,
)
from analyzers.tls.codepoints import is_tls13

from .progress import AT_ONCE_SECONDS, SHORTEST_FINISHED, Progress, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzers.connection import Event, NetworkError

__all__ = ["SILENCE_SECONDS", "Refusal", "Signal", "read_refusal"]

SILENCE_SECONDS = 1.0
"""An end that waited this long for an answer, and then left, left for want of it: neighbours answer in
milliseconds, other continents in a third of a second."""

_CONSEQUENCES = frozenset({10, 20, 21, 22, 50, 80})
"""unexpected_message, bad_record_mac, decryption_failed, record_overflow, decode_error, internal_error: what
an end says when the other one has left, or has said something that it cannot read."""

_AFTER_THE_END = _CONSEQUENCES | {40}
"""What an end says when the other one has left in the middle of the handshake: OpenJDK 25 says handshake_failure."""

_NO_REFUSAL = frozenset({0, 41, 90, 100})
"""close_notify, no_certificate (SSL 3.0: "I have none"), user_canceled, no_renegotiation: no end by
themselves."""

_DATA = frozenset(EventKind) - {EventKind.FIN, EventKind.RST, EventKind.GAP}


class Signal(StrEnum):
    """By which sign an end refused."""

    ALERT = "alert"
    ENCRYPTED_ALERT = "encrypted alert"
    """An alert whose description encryption hides."""
    CLOSE_NOTIFY = "close_notify"
    FIN = "FIN"
    RST = "RST"
    SILENCE = "silence"


_CLOSINGS: Mapping[CloseKind, Signal] = {
    CloseKind.FIN: Signal.FIN,
    CloseKind.RST: Signal.RST,
    CloseKind.CLOSE_NOTIFY: Signal.CLOSE_NOTIFY,
}


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
    text: str
    """What was seen, in a clause."""
    waited: float = 0.0
    """Seconds for which an end that left without a word had owed the other an answer."""

    @property
    def alert_code(self) -> int | None:
        """The alert's number, where it is known."""
        return self.alert.code if self.alert is not None and self.signal is Signal.ALERT else None

    @property
    def evidence(self) -> Evidence:
        """What was seen, and where."""
        return Evidence(self.text, frame=self.frame, source=None if self.frame is not None else "timeline")


def read_refusal(connection: Connection, progress: Progress) -> Refusal | None:
    """Tell who ended the connection too early; None where nobody did, or nobody saw it."""
    error = connection.network_error
    if error is not None:
        # Whoever a name does not lead to was not even asked.
        is_asked = error.kind is not NetworkErrorKind.NAME
        return _by_network(connection, error, progress) if is_asked else None
    if connection.outcome in (Outcome.INCOMPLETE, Outcome.PLAINTEXT):
        return None
    if connection.outcome is Outcome.ESTABLISHED:
        return _by_close(connection, progress) if _is_never_accepted(connection, progress) else None
    return (
        _by_alert(connection, progress)
        or _by_hidden_alert(connection, progress)
        or _by_close(connection, progress)
    )


def _by_network(connection: Connection, error: NetworkError, progress: Progress) -> Refusal:
    signal = (
        Signal.RST if error.kind in (NetworkErrorKind.REFUSED, NetworkErrorKind.RESET) else Signal.SILENCE
    )
    if error.kind in (NetworkErrorKind.RESET, NetworkErrorKind.HANDSHAKE_TIMEOUT):
        spoken = _by_alert(connection, progress)
        if spoken is not None:
            return spoken
        stage = progress.stage_at(len(connection.events))
    else:
        stage = Stage.BEFORE_CLIENT_HELLO
    text = f"{error.text}, after {error.after_seconds:.1f} s"
    return Refusal(error.party, signal, None, stage, State.OBSERVED, connection.ended, None, text)


def _is_never_accepted(connection: Connection, progress: Progress) -> bool:
    """Say whether a TLS 1.3 server left at once on the client's part of the handshake, without a word to it."""
    tls, flight = connection.tls, progress.client_flight
    if tls is None or tls.version is None or not is_tls13(tls.version) or flight is None:
        return False
    if progress.completion is not None or connection.closed_by is not Party.SERVER:
        return False
    ends = (event for event in connection.events[flight:] if event.kind in (EventKind.FIN, EventKind.RST))
    end = next(ends, None)
    return end is not None and end.at - connection.events[flight].at <= AT_ONCE_SECONDS


def _by_alert(connection: Connection, progress: Progress) -> Refusal | None:
    tls = connection.tls
    if tls is None:
        return None
    is_13 = tls.version is not None and is_tls13(tls.version)
    for alert in tls.alerts:
        if alert.seen is Seen.INFERRED or alert.code in _NO_REFUSAL or (alert.level < 2 and not is_13):
            continue
        if _gave_way(connection, alert):
            continue
        stage = progress.stage_at(alert.event)
        seen = "in clear" if alert.seen is Seen.CLEARTEXT else "encrypted, and decrypted here"
        text = f"the {alert.sender} sent the alert {alert.code} {alert.description} ({seen}) {stage.words}"
        return Refusal(alert.sender, Signal.ALERT, alert, stage, State.OBSERVED, alert.at, alert.frame, text)
    return None


def _gave_way(connection: Connection, alert: Alert) -> bool:
    """Say whether the other end had left before this alert, or had refused in a way that its sender could
    not read.
    """
    other = alert.sender.other
    if alert.code not in _AFTER_THE_END:
        return False
    for event in connection.events[: alert.event]:
        if event.sender is other and event.kind in (EventKind.FIN, EventKind.RST):
            return True
    if connection.tls is None or alert.code not in _CONSEQUENCES:
        return False
    return any(
        rival.sender is other and rival.code not in _NO_REFUSAL | _CONSEQUENCES
        for rival in connection.tls.alerts
    )


def _by_hidden_alert(connection: Connection, progress: Progress) -> Refusal | None:
    """Find an encrypted record that is an alert by its type or its length, before the connection was used."""
    gone: set[Party] = set()
    for index, event in enumerate(connection.events):
        if event.kind in (EventKind.FIN, EventKind.RST):
            gone.add(event.sender)
        if not _may_be_alert(event, progress, index):
            continue
        if event.sender.other in gone:
            return None  # An answer to the end of the other: close_notify, or decode_error.
        stage = progress.stage_at(index)
        if stage is Stage.AFTER_COMPLETION:
            return None
        text = f"the {event.sender} sent one encrypted record as short as an alert ({event.length} bytes) {stage.words}"
        return Refusal(
            event.sender, Signal.ENCRYPTED_ALERT, None, stage, State.INFERRED, event.at, event.frame, text
        )
    return None


def _may_be_alert(event: Event, progress: Progress, index: int) -> bool:
    if event.kind is EventKind.ENCRYPTED_ALERT:
        return True
    is_short = event.kind is EventKind.APPLICATION_DATA and event.length < SHORTEST_FINISHED
    is_clients = event.sender is Party.CLIENT and progress.client_flight is None
    return is_short and is_clients and progress.server_hello is not None and index > progress.server_hello


def _by_close(connection: Connection, progress: Progress) -> Refusal | None:
    events = connection.events
    stage = progress.stage_at(len(events))
    closer = connection.closed_by
    end = next(
        (
            place
            for place, event in enumerate(events)
            if event.sender is closer and _closes(event, connection.close_kind)
        ),
        len(events),
    )
    # What the other one says to the end comes after it, and is no answer that was waited for.
    last = next((event for event in reversed(events[:end]) if event.kind in _DATA), None)
    if connection.outcome is Outcome.TIMEOUT or closer is None:
        if connection.outcome is not Outcome.TIMEOUT:
            return None
        return _silence(Party.SERVER if last is None else last.sender.other, stage, last, connection.ended)
    closing = events[end] if end < len(events) else None
    at = connection.ended if closing is None else closing.at
    waited = at - (connection.started if last is None else last.at)
    is_waiting = closer is last.sender if last is not None else closer is Party.SERVER
    if waited >= SILENCE_SECONDS and is_waiting:
        return _silence(closer.other, stage, last, at)
    signal = _CLOSINGS.get(connection.close_kind)
    if signal is None:
        return None
    owed = 0.0 if is_waiting else waited
    after = f", {owed:.1f} s after the last word of the {closer.other}," if owed >= SILENCE_SECONDS else ""
    text = f"the {closer} closed the connection ({signal}){after} {stage.words}"
    frame = None if closing is None else closing.frame
    return Refusal(closer, signal, None, stage, State.OBSERVED, at, frame, text, owed)


def _closes(event: Event, kind: CloseKind) -> bool:
    if kind is CloseKind.CLOSE_NOTIFY:
        return event.kind in (EventKind.ALERT, EventKind.ENCRYPTED_ALERT)
    return event.kind is (EventKind.FIN if kind is CloseKind.FIN else EventKind.RST)


def _silence(party: Party, stage: Stage, last: Event | None, until: float) -> Refusal:
    waited = "" if last is None else f" for {until - last.at:.1f} s"
    text = f"the {party} did not answer{waited} {stage.words}"
    return Refusal(
        party, Signal.SILENCE, None, stage, State.OBSERVED, until, None if last is None else last.frame, text
    )
