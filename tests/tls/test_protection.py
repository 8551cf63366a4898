"""Record protection, against real engines and the vectors of RFC 8448."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from analyzers.errors import DecryptionFailed, ProtectionUnsupported
from analyzers.tls import codepoints
from analyzers.tls.ciphers import BulkKind, expand, suite
from analyzers.tls.protection import RecordProtection, tls12_protection, tls13_protection
from tests.tls import rfc8448
from tests.tls.engines import CLIENT, SERVER, TLS13, Engines
from tests.tls.sessions import (
    ALERT,
    APPLICATION_DATA,
    FINISHED,
    HANDSHAKE,
    REPRESENTATIVE,
    TLS10,
    TLS11,
    TLS12,
    Session,
    connected,
)

CLOSE_NOTIFY = b"\x01\x00"
UNSUPPORTED_CERTIFICATE = b"\x02\x2b"

TLS13_SUITES = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
    "TLS_SM4_GCM_SM3",
    "TLS_SM4_CCM_SM3",
    "TLS_SHA256_SHA256",
    "TLS_SHA384_SHA384",
)


def _engine_suites() -> list[tuple[int, str, str]]:
    """Give every suite that the engine can negotiate with a certificate or anonymously, by version."""
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(b"ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    found = []
    for name in SSL.Connection(context, None).get_cipher_list():
        properties = suite(expand([name])[0])
        assert properties is not None
        if properties.is_tls13 or "PSK" in name or "SRP" in name or name.startswith("IDEA"):
            continue  # IDEA is listed by this engine and refused by it.
        found.append((TLS12, name, properties.authentication))
        if properties.kind is not BulkKind.AEAD and not name.endswith(("SHA256", "SHA384")):
            found += [(version, name, properties.authentication) for version in (TLS10, TLS11)]
    return found


SUITES = _engine_suites()
SUPPORTED = [case for case in SUITES if "ARIA" not in case[1]]


def exchange(session: Session) -> None:
    """Let both ends talk, close, and open all of it."""
    for turn in range(3):
        session.engines.send(CLIENT, b"request %d" % turn)
        session.engines.send(SERVER, b"answer " * 500 * turn + b"end")
    session.engines.close(SERVER)
    session.engines.close(CLIENT)
    session.read()


def assert_all_opened(session: Session) -> None:
    """Compare what was opened with what the engines know: their Finished messages, the data, the alerts."""
    for sender in (CLIENT, SERVER):
        flight = b"".join(session.texts(sender, HANDSHAKE))
        finished = session.engines.ends[sender].get_finished()
        assert bytes((FINISHED, 0, 0, len(finished))) + finished in flight
        assert session.texts(sender, ALERT) == [CLOSE_NOTIFY]
    assert b"".join(session.texts(CLIENT, APPLICATION_DATA)) == b"request 0request 1request 2"
    answers = b"end" + b"answer " * 500 + b"end" + b"answer " * 1000 + b"end"
    assert answers == b"".join(session.texts(SERVER, APPLICATION_DATA))


@pytest.mark.parametrize("name", TLS13_SUITES)
def test_opens_every_tls13_suite(name: str) -> None:
    """With the key log, every record of a TLS 1.3 connection opens: handshake, tickets, data, alerts."""
    session = connected(TLS13, name, "any")
    exchange(session)
    assert_all_opened(session)


@pytest.mark.parametrize(("version", "name", "authentication"), SUPPORTED)
def test_opens_every_suite_of_older_versions(version: int, name: str, authentication: str) -> None:
    """With the master secret, every protected record of TLS 1.0 to 1.2 opens: Finished, data, alerts."""
    session = connected(version, name, authentication)
    exchange(session)
    assert_all_opened(session)


@pytest.mark.parametrize(
    ("version", "name", "authentication"),
    [
        case
        for case in SUPPORTED
        if case[1] in ("AES128-SHA", "ECDHE-RSA-AES256-SHA384", "SEED-SHA", "CAMELLIA256-SHA")
    ],
)
def test_opens_mac_then_encrypt(version: int, name: str, authentication: str) -> None:
    """CBC suites open as well where encrypt-then-MAC was not negotiated."""
    session = connected(version, name, authentication, encrypt_then_mac=False)
    exchange(session)
    assert_all_opened(session)


@pytest.mark.parametrize("encrypt_then_mac", [True, False])
def test_opens_the_empty_records_of_tls10(encrypt_then_mac: bool) -> None:
    """The empty record that OpenSSL puts before each one of data in TLS 1.0 keeps the chain of IVs."""
    session = connected(TLS10, "AES128-SHA", "RSA", encrypt_then_mac=encrypt_then_mac, empty_fragments=True)
    exchange(session)
    assert_all_opened(session)
    assert session.texts(CLIENT, APPLICATION_DATA).count(b"") == 3


@pytest.mark.parametrize("case", [case for case in SUITES if "ARIA" in case[1]][:2])
def test_aria_is_unsupported_not_wrong(case: tuple[int, str, str]) -> None:
    """A cipher that no library of ours has is refused when the protection is made."""
    with pytest.raises(ProtectionUnsupported, match="ARIA"):
        connected(*case)


@pytest.mark.parametrize("sender", [CLIENT, SERVER])
@pytest.mark.parametrize(
    ("version", "name", "authentication"), [(TLS13, name, "any") for name in TLS13_SUITES] + SUPPORTED
)
def test_the_peer_accepts_a_sealed_alert(version: int, name: str, authentication: str, sender: str) -> None:
    """A real engine takes an alert that we sealed in its peer's place, and reports it."""
    session = connected(version, name, authentication)
    session.engines.send(sender, b"before")
    session.read()
    record = session.protections[sender].seal(ALERT, UNSUPPORTED_CERTIFICATE, min(version, TLS12))
    receiver = SERVER if sender == CLIENT else CLIENT
    assert session.engines.deliver(receiver, record).endswith("alert unsupported certificate")


