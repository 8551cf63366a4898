"""What a TLS connection between members of an InterSystems IRIS mirror shows, and what it means.

Bytes and times go in, values come out: nothing here opens a socket, reads a clock or writes a log.

    >>> observer = Observer(client, server, started=0.0, road=Road.PCAP)
    >>> observer.feed(Party.CLIENT, client_bytes, at=0.1)
    >>> verdict = diagnose(observer.connection(), mirror)
    >>> verdict.root_cause
    'certificate-expired'
"""

from __future__ import annotations

from .causes import catalogue
from .connection import Connection, Endpoint, Party, Road
from .diagnosis.engine import diagnose
from .diagnosis.findings import Verdict
from .mirror.definition import Member, Mirror
from .observer import Observer
from .report.json import connection_record
from .tls.secrets import KeyLog

__all__ = [
    "Connection",
    "Endpoint",
    "KeyLog",
    "Member",
    "Mirror",
    "Observer",
    "Party",
    "Road",
    "Verdict",
    "catalogue",
    "connection_record",
    "diagnose",
]
