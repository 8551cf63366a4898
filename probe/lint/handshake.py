"""A real handshake between two members' files, in memory: the judge over the rules.

Both ends verify as IRIS does: the peer must show a certificate, host names play no role, nobody checks revocation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL, crypto

from analyzers.connection import Party
from analyzers.wire import Cursor
from analyzers.x509.der import INTEGER, OCTET_STRING, SEQUENCE, enter, expect, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analyzers.x509.certificate import Certificate

    from ..identity import PrivateKey

__all__ = ["Outcome", "Speaker", "own_files_fault", "shake_hands", "shake_hands_on_wire"]

_ROUNDS = 12
"""Turns of both ends: a mutual TLS 1.2 handshake takes four."""
_RECORD_MOST = 16384 + 2048 + 5
"""The longest record that TLS 1.2 allows (RFC 5246 section 6.2.3)."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One member's side of a handshake."""

    certificates: tuple[Certificate, ...]
    key: PrivateKey
    authorities: tuple[Certificate, ...]

    def __repr__(self) -> str:
        """Name the certificate and never the key."""
        return f"Speaker({self.certificates[0].subject.rfc4514()!r})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the handshake went."""

    refused_by: Party | None
    code: int | None
    """OpenSSL's verify error, where the refusal was one."""
    depth: int | None
    text: str
    version: str | None
    """The protocol version that was negotiated, where it came that far."""

    @property
    def is_accepted(self) -> bool:
        """Whether both ends were content."""
        return self.refused_by is None


class _End:
    """One engine, and the first verify error that it met."""

    def __init__(self, speaker: Speaker, party: Party, at: float, version: int, level: int) -> None:
        self.party = party
        self.error: tuple[int, int] | None = None
        self.failure: str | None = None
        self.is_done = False
        self.connection = SSL.Connection(self._context(speaker, at, version, level), None)
        if party is Party.CLIENT:
            self.connection.set_connect_state()
        else:
            self.connection.set_accept_state()

    def _context(self, speaker: Speaker, at: float, version: int, level: int) -> SSL.Context:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)
        context.set_cipher_list(f"ALL:!aNULL:!eNULL:@SECLEVEL={level}".encode())
        _use_own_files(context, speaker)
        store = context.get_cert_store()
        if store is not None:
            for certificate in speaker.authorities:
                store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, certificate.der))
            store.set_time(datetime.fromtimestamp(at, UTC).replace(tzinfo=None))
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, self._note)
        return context

    def _note(
        self, _connection: SSL.Connection, _certificate: crypto.X509, code: int, depth: int, is_good: int
    ) -> bool:
        if not is_good and self.error is None:
            self.error = code, depth
        return bool(is_good)

    def turn(self) -> bytes:
        """Go on as far as possible, and give what is to be sent."""
        if self.failure is None:
            try:
                self.connection.do_handshake()
                self.is_done = True
                self.connection.recv(1)
            except SSL.WantReadError:
                pass
            except SSL.Error as error:
                self.failure = _reason(error)
        wire = bytearray()
        while True:
            try:
                wire += self.connection.bio_read(_RECORD_MOST)
            except SSL.WantReadError:
                return bytes(wire)


def _use_own_files(context: SSL.Context, speaker: Speaker) -> None:
    """Load the certificates and the key as OpenSSL reads them.

    pyOpenSSL would rather have objects of cryptography, which refuses dates and texts that OpenSSL takes, and has no
    RSA-PSS keys.
    """
    own = [crypto.load_certificate(crypto.FILETYPE_ASN1, c.der) for c in speaker.certificates]
    is_restricted = speaker.certificates[0].key_type == "RSA-PSS"
    with catch_warnings():
        simplefilter("ignore", DeprecationWarning)
        context.use_certificate(own[0])
        context.use_privatekey(_restricted_key(speaker) if is_restricted else speaker.key)
        for issuer in own[1:]:
            context.add_extra_chain_cert(issuer)


