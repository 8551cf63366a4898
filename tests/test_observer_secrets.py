"""The observer with secrets: early, late, wrong, missing; and what they make readable."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from analyzers.connection import EventKind, Outcome, ProblemKind, Seen
from analyzers.observing.opening import POST_HANDSHAKE_BYTES
from analyzers.tls.keyschedule import prf
from analyzers.tls.secrets import KeyLog
from tests.tls.dialogues import (
    CLIENT,
    SERVER,
    STARTED,
    TLS10,
    TLS12,
    TLS13,
    Dialogue,
    message,
    observe,
    observer,
    record,
    stream,
)
from tests.tls.engines import credentials

if TYPE_CHECKING:
    from pathlib import Path

    from analyzers.connection import Party
    from tests.tls.dialogues import Turn

GCM = "ECDHE-RSA-AES128-GCM-SHA256"
CBC = "ECDHE-RSA-AES128-SHA"
MEMORY_BIO_BYTES = 1 << 16


def lines_of(dialogue: Dialogue) -> list[str]:
    """Write the dialogue's secrets as a key log does."""
    random = observe(dialogue.turns[:1]).tls
    assert random is not None
    assert random.client_hello is not None
    secrets = dialogue.keylog.secrets_for(random.client_hello.random)
    return [f"{label} {random.client_hello.random.hex()} {secret.hex()}" for label, secret in secrets.items()]


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("after", range(1, 7))
def test_secrets_may_come_late(version: int, after: int) -> None:
    """Records wait for their secrets, and the record of the connection is as if these had been there."""
    dialogue = Dialogue(version, suite=GCM if version < TLS13 else "ALL").handshake()
    dialogue.say(CLIENT, b"x").say(SERVER, b"y").close(CLIENT)
    prompt = observe(dialogue.turns, dialogue.keylog)
    keylog = KeyLog()
    watching = observer(keylog=keylog)
    for number, (sender, data) in enumerate(dialogue.turns, 1):
        if number == after:
            for line in lines_of(dialogue):
                keylog.add_line(line)
        watching.feed(sender, data, STARTED + number, number)
    late = watching.connection()
    assert late == prompt
    assert late.tls is not None
    assert late.tls.history.endswith("L")


def test_what_waits_stands_in_the_record_as_it_is() -> None:
    """Until its secret comes a record is shown closed, and afterwards opened, in the same place."""
    dialogue = Dialogue(TLS13).handshake()
    keylog = KeyLog()
    watching = observer(keylog=keylog)
    for number, (sender, data) in enumerate(dialogue.turns):
        watching.feed(sender, data, STARTED + number)
    closed = watching.connection()
    assert closed.tls is not None
    assert closed.tls.history == "CsidIDd"
    assert closed.outcome is Outcome.ESTABLISHED
    for line in lines_of(dialogue):
        keylog.add_line(line)
    opened = watching.connection()
    assert opened.tls is not None
    assert opened.tls.history == "CsiorxyfIXYFtt"
    assert opened.server_application_bytes == 0


def test_waiting_is_bounded() -> None:
    """Secrets that never come cost no more than the bound, and the lengths are kept."""
    dialogue = Dialogue(TLS13).handshake()
    watching = observer(keylog=KeyLog())
    for sender, data in dialogue.turns:
        watching.feed(sender, data, STARTED)
    for _ in range(20):
        watching.feed(SERVER, record(23, bytes(8000)), STARTED)
    assert watching.skippable(SERVER) == 0
    watching.feed(SERVER, record(23, bytes(8000))[:100], STARTED)
    assert watching.skippable(SERVER) == 7905
    connection = watching.connection()
    assert connection.tls is not None
    assert not connection.tls.has_secrets
    assert connection.server_application_bytes > 160_000


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_a_wrong_secret_is_a_problem_and_no_failure(version: int) -> None:
    """Lines of another connection under this random: said once, and the handshake is judged without."""
    dialogue = Dialogue(version, suite=GCM if version < TLS13 else "ALL").handshake().close(CLIENT)
    keylog = KeyLog()
    for line in lines_of(dialogue):
        label, random, secret = line.split()
        keylog.add_line(f"{label} {random} {'ab' * (len(secret) // 2)}")
    connection = observe(dialogue.turns, keylog)
    assert connection.outcome is Outcome.ESTABLISHED
    assert {problem.kind for problem in connection.problems} == {ProblemKind.DECRYPTION}
    assert len(connection.problems) <= 2
    assert connection.tls is not None
    assert not connection.tls.has_secrets
    assert connection.tls.alerts == ()


