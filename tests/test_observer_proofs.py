"""Signatures over the handshake: right ones, those of another key, those for other bytes, and what is not looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from analyzers.connection import CloseKind
from analyzers.observing.transcript import MAX_KEPT_BYTES, MAX_KEPT_MESSAGES, Transcript
from analyzers.tls.reassembly import RawMessage
from analyzers.x509.signatures import SignatureFacts, SignatureVerdict, verify_with_key
from tests.causes.tampering import CERTIFICATE_VERIFY, SERVER_KEY_EXCHANGE, flipped, message
from tests.tls.dialogues import CLIENT, SERVER, STARTED, TLS12, TLS13, Dialogue, observe, observer
from tests.x509.population import key

if TYPE_CHECKING:
    from analyzers.connection import Party, Tls
    from tests.tls.dialogues import Turn

ECDHE = "ECDHE-RSA-AES128-GCM-SHA256"
DHE = "DHE-RSA-AES128-GCM-SHA256"
VALID, ALTERED = SignatureVerdict.VALID, SignatureVerdict.ALTERED


def refused(version: int, refuser: Party, **options: object) -> Dialogue:
    """Let two engines shake hands, one of which refuses the other's certificate."""
    return Dialogue(version, trusts={refuser.other}, **options).handshake()  # type: ignore[arg-type]  # options


def seen(dialogue: Dialogue, turns: list[Turn] | None = None, *, has_keys: bool = True) -> Tls:
    """Observe a dialogue, or what is left of it."""
    tls = observe(turns or dialogue.turns, dialogue.keylog if has_keys else None).tls
    assert tls is not None
    assert tls.alerts
    return tls


@pytest.mark.parametrize("refuser", [CLIENT, SERVER])
@pytest.mark.parametrize("suite", [ECDHE, DHE])
def test_signatures_of_tls12_are_verified(refuser: Party, suite: str) -> None:
    """The server's over randoms and parameters, the client's over all before it; no secret is needed."""
    tls = seen(refused(TLS12, refuser, suite=suite), has_keys=False)
    assert tls.server_proof is VALID
    assert tls.client_proof is (VALID if refuser is SERVER else None)


@pytest.mark.parametrize("refuser", [CLIENT, SERVER])
@pytest.mark.parametrize("curve", [None, "prime256v1"])
def test_signatures_of_tls13_need_secrets(refuser: Party, curve: str | None) -> None:
    """They cover the transcript, in which a HelloRetryRequest makes a hash of the first hello."""
    chosen = None if curve is None else ec.SECP256R1()
    dialogue = refused(TLS13, refuser, curve=chosen)
    tls = seen(dialogue)
    assert (tls.hello_retry_request is not None) is (curve is not None)
    assert tls.server_proof is VALID
    assert tls.client_proof is (VALID if refuser is SERVER else None)
    hidden = observe(dialogue.turns).tls
    assert hidden is not None
    assert hidden.server_proof is None


def edited(dialogue: Dialogue, sender: Party, kind: int, back: int) -> list[Turn]:
    """Flip a bit `back` bytes before the end of a message that is in clear."""
    turns: list[Turn] = []
    for party, data in dialogue.turns:
        place = message(data, kind) if party is sender else None
        turns.append((party, data if place is None else flipped(data, place[1] - back)))
    assert turns != dialogue.turns
    return turns


def test_what_was_changed_shows() -> None:
    """RSA tells another key from other content, where the padding is there; ECDSA does not."""
    dialogue = refused(TLS12, SERVER, suite=ECDHE)
    of_signature, of_parameters = (edited(dialogue, SERVER, SERVER_KEY_EXCHANGE, back) for back in (1, 270))
    assert seen(dialogue, of_signature).server_proof is SignatureVerdict.OTHER_KEY
    assert seen(dialogue, of_parameters).server_proof is ALTERED
    of_client = seen(dialogue, edited(dialogue, CLIENT, CERTIFICATE_VERIFY, 1))
    assert of_client.client_proof is SignatureVerdict.INVALID
    assert of_client.server_proof is VALID


def test_an_unknown_scheme_says_nothing() -> None:
    """A signature in a scheme that is not known here is not judged."""
    dialogue = refused(TLS12, SERVER, suite=ECDHE)
    length = 256
    turns = edited(dialogue, SERVER, SERVER_KEY_EXCHANGE, length + 4)
    assert seen(dialogue, turns).server_proof is SignatureVerdict.UNSUPPORTED


def test_what_was_accepted_is_not_looked_at() -> None:
    """Without an alert there is nothing to explain; after the server's acceptance the messages are gone."""
    for version in (TLS12, TLS13):
        dialogue = Dialogue(version).handshake().say(CLIENT, b"x").say(SERVER, b"y")
        tls = observe(dialogue.turns, dialogue.keylog).tls
        assert tls is not None
        assert (tls.client_proof, tls.server_proof) == (None, None)
        late = [*dialogue.turns, (CLIENT, b"\x15\x03\x03\x00\x02\x02\x33")]
        assert seen(dialogue, late, has_keys=version == TLS13).server_proof is None


def test_what_is_missing_is_not_made_up() -> None:
    """Where a part of the handshake was not captured, a signature over it is not observable."""
    dialogue = refused(TLS12, SERVER, suite=ECDHE)
    turns = [(party, data) for party, data in dialogue.turns if message(data, CERTIFICATE_VERIFY) is None]
    tls = observe(turns).tls
    assert tls is not None
    assert tls.client_proof is None