@pytest.mark.parametrize("encrypt_then_mac", [True, False])
@pytest.mark.parametrize(("version", "name", "authentication"), REPRESENTATIVE)
def test_the_peer_accepts_sealed_data_again_and_again(
    version: int, name: str, authentication: str, encrypt_then_mac: bool
) -> None:
    """Nonces, IVs and sequence numbers of several sealed records in a row are those that the peer expects."""
    session = connected(version, name, authentication, encrypt_then_mac=encrypt_then_mac)
    empty = (
        () if name.startswith("NULL") else (b"",)
    )  # OpenSSL refuses a record of NULL that holds a MAC alone.
    for data in (*empty, b"x", b"y" * 255, b"z" * 16384):
        record = session.protections[CLIENT].seal(APPLICATION_DATA, data, min(version, TLS12))
        session.engines.ends[SERVER].bio_write(record)
        assert data == session.engines.read(SERVER)


def test_the_peer_accepts_an_alert_in_the_middle_of_the_handshake() -> None:
    """A client that has had the ServerHello only takes an alert sealed with the handshake secret."""
    engines = Engines(TLS13, "TLS_AES_128_GCM_SHA256", "any")
    with pytest.raises(SSL.WantReadError):
        engines.ends[CLIENT].do_handshake()
    engines.carry(CLIENT)
    with pytest.raises(SSL.WantReadError):
        engines.ends[SERVER].do_handshake()
    flight = engines.ends[SERVER].bio_read(1 << 16)
    engines._note(SERVER, flight)
    hello_end = 5 + int.from_bytes(flight[3:5], "big")
    engines.ends[CLIENT].bio_write(flight[:hello_end])
    protection = Session(engines, TLS13).protection13("SERVER_HANDSHAKE_TRAFFIC_SECRET")
    engines.ends[CLIENT].bio_write(protection.seal(ALERT, UNSUPPORTED_CERTIFICATE))
    with pytest.raises(SSL.Error, match="unsupported certificate"):
        engines.ends[CLIENT].do_handshake()


def test_a_fatal_alert_of_the_engine_opens() -> None:
    """The alert with which an engine answers a record that was tampered with says bad_record_mac."""
    for version, name, authentication in REPRESENTATIVE:
        session = connected(version, name, authentication)
        record = bytearray(session.protections[CLIENT].seal(APPLICATION_DATA, b"data", min(version, TLS12)))
        record[-1] ^= 1
        session.engines.deliver(SERVER, bytes(record))
        session.engines.carry(SERVER)
        session.read()
        assert session.texts(SERVER, ALERT) == [b"\x02\x14"]


@pytest.mark.parametrize(("version", "name", "authentication"), REPRESENTATIVE)
def test_a_tampered_record_fails_and_the_next_one_opens(version: int, name: str, authentication: str) -> None:
    """A failure leaves the count of records as it was, and the exception tells no byte of the record."""
    session = connected(version, name, authentication)
    session.engines.send(CLIENT, b"genuine")
    record = session.engines.records[-1]
    protection = session.protections[CLIENT]
    before = protection.sequence
    for at in range(len(record.fragment)):
        wrong = bytearray(record.fragment)
        wrong[at] ^= 0x80
        with pytest.raises(DecryptionFailed) as caught:
            protection.open(record.content_type, record.version, bytes(wrong))
        assert caught.value.__cause__ is None
    assert before == protection.sequence
    assert protection.open(record.content_type, record.version, record.fragment) == (
        APPLICATION_DATA,
        b"genuine",
    )


