"""Ends that speak no TLS: what they say first, and how the other one ends it."""

from __future__ import annotations

import pytest

from analyzers.connection import CloseKind, Party
from analyzers.diagnosis.engine import diagnose
from tests.tls.dialogues import CLIENT, SERVER, STARTED, TLS13, Dialogue, observer

HELLO = Dialogue(TLS13).handshake().turns[0][1]
GREETING = b"220 mail.example.com ESMTP ready\r\n"
CLOSE_NOTIFY, HANDSHAKE_FAILURE = (b"\x15\x03\x03\x00\x02" + alert for alert in (b"\x01\x00", b"\x02\x28"))

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
