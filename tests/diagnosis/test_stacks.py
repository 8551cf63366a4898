"""TLS stacks by their hellos: those of real peers, recorded between them and OpenSSL, the random zeroed."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzers.causes.inquiry.stack import UNKNOWN_STACK, Stack, StackGuess
from analyzers.connection import Endpoint, Party, Road
from analyzers.diagnosis.stacks import guess_stack
from analyzers.observer import Observer
from tests.causes.scene import named_scenes

HELLOS = Path(__file__).parent / "hellos"

STACKS = {
    "openssl": Stack.OPENSSL,
    "iris": Stack.OPENSSL,
    "python": Stack.OPENSSL,
    "node": Stack.OPENSSL,
    "gnutls": Stack.GNUTLS,
    "go": Stack.GO,
    "java17": Stack.JAVA,
    "mbedtls": Stack.MBEDTLS,
    "wolfssl": Stack.WOLFSSL,
    "openssl102": Stack.OPENSSL,
    "openssl111": Stack.OPENSSL,
    "go127": Stack.GO,
    "java25": Stack.JAVA,
    "boringssl": Stack.BORINGSSL,
    "bun": Stack.BORINGSSL,
    "chrome": Stack.BORINGSSL,
    "mono": Stack.BORINGSSL,
    "rustls20": Stack.RUSTLS,
    "rustls23": Stack.RUSTLS,
    "erlang": Stack.ERLANG,
    "botan": Stack.BOTAN,
    "bearssl": Stack.BEARSSL,
    "bouncycastle": Stack.BOUNCY_CASTLE,
    "haskell": Stack.HASKELL,
    "tlslite": Stack.TLSLITE,
    "s2n": Stack.S2N,
}

UNTELLING = 0.5
"""A guess of this confidence or less weighs nothing: TLS 1.3 ServerHellos do not tell most stacks apart."""


def guess_from(name: str) -> StackGuess:
    """Guess from one recorded hello; a ServerHello needs a ClientHello before it, and any will do."""
    body = bytes.fromhex((HELLOS / name).read_text(encoding="utf-8"))
    party = Party(name.partition("-")[0])
    observer = Observer(Endpoint("10.0.0.1", 1), Endpoint("10.0.0.2", 2), started=0.0, road=Road.PCAP)
    if party is Party.SERVER:
        version = name.rpartition("-")[2].removesuffix(".hex")
        first = (HELLOS / f"client-openssl-{version}.hex").read_text(encoding="utf-8")
        observer.feed(Party.CLIENT, _record(1, bytes.fromhex(first)), 0.0)
    observer.feed(party, _record(1 if party is Party.CLIENT else 2, body), 0.1)
    return guess_stack(observer.connection(), party)


def _record(kind: int, body: bytes) -> bytes:
    message = bytes((kind,)) + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


@pytest.mark.parametrize("name", sorted(path.name for path in HELLOS.glob("client-*.hex")))
def test_clients(name: str) -> None:
    """A ClientHello tells its stack with confidence, in TLS 1.2 and 1.3."""
    guess = guess_from(name)
    assert guess.stack is STACKS[name.split("-")[1]]
    assert guess.confidence >= 0.8


@pytest.mark.parametrize("name", sorted(path.name for path in HELLOS.glob("server-*.hex")))
def test_servers(name: str) -> None:
    """A ServerHello tells its stack, or says so little that the guess weighs nothing."""
    guess = guess_from(name)
    assert guess.stack is STACKS[name.split("-")[1]] or guess.confidence <= UNTELLING


@pytest.mark.parametrize("name", ["client-iris-tls12.hex", "client-iris-tls13.hex"])
def test_client_of_intersystems(name: str) -> None:
    """The vendor's own client shows by the cipher list that IRIS configures."""
    assert "InterSystems IRIS" in guess_from(name).detail


def test_program_on_openssl_is_not_taken_for_iris() -> None:
    """The same library with another cipher list is just the library."""
    assert "InterSystems" not in guess_from("client-python-tls13.hex").detail


def test_lab_engines_are_openssl() -> None:
    """The engines of this very process, with the vendor's cipher list."""
    connection, verdict = named_scenes()["dn-refused-by-peer/quiet-healthy"].play()
    assert verdict.client_stack.stack is Stack.OPENSSL
    assert guess_stack(connection, Party.SERVER).stack is Stack.OPENSSL


def test_nothing_seen_is_nothing_guessed() -> None:
    """Without a hello there is no guess."""
    connection, _ = named_scenes()["not-tls-client/quiet-both"].play()
    assert guess_stack(connection, Party.CLIENT) is UNKNOWN_STACK
    assert str(UNKNOWN_STACK) == "unknown"


def test_browsers_are_not_guessed() -> None:
    """GREASE is none of the stacks whose refusals we know."""
    body = bytearray(bytes.fromhex((HELLOS / "client-openssl-tls13.hex").read_text(encoding="utf-8")))
    place = body.rindex(b"\x00\x16\x00\x00")
    body[place : place + 2] = b"\x0a\x0a"
    observer = Observer(Endpoint("10.0.0.1", 1), Endpoint("10.0.0.2", 2), started=0.0, road=Road.PCAP)
    observer.feed(Party.CLIENT, _record(1, bytes(body)), 0.0)
    assert guess_stack(observer.connection(), Party.CLIENT) is UNKNOWN_STACK