def test_half_of_the_secrets_open_half_of_the_connection() -> None:
    """Without the application traffic secrets tickets and alerts stay closed."""
    dialogue = Dialogue(TLS13).handshake().say(SERVER, b"y" * 300).close(SERVER)
    keylog = KeyLog()
    for line in lines_of(dialogue):
        if "HANDSHAKE" in line:
            keylog.add_line(line)
    connection = observe(dialogue.turns, keylog)
    assert connection.tls is not None
    assert connection.tls.history.startswith("CsiorxyfIXYFd")
    assert connection.tls.server_certificates
    assert connection.outcome is Outcome.ESTABLISHED


def test_a_premaster_secret_opens_a_key_exchange_with_rsa() -> None:
    """A line `RSA` names the ciphertext of the premaster secret, and needs no engine that knows the randoms."""
    premaster = b"\x03\x03" + bytes(range(46))
    turns, finished_key = rsa_handshake(premaster)
    assert finished_key
    keylog = KeyLog.parse(f"RSA {'c1' * 8} {premaster.hex()}")
    connection = observe(turns, keylog)
    assert connection.tls is not None
    assert connection.tls.has_secrets
    assert [(alert.code, alert.seen) for alert in connection.tls.alerts] == [(0, Seen.DECRYPTED)]


def rsa_handshake(premaster: bytes) -> tuple[list[Turn], bytes]:
    """Write a handshake with RSA key transport by hand: no engine gives its premaster secret away."""
    from analyzers.tls.protection import tls12_protection  # noqa: PLC0415  # beside its only use

    client_random, server_random = bytes(32), b"\1" * 32
    hello = message(1, b"\x03\x03" + client_random + b"\0\0\x02\x00\x9c\x01\0")
    answer = message(2, b"\x03\x03" + server_random + b"\0\x00\x9c\0") + message(14, b"")
    exchange = message(16, b"\x01\x00" + b"\xc1" * 256)
    master = prf(TLS12, "SHA256", premaster, b"master secret", client_random + server_random, 48)
    protection = tls12_protection(0x9C, TLS12, master, client_random, server_random, for_client=True)
    flight = record(22, exchange) + record(20, b"\1") + protection.seal(22, message(20, bytes(12)))
    turns = [(CLIENT, record(22, hello)), (SERVER, record(22, answer)), (CLIENT, flight)]
    return [*turns, (CLIENT, protection.seal(21, b"\1\0"))], master


def test_an_unsupported_suite_is_said_to_be_so() -> None:
    """We have no way to open ARIA; the handshake in clear is read all the same."""
    dialogue = Dialogue(TLS12, suite="ARIA128-GCM-SHA256").handshake().close(CLIENT)
    connection = observe(dialogue.turns, dialogue.keylog)
    assert connection.outcome is Outcome.ESTABLISHED
    assert {problem.kind for problem in connection.problems} == {ProblemKind.DECRYPTION}
    assert "not supported" in connection.problems[0].what


def test_chained_cbc_is_opened_behind_data_that_passed() -> None:
    """In TLS 1.0 the last block of each record begins the next, so that data is looked at too."""
    dialogue = Dialogue(TLS10, suite="ECDHE-RSA-AES128-SHA").handshake()
    dialogue.say(CLIENT, b"x" * 5000).say(CLIENT, b"y" * 5000).close(CLIENT)
    connection = observe(dialogue.turns, dialogue.keylog)
    assert connection.tls is not None
    assert [alert.description for alert in connection.tls.alerts] == ["close_notify"]
    assert connection.problems == ()


