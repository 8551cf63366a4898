"""The observer on connections that fail: who refused, how it was seen, and what stays unknown."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from analyzers.connection import (
    CloseKind,
    EventKind,
    NetworkError,
    NetworkErrorKind,
    Outcome,
    Party,
    ProblemKind,
    Seen,
    VerifyError,
)
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
from tests.tls.engines import credentials

UNKNOWN_CA = 48


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("has_keys", [False, True])
def test_a_client_that_refuses_the_server_says_so_in_clear(version: int, has_keys: bool) -> None:
    """OpenSSL's client has no keys yet, in TLS 1.3 either: the alert is readable without any secret."""
    dialogue = Dialogue(version, trusts=(SERVER,)).handshake()
    connection = observe(dialogue.turns, dialogue.keylog if has_keys else None, closed_by=CLIENT)
    assert connection.outcome is Outcome.FAILED
    assert connection.tls is not None
    (alert,) = [alert for alert in connection.tls.alerts if alert.sender is CLIENT]
    assert (alert.level, alert.code, alert.seen) == (2, UNKNOWN_CA, Seen.CLEARTEXT)
    assert alert.while_handshaking
    assert connection.events[alert.event].kind is EventKind.ALERT


def test_a_server_that_refuses_a_tls12_client_says_so_in_clear() -> None:
    """The server's keys are not in use yet when it judges the client's certificate."""
    connection = observe(Dialogue(TLS12, trusts=(CLIENT,)).handshake().turns, closed_by=SERVER)
    assert connection.outcome is Outcome.FAILED
    assert connection.tls is not None
    (alert,) = connection.tls.alerts
    assert (alert.sender, alert.code, alert.seen) == (SERVER, UNKNOWN_CA, Seen.CLEARTEXT)


def test_a_server_that_refuses_a_tls13_client_is_heard_with_secrets() -> None:
    """The client had finished and the server had not accepted: the alert belongs to the handshake."""
    dialogue = Dialogue(TLS13, trusts=(CLIENT,)).handshake()
    connection = observe(dialogue.turns, dialogue.keylog, closed_by=SERVER)
    assert connection.outcome is Outcome.FAILED
    assert connection.tls is not None
    (alert,) = connection.tls.alerts
    assert (alert.code, alert.seen, alert.while_handshaking) == (UNKNOWN_CA, Seen.DECRYPTED, True)
    assert (connection.tls.client_finished, connection.tls.server_finished) == (True, True)


def test_a_server_that_refuses_a_tls13_client_is_seen_without_secrets() -> None:
    """One record as short as an alert in place of the tickets: failed, and no alert is made up."""
    connection = observe(Dialogue(TLS13, trusts=(CLIENT,)).handshake().turns, closed_by=SERVER)
    assert connection.outcome is Outcome.FAILED
    assert connection.tls is not None
    assert connection.tls.alerts == ()
    assert connection.tls.history == "CsidIDl"
    last = connection.events[-2]
    assert (last.kind, last.sender, last.length) == (EventKind.ENCRYPTED_ALERT, SERVER, 19)
    assert connection.server_application_bytes == 0


def test_the_farewell_of_a_healthy_tls13_server_is_no_refusal() -> None:
    """The same short record behind tickets and data is a close_notify."""
    dialogue = Dialogue(TLS13).handshake().say(CLIENT, b"q").say(SERVER, b"a").close(SERVER)
    connection = observe(dialogue.turns, closed_by=SERVER)
    assert connection.outcome is Outcome.ESTABLISHED
    assert connection.events[-2].kind is EventKind.ENCRYPTED_ALERT


def test_an_answer_to_a_farewell_is_no_refusal() -> None:
    """A client that leaves at once gets a close_notify back, which is as short as a refusal."""
    dialogue = Dialogue(TLS13).handshake()
    flight = [turn for turn in dialogue.turns if len(turn[1]) > 0][:3]
    farewell, answer = record(23, b"\1" * 19), record(23, b"\2" * 19)
    turns = [*flight, (CLIENT, farewell), (SERVER, answer)]
    assert observe(turns, closed_by=SERVER).outcome is Outcome.ESTABLISHED
    assert observe([*flight, (SERVER, answer)], closed_by=SERVER).outcome is Outcome.FAILED


def lengths(sender: Party, *fragments: int) -> tuple[Party, bytes]:
    """Give protected records of these lengths."""
    return sender, b"".join(record(23, bytes(length)) for length in fragments)


