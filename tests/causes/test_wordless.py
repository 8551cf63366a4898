"""An end that left or fell silent: what it may have refused, and what it cannot have."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzers.causes.inquiry.alerts import alert_fit, has_order, order_of
from analyzers.causes.inquiry.stack import UNKNOWN_STACK, Stack, StackGuess
from analyzers.connection import CloseKind, Endpoint, Outcome, Party, ProblemKind, Road
from analyzers.diagnosis.engine import diagnose
from analyzers.observer import Observer

HELLOS = Path(__file__).parents[1] / "diagnosis" / "hellos"

START = 1_790_000_000.0


def hello(name: str) -> bytes:
    """A recorded hello in a record of its own."""
    body = bytes.fromhex((HELLOS / name).read_text(encoding="utf-8"))
    kind = b"\x01" if name.startswith("client") else b"\x02"
    message = kind + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


def observer() -> Observer:
    """An observer of a connection that begins now."""
    return Observer(Endpoint("10.0.0.11", 40000), Endpoint("10.0.0.12", 2188), started=START, road=Road.PCAP)


def closed_by_server(answer: bytes, waited: float, *, client: str = "client-openssl-tls13.hex") -> Observer:
    """A server that leaves after `waited` seconds, having sent `answer`."""
    observed = observer()
    observed.feed(Party.CLIENT, hello(client), START)
    if answer:
        observed.feed(Party.SERVER, answer, START + 0.01)
    observed.closed(Party.SERVER, CloseKind.FIN, START + waited)
    observed.closed(Party.CLIENT, CloseKind.FIN, START + waited + 0.01)
    return observed


def test_a_server_that_left_within_its_hello_has_begun_tls() -> None:
    """A part of a ServerHello is an answer: nobody says that TLS was not accepted."""
    connection = closed_by_server(hello("server-openssl-tls13.hex")[:60], 0.02).connection()
    assert [problem.kind for problem in connection.problems] == [ProblemKind.CUT]
    assert diagnose(connection).root_cause == "closed-during-handshake"


def test_a_server_that_left_at_once_without_a_byte_has_not() -> None:
    """Nothing but the end in answer to a usual hello."""
    assert diagnose(closed_by_server(b"", 0.02).connection()).root_cause == "tls-not-started"


def test_a_server_that_left_late_was_stuck_or_waited_for_something_else() -> None:
    """The two are not told apart, and both are said."""
    verdict = diagnose(closed_by_server(b"", 3.0).connection())
    assert verdict.root_cause is None
    assert {finding.id for finding in verdict.findings} == {"tls-not-started", "handshake-timeout"}


def test_what_is_said_after_the_end_is_no_answer() -> None:
    """An alert of the client after the server has left does not shorten the time that it waited."""
    observed = closed_by_server(b"", 3.0)
    observed.feed(Party.CLIENT, b"\x15\x03\x01\x00\x02\x02\x32", START + 3.02)
    assert diagnose(observed.connection()).root_cause is None


def test_a_client_that_sends_an_alert_in_place_of_a_hello_gave_up_itself() -> None:
    """OpenSSL says internal_error where its settings leave it nothing to offer, and a web server answers in plaintext."""
    observed = observer()
    observed.feed(Party.CLIENT, bytes.fromhex("15030100020250"), START)
    observed.feed(Party.SERVER, b"HTTP/1.1 400 Bad Request\r\n\r\n", START + 0.01)
    observed.closed(Party.SERVER, CloseKind.FIN, START + 0.02)
    assert diagnose(observed.connection()).root_cause == "client-configuration"


def test_a_hello_without_tls_1_2_is_refused_for_its_versions() -> None:
    """BearSSL and OpenSSL 1.0.2 have one alert for all that is not in common."""
    observed = observer()
    only_13 = hello("client-openssl-tls13.hex").replace(
        bytes.fromhex("002b000908030403030302"), bytes.fromhex("002b000908030403040304")
    )
    assert only_13 != hello("client-openssl-tls13.hex")
    observed.feed(Party.CLIENT, only_13, START)
    observed.feed(Party.SERVER, bytes.fromhex("15030300020228"), START + 0.01)
    observed.closed(Party.SERVER, CloseKind.FIN, START + 0.02)
    connection = observed.connection()
    assert connection.outcome is Outcome.FAILED
    assert diagnose(connection).root_cause == "no-common-version"


@pytest.mark.parametrize(
    ("cause", "alert"),
    [
        ("client-certificate-purpose", 40),  # Erlang/OTP, rustls 0.20
        ("unhandled-critical-extension", 43),  # Erlang/OTP
        ("server-certificate-purpose", 47),  # BoringSSL
        ("weak-key", 51),  # rustls 0.23
        ("client-certificate-missing", 46),  # Haskell's tls
    ],
)
def test_a_fault_explains_any_alert_that_some_stack_sends_for_it(cause: str, alert: int) -> None:
    """Of a verifier that is not known, all habits count."""
    assert alert_fit(cause, alert, UNKNOWN_STACK) >= 0.8
    assert alert_fit(cause, alert, StackGuess(Stack.OPENSSL, 0.95)) < 0.3


def test_orders_are_those_that_were_measured() -> None:
    """One looks at the dates first, another at the path, and of some nobody knows."""
    rustls, botan = order_of(Stack.RUSTLS), order_of(Stack.BOTAN)
    assert rustls.index("certificate-expired") < rustls.index("unknown-ca")
    assert botan.index("unknown-ca") < botan.index("certificate-expired")
    assert not has_order(Stack.BOUNCY_CASTLE)