def test_the_transcript_is_bounded() -> None:
    """Neither long messages nor many are kept."""
    for body, count in ((bytes(MAX_KEPT_BYTES // 4), 5), (b"", MAX_KEPT_MESSAGES + 1)):
        kept = Transcript()
        for _ in range(count):
            kept.take(CLIENT, RawMessage(1, body, 0, 4 + len(body)))
        assert not kept.is_open
        assert kept.of(CLIENT) == []
    kept = Transcript()
    kept.take(CLIENT, RawMessage(11, None, 0, 1 << 20))
    assert not kept.is_open


@pytest.mark.parametrize("label", ["rsa2048-0", "ec-0", "ed25519-0"])
def test_a_key_of_another_kind_made_no_such_signature(label: str) -> None:
    """The scheme says which kind of key signed."""
    spki = credentials_spki(label)
    facts = SignatureFacts("dsa", "sha256", "DSA")
    assert verify_with_key(spki, facts, b"", b"") is SignatureVerdict.OTHER_KEY
    assert verify_with_key(b"\x30\x00", facts, b"", b"") is SignatureVerdict.UNSUPPORTED


def credentials_spki(label: str) -> bytes:
    """Give the SubjectPublicKeyInfo of one of the population's keys."""
    return key(label).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("scheme", [0x0804, 0x0805, 0x0806])
@pytest.mark.parametrize("content", [b"signed", b"other"])
def test_pss_tells_another_key_from_other_content(scheme: int, content: bytes) -> None:
    """The padding of RSASSA-PSS shows under the right key alone."""
    digest = {0x0804: hashes.SHA256(), 0x0805: hashes.SHA384(), 0x0806: hashes.SHA512()}[scheme]
    size = digest.digest_size
    scheme_padding = padding.PSS(padding.MGF1(digest), size)
    private = key("rsa2048-0")
    assert isinstance(private, rsa.RSAPrivateKey)
    signature = private.sign(b"signed", scheme_padding, digest)
    facts = SignatureFacts("rsassaPss", digest.name, "RSA", digest.name, size)
    expected = VALID if content == b"signed" else ALTERED
    assert verify_with_key(credentials_spki("rsa2048-0"), facts, signature, content) is expected
    assert (
        verify_with_key(credentials_spki("rsa2048-1"), facts, signature, content)
        is SignatureVerdict.OTHER_KEY
    )


REFUSED = refused(TLS12, SERVER, suite=ECDHE)


@given(st.data())
def test_no_byte_of_the_handshake_breaks_the_proofs(data: st.DataObject) -> None:
    """Whatever is changed in a message, the signatures are judged or not, and nothing is raised."""
    place = data.draw(st.integers(0, 3))
    party, said = REFUSED.turns[place]
    at = data.draw(st.integers(0, len(said) - 1))
    cut = data.draw(st.sampled_from((flipped(said, at), said[:at], said[:at] + bytes(3) + said[at:])))
    turns = [*REFUSED.turns[:place], (party, cut), *REFUSED.turns[place + 1 :]]
    tls = observe(turns).tls
    assert tls is None or {tls.client_proof, tls.server_proof} <= {None, *SignatureVerdict}


def left(edit: tuple[Party, int, int] | None = None, until: int = 2) -> Tls:
    """Let the client leave without a word after the server's part, in which something may be changed."""
    dialogue = refused(TLS12, SERVER, suite=ECDHE)
    turns = dialogue.turns if edit is None else edited(dialogue, *edit)
    watching = observer()
    for sender, data in turns[:until]:
        watching.feed(sender, data, STARTED)
    watching.closed(CLIENT, CloseKind.FIN, STARTED + 0.1)
    tls = watching.connection().tls
    assert tls is not None
    return tls


def test_who_leaves_without_a_word_may_have_found_it_wrong() -> None:
    """The signature is verified where an end left in the handshake, and then the record is this connection's own."""
    right, wrong = left(), left((SERVER, SERVER_KEY_EXCHANGE, 1))
    assert right.server_proof is VALID
    assert wrong.server_proof is SignatureVerdict.OTHER_KEY
    assert right.is_own
    assert wrong.is_own
    assert not left(until=1).is_own


def test_one_side_alone_proves_nothing() -> None:
    """The server signs the client's random, too."""
    dialogue = refused(TLS12, SERVER, suite=ECDHE)
    tls = observe([turn for turn in dialogue.turns if turn[0] is SERVER]).tls
    assert tls is not None
    assert tls.server_certificates
    assert (tls.client_proof, tls.server_proof) == (None, None)


def test_a_ticket_says_that_all_was_accepted() -> None:
    """What comes after a TLS 1.3 server's ticket refuses no signature of the handshake."""
    dialogue = Dialogue(TLS13).handshake()
    watching = observer(keylog=dialogue.keylog)
    for sender, data in dialogue.turns:
        watching.feed(sender, data, STARTED)
    watching.feed(CLIENT, b"\x15\x03\x03\x00\x02\x02\x33", STARTED)
    tls = watching.connection().tls
    assert tls is not None
    assert "t" in tls.history
    assert (tls.client_proof, tls.server_proof) == (None, None)
