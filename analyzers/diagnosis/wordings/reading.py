"""Read one line: which stack wrote it, what it says, who refused whom, which root causes it makes likely.

Every wording whose text stands in the line is a candidate. The longest text wins, because it is the most precise; a sentence that
only says "something before this failed" gives way to any other, and so does one that is part of a longer one. OpenSSL's packed codes
are decoded beside it and agree with the text in all but truncated lines, where the code alone is left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analyzers.connection import Party

from . import openssl
from .flags import topic_of_flags
from .index import wordings_in
from .openssl_codes import PackedCode, find_packed_codes
from .openssl_reasons import REASON_TOPICS
from .printers import printer_of
from .roles import writer_of
from .topics import ALERT_TOPICS, Topic, at_depth, causes_of
from .traces import traced_alert
from .verify_errors import VERIFY_TOPICS
from .wording import Direction, Wording

__all__ = ["SIGNATURE_LIBRARIES", "Reading", "read_line"]

_VERIFY_NUMBER = re.compile(
    r"(?:verify error:num=|verify return code: |verify error: ?(?:num=)?|certificate verif(?:y error|ication): (?:error )?\(|verifyresult=|error: |failed, error= ?"
    r"|\berror (?=\d{1,3} at \d{1,2} depth))(\d{1,3})(?![\d.])",
)
_ISC_TRACE = re.compile(r"^\W*error: (\d{1,3}), |, error: (\d{1,3}), ")
_DEPTH = re.compile(r"(?:at depth ?=?|depth[ =:]+|error at depth )(\d{1,2})\b|\bat (\d{1,2}) depth lookup")
_ALERT_NUMBER = re.compile(r"ssl alert number (\d{1,3})\b|\{alert,[12],(\d{1,3}),")

_TLS_CONTEXT = re.compile(
    r"ssl|tls|x\.?509|certificat|openssl|pkcs|cipher|schannel|eproto|\bcurl\b|https|\bpem|\.(?:pem|crt|cer|key|p12|pfx)\b"
    r"|verif|error:[0-9a-f]{8}|moznss"
)
_NETWORK_CONTEXT = re.compile(r"socket|connect|peer|\btcp\b|http|\bsend|\brecv|\bport\b")
"""An everyday phrase of the network needs no more than a network."""

SIGNATURE_LIBRARIES = frozenset({4, 13, 57, 6})
"""RSA, ASN.1, provider and EVP errors beside `certificate verify failed`: the issuer's key does not fit (domain facts 3.1 row 7)."""

_LIBRARY_X509 = 11
_KEY_REASONS = frozenset({115, 116, 117})
"""X509_R_KEY_TYPE_MISMATCH, KEY_VALUES_MISMATCH, UNKNOWN_KEY_TYPE of x509err.h."""
_FILE_ERRNOS = frozenset({2, 13, 20, 21})
"""ENOENT, EACCES, ENOTDIR, EISDIR: OpenSSL 3 packs errno with the top bit set, 1.x files it under the system library."""
_LIBRARY_SYSTEM = 2
_LIBRARY_BIO = 32
_NO_SUCH_FILE = 128
"""BIO_R_NO_SUCH_FILE of bioerr.h."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one line says."""

    stack: str
    topic: Topic
    direction: Direction
    code: str | None
    """The stack's own number or symbol."""
    alert: int | None
    written_by: Party | None
    causes: tuple[tuple[str, float], ...]
    packed: tuple[PackedCode, ...] = ()

    def is_raised_by(self, party: Party) -> bool:
        """Tell whether `party` itself found the fault and wrote the line."""
        return self.direction is Direction.RAISED and self.written_by is party

    @property
    def refused_by(self) -> str | None:
        """`client` or `server` where the role is known, else `peer` or `writer`; None where nobody refused."""
        if self.alert == _CLOSE_NOTIFY or (
            self.topic in _NOBODY_REFUSED and self.direction is not Direction.RECEIVED
        ):
            return None
        if self.topic is Topic.CERTIFICATE_MISSING and self.is_raised_by(Party.CLIENT):
            # A client that finds no certificate of its own: the server has not answered yet.
            return None
        blames_peer = self.direction is Direction.RECEIVED or self.topic in _PEER_ENDED
        if self.written_by is None:
            return "peer" if blames_peer else "writer"
        return str(self.written_by.other if blames_peer else self.written_by)


