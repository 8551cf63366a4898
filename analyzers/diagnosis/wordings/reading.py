"""Read one line: which stack wrote it, what it says, who refused whom, which root causes it makes likely.

Every wording whose text stands in the line is a candidate. The longest text wins, because it is the most precise; a sentence that
only says "something before this failed" gives way to any other. OpenSSL's packed codes are decoded beside it and agree with the
text in all but truncated lines, where the code alone is left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analyzers.connection import Party

from . import openssl
from .index import wordings_in
from .openssl_codes import PackedCode, find_packed_codes
from .roles import writer_of
from .topics import ALERT_TOPICS, VERIFY_TOPICS, Topic, at_depth, causes_of
from .wording import Direction, Wording

__all__ = ["Reading", "read_line"]

_VERIFY_NUMBER = re.compile(
    r"(?:verify error:num=|verify return code: |verify error: ?(?:num=)?|certificate verify error: \(|verifyresult=|error: |failed, error= ?)(\d{1,3})"
    r"(?=[:, (]|$)",
    re.IGNORECASE,
)
_ISC_TRACE = re.compile(r"^\W*error: (\d{1,3}), ", re.IGNORECASE)
_DEPTH = re.compile(r"(?:at depth ?=?|depth[ =:]+|error at depth )(\d{1,2})\b", re.IGNORECASE)
_ALERT_NUMBER = re.compile(r"ssl alert number (\d{1,3})\b", re.IGNORECASE)
_MESSAGE_TRACE = re.compile(
    r"(<<<|>>>) ?.{0,40}alert.{0,60}?(?:fatal|warning)[ ,:]+([a-z_ ]+)|(\(in\)|\(out\)), tls alert, ([a-z_ ]+) \(\d+\)",
    re.IGNORECASE,
)
"""The message traces of s_client -msg and of curl -v."""

# Programs that print another library's words: their own mark names the stack that a reader looks for.
_PRINTERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"ssl/tls error in <?ssl_|^\W*(?:[\d/:. -]+\(\d+\) \d )?error #\d{4}:|\bverify error with x\.509 certificate"
        ),
        "InterSystems",
    ),
    (re.compile(r"\b_ssl\.c:\d+|ssl\.ssl\w*error|\[ssl: [a-z0-9_]+\]|sslcertverificationerror"), "Python"),
    (
        re.compile(
            r"(?<!net::)\berr_ssl_|node:internal|\bat tlssocket\.|code: '(?:unable_|cert_|depth_zero|self_signed|eproto|err_tls|econn)|library: 'ssl routines'|\beproto\b|deps/openssl"
        ),
        "Node",
    ),
    (re.compile(r"openssl_internal|net::err_"), "BoringSSL"),
    (
        re.compile(
            r"ssl routines:(?:st_connect|st_accept|connect_c[rw]_|accept_s[rw]_|(?:sslv3/)?ssl3_\w+)\b.*/libressl|:(?:st_connect|connect_c[rw]_\w+|st_accept|accept_s[rw]_\w+):"
        ),
        "LibreSSL",
    ),
)

_SIGNATURE_LIBRARIES = frozenset({4, 13, 57, 6})
"""RSA, ASN.1, provider and EVP errors beside `certificate verify failed`: the issuer's key does not fit (domain facts 3.1 row 7)."""


_LIBRARY_X509 = 11
_KEY_REASONS = frozenset({115, 116, 117})
"""X509_R_KEY_TYPE_MISMATCH, KEY_VALUES_MISMATCH, UNKNOWN_KEY_TYPE of x509err.h."""
_FILE_ERRNOS = frozenset({2, 13, 20, 21})
"""ENOENT, EACCES, ENOTDIR, EISDIR: OpenSSL 3 packs errno with the top bit set."""


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

    @property
    def refused_by(self) -> str | None:
        """`client` or `server` where the role is known, else `peer` or `writer`; None where nobody refused."""
        if self.topic in _NOBODY_REFUSED:
            return None
        blames_peer = self.direction is Direction.RECEIVED or self.topic in _PEER_ENDED
        if self.written_by is None:
            return "peer" if blames_peer else "writer"
        return str(self.written_by.other if blames_peer else self.written_by)


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


def _weight(candidate: tuple[str, Wording]) -> tuple[bool, bool, int]:
    wording = candidate[1]
    return (
        not wording.is_consequence,
        wording.topic is not Topic.VERIFY_FAILED,
        len(wording.text) + len(wording.also),
    )


def _printer(line: str) -> str | None:
    return next((name for pattern, name in _PRINTERS if pattern.search(line)), None)


