"""One connection as a row: what is asked for in columns, and the event that tells all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import zstandard

from analyzers.connection import Party
from analyzers.tls import codepoints

if TYPE_CHECKING:
    from ..account import Account
    from ..events import Event

__all__ = ["clean", "compressed", "expanded", "row_of"]

EXPANDED_BYTES = 16 << 20
"""No event is nearly as large; a row that claims more is not expanded."""

_FIXED_BYTES = 400
"""About what the columns and indexes of a row take beside its event (measured over a million rows)."""


def clean(text: str) -> str:
    """Write NUL and lone surrogates as escapes: PostgreSQL takes neither in text."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _clean(text: str | None) -> str | None:
    return None if text is None else clean(text)


def compressed(line: str) -> bytes:
    """Compress an event's line."""
    return zstandard.ZstdCompressor(level=3).compress(line.encode("utf-8", "surrogatepass"))


def expanded(event: bytes) -> str:
    """Give the event's line back."""
    data = zstandard.ZstdDecompressor().decompress(event, max_output_size=EXPANDED_BYTES)
    return data.decode("utf-8", "surrogatepass")


def row_of(event: Event, account: Account, probe: str) -> dict[str, Any]:
    """Make the row of a finished connection."""
    summary, packed = account.summary(), compressed(event.line)
    tls = account.negotiated.tls
    row = {
        "id": account.id,
        "probe": probe,
        "relay": account.relay,
        "road": account.road,
        "started": summary["started"],
        "ended": summary["ended"],
        "client_address": account.source.address,
        "client_port": account.source.port,
        "server_address": account.destination.address,
        "server_port": account.destination.port,
        "client_member": account.client_member,
        "server_member": account.server_member,
        "outcome": account.outcome.value,
        "failed": account.has_failed,
        "leg": account.leading_name,
        "refused_by": summary["refused_by"],
        "root_cause": summary["root_cause"],
        "summary": summary["summary"],
        "tls_version": codepoints.version_name(tls.version) if tls and tls.version else None,
        "cipher_suite": codepoints.cipher_suite_name(tls.cipher_suite) if tls and tls.cipher_suite else None,
        "alert": _alert(account),
        "bytes": len(packed) + _FIXED_BYTES,
        "event": packed,
        **dict(zip(("hello", "hello_onward"), _hellos(account), strict=True)),
    }
    for party in Party:
        certificate = account.shown(party)
        row[f"{party.value}_sha256"] = certificate.sha256 if certificate else None
        row[f"{party.value}_subject"] = certificate.subject.rfc4514() if certificate else None
        row[f"{party.value}_not_after"] = certificate.not_after if certificate else None
    return {name: _clean(value) if isinstance(value, str) else value for name, value in row.items()}


def _hellos(account: Account) -> tuple[str | None, str | None]:
    """Give the randoms of the ClientHello that came and, behind a relay, of the one that went on."""
    randoms = []
    for _, connection, _ in account.judged():
        hello = connection.tls.first_client_hello or connection.tls.client_hello if connection.tls else None
        randoms.append(hello.random.hex() if hello is not None and hello.random else None)
    return randoms[0], randoms[-1]


def _alert(account: Account) -> str | None:
    """Name the first alert of the leading leg that says more than goodbye."""
    legs = {name: connection for name, connection, _ in account.judged()}
    tls = legs[account.leading_name].tls
    fatal = [alert for alert in (tls.alerts if tls else ()) if alert.code != 0]
    return (
        f"{fatal[0].code} {codepoints.alert_name(fatal[0].code)} by {fatal[0].sender.value}"
        if fatal
        else None
    )