_CLOSE_NOTIFY = 0
_NOBODY_REFUSED = frozenset(
    {
        Topic.LOCAL_CONFIGURATION,
        Topic.KEY_MISMATCH,
        Topic.DRIFT,
        Topic.OTHER,
        Topic.CONNECT_TIMEOUT,
        Topic.UNREACHABLE,
    }
)
_PEER_ENDED = frozenset({Topic.CLOSED, Topic.RESET, Topic.SILENT, Topic.REFUSED})

_ALERT_READ_BY: dict[int, Party] = {
    41: Party.SERVER,
    86: Party.CLIENT,
    112: Party.CLIENT,
    115: Party.CLIENT,
    116: Party.CLIENT,
    120: Party.CLIENT,
}
"""Alerts that only one party can receive."""
_ALERT_SENT_BY: dict[int, Party] = {alert: party.other for alert, party in _ALERT_READ_BY.items()}
_CERTIFICATE_ALERTS = frozenset({42, 43, 44, 45, 46, 48, 51, 116})


@dataclass(slots=True)
class _Draft:
    """A reading in the making; mutable, because text, code and trace each add to it."""

    stack: str = ""
    topic: Topic = Topic.OTHER
    direction: Direction = Direction.RAISED
    alert: int | None = None
    writer: Party | None = None
    code: str | None = None
    is_precise: bool = False
    """Whether the text names the reason, so that a code which only says "verification failed" adds nothing."""


def _weight(candidate: tuple[str, Wording]) -> tuple[bool, bool, int]:
    wording = candidate[1]
    return (
        not wording.is_consequence,
        wording.topic is not Topic.VERIFY_FAILED,
        len(wording.text) + len(wording.also),
    )


def _counts(wording: Wording, line: str) -> bool:
    """Tell whether an everyday phrase stands in a line about TLS, or is all that was pasted."""
    if not wording.is_everyday or (line.strip(" .\t") == wording.text and wording.text[0].isalpha()):
        return True
    if wording.topic in (Topic.RESET, Topic.CONNECT_TIMEOUT):
        return _NETWORK_CONTEXT.search(line) is not None or _TLS_CONTEXT.search(line) is not None
    return _TLS_CONTEXT.search(line) is not None


def _candidates(line: str) -> list[tuple[str, Wording]]:
    found = [entry for entry in wordings_in(line) if _counts(entry[1], line)]
    return [
        entry
        for entry in found
        if not any(
            len(other.text) > len(entry[1].text) and entry[1].text in other.text and not other.is_consequence
            for _, other in found
        )
    ]


def _from_text(line: str) -> _Draft | None:
    found = _candidates(line)
    if not found:
        return None
    stack, best = max(found, key=_weight)
    draft = _Draft(stack, best.topic, best.direction, best.alert, best.writer, best.code)
    draft.is_precise = best.topic not in (Topic.VERIFY_FAILED, Topic.OTHER) and not best.is_consequence
    for _, other in found:
        # The alert that followed from a reason, and who sent it, stand beside the reason.
        if other.is_consequence and other.direction is best.direction and other.alert is not None:
            draft.alert = other.alert if draft.alert is None or draft.is_precise else draft.alert
            draft.writer = draft.writer or other.writer
    return draft


def _from_packed(packed: tuple[PackedCode, ...]) -> tuple[_Draft, PackedCode] | None:
    for code in packed:
        if (alert := code.alert) is not None:
            return _Draft("", ALERT_TOPICS.get(alert, Topic.OTHER), Direction.RECEIVED, alert), code
    for code in packed:
        if code.generation == "BoringSSL":
            continue
        if code.is_ssl and code.reason in REASON_TOPICS:
            topic, alert, writer = REASON_TOPICS[code.reason]
            if topic is Topic.VERIFY_FAILED and any(c.library in SIGNATURE_LIBRARIES for c in packed):
                topic = Topic.REKEYED
            return _Draft("", topic, Direction.RAISED, alert, writer), code
        if code.library == _LIBRARY_X509 and code.reason in _KEY_REASONS:
            return _Draft("", Topic.KEY_MISMATCH), code
        if code.library == _LIBRARY_BIO and code.reason == _NO_SUCH_FILE:
            return _Draft("", Topic.LOCAL_CONFIGURATION), code
        if (code.code >> 31 or code.library == _LIBRARY_SYSTEM) and code.reason in _FILE_ERRNOS:
            return _Draft("", Topic.LOCAL_CONFIGURATION), code
    return None


