"""Records that are missing, or that nobody needs to open: the count of records must survive both."""

from __future__ import annotations

import pytest

from analyzers.errors import DecryptionFailed
from analyzers.tls.protection import tls13_protection
from tests.tls.engines import CLIENT, SERVER, TLS13
from tests.tls.sessions import APPLICATION_DATA, REPRESENTATIVE, TLS10, connected


@pytest.mark.parametrize(("version", "name", "authentication"), REPRESENTATIVE)
def test_a_gap_is_crossed(version: int, name: str, authentication: str) -> None:
    """After a declared gap the next record opens under a later number, and the count goes on from there."""
    session = connected(version, name, authentication)
    protection = session.protections[CLIENT]
    for turn in range(8):
        session.engines.send(CLIENT, b"record %d" % turn)
    lost, seen = session.engines.records[-8:-3], session.engines.records[-3:]
    assert len(lost) == 5
    protection.resynchronise()
    if protection.tail_bytes:  # The IV of the first record after the gap went down with the gap.
        with pytest.raises(DecryptionFailed):
            protection.open(seen[0].content_type, seen[0].version, seen[0].fragment)
        seen = seen[1:]
    texts = [protection.open(record.content_type, record.version, record.fragment)[1] for record in seen]
    assert [b"record %d" % turn for turn in range(8 - len(seen), 8)] == texts


def test_a_gap_that_is_not_declared_is_not_guessed() -> None:
    """Without the word of a gap, a record out of turn fails."""
    session = connected(TLS13, "TLS_AES_128_GCM_SHA256", "any")
    session.engines.send(CLIENT, b"lost")
    session.engines.send(CLIENT, b"seen")
    record = session.engines.records[-1]
    with pytest.raises(DecryptionFailed):
        session.protections[CLIENT].open(record.content_type, record.version, record.fragment)


def test_a_gap_may_hide_a_key_update() -> None:
    """The search goes on in the next generation, where a KeyUpdate was lost with the gap."""
    sender = tls13_protection(0x1302, b"s" * 48)
    receiver = tls13_protection(0x1302, b"s" * 48)
    sender.seal(APPLICATION_DATA, b"lost")
    sender.next_generation()
    sender.seal(APPLICATION_DATA, b"lost too")
    receiver.resynchronise(4)
    record = sender.seal(APPLICATION_DATA, b"seen")
    assert receiver.open(23, 0x0303, record[5:]) == (APPLICATION_DATA, b"seen")
    record = sender.seal(APPLICATION_DATA, b"next")
    assert receiver.open(23, 0x0303, record[5:]) == (APPLICATION_DATA, b"next")


def test_the_search_is_bounded() -> None:
    """Records that never open after gaps exhaust a budget, and then cost one look each."""
    protection = tls13_protection(0x1301, b"s" * 32)
    for _ in range(200):
        protection.resynchronise(10**9)
        with pytest.raises(DecryptionFailed):
            protection.open(23, 0x0303, bytes(40))
    assert protection._budget == 0


@pytest.mark.parametrize(("version", "name", "authentication"), REPRESENTATIVE)
def test_skipped_records_count(version: int, name: str, authentication: str) -> None:
    """A record that was passed over unopened leaves the next one readable, given the tail it asks for."""
    session = connected(version, name, authentication)
    protection = session.protections[SERVER]
    for text in (b"skipped", b"skipped too", b"seen"):
        session.engines.send(SERVER, text)
    *skipped, seen = session.engines.records[-3:]
    for record in skipped:
        tail = record.fragment[len(record.fragment) - protection.tail_bytes :]
        protection.skip(len(record.fragment), tail)
    assert protection.open(seen.content_type, seen.version, seen.fragment) == (APPLICATION_DATA, b"seen")


def test_a_skip_without_its_tail_costs_one_record_only() -> None:
    """In TLS 1.0 the record behind a skipped one without tail has no IV; the record behind that opens."""
    session = connected(TLS10, "AES128-SHA", "RSA")
    protection = session.protections[SERVER]
    for text in (b"skipped", b"no IV", b"seen"):
        session.engines.send(SERVER, text)
    skipped, without_iv, seen = session.engines.records[-3:]
    protection.skip(len(skipped.fragment))
    with pytest.raises(DecryptionFailed):
        protection.open(without_iv.content_type, without_iv.version, without_iv.fragment)
    assert protection.open(seen.content_type, seen.version, seen.fragment) == (APPLICATION_DATA, b"seen")
