"""Record protection on captures by others: every connection whose secrets are there opens to its last record."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzers.capture.analysis import Analysis
from analyzers.connection import Connection, EventKind, ProblemKind
from analyzers.tls.secrets import KeyLog

CAPTURES = Path(__file__).parents[2].parent / "shared" / "captures"
pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="no captures by others beside this repository")

OPENED = {
    "illustrated-tls13__captures__capture.pcap": 1,
    "mercury__test_decrypt.pcap": 16,
    "pcapfs__crypto__pcaps__tls1-aes128-cbc-file_e_large.pcap": 1,
    "ssldump__tls1.2_aes256.pcap": 1,
    "ssldump__tls1.3_ccm8.pcap": 1,
    "ssldump__tls1.3_keyupdates_aes256.pcap": 1,
    "wireshark-notes__all__dump.pcapng": 73,
    "wireshark-notes__tls__works__dump.pcapng": 6,
    "wireshark__tls13-20-chacha20poly1305.pcap": 2,
    "zeek__tls__tls-1.2-stream-keylog.pcap": 1,
}
"""How many connections of each capture the key log beside it opens; the other ones are in no key log.

Among them: an RSA premaster secret, a draft of TLS 1.3, key updates, and a server that takes each of 73 suites
in turn, those of export strength with RC2 and single DES included.
"""


def analyzed(name: str) -> list[Connection]:
    """Read a capture with its key log."""
    keylog = KeyLog.parse((CAPTURES / "keys" / f"{name}.keys").read_bytes())
    with (CAPTURES / "files" / name).open("rb") as file:
        return [captured.connection for captured in Analysis(file, keylog=keylog).connections()]


def test_every_key_log_is_used() -> None:
    """No shared key log is left out of the table."""
    assert {f"{name}.keys" for name in OPENED} == {path.name for path in (CAPTURES / "keys").iterdir()}


@pytest.mark.parametrize("name", OPENED)
def test_all_records_open(name: str) -> None:
    """No record fails to open, no suite is unsupported, and no handshake message or alert stays closed."""
    connections = analyzed(name)
    opened = [connection for connection in connections if connection.tls and connection.tls.has_secrets]
    assert len(opened) == OPENED[name]
    for connection in opened:
        assert ProblemKind.DECRYPTION not in {problem.kind for problem in connection.problems}
        closed = {EventKind.ENCRYPTED_HANDSHAKE, EventKind.ENCRYPTED_ALERT}
        assert not closed & {event.kind for event in connection.events}


def test_the_alerts_of_73_suites_are_read() -> None:
    """Each of the 73 connections ends with the client's close_notify, which only opened records show."""
    alerts = [
        connection.tls.alerts
        for connection in analyzed("wireshark-notes__all__dump.pcapng")
        if connection.tls
    ]
    assert [[alert.code for alert in each] for each in alerts] == [[0]] * 73
