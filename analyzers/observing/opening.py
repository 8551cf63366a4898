"""Protected records: opened, waiting for their secret, or left closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..connection import Event, EventKind, Party, ProblemKind, Seen
from ..errors import DecryptionFailed, ProtectionUnsupported
from ..tls.compression import Inflater
from ..tls.search import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, MAX_RECORD_BYTES
from .direction import MAX_PENDING_BYTES, MAX_PENDING_RECORDS, Pending
from .flights import note_closed
from .protections import find_protection

if TYPE_CHECKING:
    from ..tls.protection import RecordProtection
    from ..tls.records import Record
    from .conversation import Conversation
    from .direction import Direction

__all__ = ["current_protection", "is_closed_alert", "limit_kept", "pass_data", "retry", "take_protected"]

POST_HANDSHAKE_BYTES = 4096
"""Longer records after the handshake hold data: tickets, key updates and alerts are all shorter."""

MAX_FAILURES_AFTER_GAP = 64
"""Records that may fail to open after a gap, before we stop trying: as many as sequence numbers are tried."""

_TLS10 = 0x0301
"""The last version in which the IV of a record is the end of the one before."""

LEAST_CLOSED_ALERT = 18
"""Two bytes and the shortest MAC."""

_LEVELS = frozenset((1, 2))

_CLOSED_KINDS = {
    HANDSHAKE: EventKind.ENCRYPTED_HANDSHAKE,
    ALERT: EventKind.ENCRYPTED_ALERT,
    CHANGE_CIPHER_SPEC: EventKind.CHANGE_CIPHER_SPEC,
    APPLICATION_DATA: EventKind.APPLICATION_DATA,
}


def current_protection(conversation: Conversation, direction: Direction) -> RecordProtection | None:
    """Give the protection of the next record of `direction`, looking for its secret where there is none yet."""
    protection = direction.protection
    keylog = conversation.keylog
    if protection is not None or keylog is None or not direction.can_open:
        return protection
    if not conversation.negotiation.is_tls13 and not direction.has_changed:
        return None
    try:
        protection = find_protection(keylog, conversation.negotiation, direction)
    except ProtectionUnsupported as error:
        conversation.problem(ProblemKind.DECRYPTION, str(error), direction, None)
        _give_up(direction)
        return None
    direction.protection = protection
    if protection is not None:
        if direction.has_gap:
            protection.resynchronise()
        direction.inflater = Inflater() if conversation.negotiation.is_compressed else None
        limit_kept(conversation, direction)
    return protection


def limit_kept(conversation: Conversation, direction: Direction) -> None:
    """Say which application data records the reader has to keep, because a message may be in them."""
    negotiation, reader = conversation.negotiation, direction.reader
    if not direction.can_open or negotiation.version is None:
        reader.keep_limit = 0
    elif not negotiation.is_tls13:
        protection = direction.protection
        needs_tails = negotiation.version <= _TLS10 if protection is None else protection.tail_bytes > 0
        reader.keep_limit = MAX_RECORD_BYTES if needs_tails or direction.inflater is not None else 0
    elif direction.uses_application_keys:
        hello = negotiation.client_hello
        is_asked_later = hello is not None and hello.offers_post_handshake_auth
        reader.keep_limit = MAX_RECORD_BYTES if is_asked_later else POST_HANDSHAKE_BYTES
    else:
        reader.keep_limit = MAX_RECORD_BYTES


def take_protected(conversation: Conversation, direction: Direction, record: Record) -> None:
    """Open a protected record, or let it wait, or leave it closed."""
    if direction.has_opened and record.fragment is None:
        pass_data(conversation, direction, record)
        conversation.take_data(direction, record.length, record.offset)
    elif not direction.can_open or conversation.negotiation.version is None:
        _show_closed(conversation, direction, record)
    elif direction.pending or not _open(conversation, direction, record):
        _wait(conversation, direction, record)


def pass_data(conversation: Conversation, direction: Direction, record: Record) -> None:
    """Count a record that needs no opening: every nonce depends on the number of records before it."""
    if not direction.can_open or conversation.negotiation.version is None:
        return
    if direction.pending:
        _enqueue(direction, Pending(record, direction.at, direction.frame, None))
        return
    protection = current_protection(conversation, direction)
    if protection is not None:
        _step_over(protection, record)
    else:
        _enqueue(direction, Pending(record, direction.at, direction.frame, None))


def _step_over(protection: RecordProtection, record: Record) -> None:
    tail = record.fragment[-protection.tail_bytes :] if record.fragment and protection.tail_bytes else b""
    protection.skip(record.length, tail)


def _open(conversation: Conversation, direction: Direction, record: Record) -> bool:
    """Open a record and take what is in it; False where that must wait, or cannot be."""
    protection = current_protection(conversation, direction)
    if protection is None or record.fragment is None:
        return False
    try:
        kind, plain = _decrypt(conversation, direction, protection, record, record.fragment)
        if direction.inflater is not None:
            plain = direction.inflater.inflate(plain)
    except DecryptionFailed as error:
        return _failed(conversation, direction, record, error)
    direction.has_opened = True
    if kind == HANDSHAKE:
        conversation.take_messages(direction, plain, record.offset, protected=True)
    elif kind == ALERT:
        conversation.take_alerts(direction, plain, record, Seen.DECRYPTED)
    elif kind == APPLICATION_DATA:
        direction.opened_bytes += len(plain)
        conversation.take_data(direction, len(plain), record.offset)
    elif kind == CHANGE_CIPHER_SPEC:
        conversation.change_cipher_spec(direction, record, protected=True)
    return True


def _decrypt(
    conversation: Conversation,
    direction: Direction,
    protection: RecordProtection,
    record: Record,
    fragment: bytes,
) -> tuple[int, bytes]:
    """Open a record with its keys, or, where a gap may hide the Finished, with those that follow."""
    try:
        return protection.open(record.content_type, record.version, fragment)
    except DecryptionFailed:
        later = _application_protection(conversation, direction)
        if later is None:
            raise
        opened = later.open(record.content_type, record.version, fragment)
    direction.protection = later
    direction.finished = direction.uses_application_keys = True
    conversation.negotiation.is_server_done |= direction.party is Party.SERVER
    limit_kept(conversation, direction)
    return opened


def _application_protection(conversation: Conversation, direction: Direction) -> RecordProtection | None:
    """Give the TLS 1.3 protection of after the Finished, while that of the handshake is in use behind a gap."""
    negotiation, keylog = conversation.negotiation, conversation.keylog
    if not direction.has_gap or direction.uses_application_keys or not negotiation.is_tls13 or not keylog:
        return None
    direction.uses_application_keys = True
    protection = find_protection(keylog, negotiation, direction)
    direction.uses_application_keys = False
    if protection is not None:
        protection.resynchronise()
    return protection


def _failed(
    conversation: Conversation, direction: Direction, record: Record, error: DecryptionFailed
) -> bool:
    hello = conversation.negotiation.client_hello
    may_be_early = direction.party is Party.CLIENT and hello is not None and hello.offers_early_data
    if may_be_early and not direction.has_opened:
        # Early data has keys of its own; those that follow it are tried until the first record opens.
        _show_closed(conversation, direction, record)
        return True
    direction.failures += 1
    if direction.has_gap and direction.failures < MAX_FAILURES_AFTER_GAP:
        _show_closed(conversation, direction, record)
        return True
    conversation.problem(ProblemKind.DECRYPTION, str(error), direction, record.offset)
    _give_up(direction)
    return False


def _give_up(direction: Direction) -> None:
    direction.can_open = False
    direction.protection = None
    direction.pending.clear()
    direction.pending_bytes = 0
    direction.reader.keep_limit = 0


def _wait(conversation: Conversation, direction: Direction, record: Record) -> None:
    if not direction.can_open:
        _show_closed(conversation, direction, record)
        return
    before = direction.handshake_bytes
    slot = conversation.timeline.add_slot(_closed_event(direction, record))
    _note_closed(conversation, direction, record)
    is_of_flight = direction.handshake_bytes > before
    _enqueue(direction, Pending(record, direction.at, direction.frame, slot, is_of_flight))


def _enqueue(direction: Direction, waiting: Pending) -> None:
    direction.pending.append(waiting)
    direction.pending_bytes += len(waiting.record.fragment or b"")
    if direction.pending_bytes > MAX_PENDING_BYTES or len(direction.pending) > MAX_PENDING_RECORDS:
        _give_up(direction)


def retry(conversation: Conversation, direction: Direction) -> None:
    """Try the records that wait, in their order, as far as there are secrets for them."""
    at, frame = direction.at, direction.frame
    while direction.pending:
        protection = current_protection(conversation, direction)
        if protection is None:
            break
        waiting = direction.pending.popleft()
        record = waiting.record
        direction.pending_bytes -= len(record.fragment or b"")
        if waiting.slot is None:
            _step_over(protection, record)
            continue
        direction.at, direction.frame = waiting.at, waiting.frame
        closed = waiting.slot.events[:]
        waiting.slot.events.clear()
        conversation.sink = waiting.slot.events
        if _open(conversation, direction, record):
            _unnote(direction, waiting)
        conversation.sink = None
        if not waiting.slot.events:
            waiting.slot.events.extend(closed)
    direction.at, direction.frame = at, frame


def is_closed_alert(fragment: bytes) -> bool:
    """Say whether an alert is encrypted though no ChangeCipherSpec was seen: its levels are no levels."""
    return len(fragment) >= LEAST_CLOSED_ALERT and not set(fragment[::2]) <= _LEVELS


def _closed_event(direction: Direction, record: Record) -> Event:
    kind = _CLOSED_KINDS[record.content_type]
    return Event(
        direction.at,
        direction.party,
        kind,
        kind.value,
        record.length,
        record.offset,
        direction.frame,
        protected=True,
    )


def _show_closed(conversation: Conversation, direction: Direction, record: Record) -> None:
    """Put a record into the timeline as it is."""
    if _note_closed(conversation, direction, record):
        conversation.emit(_closed_event(direction, record))
    else:
        conversation.take_data(direction, record.length, record.offset)


def _note_closed(conversation: Conversation, direction: Direction, record: Record) -> bool:
    """Note what the length of a record tells; say whether it stands in the timeline by itself."""
    if record.content_type != APPLICATION_DATA:
        direction.finished |= record.content_type == HANDSHAKE and direction.has_changed
        return True
    if record.fragment is not None:
        direction.opened_bytes += record.length
    if not conversation.negotiation.is_tls13:
        return False
    return note_closed(conversation, direction, record.length)


def _unnote(direction: Direction, waiting: Pending) -> None:
    """Take back what was noted of a record while it was closed."""
    if waiting.record.content_type != APPLICATION_DATA:
        return
    direction.opened_bytes -= waiting.record.length
    if waiting.is_of_flight:
        direction.handshake_bytes -= waiting.record.length
