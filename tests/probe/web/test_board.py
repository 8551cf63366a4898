"""The board holds the last connections, numbers them, and renders what lists show of each."""

from __future__ import annotations

import json

from probe.board import Board, Entry
from tests.probe.accounts import told
from tests.probe.web.serving import numbered


def test_keeps_the_last() -> None:
    """A bounded number is kept, the newest first; what went is no longer found."""
    board = Board(3)
    for number in range(5):
        board.add(numbered(number))
    assert [entry.account.id for entry in board.entries()] == ["0a-4", "0a-3", "0a-2"]
    assert board.get("0a-1") is None
    assert board.get("0a-4") is board.entries()[0].account


def test_an_identifier_that_comes_twice() -> None:
    """The later connection is found, also when the earlier one has left the board."""
    board = Board(2)
    for number in (1, 1, 2):
        board.add(numbered(number))
    assert board.get("0a-1") is board.entries()[1].account
    board.add(numbered(3))
    assert board.get("0a-1") is None


def test_numbers_run_on_from_the_beginning_of_the_probe() -> None:
    """A later life of the probe has higher numbers than any of an earlier one."""
    earlier, later = Board(10, 1000.0), Board(10, 1000.5)
    for number in range(1000):
        earlier.add(numbered(number))
    later.add(numbered(0))
    assert [entry.number for entry in earlier.entries()] == [*range(earlier.last, earlier.last - 10, -1)]
    assert later.last > earlier.last


def test_listeners_are_told_of_what_is_on_the_board() -> None:
    """Who listens is told of each connection, which can be looked up by then."""
    board = Board(3)
    heard: list[Entry] = []
    board.listen(lambda entry: heard.append(entry) or (board.get(entry.account.id) is not None) or None)
    board.add(numbered(7))
    assert heard == list(board.entries())


def test_line_is_the_summary_in_ascii() -> None:
    """What is rendered is the summary as JSON, on one line of ASCII whatever a name holds."""
    account = told("client-eku-server-only-tls12")
    entry = Entry(1, account)
    assert json.loads(entry.line) == account.summary()
    assert entry.line.isascii()
    assert "\n" not in entry.line


def test_words_hold_names_in_certificates_and_causes() -> None:
    """A search finds a connection by a subject, an issuer, a fingerprint, and every cause among its findings."""
    account = told("client-eku-server-only-tls12")
    words = Entry(1, account).words
    certificates = [certificate for _, _, certificate in account.certificates()]
    assert certificates
    for certificate in certificates:
        assert certificate.subject.rfc4514().lower() in words
        assert certificate.sha256 in words
    assert all(finding.id in words for finding in account.verdict.findings)
    assert "tls_version" not in words
