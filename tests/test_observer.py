"""The observer on whole handshakes between real engines: what it sees, and how far the connection came."""

from __future__ import annotations

import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from analyzers.connection import CloseKind, Event, EventKind, Outcome, Party, Seen
from tests.tls.dialogues import (
    CLIENT,
    SERVER,
    STARTED,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    Dialogue,
    observe,
)
from tests.tls.engines import credentials

HISTORIES = {
    (TLS12, False): "CsxkrnXGYItiDdL",
    (TLS12, True): "CsxkrnXGYIFtifDdL",
    (TLS13, False): "CsidIDdDdL",
    (TLS13, True): "CsiorxyfIXYFttDdL",
}


def whole(version: int) -> Dialogue:
    """A healthy mutual handshake, some data, and the client's farewell."""
    dialogue = Dialogue(version, suite="ECDHE-RSA-AES128-GCM-SHA256" if version < TLS13 else "ALL")
    return dialogue.handshake().say(CLIENT, b"x" * 100).say(SERVER, b"y" * 200).close(CLIENT)


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("has_keys", [False, True])
def test_a_whole_handshake_is_established(version: int, has_keys: bool) -> None:
    """Every message stands in the history, and both ends have finished."""
    dialogue = whole(version)
    connection = observe(dialogue.turns, dialogue.keylog if has_keys else None, closed_by=CLIENT)
    assert connection.outcome is Outcome.ESTABLISHED
    assert connection.tls is not None
    assert connection.tls.version == version
    assert connection.tls.history == HISTORIES[version, has_keys]
    assert connection.tls.has_secrets is has_keys
    assert connection.problems == ()


@pytest.mark.parametrize(
    ("version", "suite"),
    [(TLS10, "ECDHE-RSA-AES128-SHA"), (TLS11, "DHE-RSA-AES256-SHA"), (TLS12, "AES128-SHA")],
)
def test_older_versions_are_read_in_clear_and_opened(version: int, suite: str) -> None:
    """CBC suites of TLS 1.0 to 1.2: the handshake in clear, Finished and close_notify with the master secret."""
    dialogue = Dialogue(version, suite=suite).handshake().say(CLIENT, b"a" * 40).say(SERVER, b"b" * 40)
    connection = observe(dialogue.close(SERVER).turns, dialogue.keylog)
    assert connection.tls is not None
    assert connection.tls.version == version
    assert connection.outcome is Outcome.ESTABLISHED
    assert (connection.tls.client_finished, connection.tls.server_finished) == (True, True)
    assert [alert.seen for alert in connection.tls.alerts] == [Seen.DECRYPTED]
    assert connection.close_kind is CloseKind.CLOSE_NOTIFY
    assert connection.closed_by is SERVER


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_both_chains_and_the_request_are_seen(version: int) -> None:
    """The certificates are those that the engines were given."""
    dialogue = whole(version)
    tls = observe(dialogue.turns, dialogue.keylog).tls
    assert tls is not None
    assert tls.certificate_requested is True
    assert tls.certificate_request is not None
    assert tls.certificate_request.signature_schemes
    chains = {CLIENT: tls.client_certificates, SERVER: tls.server_certificates}
    for party, authentication in ((CLIENT, "ECDSA"), (SERVER, "RSA")):
        certificate = credentials(authentication)[1]
        chain = chains[party]
        assert chain is not None
        assert [seen.serial for seen in chain] == [f"{certificate.serial_number:02X}"]
        assert chain[0].key_type == ("EC" if party is CLIENT else "RSA")


def test_tls13_without_secrets_hides_the_certificates() -> None:
    """What is encrypted is not observable, which is something else than absent."""
    tls = observe(whole(TLS13).turns).tls
    assert tls is not None
    assert tls.client_certificates is None
    assert tls.server_certificates is None
    assert tls.certificate_requested is None
    assert tls.client_finished is None
    assert tls.server_finished is None


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_a_server_that_asks_for_nothing_is_noticed(version: int) -> None:
    """Without a CertificateRequest no client certificate is wanted."""
    dialogue = Dialogue(version, asks_client=False).handshake()
    tls = observe(dialogue.turns, dialogue.keylog).tls
    assert tls is not None
    assert tls.certificate_requested is False
    assert tls.client_certificates is None


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_a_client_without_certificate_is_refused(version: int) -> None:
    """An empty Certificate was sent, and the server's alert says what was missing."""
    dialogue = Dialogue(version, shows_client=False).handshake()
    connection = observe(dialogue.turns, dialogue.keylog, closed_by=SERVER)
    assert connection.tls is not None
    assert connection.tls.client_certificates == ()
    assert connection.outcome is Outcome.FAILED
    (alert,) = connection.tls.alerts
    assert (alert.sender, alert.code) == (SERVER, 116 if version == TLS13 else 40)
    assert alert.while_handshaking
    assert connection.events[alert.event].name == alert.description


def test_the_parameters_of_tls12_are_read() -> None:
    """Suite, group, scheme and application protocol, of the messages that settle them."""
    dialogue = Dialogue(
        TLS12, suite="ECDHE-RSA-AES256-GCM-SHA384", curve=ec.SECP384R1(), alpn=(b"h2", b"mirror")
    )
    tls = observe(dialogue.handshake().turns).tls
    assert tls is not None
    assert (tls.cipher_suite, tls.group, tls.alpn) == (0xC030, 24, "mirror")
    assert tls.signature_scheme in (0x0804, 0x0805, 0x0806)
    assert tls.client_signature_scheme == 0x0403
    assert tls.client_hello is not None
    assert tls.client_hello.alpn == ("h2", "mirror")
    assert tls.resumed is False


