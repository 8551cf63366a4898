"""The observer where TLS starts late, in the middle, or never."""

from __future__ import annotations

import pytest

from analyzers.connection import EventKind, Outcome, ProblemKind
from analyzers.tls.records import MAX_PREAMBLE_BYTES
from tests.tls.dialogues import (
    CLIENT,
    SERVER,
    STARTED,
    TLS12,
    TLS13,
    Dialogue,
    observe,
    observer,
    record,
    stream,
)

PREAMBLES = {
    "mail": [(SERVER, b"220 mx ESMTP\r\n"), (CLIENT, b"STARTTLS\r\n"), (SERVER, b"220 go ahead\r\n")],
    "database": [(CLIENT, bytes.fromhex("0000000804d2162f")), (SERVER, b"S")],
    "proxy": [(CLIENT, b"CONNECT irisb:2188 HTTP/1.1\r\n\r\n"), (SERVER, b"HTTP/1.1 200 OK\r\n\r\n")],
    "length and name": [(CLIENT, b"\x00\x00\x00\x0e\x01HS\x00IRISB.MIRROR"), (SERVER, b"\x06\x00")],
    "looks like records": [
        (CLIENT, b"\x16\x03\x01\x00\x05hello\x16\x03"),
        (SERVER, b"\x16\x03\x03"),
    ],
}


@pytest.mark.parametrize("name", PREAMBLES)
@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_tls_is_found_behind_a_preamble(name: str, version: int) -> None:
    """What came before is counted and shown, and the handshake is as it would be without."""
    preamble, dialogue = PREAMBLES[name], Dialogue(version).handshake()
    connection = observe([*preamble, *dialogue.turns], dialogue.keylog)
    bare = observe(dialogue.turns, dialogue.keylog)
    assert connection.outcome is Outcome.ESTABLISHED
    assert connection.tls is not None
    assert bare.tls is not None
    assert connection.tls.history == bare.tls.history
    told = connection.preamble
    assert (told.client_hex, told.server_hex) == (
        stream(preamble, CLIENT).hex(),
        stream(preamble, SERVER).hex(),
    )
    assert told.client_bytes == len(stream(preamble, CLIENT))
    assert [event.kind for event in connection.events[: len(preamble)]] == [EventKind.PLAINTEXT] * len(
        preamble
    )
    assert connection.problems == ()


def test_preamble_and_hello_may_come_together() -> None:
    """One segment may hold the end of the one and the beginning of the other."""
    (_, hello), *rest = Dialogue().handshake().turns
    connection = observe([(CLIENT, b"go\r\n" + hello), *rest])
    assert connection.preamble.client_bytes == 4
    assert connection.outcome is Outcome.ESTABLISHED


def test_a_long_preamble_is_shown_in_part() -> None:
    """The length is exact, the dump bounded."""
    (_, hello), *rest = Dialogue().handshake().turns
    connection = observe([(CLIENT, b"p" * 5000 + hello), *rest])
    assert connection.preamble.client_bytes == 5000
    assert connection.preamble.client_hex == "70" * 256


def test_the_search_for_tls_ends() -> None:
    """Behind 64 KiB of other bytes no ClientHello is looked for."""
    hello = Dialogue().handshake().turns[0][1]
    late = observe([(CLIENT, b"p" * (MAX_PREAMBLE_BYTES + 1) + hello)])
    assert (late.tls, late.outcome) == (None, Outcome.PLAINTEXT)
    just = observe([(CLIENT, b"p" * MAX_PREAMBLE_BYTES + hello)])
    assert just.tls is not None


def test_plaintext_is_plaintext() -> None:
    """Both ends talk, neither speaks TLS; all that they said counts."""
    connection = observe([(CLIENT, b"GET / HTTP/1.1\r\n\r\n"), (SERVER, b"HTTP/1.1 200 OK\r\n\r\n")])
    assert (connection.outcome, connection.tls) == (Outcome.PLAINTEXT, None)
    assert (connection.client_application_bytes, connection.server_application_bytes) == (18, 19)
    assert bytes.fromhex(connection.preamble.client_hex).startswith(b"GET /")