def _from_packed(
    packed: tuple[PackedCode, ...],
) -> tuple[Topic, Direction, int | None, Party | None, PackedCode] | None:
    for code in packed:
        if (alert := code.alert) is not None:
            return ALERT_TOPICS.get(alert, Topic.OTHER), Direction.RECEIVED, alert, None, code
    for code in packed:
        if code.generation == "BoringSSL":
            continue
        if code.is_ssl and code.reason in openssl.REASON_TOPICS:
            topic, alert, writer = openssl.REASON_TOPICS[code.reason]
            if topic is Topic.VERIFY_FAILED and any(c.library in _SIGNATURE_LIBRARIES for c in packed):
                topic = Topic.REKEYED
            return topic, Direction.RAISED, alert, writer, code
        if code.library == _LIBRARY_X509 and code.reason in _KEY_REASONS:
            return Topic.KEY_MISMATCH, Direction.RAISED, None, None, code
        if code.code >> 31 and code.reason in _FILE_ERRNOS:
            return Topic.LOCAL_CONFIGURATION, Direction.RAISED, None, None, code
    return None


def _verify_topic(line: str) -> tuple[Topic, str] | None:
    match = _ISC_TRACE.search(line) or (_VERIFY_NUMBER.search(line) if "verif" in line else None)
    if match is None or (number := int(match[1])) not in VERIFY_TOPICS:
        return None
    return VERIFY_TOPICS[number], f"X509_V_ERR {number}"


def _trace(line: str) -> tuple[Topic, Direction, int] | None:
    match = _MESSAGE_TRACE.search(line)
    if match is None:
        return None
    arrow, said = (match[1], match[2]) if match[1] else (match[3], match[4])
    said = said.strip().replace("_", " ")
    for number, name in openssl.ALERT_NAMES.items():
        if said.startswith(name) and number:
            direction = Direction.RECEIVED if arrow in ("<<<", "(in)") else Direction.RAISED
            return ALERT_TOPICS.get(number, Topic.OTHER), direction, number
    return None


def _party_of_alert(alert: int | None, direction: Direction) -> Party | None:
    if alert is None:
        return None
    return (_ALERT_READ_BY if direction is Direction.RECEIVED else _ALERT_SENT_BY).get(alert)


def read_line(text: str) -> Reading | None:
    """Read one line of any log; None where it says nothing that we know of TLS or of its connection."""
    line = text.lower()
    packed = find_packed_codes(line)
    stack, topic, direction = "", Topic.OTHER, Direction.RAISED
    alert: int | None = None
    writer: Party | None = None
    code: str | None = None
    best = max(wordings_in(line), key=_weight, default=None)
    if best is not None:
        stack, wording = best
        topic, direction, alert, writer, code = (
            wording.topic,
            wording.direction,
            wording.alert,
            wording.writer,
            wording.code,
        )
    is_precise = (
        best is not None and topic not in (Topic.VERIFY_FAILED, Topic.OTHER) and not best[1].is_consequence
    )
    if (verified := _verify_topic(line)) is not None:
        (topic, code), direction, is_precise, stack = verified, Direction.RAISED, True, stack or openssl.STACK
    if (traced := _trace(line)) is not None:
        (topic, direction, alert), is_precise, stack = traced, True, openssl.STACK
    if (decoded := _from_packed(packed)) is not None and not (
        is_precise and decoded[0] in (topic, Topic.VERIFY_FAILED)
    ):
        topic, direction, alert, writer = decoded[:4]
    elif decoded is not None:
        alert, writer = decoded[2] if decoded[2] is not None else alert, writer or decoded[3]
    if packed:
        stack = openssl.STACK if stack not in ("nginx", "HAProxy") else stack
        code = f"{(decoded[4] if decoded else packed[-1]).code:08X}"
    if best is None and decoded is None and verified is None and traced is None:
        return _unread(packed)
    return _finish(line, stack, topic, direction, alert, writer, code, packed)


def _unread(packed: tuple[PackedCode, ...]) -> Reading | None:
    """A packed code that we can take apart, and know no root cause for, is still said to be OpenSSL's."""
    known = [code for code in packed if code.library_name]
    if not known:
        return None
    return Reading(
        openssl.STACK, Topic.OTHER, Direction.RAISED, f"{known[-1].code:08X}", None, None, (), packed
    )


def _finish(
    line: str,
    stack: str,
    topic: Topic,
    direction: Direction,
    alert: int | None,
    writer: Party | None,
    code: str | None,
    packed: tuple[PackedCode, ...],
) -> Reading:
    if alert is None and (match := _ALERT_NUMBER.search(line)) is not None:
        alert, direction = int(match[1]), Direction.RECEIVED
        if topic in (Topic.OTHER, Topic.VERIFY_FAILED):
            topic = ALERT_TOPICS.get(alert, Topic.OTHER)
    if (depth := _DEPTH.search(line)) is not None:
        topic = at_depth(topic, int(depth[1]))
    writer = writer_of(line) or writer or _party_of_alert(alert, direction)
    if writer is None and topic in (Topic.FALLBACK, Topic.SERVER_NAME):
        writer = Party.CLIENT if direction is Direction.RECEIVED else Party.SERVER
    at_fault = None if writer is None else (writer if direction is Direction.RECEIVED else writer.other)
    stack = _printer(line) or stack
    return Reading(stack, topic, direction, code, alert, writer, causes_of(topic, at_fault), packed)
