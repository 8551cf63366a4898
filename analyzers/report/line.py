"""The record of a connection as a line of JSON, made of pieces that are kept.

It is the same text, byte for byte, as the record's values would give. What TLS showed, the checks and a
certificate are the same objects for connections that are alike, so they are written once.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from .json import checks_record, finding_record, preamble_record, tls_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzers.connection import Connection, Endpoint
    from analyzers.diagnosis.findings import Verdict

__all__ = ["as_json", "connection_line"]

KEPT: Final = 512
"""Texts: of a mirror of six members some hundred, of 8 KB each."""

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def as_json(value: object) -> str:
    """Write a value without any space."""
    return _encoder.encode(value)


class _Texts:
    """Texts of values, by their identity: to compare two of them would take longer than to write one."""

    def __init__(self, record_of: Callable[[Any], object]) -> None:
        self._record_of = record_of
        self._kept: OrderedDict[int, tuple[object, str]] = OrderedDict()

    def of(self, value: object) -> str:
        """Write a value, or give what was written of it; it is kept, so that its identity stays its own."""
        found = self._kept.get(id(value))
        if found is not None:
            return found[1]
        text = as_json(self._record_of(value))
        self._kept[id(value)] = value, text
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return text


_TLS: Final = _Texts(tls_record)
_CHECKS: Final = _Texts(checks_record)
_PREAMBLES: Final = _Texts(preamble_record)


def connection_line(connection: Connection, verdict: Verdict) -> str:
    """Write the record of a connection and its verdict (`json.connection_record`) as JSON."""
    closed_by = "none" if connection.closed_by is None else connection.closed_by.value
    tls = "null" if connection.tls is None else _TLS.of(connection.tls)
    findings = (
        as_json([finding_record(finding) for finding in verdict.findings]) if verdict.findings else "[]"
    )
    return (
        f'{{"client":{_end(connection.client, verdict.client_member)}'
        f',"server":{_end(connection.server, verdict.server_member)}'
        f',"started":{connection.started!r},"ended":{connection.ended!r},"road":"{connection.road.value}"'
        f',"preamble":{_PREAMBLES.of(connection.preamble)},"outcome":"{connection.outcome.value}"'
        f',"closed_by":"{closed_by}","close_kind":"{connection.close_kind.value}"'
        f',"application_bytes":{{"client":{connection.client_application_bytes}'
        f',"server":{connection.server_application_bytes}}},"tls":{tls},"checks":{_CHECKS.of(verdict.checks)}'
        f',"findings":{findings},"root_cause":{_text(verdict.root_cause)}}}'
    )


def _end(endpoint: Endpoint, member: str | None) -> str:
    return f'{{"address":{_text(endpoint.address)},"port":{endpoint.port},"member":{_text(member)}}}'


@lru_cache(maxsize=KEPT)  # addresses, members and causes are few
def _text(value: str | None) -> str:
    return as_json(value)