def test_a_tls_server_answers_a_plaintext_client() -> None:
    """Its alert is TLS at byte 0, so that the server is known to speak it and the client not to."""
    connection = observe(
        [(CLIENT, b"GET / HTTP/1.0\r\n\r\n"), (SERVER, record(21, b"\2\x46"))], closed_by=SERVER
    )
    assert connection.tls is not None
    assert connection.tls.client_hello is None
    assert connection.tls.history == "l"
    assert connection.outcome is Outcome.FAILED
    assert connection.preamble.client_bytes == 18


def test_a_plaintext_server_answers_a_tls_client() -> None:
    """Its words are kept where a report can show them."""
    hello = Dialogue().handshake().turns[0]
    connection = observe([hello, (SERVER, b"HTTP/1.1 400 Bad Request\r\n\r\n")], closed_by=SERVER)
    assert connection.tls is not None
    assert connection.tls.history == "C"
    assert connection.outcome is Outcome.FAILED
    assert bytes.fromhex(connection.preamble.server_hex).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("sender", [CLIENT, SERVER])
def test_a_file_that_holds_a_handshake_is_no_handshake(sender: object) -> None:
    """A capture that is uploaded or downloaded has hellos in it, and something else right behind them."""
    dialogue = Dialogue().handshake()
    content = b"file: " + dialogue.turns[0][1] + b"packet header" + dialogue.turns[1][1] + b" end"
    request = [(CLIENT, b"STOR x\r\n"), (SERVER, b"150 ok\r\n")]
    party = CLIENT if sender is CLIENT else SERVER
    connection = observe([*request, (party, content)])
    assert (connection.tls, connection.outcome) == (None, Outcome.PLAINTEXT)
    assert connection.problems == ()
    assert {event.kind for event in connection.events} == {EventKind.PLAINTEXT}
    assert sum(event.length for event in connection.events if event.sender is party) == len(
        stream([*request, (party, content)], party)
    )


def test_an_sslv2_hello_is_read() -> None:
    """The form of RFC 5246 appendix E.2, as clients of the last century open a TLS connection."""
    specs = bytes.fromhex("00002f000004010080")
    body = b"\x01\x03\x01" + len(specs).to_bytes(2, "big") + b"\x00\x00\x00\x10" + specs + bytes(range(16))
    hello = (0x8000 | len(body)).to_bytes(2, "big") + body
    connection = observe([(CLIENT, hello), (SERVER, record(21, b"\2\x28"))], closed_by=SERVER)
    assert connection.tls is not None
    assert connection.tls.is_sslv2_hello
    assert connection.tls.history == "Cl"
    assert connection.tls.client_hello is not None
    assert connection.tls.client_hello.cipher_suites == (0x2F, 4, 0x010080)
    assert connection.tls.ja3 is None


def test_a_connection_that_is_joined_midway_is_recognized() -> None:
    """Records that follow one another are TLS, and how far it came before is not known."""
    dialogue = Dialogue(TLS12).handshake()
    start = len(dialogue.turns)
    dialogue.say(CLIENT, b"x" * 500).say(SERVER, b"y" * 500).close(CLIENT)
    connection = observe(dialogue.turns[start:], has_start=False, closed_by=CLIENT)
    assert connection.tls is not None
    assert connection.tls.history == "DdL"
    assert connection.outcome is Outcome.INCOMPLETE
    assert connection.tls.version is None
    assert connection.tls.client_finished is None


def test_a_connection_that_is_joined_inside_a_record_is_recognized() -> None:
    """The rest of a record is stepped over until two headers stand where they should."""
    dialogue = Dialogue(TLS12).handshake()
    start = len(dialogue.turns)
    for _ in range(4):
        dialogue.say(SERVER, b"y" * 300)
    late = stream(dialogue.turns[start:], SERVER)[100:]
    connection = observe([(SERVER, late)], has_start=False)
    assert connection.tls is not None
    assert connection.tls.history == "d"
    assert connection.preamble.server_bytes > 0


