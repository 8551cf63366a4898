"""Who refused whom: the first sign counts, and no mere consequence of it."""

from __future__ import annotations

import pytest

from analyzers.causes.entry import State
from analyzers.causes.inquiry.departure import read_departure
from analyzers.causes.inquiry.progress import Progress, Stage, read_progress
from analyzers.causes.inquiry.refusal import Refusal, Signal, read_refusal
from analyzers.connection import CloseKind, Connection, Endpoint, Party, Road
from analyzers.observer import Observer
from tests.causes.scene import named_scenes

BY_NAME = named_scenes()


def refusal_in(name: str) -> Refusal | None:
    """What is read of the refusal in a case of the catalogue."""
    connection, _ = BY_NAME[name].play()
    return read_refusal(connection, read_progress(connection))


@pytest.mark.parametrize(
    ("name", "party", "signal", "code", "stage"),
    [
        ("certificate-expired/server", Party.CLIENT, Signal.ALERT, 45, Stage.SERVER_FLIGHT),
        ("certificate-expired/client-in-tls13", Party.SERVER, Signal.ALERT, 45, Stage.CLIENT_FLIGHT),
        (
            "client-certificate-refused/without-keys",
            Party.SERVER,
            Signal.ENCRYPTED_ALERT,
            None,
            Stage.CLIENT_FLIGHT,
        ),
        ("no-common-version/client-too-old", Party.SERVER, Signal.ALERT, 70, Stage.BEFORE_SERVER_HELLO),
        ("closed-during-handshake/server", Party.SERVER, Signal.FIN, None, Stage.CLIENT_FLIGHT),
        ("closed-during-handshake/client-in-tls13", Party.CLIENT, Signal.FIN, None, Stage.SERVER_FLIGHT),
        ("reset-during-handshake/server", Party.SERVER, Signal.RST, None, Stage.CLIENT_FLIGHT),
        ("handshake-timeout/silent-server", Party.SERVER, Signal.SILENCE, None, Stage.BEFORE_SERVER_HELLO),
        ("handshake-timeout/own-deadline", Party.SERVER, Signal.SILENCE, None, Stage.BEFORE_CLIENT_HELLO),
        ("client-configuration/key-mismatch", Party.CLIENT, Signal.FIN, None, Stage.BEFORE_CLIENT_HELLO),
        ("connection-refused/nobody-listens", Party.SERVER, Signal.RST, None, Stage.BEFORE_CLIENT_HELLO),
        ("tls-not-started/closes-on-hello", Party.SERVER, Signal.FIN, None, Stage.BEFORE_SERVER_HELLO),
    ],
)
def test_refusals(name: str, party: Party, signal: Signal, code: int | None, stage: Stage) -> None:
    """Direction, sign and point of the handshake are read off what real peers did."""
    refusal = refusal_in(name)
    assert refusal is not None
    assert (refusal.party, refusal.signal, refusal.alert_code, refusal.stage) == (party, signal, code, stage)


def test_nobody_refused_a_healthy_connection() -> None:
    """Tickets and data show that the server accepted the client, and a close_notify refuses nobody."""
    assert refusal_in("dn-refused-by-peer/quiet-healthy") is None
    assert refusal_in("client-certificate-refused/quiet-healthy") is None


def test_nobody_refused_where_the_name_leads_to_nobody() -> None:
    """A name that cannot be resolved is no silence of a server: none was asked."""
    assert refusal_in("connection-timeout/no-such-name") is None


def test_decode_error_after_the_end_is_a_consequence() -> None:
    """The server left; what the client's OpenSSL says to that comes after it."""
    connection, _ = BY_NAME["decode-error/quiet-consequence"].play()
    assert connection.events[-1].sender is Party.CLIENT
    refusal = read_refusal(connection, read_progress(connection))
    assert refusal is not None
    assert refusal.party is Party.SERVER


def test_bad_record_mac_after_a_clear_alert_is_a_consequence() -> None:
    """A server that cannot read the client's alert in clear says so; the client has refused it all the same."""
    connection = _clear_alert_answered_by(20)
    refusal = read_refusal(connection, read_progress(connection))
    assert refusal is not None
    assert (refusal.party, refusal.alert_code) == (Party.CLIENT, 43)


def _clear_alert_answered_by(code: int) -> Connection:
    """Replay a real TLS 1.3 refusal of a server's certificate, and let the server answer with an alert in clear."""
    original, _ = BY_NAME["server-certificate-purpose/unseen-in-tls13"].play()
    flights = BY_NAME["server-certificate-purpose/unseen-in-tls13"].flights()
    observer = Observer(original.client, original.server, started=original.started, road=Road.PCAP)
    for number, (sender, data) in enumerate(flights):
        observer.feed(sender, data, original.started + number / 1000)
    observer.feed(Party.SERVER, bytes((21, 3, 3, 0, 2, 2, code)), original.started + 1)
    return observer.connection()


def test_departure_is_an_inference() -> None:
    """An end that leaves after a good handshake may have refused, and may not."""
    connection, _ = BY_NAME["dn-refused-by-peer/unknown-list"].play()
    progress = read_progress(connection)
    assert read_refusal(connection, progress) is None
    departure = read_departure(connection, progress)
    assert departure is not None
    assert (departure.party, departure.state) == (Party.SERVER, State.INFERRED)


def test_departure_needs_haste_and_silence() -> None:
    """Who has said something, or has stayed a while, has not left at once."""
    connection, _ = BY_NAME["dn-refused-by-peer/quiet-healthy"].play()
    assert read_departure(connection, read_progress(connection)) is None


def test_stages_come_in_order() -> None:
    """The point of the handshake grows with the timeline."""
    progress = Progress(client_hello=0, server_hello=1, client_flight=5, completion=9)
    stages = [progress.stage_at(index) for index in range(12)]
    assert stages == sorted(stages)
    assert set(stages) == set(Stage)


def test_a_capture_that_ends_refuses_nobody() -> None:
    """What was not seen is no refusal."""
    connection, _ = BY_NAME["truncated-capture/end-missing"].play()
    assert read_refusal(connection, read_progress(connection)) is None


@pytest.mark.parametrize("kind", [CloseKind.FIN, CloseKind.RST])
def test_server_that_leaves_first_without_data(kind: CloseKind) -> None:
    """A server that closes before anybody has spoken has refused."""
    observer = Observer(Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", 2188), started=0.0, road=Road.PCAP)
    observer.closed(Party.SERVER, kind, 0.1, 4)
    connection = observer.connection()
    refusal = read_refusal(connection, read_progress(connection))
    assert refusal is not None
    assert (refusal.party, refusal.frame) == (Party.SERVER, 4)


def test_server_that_waited_in_vain_was_met_with_silence() -> None:
    """A server that closes after seconds without a byte from the client gave up on it."""
    observer = Observer(Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", 2188), started=0.0, road=Road.PCAP)
    observer.closed(Party.SERVER, CloseKind.FIN, 10.0, 4)
    connection = observer.connection()
    refusal = read_refusal(connection, read_progress(connection))
    assert refusal is not None
    assert (refusal.party, refusal.signal) == (Party.CLIENT, Signal.SILENCE)