@pytest.mark.parametrize(
    ("flight", "answer", "outcome"),
    [
        ((65, 179, 1878, 297, 85), 35, Outcome.FAILED),
        ((65, 179, 1878, 297, 85), 19, Outcome.ESTABLISHED),
        ((49, 163, 1862, 281, 69), 35, Outcome.ESTABLISHED),
        ((49, 163, 1862, 281, 69), 19, Outcome.FAILED),
    ],
)
def test_java_pads_its_alerts_as_it_pads_its_finished(
    flight: tuple[int, ...], answer: int, outcome: Outcome
) -> None:
    """JSSE adds sixteen zeros to each record: the length of its Finished gives its alerts away."""
    (_, hello), (_, server), *_ = Dialogue(TLS13).handshake().turns
    server_hello = server[: 5 + int.from_bytes(server[3:5], "big")]
    turns = [(CLIENT, hello), (SERVER, server_hello), lengths(SERVER, *flight)]
    turns += [lengths(CLIENT, 1862, 281, 69), lengths(CLIENT, 49), lengths(SERVER, answer)]
    connection = observe(turns, closed_by=SERVER)
    assert connection.outcome is outcome
    is_alert = connection.events[-2].kind is EventKind.ENCRYPTED_ALERT
    assert is_alert is (outcome is Outcome.FAILED)


def test_a_padded_refusal_of_a_client_is_seen() -> None:
    """Before its Finished nothing tells whether a client pads: both lengths are alerts."""
    (_, hello), (_, server), *_ = Dialogue(TLS13).handshake().turns
    for length in (19, 35):
        connection = observe([(CLIENT, hello), (SERVER, server), lengths(CLIENT, length)], closed_by=CLIENT)
        assert connection.outcome is Outcome.FAILED
        assert connection.events[-2].kind is EventKind.ENCRYPTED_ALERT


@pytest.mark.parametrize(
    ("code", "name"), [(40, "handshake_failure"), (70, "protocol_version"), (86, "inappropriate_fallback")]
)
def test_a_hello_that_is_refused(code: int, name: str) -> None:
    """The server's first record is an alert."""
    hello = Dialogue().handshake().turns[0]
    connection = observe([hello, (SERVER, record(21, bytes((2, code))))], closed_by=SERVER)
    assert connection.outcome is Outcome.FAILED
    assert connection.tls is not None
    assert connection.tls.history == "Cl"
    assert connection.tls.alerts[0].description == name
    assert connection.tls.version is None
    assert connection.tls.server_certificates is None


@pytest.mark.parametrize("kind", [CloseKind.FIN, CloseKind.RST])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_close_before_the_end_of_the_handshake_is_a_failure(kind: CloseKind, turns: int) -> None:
    """Whoever leaves early has refused, with or without a word."""
    dialogue = Dialogue(TLS12, shows_client=True).handshake()
    connection = observe(dialogue.turns[:turns], closed_by=SERVER, kind=kind)
    assert connection.outcome is Outcome.FAILED
    assert (connection.closed_by, connection.close_kind) == (SERVER, kind)
    assert connection.events[-1].kind is EventKind(kind.value)


def test_a_warning_is_no_refusal() -> None:
    """unrecognized_name as a warning (RFC 6066 section 3) lets the handshake go on."""
    dialogue = Dialogue(TLS12).handshake()
    (client, hello), (server, answer), *rest = dialogue.turns
    warned = [(client, hello), (server, record(21, b"\1\x70") + answer), *rest]
    connection = observe(warned)
    assert connection.outcome is Outcome.ESTABLISHED
    assert connection.tls is not None
    assert connection.tls.alerts[0].level_name == "warning"


def test_a_fatal_alert_after_the_handshake_does_not_undo_it() -> None:
    """The handshake was complete; what ended the connection came later."""
    dialogue = Dialogue(TLS12, suite="ECDHE-RSA-AES128-GCM-SHA256").handshake().say(CLIENT, b"x")
    server = dialogue.ends[SERVER]
    server.bio_write(record(23, bytes(40)))
    dialogue.read(SERVER)
    connection = observe(dialogue.turns, dialogue.keylog, closed_by=SERVER)
    assert connection.tls is not None
    assert [alert.description for alert in connection.tls.alerts] == ["bad_record_mac"]
    assert not connection.tls.alerts[0].while_handshaking
    assert connection.outcome is Outcome.ESTABLISHED


def test_a_capture_that_ends_early_tells_no_failure() -> None:
    """Nobody closed: the rest was not seen."""
    assert observe(Dialogue().handshake().turns[:2]).outcome is Outcome.INCOMPLETE