def _restricted_key(speaker: Speaker) -> crypto.PKey:
    """Give an RSA key with the restriction that stands in its certificate, which cryptography leaves out."""
    leaf = speaker.certificates[0]
    plain = speaker.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    fields = enter(Cursor(plain), SEQUENCE, "PrivateKeyInfo")
    version = expect(fields, INTEGER, "version")
    expect(fields, SEQUENCE, "AlgorithmIdentifier")
    numbers = expect(fields, OCTET_STRING, "privateKey")
    algorithm = expect(
        enter(Cursor(leaf.spki), SEQUENCE, "SubjectPublicKeyInfo"), SEQUENCE, "AlgorithmIdentifier"
    )
    restricted = wrap(INTEGER, version) + wrap(SEQUENCE, algorithm) + wrap(OCTET_STRING, numbers)
    return crypto.load_privatekey(crypto.FILETYPE_ASN1, wrap(SEQUENCE, restricted))


def own_files_fault(speaker: Speaker, at: float, *, level: int = 1) -> str | None:
    """Say why OpenSSL does not load a member's own certificate and key; None where it does."""
    try:
        _End(speaker, Party.CLIENT, at, SSL.TLS1_2_VERSION, level)
    except (SSL.Error, crypto.Error) as error:
        return _reason(SSL.Error(*error.args))
    return None


def _reason(error: SSL.Error) -> str:
    reasons = [entry[2] for entry in error.args[0]] if error.args else []
    return str(reasons[-1]) if reasons else "the handshake failed"


def _refuser(ends: Sequence[_End]) -> _End | None:
    """The end that failed of itself: the other one only read its alert."""
    verifying = next((end for end in ends if end.error is not None), None)
    failed = [end for end in ends if end.failure is not None]
    own = [end for end in failed if end.failure is not None and "alert" not in end.failure]
    return verifying or next(iter(own or failed), None)


def _ends(client: Speaker, server: Speaker, at: float, version: int, level: int) -> tuple[_End, _End]:
    ends = []
    for party, speaker in ((Party.CLIENT, client), (Party.SERVER, server)):
        try:
            ends.append(_End(speaker, party, at, version, level))
        except (SSL.Error, crypto.Error) as error:
            raise ValueError(f"the {party}'s own files: {_reason(SSL.Error(*error.args))}") from None
    return ends[0], ends[1]


def _converse(one: _End, other: _End) -> Iterator[tuple[Party, bytes]]:
    for _ in range(_ROUNDS):
        for sender, receiver in ((one, other), (other, one)):
            if wire := sender.turn():
                receiver.connection.bio_write(wire)
                yield sender.party, wire


def shake_hands_on_wire(
    client: Speaker, server: Speaker, at: float, *, version: int = SSL.TLS1_2_VERSION, level: int = 1
) -> Iterator[tuple[Party, bytes]]:
    """Let `client` call `server`, and give what each of them sends, as an observer would see it.

    Raises:
        ValueError: as `shake_hands`.
    """
    yield from _converse(*_ends(client, server, at, version, level))


def shake_hands(
    client: Speaker, server: Speaker, at: float, *, version: int = SSL.TLS1_3_VERSION, level: int = 1
) -> Outcome:
    """Let `client` call `server` at the time `at` (epoch seconds), at OpenSSL's security level `level`.

    Raises:
        ValueError: OpenSSL takes one end's own files for no usable identity; the text says whose and why.
    """
    one, other = _ends(client, server, at, version, level)
    for _ in _converse(one, other):
        pass
    refuser = _refuser((one, other))
    name = one.connection.get_protocol_version_name()
    if refuser is not None:
        if refuser.error is None:
            return Outcome(refuser.party, None, None, refuser.failure or "refused", name)
        code, depth = refuser.error
        return Outcome(refuser.party, code, depth, f"verify error {code} at depth {depth}", name)
    if not (one.is_done and other.is_done):
        return Outcome(Party.SERVER, None, None, "the handshake did not come to its end", name)
    return Outcome(None, None, None, "accepted", name)