def _verify_topic(line: str) -> tuple[Topic, str] | None:
    match = _ISC_TRACE.search(line) or (
        _VERIFY_NUMBER.search(line) if "verif" in line or "depth lookup" in line else None
    )
    if match is None or (number := int(match[1] or match[2])) not in VERIFY_TOPICS:
        return None
    return VERIFY_TOPICS[number], f"X509_V_ERR {number}"


def _party_of_alert(alert: int | None, direction: Direction) -> Party | None:
    if alert is None:
        return None
    return (_ALERT_READ_BY if direction is Direction.RECEIVED else _ALERT_SENT_BY).get(alert)


def read_line(text: str) -> Reading | None:
    """Read one line of any log; None where it says nothing that we know of TLS or of its connection."""
    line = text.lower()
    packed = find_packed_codes(line)
    spoken = _from_text(line)
    draft = spoken or _Draft()
    if (verified := _verify_topic(line)) is not None:
        draft.topic, draft.code = verified
        draft.direction, draft.is_precise, draft.stack = Direction.RAISED, True, draft.stack or openssl.STACK
    if (flagged := topic_of_flags(line)) is not None:
        draft = _Draft(flagged[0], flagged[1], code=flagged[2], writer=draft.writer, is_precise=True)
    if (traced := traced_alert(line)) is not None:
        (draft.direction, draft.alert), draft.is_precise = traced, True
        draft.topic, draft.stack = ALERT_TOPICS.get(draft.alert, Topic.OTHER), openssl.STACK
    decoded = _from_packed(packed)
    if spoken is None and decoded is None and verified is None and flagged is None and traced is None:
        return _unread(line, packed)
    if decoded is not None:
        _take_code(draft, decoded[0])
    if packed:
        draft.stack = openssl.STACK
        draft.code = f"{(decoded[1] if decoded else packed[-1]).code:08X}"
    return _finish(line, draft, packed)


def _take_code(draft: _Draft, code: _Draft) -> None:
    """Let the number decide, unless the text says the same or says why."""
    if draft.is_precise and code.topic in (draft.topic, Topic.VERIFY_FAILED):
        draft.alert = code.alert if code.alert is not None else draft.alert
        draft.writer = draft.writer or code.writer
        return
    draft.topic, draft.direction, draft.alert, draft.writer = (
        code.topic,
        code.direction,
        code.alert,
        code.writer,
    )


def _unread(line: str, packed: tuple[PackedCode, ...]) -> Reading | None:
    """A packed code that we can take apart, and know no root cause for, is still said to be OpenSSL's."""
    known = [code for code in packed if code.library_name]
    if not known:
        return None
    stack, code = printer_of(line, openssl.STACK), f"{known[-1].code:08X}"
    return Reading(stack, Topic.OTHER, Direction.RAISED, code, None, writer_of(line), (), packed)


def _writer(line: str, draft: _Draft) -> Party | None:
    writer = writer_of(line) or draft.writer or _party_of_alert(draft.alert, draft.direction)
    if writer is not None:
        return writer
    if draft.topic in (Topic.FALLBACK, Topic.SERVER_NAME):
        return Party.CLIENT if draft.direction is Direction.RECEIVED else Party.SERVER
    if draft.topic is Topic.HOST_NAME and draft.direction is Direction.RAISED:
        # Only a client has a name to compare: the one it dialled.
        return Party.CLIENT
    if "ssl/tls error in ssl_read" in line and draft.alert in _CERTIFICATE_ALERTS:
        # netssl reads only after its handshake: a certificate is refused as late as that in TLS 1.3 alone, and
        # there the server refuses the client's (domain facts 3.2).
        return Party.CLIENT
    return None


def _finish(line: str, draft: _Draft, packed: tuple[PackedCode, ...]) -> Reading:
    if draft.alert is None and (match := _ALERT_NUMBER.search(line)) is not None:
        draft.alert = int(match[1] or match[2])
        draft.direction = Direction.RECEIVED if match[1] else draft.direction
        if draft.topic in (Topic.OTHER, Topic.VERIFY_FAILED):
            draft.topic = ALERT_TOPICS.get(draft.alert, Topic.OTHER)
    if (depth := _DEPTH.search(line)) is not None:
        draft.topic = at_depth(draft.topic, int(depth[1] or depth[2]))
    writer = _writer(line, draft)
    at_fault = writer if writer is None or draft.direction is Direction.RECEIVED else writer.other
    return Reading(
        printer_of(line, draft.stack),
        draft.topic,
        draft.direction,
        draft.code,
        draft.alert,
        writer,
        causes_of(draft.topic, at_fault),
        packed,
    )
