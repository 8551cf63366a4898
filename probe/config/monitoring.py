"""Where the probe tells what it saw: the HTTP port, the log of events, sinks, and the history."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from analyzers.connection import Endpoint

from ..identity import read_file
from .credentials import identities
from .settings import (
    EventsSettings,
    HistorySettings,
    NatsSettings,
    OtlpSettings,
    SinkSettings,
    SyslogSettings,
    WebSettings,
)
from .tables import (
    EventsTable,
    HistoryTable,
    NatsTable,
    OtlpTable,
    SyslogTable,
    WebTable,
)
from .values import split_host_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .reading import Reading

__all__ = ["events_of", "history_of", "sinks_of", "web_of"]

TOKEN_CHARACTERS = 16
"""The shortest bearer token that is taken: 16 random characters of base64 are 96 bits."""

_MEGABYTE = 1_000_000
_DAY_SECONDS = 86_400.0


def _secret(reading: Reading, where: str, name: str) -> str | None:
    """Give the text of a file that holds a secret, or None with a problem noted."""
    try:
        return read_file(reading.resolve(name)).decode("utf-8").strip()
    except UnicodeDecodeError:
        reading.problem(where, f"{name} is not UTF-8")
    except ValueError as error:
        reading.problem(where, str(error))
    return None


def web_of(reading: Reading, table: WebTable) -> WebSettings:
    """Build the HTTP port's settings."""
    token = _secret(reading, "[web]: token_file", table.token_file) if table.token_file else None
    if token is not None and (len(token) < TOKEN_CHARACTERS or not token.isascii() or " " in token):
        reading.problem(
            "[web]", f"token_file: a token has at least {TOKEN_CHARACTERS} ASCII characters and no space"
        )
    shown = identities(reading, "[web]: tls", [table.tls]) if table.tls else ()
    return WebSettings(
        listen=Endpoint(*split_host_port(table.listen)),
        connections=table.connections,
        hosts=tuple(table.hosts),
        token=token.encode() if token else None,
        identity=shown[0] if shown else None,
    )


def events_of(reading: Reading, table: EventsTable) -> EventsSettings:
    """Build the settings of the log of events."""
    return EventsSettings(
        style=table.format,
        file=table.file if table.file == "-" else str(reading.resolve(table.file)),
        rotate_bytes=table.rotate_megabytes * _MEGABYTE,
        keep_files=table.keep_files,
    )


def _syslog(reading: Reading, where: str, table: SyslogTable) -> SyslogSettings:
    address: Path | Endpoint = Path(table.address)
    if not table.address.startswith("/"):
        try:
            address = Endpoint(*split_host_port(table.address))
        except ValueError as error:
            reading.problem(where, f"address: {error}, nor the absolute path of a socket")
    return SyslogSettings(table.name, address, table.transport, table.facility)


def _headers(reading: Reading, where: str, name: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate((_secret(reading, where, name) or "").splitlines(), 1):
        key, colon, value = line.partition(":")
        if not (colon and key.strip() and value.strip()):
            reading.problem(where, f"{name} line {number} is not written `Name: value`")
            continue
        yield key.strip(), value.strip()


def sinks_of(reading: Reading) -> tuple[SinkSettings, ...]:
    """Build the settings of every further sink."""
    sinks: list[SinkSettings] = [
        _syslog(reading, where, table) for where, table in reading.several(SyslogTable, "syslog")
    ]
    for where, otlp in reading.several(OtlpTable, "otlp"):
        place = f"{where}: headers_file"
        headers = tuple(_headers(reading, place, otlp.headers_file)) if otlp.headers_file else ()
        sinks.append(
            OtlpSettings(otlp.name, otlp.url, headers, reading.resolve(otlp.ca) if otlp.ca else None)
        )
    for _, nats in reading.several(NatsTable, "nats"):
        credentials = reading.resolve(nats.credentials_file) if nats.credentials_file else None
        ca = reading.resolve(nats.ca) if nats.ca else None
        sinks.append(NatsSettings(nats.name, tuple(nats.servers), nats.subject, credentials, ca))
    return tuple(sinks)


def history_of(reading: Reading, table: HistoryTable) -> HistorySettings | None:
    """Build the history's settings; None where it is switched off."""
    if not table.enabled:
        return None
    if table.file and table.url_file:
        reading.problem("[history]", "file and url_file exclude each other")
    state = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    kept = Path(state) if state else reading.path.absolute().parent
    # Named for the configuration, for two probes may have theirs in one directory.
    own = reading.path.stem
    file = reading.resolve(table.file).absolute() if table.file else kept / f"{own}-history.sqlite"
    url = f"sqlite:///{file}"
    if table.url_file:
        url = _secret(reading, "[history]: url_file", table.url_file) or ""
        if url and not url.startswith(("postgresql://", "postgresql+psycopg://")):
            reading.problem("[history]", "url_file: holds no postgresql:// URL")
    return HistorySettings(
        url=url,
        spool=reading.resolve(table.spool).absolute() if table.spool else kept / f"{own}-spool",
        spool_bytes=table.spool_megabytes * _MEGABYTE,
        keep_seconds=table.keep_days * _DAY_SECONDS,
        keep_bytes=table.keep_megabytes * _MEGABYTE,
    )
