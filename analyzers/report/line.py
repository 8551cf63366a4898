"""The record of a connection as a line of JSON, made of pieces that are kept.

It is the same text, byte for byte, as the record's values would give. What TLS showed, the checks and a
certificate are the same objects for connections that are alike, so they are written once; so is all of a finding
but what it says of this connection.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from .json import checks_record, preamble_record, tls_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzers.causes.entry import Blamed, Evidence, Severity, State
    from analyzers.connection import CloseKind, Connection, Outcome, Party, Road
    from analyzers.diagnosis.findings import Finding, Verdict

__all__ = ["as_json", "connection_line", "in_utf8"]

KEPT: Final = 512
"""Texts: of a mirror of six members some hundred, of 8 KB each."""

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def as_json(value: object) -> str:
    """Write a value without any space."""
    return _encoder.encode(value)


def in_utf8(text: str) -> bytes:
    r"""Encode JSON; for what UTF-8 cannot hold, a lone surrogate, `\udXXX` stands, which is its escape in a string."""
    return text.encode("utf-8", "backslashreplace")


class _Texts:
    """Texts of values, by their identity: to compare two of them would take longer than to write one."""

    def __init__(self, record_of: Callable[[Any], object]) -> None:
        self._record_of = record_of
        self._kept: OrderedDict[int, tuple[object, bytes]] = OrderedDict()

    def of(self, value: object) -> bytes:
        """Write a value, or give what was written of it; it is kept, so that its identity stays its own."""
        found = self._kept.get(id(value))
        if found is not None:
            return found[1]
        text = in_utf8(as_json(self._record_of(value)))
        self._kept[id(value)] = value, text
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return text


_TLS: Final = _Texts(tls_record)
_CHECKS: Final = _Texts(checks_record)
_PREAMBLES: Final = _Texts(preamble_record)


def connection_line(connection: Connection, verdict: Verdict) -> bytes:
    """Write the record of a connection and its verdict (`json.connection_record`) as JSON in UTF-8.

    The opening brace is left out, so that other members can be put before those of the record without copying it.
    """
    client, server, findings = connection.client, connection.server, verdict.findings
    times = f'{connection.started!r},"ended":{connection.ended!r}'
    return b"".join(
        (
            _client(client.address),
            b"%d" % client.port,
            _server(server.address, server.port, verdict.client_member, verdict.server_member),
            times.encode(),
            _road(connection.road),
            _PREAMBLES.of(connection.preamble),
            _ending(connection.outcome, connection.closed_by, connection.close_kind),
            b'%d,"server":%d},"tls":'
            % (connection.client_application_bytes, connection.server_application_bytes),
            b"null" if connection.tls is None else _TLS.of(connection.tls),
            b',"checks":',
            _CHECKS.of(verdict.checks),
            in_utf8(f',"findings":[{",".join(map(_finding, findings))}]') if findings else b',"findings":[]',
            _root(verdict.root_cause),
        )
    )


@lru_cache(
    maxsize=KEPT
)  # addresses, members and causes are few, and so are the ways in which connections end
def _client(address: str) -> bytes:
    return in_utf8(f'"client":{{"address":{as_json(address)},"port":')


@lru_cache(maxsize=KEPT)
def _server(address: str, port: int, client_member: str | None, member: str | None) -> bytes:
    server = {"address": address, "port": port, "member": member}
    return in_utf8(f',"member":{as_json(client_member)}}},"server":{as_json(server)},"started":')


@lru_cache(maxsize=KEPT)
def _road(road: Road) -> bytes:
    return in_utf8(f',"road":"{road.value}","preamble":')


@lru_cache(maxsize=KEPT)
def _ending(outcome: Outcome, closed_by: Party | None, close_kind: CloseKind) -> bytes:
    closer = "none" if closed_by is None else closed_by.value
    return in_utf8(
        f',"outcome":"{outcome.value}","closed_by":"{closer}","close_kind":"{close_kind.value}"'
        ',"application_bytes":{"client":'
    )


@lru_cache(maxsize=KEPT)
def _root(cause: str | None) -> bytes:
    return in_utf8(f',"root_cause":{as_json(cause)}}}')


def _finding(finding: Finding) -> str:
    before, after = _around(
        (finding.id, finding.severity, finding.state, finding.confidence, finding.party),
        finding.remedy,
        finding.references,
    )
    evidence = ",".join(map(_evidence, finding.evidence))
    return f'{before}{as_json(finding.summary)},"evidence":[{evidence}]{after}'


def _evidence(evidence: Evidence) -> str:
    text = f'{{"text":{as_json(evidence.text)},'
    if evidence.frame is not None:
        return f'{text}"frame":{evidence.frame}}}'
    if evidence.offset is not None:
        return f'{text}"offset":{evidence.offset}}}'
    return f'{text}"source":{as_json(evidence.source or "connection")}}}'


@lru_cache(maxsize=KEPT)
def _around(
    what: tuple[str, Severity, State, float, Blamed], remedy: tuple[str, ...], references: tuple[str, ...]
) -> tuple[str, str]:
    """Write what stands before and after the summary and the evidence of a finding."""
    cause, severity, state, confidence, party = what
    before = {
        "id": cause,
        "severity": severity.value,
        "state": state.value,
        "confidence": round(confidence, 2),
        "party": party.value,
    }
    after = {"remedy": remedy, "references": references}
    return f'{as_json(before)[:-1]},"summary":', f",{as_json(after)[1:]}"
