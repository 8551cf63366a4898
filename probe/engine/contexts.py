"""OpenSSL contexts made to measure: for each offer and each answer, with the identity that goes with it.

The engine never decides whom to trust. Its verify callback notes each error that OpenSSL finds and lets the
handshake go on, at security level 0, so that a bad peer is seen and judged instead of refused; refusing is
the relay's business. Its key-log callback gives every secret to the observer of its own leg, and to no other.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from OpenSSL import SSL, crypto

from . import bindings
from .finite_field import set_finite_field
from .suites import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from ..identity import Identity
    from .offers import Answer, Offer

__all__ = ["Contexts"]

CONTEXTS = 64
"""Contexts kept of each kind: one for each ClientHello that the members' TLS stacks send, and each answer to
it."""

SEND_FALLBACK_SCSV = 0x80
"""SSL_MODE_SEND_FALLBACK_SCSV of OpenSSL's ssl.h."""

RELEASE_BUFFERS = 0x10
"""SSL_MODE_RELEASE_BUFFERS: an idle connection keeps no record buffers (34 KiB less, measured)."""

PARTIAL_WRITE = 0x01
"""SSL_MODE_ENABLE_PARTIAL_WRITE, which pyOpenSSL sets: each call would then write one record only."""


def _note_verification(
    connection: SSL.Connection, _certificate: crypto.X509, code: int, depth: int, is_good: int
) -> bool:
    if not is_good:
        connection.get_app_data()[1].append((depth, code))
    return True


def _note_secret(connection: SSL.Connection, line: bytes) -> None:
    connection.get_app_data()[0].add_line(line)


class Contexts:
    """The OpenSSL contexts of one relay, each made once and kept while it is used."""

    def __init__(self, trust: Sequence[bytes]) -> None:
        """Take the CA certificates, in DER, against which peers are checked."""
        self._trust = [crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in trust]
        self._kept: OrderedDict[Hashable, SSL.Context] = OrderedDict()

    def client(self, offer: Offer, identity: Identity | None) -> SSL.Context:
        """Give the context of a client that makes this offer and has this identity."""
        return self._get((offer, identity), lambda: self._make_client(offer, identity))

    def server(self, answer: Answer, identity: Identity) -> SSL.Context:
        """Give the context of a server that gives this answer, whatever else the client offers."""
        return self._get((answer, identity), lambda: self._make_server(answer, identity))

    def _get(self, key: Hashable, make: Callable[[], SSL.Context]) -> SSL.Context:
        context = self._kept.get(key)
        if context is None:
            context = self._kept[key] = make()
            if len(self._kept) > CONTEXTS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return context

    def _make(self, identity: Identity | None) -> SSL.Context:
        context = SSL.Context(SSL.TLS_METHOD)
        context.clear_mode(PARTIAL_WRITE)
        context.set_mode(RELEASE_BUFFERS)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_LEGACY_SERVER_CONNECT)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_keylog_callback(_note_secret)
        context.set_cipher_list(EVERYTHING.encode("ascii"))
        store = context.get_cert_store()
        for certificate in self._trust:
            if store is not None:
                store.add_cert(certificate)
        if identity is not None:
            context.use_certificate(identity.certificate)
            context.use_privatekey(identity.key)
            for issuer in identity.chain:
                context.add_extra_chain_cert(issuer)
        return context

    def _make_client(self, offer: Offer, identity: Identity | None) -> SSL.Context:
        context = self._make(identity)
        context.set_verify(SSL.VERIFY_PEER, _note_verification)
        context.set_min_proto_version(offer.minimum)
        context.set_max_proto_version(offer.maximum)
        if offer.ciphers:
            context.set_cipher_list(":".join((*offer.ciphers, "@SECLEVEL=0")).encode("ascii"))
        if offer.ciphersuites:
            context.set_tls13_ciphersuites(":".join(offer.ciphersuites).encode("ascii"))
        if offer.groups:
            bindings.set_groups(context, offer.groups)
        if offer.schemes:
            bindings.set_signature_schemes(context, offer.schemes)
        if offer.alpn:
            context.set_alpn_protos(list(offer.alpn))
        if offer.is_fallback:
            context.set_mode(SEND_FALLBACK_SCSV)
        return context

    def _make_server(self, answer: Answer, identity: Identity) -> SSL.Context:
        context = self._make(identity)
        if answer.ca_names is None:
            context.set_verify(SSL.VERIFY_NONE, _note_verification)
        else:
            context.set_verify(SSL.VERIFY_PEER, _note_verification)
            bindings.set_client_ca_names(context, answer.ca_names)
        context.set_min_proto_version(answer.version)
        context.set_max_proto_version(answer.version)
        if answer.version >= SSL.TLS1_3_VERSION:
            context.set_tls13_ciphersuites(answer.cipher.encode("ascii"))
        else:
            context.set_cipher_list(f"{answer.cipher}:@SECLEVEL=0".encode("ascii"))
            if answer.cipher.startswith(("DHE-", "ADH-")):
                set_finite_field(context)
        if answer.group:
            bindings.set_groups(context, answer.group)
        if answer.alpn:
            context.set_alpn_select_callback(lambda _connection, _offered: answer.alpn)
        return context