def test_long_records_after_the_handshake_are_stepped_over() -> None:
    """They hold data, which nobody needs to open, and the count of records stays right."""
    dialogue = Dialogue(TLS13).handshake()
    start = len(dialogue.turns)
    dialogue.say(SERVER, b"y" * 16000).say(SERVER, b"z" * 10).close(SERVER)
    watching = observer(keylog=dialogue.keylog)
    for sender, data in dialogue.turns[:start]:
        watching.feed(sender, data, STARTED)
    rest = stream(dialogue.turns[start:], SERVER)
    watching.feed(SERVER, rest[:5], STARTED)
    passed = watching.skippable(SERVER)
    assert passed > POST_HANDSHAKE_BYTES
    watching.skip(SERVER, passed, STARTED)
    watching.feed(SERVER, rest[5 + passed :], STARTED)
    connection = watching.connection()
    assert connection.tls is not None
    assert [alert.seen for alert in connection.tls.alerts] == [Seen.DECRYPTED]
    assert connection.problems == ()


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("sender", [CLIENT, SERVER])
def test_an_alert_can_be_sealed_in_the_name_of_an_end(version: int, sender: Party) -> None:
    """The peer's engine accepts what the observer's protection seals as the sender's next record."""
    dialogue = Dialogue(version, suite=GCM if version < TLS13 else "ALL").handshake()
    watching = observer(keylog=dialogue.keylog)
    for party, data in dialogue.turns:
        watching.feed(party, data, STARTED)
    protection = watching.protection(sender)
    assert protection is not None
    receiver = dialogue.ends[sender.other]
    receiver.bio_write(protection.seal(21, b"\2\x2a"))
    with pytest.raises(Exception, match="alert bad certificate"):
        receiver.recv(100)


@pytest.mark.parametrize(
    ("version", "suite"), [(TLS13, "ALL"), (TLS12, GCM), (TLS12, CBC), (TLS10, CBC)], ids=str
)
@pytest.mark.parametrize("sender", [CLIENT, SERVER])
def test_the_observer_reads_what_it_sealed(version: int, suite: str, sender: Party) -> None:
    """A record that was sealed in a sender's name is read like its others, and so are those that follow it."""
    dialogue = Dialogue(version, suite=suite).handshake().say(sender, b"x")
    watching = observer(keylog=dialogue.keylog)
    for party, data in dialogue.turns:
        watching.feed(party, data, STARTED)
    protection = watching.protection(sender)
    assert protection is not None
    for alert in (b"\1\x5a", b"\1\0"):
        watching.feed(sender, protection.seal(21, alert), STARTED)
    connection = watching.connection()
    assert connection.problems == ()
    assert connection.tls is not None
    assert [(alert.code, alert.seen) for alert in connection.tls.alerts] == [
        (90, Seen.DECRYPTED),
        (0, Seen.DECRYPTED),
    ]


def test_keys_are_updated_where_the_sender_says_so() -> None:
    """RFC 8446 section 4.6.3: the server's engine takes what we write behind a KeyUpdate, and the observer reads it."""
    dialogue = Dialogue(TLS13).handshake()
    writing = observer(keylog=dialogue.keylog)
    for sender, data in dialogue.turns:
        writing.feed(sender, data, STARTED)
    protection = writing.protection(CLIENT)
    assert protection is not None
    server = dialogue.ends[SERVER]
    for content_type, content in ((22, message(24, b"\0")), (23, b"behind the update"), (21, b"\1\0")):
        sealed = protection.seal(content_type, content)
        dialogue.turns.append((CLIENT, sealed))
        server.bio_write(sealed)
        if content_type == 22:
            protection.next_generation()
    assert server.recv(100) == b"behind the update"
    connection = observe(dialogue.turns, dialogue.keylog)
    assert connection.problems == ()
    assert connection.tls is not None
    assert connection.tls.history.endswith("ttPDL")


def test_who_writes_in_clear_has_no_protection() -> None:
    """Before keys are in use there is nothing to seal with."""
    dialogue = Dialogue(TLS12, suite=GCM).handshake()
    watching = observer(keylog=dialogue.keylog)
    assert watching.protection(CLIENT) is None
    for sender, data in dialogue.turns[:2]:
        watching.feed(sender, data, STARTED)
    assert watching.protection(SERVER) is None
    assert observer().protection(SERVER) is None


