"""Events as an OTLP request for logs, and what the collector's answer says (OpenTelemetry Protocol 1.x).

An event becomes one log record. Its body is the event's line, so that nothing is lost; what a store looks for stands
beside it as attributes: the dotted names as they are, for OpenTelemetry knows `tls.*`, `source.*` and `destination.*`
by the same names as ECS, and the flat fields of the record under `mirrorprobe.`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from ..version import installed_version
from .event import EVENT_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .event import Event, Level

__all__ = ["Letter", "letter_of", "refused_of", "request_of"]

_SEVERITIES = {
    "info": SeverityNumber.SEVERITY_NUMBER_INFO,
    "warning": SeverityNumber.SEVERITY_NUMBER_WARN,
    "error": SeverityNumber.SEVERITY_NUMBER_ERROR,
}
_TOLD_ELSEWHERE = frozenset(
    {"@timestamp", "log.level", "event.action", "event.schema", "service.name", "service.version"}
)
"""Fields that the record, its scope or its resource has in a place of its own."""


class Letter(NamedTuple):
    """What is kept of an event until it is sent: its text, not the objects that it was made of."""

    at: float
    kind: str
    level: Level
    line: str


def letter_of(event: Event) -> Letter:
    """Take from an event what is to be sent."""
    return Letter(event.at, event.kind, event.level, event.line)


def request_of(letters: Sequence[Letter], probe: str) -> bytes:
    """Write a request (opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest).

    Args:
        letters: at least one.
        probe: names the instance of the service.
    """
    version = installed_version()
    resource = {"service.name": "mirrorprobe", "service.version": version, "service.instance.id": probe}
    scope = InstrumentationScope(name=EVENT_SCHEMA.partition("/")[0], version=EVENT_SCHEMA.partition("/")[2])
    logs = ResourceLogs(
        resource=Resource(attributes=[_pair(name, value) for name, value in resource.items()]),
        scope_logs=[ScopeLogs(scope=scope, log_records=[_record(letter) for letter in letters])],
    )
    return bytes(ExportLogsServiceRequest(resource_logs=[logs]).SerializeToString())


def _record(letter: Letter) -> LogRecord:
    nanoseconds = max(int(letter.at * 1e9), 0)
    return LogRecord(
        time_unix_nano=nanoseconds,
        observed_time_unix_nano=nanoseconds,
        severity_number=_SEVERITIES[letter.level],
        severity_text=letter.level,
        event_name=f"mirrorprobe.{letter.kind.replace(' ', '_')}",
        body=AnyValue(string_value=_in_utf8(letter.line)),
        attributes=list(_attributes(json.loads(letter.line))),
    )


def _attributes(fields: dict[str, Any]) -> Iterator[KeyValue]:
    for name, value in fields.items():
        is_flat = all(_is_scalar(each) for each in value) if isinstance(value, list) else _is_scalar(value)
        if is_flat and name not in _TOLD_ELSEWHERE:
            yield _pair(name if "." in name else f"mirrorprobe.{name}", value)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | bool | int | float)


def _pair(name: str, value: str | float | list[Any]) -> KeyValue:
    return KeyValue(key=_in_utf8(name), value=_value(value))


def _value(value: str | float | list[Any]) -> AnyValue:
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_value(each) for each in value]))
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=_in_utf8(value))
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return AnyValue(int_value=value)
    return AnyValue(double_value=float(value))


def _in_utf8(text: str) -> str:
    """Escape what UTF-8 cannot hold: a lone surrogate, from bytes that were no text."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def refused_of(answer: bytes) -> tuple[int, str]:
    """Give how many records a collector refuses for good with its status 200, and what it says to that.

    An answer that is no ExportLogsServiceResponse refuses none: the status is what counts. It is read here, for what
    the generated messages raise at hostile bytes belongs to a package that is not ours to import.
    """
    try:
        (partial,) = (value for field, value in _fields(answer) if field == 1)
        said = dict(_fields(partial)) if isinstance(partial, bytes) else {}
    except ValueError:
        return 0, ""
    count, message = said.get(1, 0), said.get(2, b"")
    if not isinstance(count, int) or not isinstance(message, bytes):
        return 0, ""
    return (count if count < 2**63 else 0), message.decode("utf-8", "replace")


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Give number and value of each field (protobuf's wire format); floating-point numbers are passed over.

    Raises:
        ValueError: that is no message.
    """
    offset = 0
    while offset < len(data):
        tag, offset = _varint(data, offset)
        if tag & 7 == 0:
            number, offset = _varint(data, offset)
            yield tag >> 3, number
            continue
        sizes = {1: 8, 5: 4}
        size = sizes.get(tag & 7, 0)
        if tag & 7 == 2:
            size, offset = _varint(data, offset)
        elif not size:
            raise ValueError("a field of no known kind")
        if offset + size > len(data):
            raise ValueError("a field that is cut off")
        if tag & 7 == 2:
            yield tag >> 3, data[offset : offset + size]
        offset += size


def _varint(data: bytes, offset: int) -> tuple[int, int]:
    """Give a number of at most ten bytes, and where what follows it begins."""
    number = 0
    for place, byte in enumerate(data[offset : offset + 10]):
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, offset + place + 1
    raise ValueError("a number without an end")
