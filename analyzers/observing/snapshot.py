"""The record of a connection, written from what its conversation holds at the moment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..connection import PARTIES, Alert, CloseKind, EventKind, Party, Preamble, Problem, ProblemKind, Tls
from ..tls.fingerprints import ja3, ja3s, ja4
from ..tls.history import MESSAGE_LETTERS, RECORD_LETTERS, shorten
from .outcome import is_complete
from .proofs import read_proof

if TYPE_CHECKING:
    from ..connection import Event
    from ..tls.records import RecordReader
    from .conversation import Conversation

__all__ = ["first_close", "history_of", "letter_of", "read_events", "read_preamble", "read_tls"]


def read_events(conversation: Conversation) -> list[Event]:
    """Give the timeline; in TLS 1.3 each end's last records become alerts where only an alert is as short.

    Nothing follows an alert of the same sender, so a short record that is followed by a longer one is data.
    """
    events = conversation.timeline.events()
    if not conversation.negotiation.is_tls13:
        return events
    lengths = {party: conversation.direction(party).alert_lengths for party in PARTIES}
    may_be_alert = {Party.CLIENT, Party.SERVER}
    for index in range(len(events) - 1, -1, -1):
        event = events[index]
        kind = event.kind
        if event.sender not in may_be_alert or kind in _SILENT:
            continue
        if kind is EventKind.APPLICATION_DATA and event.length in lengths[event.sender] and event.count == 1:
            name = EventKind.ENCRYPTED_ALERT.value
            events[index] = replace(event, kind=EventKind.ENCRYPTED_ALERT, name=name)
        else:
            may_be_alert.discard(event.sender)
            if not may_be_alert:
                break
    return events


_CLOSURES = frozenset((0, 90))
"""close_notify and user_canceled, which refuse nothing."""

_SILENT = frozenset((EventKind.FIN, EventKind.RST, EventKind.GAP))


def history_of(events: list[Event]) -> str:
    """Write the timeline as one word, as `tls.history` describes."""
    return shorten(
        [letter for event in events if (letter := letter_of(event.sender, event.kind, event.name))]
    )


def letter_of(sender: Party, kind: EventKind, name: str) -> str:
    """Give the letter of an event; none for those that are not written."""
    letter = MESSAGE_LETTERS.get(name, "Z") if kind is EventKind.HANDSHAKE else RECORD_LETTERS.get(kind, "")
    return letter if sender is Party.CLIENT else letter.lower()


def _alerts(conversation: Conversation, events: list[Event]) -> tuple[Alert, ...]:
    if not conversation.alerts:
        return ()
    places = {id(event): index for index, event in enumerate(events)}
    return tuple(
        Alert(
            seen.sender,
            seen.level,
            seen.code,
            seen.seen,
            seen.event.at,
            seen.event.frame,
            places[id(seen.event)],
            seen.while_handshaking,
        )
        for seen in conversation.alerts
    )


def read_preamble(conversation: Conversation) -> Preamble:
    """Give what each end sent before TLS began: all of it, where TLS never began."""
    client, server = conversation.client.reader, conversation.server.reader
    return Preamble(_plain(client), _plain(server), client.head_so_far.hex(), server.head_so_far.hex())


def _plain(reader: RecordReader) -> int:
    return reader.total if reader.start is None else reader.start


def first_close(conversation: Conversation) -> tuple[Party | None, CloseKind]:
    """Say who closed first, and how."""
    closings = conversation.closings
    if not closings:
        return None, CloseKind.NONE
    first = min(closings, key=lambda closing: closing.at)
    return first.party, first.kind


def read_cuts(conversation: Conversation, events: list[Event]) -> tuple[Problem, ...]:
    """Give the ends that left within their first record: of their part of the handshake nothing can be read."""
    if not conversation.closings:
        return ()
    spoken = {event.sender for event in events if event.kind not in _SILENT}
    return tuple(
        Problem(ProblemKind.CUT, "it left within its first record", each.party, 0, each.frame, each.at)
        for each in (conversation.client, conversation.server)
        if each.party not in spoken and each.reader.start is not None and each.reader.is_partial
    )


def _resumed(conversation: Conversation) -> bool | None:
    """Whether a session was taken up again: only then may a TLS 1.2 server go on without a certificate."""
    negotiation = conversation.negotiation
    hello = negotiation.server_hello
    if hello is None:
        return None
    if negotiation.is_tls13:
        return hello.selected_psk is not None
    if negotiation.has_full_handshake:
        return False
    if negotiation.echoes_session:
        return True
    server = conversation.server
    return True if server.has_changed and not server.has_gap else None


def _certificate_requested(conversation: Conversation, *, resumed: bool | None) -> bool | None:
    """Whether the server asked for a certificate; in a resumed session the first handshake settled that."""
    negotiation = conversation.negotiation
    if negotiation.is_request_seen:
        return True
    is_whole = negotiation.is_server_done and not conversation.server.has_gap
    return False if is_whole and not resumed else None


def _finished(conversation: Conversation, party: Party) -> bool | None:
    """Whether a Finished passed; None where TLS 1.3 hides it."""
    direction = conversation.direction(party)
    if direction.finished:
        return True
    is_hidden = conversation.negotiation.is_tls13 and not direction.has_opened
    return None if is_hidden or direction.has_gap or direction.is_joined else False


def read_tls(conversation: Conversation, events: list[Event]) -> Tls | None:
    """Give what TLS showed; None where neither end began it."""
    client, server = conversation.client, conversation.server
    if client.reader.start is None and server.reader.start is None:
        return None
    negotiation = conversation.negotiation
    client_hello, server_hello = negotiation.client_hello, negotiation.server_hello
    is_sslv2 = client_hello is not None and client_hello.is_sslv2
    first_hello = None if is_sslv2 else negotiation.first_client_hello or client_hello
    resumed = _resumed(conversation)
    has_left = bool(conversation.closings) and not is_complete(conversation)
    is_refused = has_left or any(alert.code not in _CLOSURES for alert in conversation.alerts)
    return Tls(
        version=negotiation.version,
        cipher_suite=None if server_hello is None else server_hello.cipher_suite,
        group=negotiation.group,
        signature_scheme=negotiation.signature_scheme,
        client_signature_scheme=negotiation.client_signature_scheme,
        resumed=resumed,
        history=history_of(events),
        client_hello=client_hello,
        first_client_hello=negotiation.first_client_hello,
        hello_retry_request=negotiation.hello_retry_request,
        server_hello=server_hello,
        certificate_request=negotiation.certificate_request,
        certificate_requested=_certificate_requested(conversation, resumed=resumed),
        client_certificates=negotiation.client_certificates,
        server_certificates=negotiation.server_certificates,
        alerts=_alerts(conversation, events),
        has_secrets=client.has_opened or server.has_opened,
        client_finished=_finished(conversation, Party.CLIENT),
        server_finished=_finished(conversation, Party.SERVER),
        ja3=None if first_hello is None else ja3(first_hello),
        ja3s=None if server_hello is None else ja3s(server_hello),
        ja4=None if first_hello is None else ja4(first_hello),
        is_sslv2_hello=is_sslv2,
        alpn=negotiation.alpn,
        client_proof=read_proof(conversation, Party.CLIENT) if is_refused else None,
        server_proof=read_proof(conversation, Party.SERVER) if is_refused else None,
    )
