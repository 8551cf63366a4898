"""Ends that speak no TLS, and what was changed on the way: by what they are known."""

from __future__ import annotations

import pytest

from analyzers.connection import CloseKind, Party
from analyzers.diagnosis.engine import diagnose
from tests.causes.scene import lab_mirror, named_scenes
from tests.causes.tampering import flipped, message, records
from tests.tls.dialogues import CLIENT, SERVER, STARTED, TLS13, Dialogue, observer, record

HELLO = Dialogue(TLS13).handshake().turns[0][1]
GREETING = b"220 mail.example.com ESMTP ready\r\n"
CLOSE_NOTIFY, HANDSHAKE_FAILURE, UNEXPECTED = (
    b"\x15\x03\x03\x00\x02" + alert for alert in (b"\x01\x00", b"\x02\x28", b"\x02\x0a")
)

Said = tuple[tuple[Party, bytes], ...]


def root_cause_of(said: Said, closer: Party) -> str | None:
    """Observe what was said until `closer` left, and judge it."""
    watching = observer()
    for place, (sender, data) in enumerate(said):
        watching.feed(sender, data, STARTED + place / 1000, place + 1)
    watching.closed(closer, CloseKind.FIN, STARTED + 0.1, len(said) + 1)
    return diagnose(watching.connection()).root_cause


@pytest.mark.parametrize("closer", [CLIENT, SERVER])
def test_a_greeting_in_place_of_an_answer(closer: Party) -> None:
    """Who greets, and is met with a ClientHello by a client that has no preamble, does not speak TLS."""
    assert root_cause_of(((SERVER, GREETING), (CLIENT, HELLO)), closer) == "not-tls-server"


def test_a_preamble_of_both_is_no_greeting() -> None:
    """Where both have spoken before TLS, that may be how they begin."""
    said = (SERVER, GREETING), (CLIENT, b"STARTTLS\r\n"), (CLIENT, HELLO)
    assert root_cause_of(said, CLIENT) != "not-tls-server"


def test_who_answers_in_tls_speaks_it() -> None:
    """An alert behind the greeting is TLS."""
    said = (SERVER, GREETING), (CLIENT, HELLO), (SERVER, HANDSHAKE_FAILURE)
    assert root_cause_of(said, SERVER) != "not-tls-server"


def test_plaintext_is_answered_with_an_alert() -> None:
    """A server that answers a line of text with a TLS alert expected TLS, also where it only takes its leave."""
    assert root_cause_of(((CLIENT, b"hello\n"), (SERVER, CLOSE_NOTIFY)), SERVER) == "not-tls-client"


def test_an_echo_speaks_no_tls() -> None:
    """Who gives the ClientHello back answers nothing."""
    said = (CLIENT, HELLO), (SERVER, HELLO), (CLIENT, UNEXPECTED), (SERVER, UNEXPECTED)
    assert root_cause_of(said, CLIENT) == "not-tls-server"


HEALTHY = named_scenes()["truncated-capture/quiet-whole"]
TLS_12 = HEALTHY.flights()
FLIGHT = TLS_12[1][1]


def after(flight: bytes) -> set[str]:
    """Let the client leave on what became of the server's part of the handshake, and give what explains it."""
    watching = observer()
    for place, (sender, data) in enumerate((TLS_12[0], (SERVER, flight))):
        watching.feed(sender, data, STARTED + place / 1000, place + 1)
    watching.closed(CLIENT, CloseKind.FIN, STARTED + 0.1, 3)
    verdict = diagnose(watching.connection(), lab_mirror(), at=HEALTHY.play()[0].started)
    return {verdict.root_cause or "none"}


def test_what_was_put_in_on_the_way() -> None:
    """Bytes between the ClientHello and the ServerHello are nobody's."""
    assert after(FLIGHT) == {"closed-during-handshake"}
    assert after(b"\x00\x01\x02\x03\x04" + FLIGHT) == {"record-corrupt"}


@pytest.mark.parametrize("kind", [11, 12, 13, 14])
def test_a_message_that_comes_twice(kind: int) -> None:
    """A record that is repeated above TCP repeats a message that no handshake has twice."""
    place = message(FLIGHT, kind)
    assert place is not None
    again = record(22, FLIGHT[place[0] : place[1]])
    end = next(end for _, _, end in records(FLIGHT) if end >= place[1])
    assert after(FLIGHT[:end] + again + FLIGHT[end:]) == {"record-corrupt"}


@pytest.mark.parametrize("at", [0, 1, 5])
def test_a_header_that_was_changed(at: int) -> None:
    """A ServerHello but for one byte is no other protocol."""
    assert after(FLIGHT[:at] + bytes((FLIGHT[at] ^ 64,)) + FLIGHT[at + 1 :]) == {"record-corrupt"}


def test_a_signature_by_the_right_key_for_other_bytes() -> None:
    """The padding of RSA says that the server signed, and something else than was seen."""
    place = message(FLIGHT, 12)
    assert place is not None
    changed = flipped(FLIGHT, place[0] + 4 + 4 + 10)  # within the ephemeral key
    assert after(changed) == {"record-corrupt"}