def test_one_record_at_the_end_of_a_late_capture_will_do() -> None:
    """Nothing can follow it, and it fills the stream exactly."""
    connection = observe([(SERVER, b"tail" + record(23, bytes(50)))], has_start=False)
    assert connection.tls is not None
    assert observe([(SERVER, b"tail" + record(23, bytes(50))[:-1])], has_start=False).tls is None


def test_bytes_that_are_no_records_are_no_tls_when_joined_midway() -> None:
    """Random data of a late capture is plaintext as far as anybody can tell."""
    noise = bytes(index * 89 % 251 for index in range(4000))
    assert observe([(CLIENT, noise), (SERVER, noise[::-1])], has_start=False).tls is None


def test_an_encrypted_finished_is_no_message_when_joined_midway() -> None:
    """Without the ChangeCipherSpec a Finished is noise, and is not read as a handshake message."""
    connection = observe([(CLIENT, record(22, b"\x0b\x00\x12" + bytes(37)))], has_start=False)
    assert [event.kind for event in connection.events] == [EventKind.ENCRYPTED_HANDSHAKE]
    assert connection.problems == ()


def test_a_server_flight_alone_is_read() -> None:
    """A capture may begin between the hellos."""
    dialogue = Dialogue(TLS12).handshake()
    connection = observe([dialogue.turns[1]], has_start=False)
    assert connection.tls is not None
    assert connection.tls.history == "sxkrn"
    assert connection.tls.server_certificates


def test_a_gap_is_named_and_crossed() -> None:
    """Missing bytes within the flight cost the messages that they held; what follows is found again."""
    dialogue = Dialogue(TLS12).handshake().say(CLIENT, b"x" * 50).say(SERVER, b"y" * 50)
    answer = dialogue.turns[1][1]
    watching = observer()
    watching.feed(CLIENT, dialogue.turns[0][1], STARTED, 1)
    watching.feed(SERVER, answer[:400], STARTED, 2)
    watching.gap(SERVER, len(answer) - 400, STARTED)
    for number, (sender, data) in enumerate(dialogue.turns[2:], 3):
        watching.feed(sender, data, STARTED, number)
    connection = watching.connection()
    assert connection.tls is not None
    assert connection.tls.history == "CsXGYItiDd"
    assert connection.outcome is Outcome.ESTABLISHED
    assert connection.tls.certificate_requested is None
    (problem,) = connection.problems
    assert (problem.kind, problem.offset, problem.sender) == (ProblemKind.GAP, 400, SERVER)


def test_a_gap_within_data_costs_nothing() -> None:
    """The header said how long the record is, so the next one is where it should be."""
    dialogue = Dialogue(TLS12).handshake()
    start = len(dialogue.turns)
    dialogue.say(CLIENT, b"x" * 9000).close(CLIENT)
    data = stream(dialogue.turns[start:], CLIENT)
    watching = observer(keylog=dialogue.keylog)
    for sender, turn in dialogue.turns[:start]:
        watching.feed(sender, turn, STARTED)
    watching.feed(CLIENT, data[:1460], STARTED)
    watching.gap(CLIENT, 4380, STARTED)
    watching.feed(CLIENT, data[5840:], STARTED)
    connection = watching.connection()
    assert connection.tls is not None
    assert connection.tls.history.endswith("DL")
    assert [alert.description for alert in connection.tls.alerts] == ["close_notify"]


def test_who_may_be_forwarded_and_who_must_wait() -> None:
    """A relay passes on what is certainly no hello, and holds what may be the beginning of one."""
    hello = Dialogue().handshake().turns[0][1]
    watching = observer()
    for data, undecided in (
        (b"AGENT 1\n", 0),
        (b"\x80\x16", 1),
        (b"\x03", 2),
        (b"junk", 0),
        (hello[:40], 40),
    ):
        watching.feed(CLIENT, data, STARTED)
        assert watching.undecided_bytes(CLIENT) == undecided
        assert not watching.tls_started(CLIENT)
    watching.feed(CLIENT, hello[40:], STARTED)
    assert watching.tls_started(CLIENT)
    assert watching.preamble_bytes(CLIENT) == 15
    assert watching.client_hello is not None
