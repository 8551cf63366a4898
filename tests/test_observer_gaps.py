"""The observer on captures that lack a record: with secrets, what comes behind the gap is read all the same."""

from __future__ import annotations

import pytest

from analyzers.connection import Connection, Outcome, ProblemKind, Seen
from tests.tls.dialogues import CLIENT, SERVER, STARTED, TLS12, TLS13, Dialogue, observer

GCM = "ECDHE-RSA-AES128-GCM-SHA256"
HEADER_BYTES, HANDSHAKE, APPLICATION_DATA = 5, 22, 23


def talk(version: int) -> tuple[list[tuple[object, bytes]], Dialogue]:
    """Give the records of a connection, one by one."""
    dialogue = Dialogue(version, suite=GCM if version < TLS13 else "ALL").handshake()
    dialogue.say(CLIENT, b"request").say(SERVER, b"answer").close(CLIENT).close(SERVER)
    records = []
    for sender, data in dialogue.turns:
        rest = data
        while rest:
            end = HEADER_BYTES + int.from_bytes(rest[3:5], "big")
            records.append((sender, rest[:end]))
            rest = rest[end:]
    return records, dialogue


def without(version: int, lost: set[int], *, with_secrets: bool = True) -> Connection:
    """Observe a connection of which some records were lost."""
    records, dialogue = talk(version)
    watching = observer(keylog=dialogue.keylog if with_secrets else None)
    for number, (sender, data) in enumerate(records):
        if number in lost:
            watching.gap(sender, len(data), STARTED)
        else:
            watching.feed(sender, data, STARTED, number)
    return watching.connection()


def assert_alerts_are_opened(connection: Connection) -> None:
    """Both ends said close_notify, under protection."""
    assert connection.tls is not None
    assert [(alert.sender, alert.code, alert.seen) for alert in connection.tls.alerts] == [
        (CLIENT, 0, Seen.DECRYPTED),
        (SERVER, 0, Seen.DECRYPTED),
    ]
    assert connection.outcome is Outcome.ESTABLISHED
    assert {problem.kind for problem in connection.problems} == {ProblemKind.GAP}


@pytest.mark.parametrize(
    "gap", [{2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, {10}, {11}, {12, 13}, {4, 5}, {5, 6, 7}, {9, 10, 11}]
)
def test_tls13_is_opened_behind_a_gap(gap: set[int]) -> None:
    """A gap in the encrypted handshake, be it all of one end's, or in the tickets, hides no alert behind it."""
    assert_alerts_are_opened(without(TLS13, gap))


@pytest.mark.parametrize("lost", [10, 13, 14, 15])
def test_tls12_is_opened_behind_a_gap(lost: int) -> None:
    """A lost Finished or lost data hides no alert behind it."""
    records, _ = talk(TLS12)
    assert records[lost][1][0] in (HANDSHAKE, APPLICATION_DATA)
    assert_alerts_are_opened(without(TLS12, {lost}))


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("with_secrets", [True, False])
def test_a_lost_server_hello_is_no_failure(version: int, with_secrets: bool) -> None:
    """Where the capture lacks the ServerHello, nobody is said to have refused."""
    connection = without(version, {1}, with_secrets=with_secrets)
    assert connection.outcome in (Outcome.INCOMPLETE, Outcome.ESTABLISHED)
    assert connection.tls is not None
    assert connection.tls.alerts == ()