def test_one_direction_alone_tells_no_failure() -> None:
    """On one side of an asymmetric path the other end's part is unseen, and so is the reason of a close."""
    watching = observer()
    watching.feed(CLIENT, Dialogue().handshake().turns[0][1], STARTED, 1)
    watching.closed(CLIENT, CloseKind.FIN, STARTED + 1, 2)
    watching.directions_seen = frozenset({CLIENT})
    connection = watching.connection()
    assert connection.outcome is Outcome.INCOMPLETE
    assert connection.directions_seen == {CLIENT}


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (NetworkErrorKind.REFUSED, Outcome.REFUSED),
        (NetworkErrorKind.TIMEOUT, Outcome.TIMEOUT),
        (NetworkErrorKind.UNREACHABLE, Outcome.TIMEOUT),
        (NetworkErrorKind.NAME, Outcome.TIMEOUT),
        (NetworkErrorKind.HANDSHAKE_TIMEOUT, Outcome.TIMEOUT),
        (NetworkErrorKind.RESET, Outcome.NO_DATA),
    ],
)
def test_what_the_network_says_decides_where_tls_says_nothing(
    kind: NetworkErrorKind, outcome: Outcome
) -> None:
    """Each error of the operating system is an outcome."""
    watching = observer()
    watching.network_failed(NetworkError(kind, "as the system says", SERVER, 3.0))
    connection = watching.connection()
    assert connection.outcome is outcome
    assert connection.ended == STARTED + 3.0
    assert connection.network_error is not None


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [(NetworkErrorKind.HANDSHAKE_TIMEOUT, Outcome.TIMEOUT), (NetworkErrorKind.RESET, Outcome.FAILED)],
)
def test_what_the_network_says_in_mid_handshake(kind: NetworkErrorKind, outcome: Outcome) -> None:
    """A deadline is a time-out, a reset a failure."""
    watching = observer()
    watching.feed(CLIENT, Dialogue().handshake().turns[0][1], STARTED, 1)
    watching.network_failed(NetworkError(kind, "as the system says", SERVER, 5.0))
    assert watching.connection().outcome is outcome


def test_verify_errors_are_kept() -> None:
    """What our own engine held against a chain is part of the record."""
    watching = observer()
    error = VerifyError(Party.CLIENT, 0, 10, "certificate has expired")
    watching.verify_error(error)
    assert watching.connection().verify_errors == (error,)


def test_a_broken_record_ends_the_reading_of_its_direction() -> None:
    """The problem says where, and the other direction is read on."""
    dialogue = Dialogue(TLS12).handshake()
    (_, hello), (_, answer), *rest = dialogue.turns
    connection = observe([(CLIENT, hello + b"\x99broken"), (SERVER, answer), *rest])
    assert [(p.kind, p.sender, p.offset) for p in connection.problems] == [
        (ProblemKind.MALFORMED, CLIENT, len(hello))
    ]
    assert connection.tls is not None
    assert connection.tls.history.startswith("Csxkrn")
    assert "X" not in connection.tls.history


def test_a_broken_message_costs_itself_only() -> None:
    """A Certificate whose length lies is a problem; the messages around it are read."""
    dialogue = Dialogue(TLS12).handshake()
    server = bytearray(stream(dialogue.turns[:2], SERVER))
    listed = server.index(credentials("RSA")[1].public_bytes(Encoding.DER)) - 6  # The length of the list.
    server[listed + 2] ^= 0x01
    connection = observe([dialogue.turns[0], (SERVER, bytes(server)), *dialogue.turns[2:]])
    assert connection.tls is not None
    assert connection.tls.server_certificates is None
    assert connection.tls.history.startswith("Csxkrn")
    assert any(problem.what.startswith("Certificate: ") for problem in connection.problems)


def test_a_message_that_is_cut_off_is_a_problem() -> None:
    """New keys in the middle of a message (RFC 8446 section 5.1): the rest of it will not come."""
    dialogue = Dialogue(TLS12).handshake()
    turns = [*dialogue.turns[:2], (CLIENT, record(22, b"\x10\0\0\x42half") + record(20, b"\1"))]
    (problem,) = observe(turns).problems
    assert (problem.kind, problem.sender) == (ProblemKind.MALFORMED, CLIENT)
    assert "cut off" in problem.what


def test_alerts_are_bounded() -> None:
    """A sender of endless warnings fills no memory, and the record says what it saw."""
    hello = Dialogue().handshake().turns[0]
    connection = observe([hello, (SERVER, record(21, b"\1\x70") * 1000)])
    assert connection.tls is not None
    assert len(connection.tls.alerts) == 32
    assert len(connection.events) == 33