def test_the_relay_can_act_in_step() -> None:
    """Each fact is there with the turn that brings it, while the client's flight is not."""
    dialogue = Dialogue(TLS13, alpn=(b"mirror",)).handshake()
    watching = observer(keylog=dialogue.keylog)
    assert (watching.client_hello, watching.server_hello, watching.version) == (None, None, None)
    watching.feed(CLIENT, dialogue.turns[0][1], STARTED)
    assert watching.client_hello is not None
    assert not watching.is_flight_complete(SERVER)
    watching.feed(SERVER, dialogue.turns[1][1], STARTED)
    assert watching.is_flight_complete(SERVER)
    assert not watching.is_flight_complete(CLIENT)
    assert watching.certificate_requested
    assert watching.certificate_request is not None
    assert watching.server_certificates
    assert (watching.version, watching.alpn) == (TLS13, "mirror")
    assert watching.group is not None
    assert watching.hello_retry_request is None
    assert watching.client_certificates is None
    assert not watching.is_established
    watching.feed(CLIENT, dialogue.turns[2][1], STARTED)
    assert watching.is_flight_complete(CLIENT)
    assert watching.client_certificates
    assert watching.is_established
    assert watching.alerts == ()


def test_a_certificate_may_be_asked_for_later(tmp_path: Path) -> None:
    """Post-handshake authentication (RFC 8446 section 4.6.2), as Python's own engine does it."""
    turns, keylog = asked_later(tmp_path)
    connection = observe(turns, keylog)
    assert connection.tls is not None
    assert connection.problems == ()
    assert connection.tls.history.startswith("CsioxyfIF")
    assert "rdXYF" in connection.tls.history
    assert connection.tls.certificate_request is not None
    assert connection.tls.certificate_request.context
    assert connection.tls.client_certificates
    assert connection.tls.client_certificates[0].key_type == "RSA"


def asked_later(folder: Path) -> tuple[list[Turn], KeyLog]:
    """Let the server of a TLS 1.3 connection ask for a certificate after the handshake."""
    key, certificate = credentials("RSA")
    chain = folder / "end.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    contexts = {
        CLIENT: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        SERVER: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
    }
    for context in contexts.values():
        context.load_cert_chain(chain)
        context.check_hostname = False
        context.keylog_filename = str(folder / "keys")
    contexts[CLIENT].verify_mode = ssl.CERT_NONE
    contexts[CLIENT].post_handshake_auth = True
    contexts[SERVER].verify_mode = ssl.CERT_REQUIRED
    contexts[SERVER].post_handshake_auth = True
    contexts[SERVER].load_verify_locations(chain)
    bios = {party: (ssl.MemoryBIO(), ssl.MemoryBIO()) for party in contexts}
    ends = {
        party: context.wrap_bio(*bios[party], server_side=party is SERVER)
        for party, context in contexts.items()
    }
    turns: list[Turn] = []

    def carry(party: Party) -> None:
        data = bios[party][1].read()
        if data:
            turns.append((party, data))
            bios[party.other][0].write(data)

    for party in (CLIENT, SERVER, CLIENT, SERVER):
        with contextlib.suppress(ssl.SSLWantReadError):
            ends[party].do_handshake()
        carry(party)
    ends[SERVER].verify_client_post_handshake()
    ends[SERVER].write(b"who are you?")
    for party in (SERVER, CLIENT, SERVER):
        with contextlib.suppress(ssl.SSLWantReadError):
            ends[party].read(MEMORY_BIO_BYTES)
        carry(party)
    return turns, KeyLog.parse((folder / "keys").read_bytes())


def test_tickets_are_events_of_their_own() -> None:
    """With secrets a ticket is a message, not application data."""
    dialogue = Dialogue(TLS13).handshake()
    events = observe(dialogue.turns, dialogue.keylog).events
    tickets = [event for event in events if event.name == "NewSessionTicket"]
    assert [(event.kind, event.protected) for event in tickets] == [(EventKind.HANDSHAKE, True)] * 2
