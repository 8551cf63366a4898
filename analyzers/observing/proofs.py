"""Whether an end has the private key of the certificate that it showed.

Its signature over the handshake tells. It is verified only where the handshake was refused or left: nothing
else needs explaining, and a signature that its receiver accepted was right.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ..connection import Party
from ..errors import MalformedInput
from ..tls.ciphers import suite
from ..tls.handshake import parse_message
from ..tls.messages import HELLO_RETRY_REQUEST_RANDOM, CertificateVerify, ServerKeyExchange
from ..x509.signatures import SignatureFacts, SignatureVerdict, verify_with_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .conversation import Conversation
    from .negotiation import Negotiation
    from .transcript import Kept

__all__ = ["read_proof"]

_CLIENT_HELLO, _SERVER_HELLO, _NEW_SESSION_TICKET, _END_OF_EARLY_DATA = 1, 2, 4, 5
_SERVER_KEY_EXCHANGE, _CERTIFICATE_VERIFY, _FINISHED, _MESSAGE_HASH = 12, 15, 20, 254
_TLS12 = 0x0303

_HASHES = {1: "md5", 2: "sha1", 3: "sha224", 4: "sha256", 5: "sha384", 6: "sha512"}
_KEYS = {1: "RSA", 2: "DSA", 3: "EC"}
_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
_EDWARDS = {0x0807: "Ed25519", 0x0808: "Ed448"}
_PSS = {
    **dict(zip(range(0x0804, 0x0807), _DIGEST_BYTES, strict=True)),
    **dict(zip(range(0x0809, 0x080C), _DIGEST_BYTES, strict=True)),
}
_BRAINPOOL = dict(zip(range(0x081A, 0x081D), _DIGEST_BYTES, strict=True))

_CONTEXT = {
    Party.CLIENT: b" " * 64 + b"TLS 1.3, client CertificateVerify\0",
    Party.SERVER: b" " * 64 + b"TLS 1.3, server CertificateVerify\0",
}
"""What precedes the transcript's hash in TLS 1.3 (RFC 8446 section 4.4.3)."""


def read_proof(conversation: Conversation, party: Party) -> SignatureVerdict | None:
    """Say whether the key of `party`'s certificate made its signature over the handshake.

    Returns:
        None where that is not observable: there is no signature, a message before it was not read, or nobody
        keeps the messages any more.
    """
    negotiation = conversation.negotiation
    chain = negotiation.client_certificates if party is Party.CLIENT else negotiation.server_certificates
    if not chain or not negotiation.transcript.is_open or negotiation.version is None:
        return None
    try:
        found = _signed12(negotiation, party) if not negotiation.is_tls13 else _signed13(negotiation, party)
    except MalformedInput:
        return None
    if found is None:
        return None
    scheme, signature, content = found
    facts = _facts_of(scheme)
    if facts is None:
        return SignatureVerdict.UNSUPPORTED
    return verify_with_key(chain[0].spki, facts, signature, content)


_Signed = tuple[int, bytes, bytes]
"""Scheme, signature, and what was signed."""


def _signed12(negotiation: Negotiation, party: Party) -> _Signed | None:
    if negotiation.version != _TLS12 or negotiation.client_hello is None:
        return None  # TLS 1.1 and older sign with MD5 and SHA-1 side by side.
    own = negotiation.transcript.of(party)
    if party is Party.SERVER:
        place = _place_of(own, _SERVER_KEY_EXCHANGE)
        if place is None:
            return None
        message = parse_message(_SERVER_KEY_EXCHANGE, own[place].body, 0, _TLS12, negotiation.suite)
        if not isinstance(message, ServerKeyExchange) or message.signature_scheme is None:
            return None
        content = negotiation.client_random + negotiation.server_random + message.parameters
        return message.signature_scheme, message.signature, content
    place = _place_of(own, _CERTIFICATE_VERIFY)
    if place is None or not own or own[0].kind != _CLIENT_HELLO:
        return None
    servers = negotiation.transcript.of(Party.SERVER)
    before = [own[0], *[kept for kept in servers if kept.kind != _NEW_SESSION_TICKET], *own[1:place]]
    return _verify_of(own[place], b"".join([kept.whole for kept in before]))


def _signed13(negotiation: Negotiation, party: Party) -> _Signed | None:
    own, hellos = negotiation.transcript.of(party), _hellos13(negotiation)
    place, properties = _place_of(own, _CERTIFICATE_VERIFY), suite(negotiation.suite)
    if place is None or hellos is None or properties is None:
        return None
    servers = [kept for kept in negotiation.transcript.of(Party.SERVER) if kept.kind != _SERVER_HELLO]
    if party is Party.SERVER:
        before = servers[: _place_of(servers, _CERTIFICATE_VERIFY)]
    else:
        finished = _place_of(servers, _FINISHED)
        if finished is None:
            return None
        clients = [kept for kept in own[:place] if kept.kind != _CLIENT_HELLO]
        before = [*servers[: finished + 1], *clients]
    transcript = hellos + b"".join([kept.whole for kept in before])
    name = properties.prf_hash.lower()
    if name not in _DIGEST_BYTES:
        return None
    return _verify_of(own[place], _CONTEXT[party] + hashlib.new(name, transcript).digest())


def _hellos13(negotiation: Negotiation) -> bytes | None:
    """Give the transcript up to the ServerHello; a HelloRetryRequest makes a hash of the first hello (4.4.1)."""
    clients = [kept for kept in negotiation.transcript.of(Party.CLIENT) if kept.kind == _CLIENT_HELLO]
    servers = [kept for kept in negotiation.transcript.of(Party.SERVER) if kept.kind == _SERVER_HELLO]
    properties = suite(negotiation.suite)
    if not clients or len(clients) != len(servers) or properties is None:
        return None
    if len(clients) == 1:
        return clients[0].whole + servers[0].whole
    name = properties.prf_hash.lower()
    is_retried = servers[0].body[2:34] == HELLO_RETRY_REQUEST_RANDOM
    if len(clients) > 2 or not is_retried or name not in _DIGEST_BYTES:
        return None
    digest = hashlib.new(name, clients[0].whole).digest()
    replaced = bytes((_MESSAGE_HASH,)) + len(digest).to_bytes(3) + digest
    return replaced + servers[0].whole + clients[1].whole + servers[1].whole


def _verify_of(kept: Kept, content: bytes) -> _Signed | None:
    message = parse_message(_CERTIFICATE_VERIFY, kept.body)
    if not isinstance(message, CertificateVerify) or message.signature_scheme is None:
        return None
    return message.signature_scheme, message.signature, content


def _place_of(messages: Sequence[Kept], kind: int) -> int | None:
    return next((place for place, kept in enumerate(messages) if kept.kind == kind), None)


def _facts_of(scheme: int) -> SignatureFacts | None:
    """Say what a signature scheme is (RFC 8446 section 4.2.3, RFC 8734; TLS 1.2 has pairs, RFC 5246 7.4.1.4.1)."""
    if scheme in _PSS:
        name = _PSS[scheme]
        return SignatureFacts("rsassaPss", name, "RSA", name, _DIGEST_BYTES[name])
    if scheme in _EDWARDS:
        return SignatureFacts(_EDWARDS[scheme], None, _EDWARDS[scheme])
    if scheme in _BRAINPOOL:
        return SignatureFacts("ecdsa", _BRAINPOOL[scheme], "EC")
    hash_name, key_type = _HASHES.get(scheme >> 8), _KEYS.get(scheme & 0xFF)
    if hash_name is None or key_type is None:
        return None
    return SignatureFacts(f"{hash_name} with {key_type}", hash_name, key_type)