@pytest.mark.parametrize(
    ("secret", "record", "content_type", "length"),
    [
        (rfc8448.SERVER_HANDSHAKE_SECRET, rfc8448.SERVER_FLIGHT, HANDSHAKE, 657),
        (rfc8448.CLIENT_HANDSHAKE_SECRET, rfc8448.CLIENT_FINISHED, HANDSHAKE, 36),
        (rfc8448.SERVER_APPLICATION_SECRET, rfc8448.SERVER_TICKET, HANDSHAKE, 205),
        (rfc8448.CLIENT_APPLICATION_SECRET, rfc8448.CLIENT_DATA, APPLICATION_DATA, 50),
    ],
)
def test_rfc8448_records_open_and_seal(secret: bytes, record: bytes, content_type: int, length: int) -> None:
    """The protected records of RFC 8448 section 3 open, and sealing what they hold gives the same bytes."""
    kind, plaintext = tls13_protection(0x1301, secret).open(record[0], 0x0303, record[5:])
    assert (content_type, length) == (kind, len(plaintext))
    assert record == tls13_protection(0x1301, secret).seal(kind, plaintext)


def test_rfc8448_records_open_in_sequence() -> None:
    """The server's records under one secret open one after the other, with the plaintexts of RFC 8448."""
    server = tls13_protection(0x1301, rfc8448.SERVER_APPLICATION_SECRET)
    ticket, data, alert = (
        server.open(record[0], 0x0303, record[5:])
        for record in (rfc8448.SERVER_TICKET, rfc8448.SERVER_DATA, rfc8448.SERVER_ALERT)
    )
    assert ticket[1][:1] == b"\x04"
    assert data == (APPLICATION_DATA, rfc8448.APPLICATION_DATA)
    assert alert == (ALERT, CLOSE_NOTIFY)
    flight = tls13_protection(0x1301, rfc8448.SERVER_HANDSHAKE_SECRET).open(
        23, 0x0303, rfc8448.SERVER_FLIGHT[5:]
    )
    assert flight[1].endswith(rfc8448.SERVER_VERIFY_DATA)


def test_padding_is_taken_off() -> None:
    """Zeros behind the inner content type are padding (RFC 8446 section 5.4); zeros alone are an error."""
    sender = tls13_protection(0x1301, b"s" * 32)
    padded = sender._cipher.seal(0, 0, 0x0303, b"data" + bytes((APPLICATION_DATA,)) + bytes(100))
    empty = sender._cipher.seal(1, 0, 0x0303, bytes(7))
    receiver = tls13_protection(0x1301, b"s" * 32)
    assert receiver.open(23, 0x0303, padded[5:]) == (APPLICATION_DATA, b"data")
    with pytest.raises(DecryptionFailed, match="padding"):
        receiver.open(23, 0x0303, empty[5:])


@pytest.mark.parametrize(
    ("version", "prefix_is_new", "header_counts"),
    [
        (0x7F12, False, False),
        (0x7F13, False, False),
        (0x7F14, True, False),
        (0x7F18, True, False),
        (0x7F19, True, True),
    ],
)
def test_drafts_differ_from_the_rfc(version: int, prefix_is_new: bool, header_counts: bool) -> None:
    """Drafts before 25 leave the header out of the authentication, drafts before 20 have other labels."""
    record = tls13_protection(0x1301, b"s" * 32, version).seal(APPLICATION_DATA, b"data")
    reader = tls13_protection(0x1301, b"s" * 32, version)
    if header_counts:
        with pytest.raises(DecryptionFailed):
            reader.open(23, 0x0301, record[5:])
        assert reader.open(23, 0x0303, record[5:]) == (APPLICATION_DATA, b"data")
    else:
        assert reader.open(23, 0x0301, record[5:]) == (APPLICATION_DATA, b"data")
    same_keys_as_rfc = tls13_protection(0x1301, b"s" * 32)._cipher._iv == reader._cipher._iv
    assert prefix_is_new == same_keys_as_rfc


def test_key_updates_belong_to_tls13() -> None:
    """Asking for a next generation under TLS 1.2 is refused."""
    with pytest.raises(ProtectionUnsupported):
        _any12(0xC02F).next_generation()