def test_the_parameters_of_tls13_are_read() -> None:
    """Group from the key share, schemes from CertificateVerify, the protocol from EncryptedExtensions."""
    dialogue = Dialogue(TLS13, alpn=(b"mirror",)).handshake()
    tls = observe(dialogue.turns, dialogue.keylog).tls
    assert tls is not None
    assert tls.server_hello is not None
    assert tls.cipher_suite == 0x1302
    assert tls.group == tls.server_hello.group
    assert (tls.signature_scheme, tls.client_signature_scheme) == (0x0804, 0x0403)
    assert tls.alpn == "mirror"


def test_a_hello_retry_request_makes_two_hellos() -> None:
    """Both are kept; the fingerprints are of the first, and what counts is in the second."""
    dialogue = Dialogue(TLS13, curve=ec.SECP521R1()).handshake()
    tls = observe(dialogue.turns, dialogue.keylog).tls
    assert tls is not None
    assert tls.history.startswith("Cji")
    assert tls.hello_retry_request is not None
    assert tls.hello_retry_request.group == 25
    assert tls.first_client_hello is not None
    assert tls.client_hello is not None
    assert 25 not in tls.first_client_hello.key_share_groups
    assert tls.client_hello.key_share_groups == (25,)
    assert tls.first_client_hello.random == tls.client_hello.random
    assert tls.group == 25


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_a_resumed_session_shows_no_certificates(version: int) -> None:
    """Nothing is asked and nothing shown: the first handshake settled it."""
    dialogue = Dialogue(version).handshake().say(CLIENT, b"x").say(SERVER, b"y").again().handshake()
    connection = observe(dialogue.turns, dialogue.keylog)
    assert connection.tls is not None
    assert connection.tls.resumed is True
    assert connection.tls.server_certificates is None
    assert connection.tls.certificate_requested is None
    assert connection.outcome is Outcome.ESTABLISHED
    if version == TLS12:
        assert connection.tls.history == "CsifIF"


def test_a_renegotiation_is_read_with_its_own_secrets() -> None:
    """The second handshake is protected by the first, and has randoms and keys of its own."""
    dialogue = Dialogue(TLS12, suite="ECDHE-RSA-AES128-GCM-SHA256").handshake().say(CLIENT, b"before")
    dialogue.renegotiate().say(CLIENT, b"after").close(CLIENT)
    connection = observe(dialogue.turns, dialogue.keylog)
    assert connection.tls is not None
    assert connection.problems == ()
    assert connection.tls.history.count("C") == 2
    assert connection.tls.history.count("F") == 2
    assert connection.tls.history.endswith("L")
    hellos = [event for event in connection.events if event.name == "ClientHello"]
    assert [hello.protected for hello in hellos] == [False, True]


def test_application_data_is_counted() -> None:
    """Of plaintext where it is opened, of records where not; handshake and alerts do not count."""
    dialogue = whole(TLS13)
    opened = observe(dialogue.turns, dialogue.keylog)
    assert (opened.client_application_bytes, opened.server_application_bytes) == (100, 200)
    closed = observe(dialogue.turns)
    assert closed.client_application_bytes == 100 + 17
    in_clear = observe(whole(TLS12).turns)
    assert (in_clear.client_application_bytes, in_clear.server_application_bytes) == (100 + 24, 200 + 24)


def test_events_name_time_frame_and_place() -> None:
    """Each message says when it came, in which packet, and where its record stands."""
    dialogue = whole(TLS12)
    events = observe(dialogue.turns).events
    hello, answer = events[0], events[1]
    assert (hello.name, hello.at, hello.frame, hello.offset) == ("ClientHello", STARTED + 1, 1, 0)
    assert (answer.name, answer.sender, answer.frame, answer.offset) == ("ServerHello", SERVER, 2, 0)
    offsets = [event.offset for event in events if event.sender is SERVER]
    assert offsets == sorted(offsets)


def test_data_that_goes_on_is_one_event() -> None:
    """A run of records of one sender is added up."""
    dialogue = Dialogue(TLS12, suite="ECDHE-RSA-AES128-GCM-SHA256").handshake()
    for _ in range(20):
        dialogue.say(CLIENT, b"z" * 1000)
    runs = [event for event in observe(dialogue.turns).events if event.kind is EventKind.APPLICATION_DATA]
    assert [(run.count, run.length) for run in runs] == [(20, 20 * 1024)]


def test_an_observer_can_be_asked_at_any_time() -> None:
    """The record of the first half says less, and asking changes nothing."""
    dialogue = whole(TLS12)
    watched, unwatched = (observe(dialogue.turns[:2]), observe(dialogue.turns))
    assert watched.outcome is Outcome.INCOMPLETE
    assert watched.tls is not None
    assert watched.tls.history == "Csxkrn"
    assert unwatched == observe(dialogue.turns)


def test_nothing_at_all_is_no_data() -> None:
    """A connection that is opened and closed shows neither TLS nor plaintext."""
    connection = observe((), closed_by=CLIENT)
    assert (connection.outcome, connection.tls) == (Outcome.NO_DATA, None)
    assert (connection.closed_by, connection.close_kind) == (Party.CLIENT, CloseKind.FIN)


def test_event_goes_to_another_process_as_it_is() -> None:
    """It is carried as its values, and none of them is lost."""
    event = Event(
        1.5, Party.CLIENT, EventKind.HANDSHAKE, "ClientHello", 517, 5, None, protected=False, count=2
    )
    assert event == pickle.loads(pickle.dumps(event))