def _any12(code: int, version: int = TLS12, **keywords: bool | int) -> RecordProtection:
    keywords.setdefault("for_client", True)
    return tls12_protection(code, version, b"m" * 48, b"c" * 32, b"s" * 32, **keywords)


@pytest.mark.parametrize(
    ("code", "version", "keywords"),
    [
        (0x1301, TLS12, {}),
        (0x3A3A, TLS12, {}),
        (0x00FF, TLS12, {}),
        (0xC02F, TLS11, {}),
        (0x002F, 0x0300, {}),
        (0x002F, 0x0304, {}),
        (0x002F, TLS12, {"compression": 1}),
        (0xC03C, TLS12, {}),
        (0x001C, TLS10, {}),
        (0xC102, TLS12, {}),
        (0xC050, TLS12, {}),
    ],
)
def test_what_cannot_be_opened_is_said_to_be_unsupported(
    code: int, version: int, keywords: dict[str, int]
) -> None:
    """Suites, versions and compression that we cannot run are refused before any record is read."""
    with pytest.raises(ProtectionUnsupported):
        _any12(code, version, **keywords)


@pytest.mark.parametrize("code", [0xC02F, 0x1306, 0xC103, 0x3A3A])
def test_suites_that_are_not_of_tls13_are_unsupported_there(code: int) -> None:
    """Only suites of TLS 1.3 that a library of ours can run make a TLS 1.3 protection."""
    with pytest.raises(ProtectionUnsupported):
        tls13_protection(code, b"s" * 32)


@pytest.mark.parametrize("code", sorted(codepoints.CIPHER_SUITES))
def test_every_registered_suite_is_opened_or_unsupported(code: int) -> None:
    """No suite of the registry does anything but give a protection or be unsupported, in any version."""
    for version in (TLS10, TLS11, TLS12):
        for for_client in (True, False):
            try:
                sender = _any12(code, version, for_client=for_client)
            except ProtectionUnsupported:
                continue
            receiver = _any12(code, version, for_client=for_client)
            record = sender.seal(APPLICATION_DATA, b"text", version)
            assert receiver.open(record[0], version, record[5:]) == (APPLICATION_DATA, b"text")


def test_a_plaintext_that_is_too_long_is_refused() -> None:
    """A record holds 2^14 bytes, so sealing more is the caller's mistake."""
    with pytest.raises(ValueError, match="16385"):
        _any12(0xC02F).seal(APPLICATION_DATA, bytes(16385))


def test_nothing_secret_is_shown() -> None:
    """Neither repr nor str of a protection, its cipher or its keys has a secret, in any notation."""
    for protection in (_any12(0xC02F), _any12(0x002F), _any12(0x0005), tls13_protection(0x1301, b"m" * 32)):
        shown = (
            f"{protection!r} {protection} {protection._cipher!r} {getattr(protection._cipher, '_keys', '')!r}"
        )
        assert "mmmm" not in shown
        assert b"mmmm".hex() not in shown
        assert "b'" not in shown


FUZZED = [
    *(tls13_protection(code, b"s" * 32) for code in (0x1301, 0x1303, 0x1304, 0x1305, 0x00C6, 0x00C7, 0xC0B4)),
    tls13_protection(0x1301, b"s" * 32, 0x7F12),
    *(
        _any12(code)
        for code in (
            0xC02F,
            0xCCA8,
            0xC0A0,
            0x002F,
            0x003D,
            0x0041,
            0x000A,
            0x0007,
            0x0096,
            0x0005,
            0x003B,
            0x0006,
        )
    ),
    *(_any12(code, encrypt_then_mac=True) for code in (0x002F, 0x000A)),
    *(_any12(code, TLS10) for code in (0x002F, 0x000A, 0x0009, 0x0005, 0x0002)),
]


@given(
    st.sampled_from(FUZZED),
    st.binary(max_size=300) | st.integers(0, 20000).map(bytes),
    st.integers(0, 255),
    st.integers(0, 0xFFFF),
    st.integers(-1, 3),
)
def test_any_bytes_fail_to_open_and_do_nothing_else(
    protection: RecordProtection, fragment: bytes, content_type: int, version: int, gap: int
) -> None:
    """Whatever bytes come, `open` raises DecryptionFailed, and the count of records stays as it was."""
    if gap >= 0:
        protection.resynchronise(gap)
    before = protection.sequence
    with pytest.raises(DecryptionFailed):
        protection.open(content_type, version, fragment)
    assert before == protection.sequence
