"""What our client engine offers is what the client offered."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from analyzers.tls.hellos import parse_client_hello
from analyzers.tls.messages import ClientHello
from analyzers.tls.secrets import KeyLog
from probe.engine.contexts import Contexts
from probe.engine.end import Engine
from probe.engine.offers import offer_of
from probe.engine.suites import engine_suites, expand_cipher_suites

if TYPE_CHECKING:
    from collections.abc import Callable

RENEGOTIATION_SCSV = 0x00FF
DSA_AND_SHA224 = {0x0301, 0x0302, 0x0303, 0x0402, 0x0502, 0x0602}
"""What OpenSSL 3 still lists and later ones do not have."""


def hello_of(command: list[str]) -> ClientHello:
    """Run a client against a port that only listens; give its ClientHello."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        client = subprocess.Popen(
            [part.replace("PORT", port) for part in command],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as stream:
            header = stream.read(5)
            record = stream.read(header[3] << 8 | header[4])
        client.kill()
        client.wait()
    return parse_client_hello(record[4:])


def offered_for(hello: ClientHello) -> ClientHello:
    """Give the ClientHello that our engine makes of another one."""
    offer = offer_of(hello)
    assert offer is not None
    engine = Engine(
        Contexts([]).client(offer, None), KeyLog(), is_server=False, server_name=hello.server_name
    )
    assert not engine.handshake()
    return parse_client_hello(engine.wire()[9:])


@pytest.mark.parametrize(
    "command",
    [
        ["openssl", "s_client", "-connect", "127.0.0.1:PORT"],
        ["openssl", "s_client", "-connect", "127.0.0.1:PORT", "-noservername", "-tls1_3"],
        ["openssl", "s_client", "-connect", "127.0.0.1:PORT", "-tls1_2", "-alpn", "h2,http/1.1"],
        ["openssl", "s_client", "-connect", "127.0.0.1:PORT", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        ["openssl", "s_client", "-connect", "127.0.0.1:PORT", "-groups", "P-521:X448", "-fallback_scsv"],
        ["gnutls-cli", "--port", "PORT", "127.0.0.1"],
    ],
    ids=lambda command: " ".join(command[3:] or command),
)
def test_offer_mirrors_client(command: list[str], require_program: Callable[[str], str]) -> None:
    """Versions, suites, groups, key shares, signature schemes, ALPN and SNI are the client's, in its order."""
    hello = hello_of([require_program(command[0]), *command[1:]])
    ours = offered_for(hello)
    assert ours.versions[0] == hello.versions[0]
    assert [code for code in ours.cipher_suites if code != RENEGOTIATION_SCSV] == [
        code for code in hello.cipher_suites if code != RENEGOTIATION_SCSV
    ]
    assert ours.groups == hello.groups
    assert ours.key_share_groups == hello.key_share_groups
    assert ours.signature_schemes == tuple(c for c in hello.signature_schemes if c not in DSA_AND_SHA224)
    assert (ours.alpn, ours.server_name) == (hello.alpn, hello.server_name)
    assert ours.is_fallback == hello.is_fallback


@pytest.mark.parametrize(
    "hello",
    [
        ClientHello(0x0300, bytes(32), b"", (0x000A, 0x0005), (0,)),
        ClientHello(0x0303, bytes(32), b"", (0x3A3A, 0x00FF), (0,)),
        ClientHello(0x0303, bytes(32), b"", (0x1301,), (0,)),
        ClientHello(0x0303, bytes(32), b"", (0x002F,), (0,), supported_versions=(0x0304,)),
    ],
    ids=["SSL 3.0 only", "no known suite", "TLS 1.3 suites without TLS 1.3", "TLS 1.3 without its suites"],
)
def test_nothing_to_offer(hello: ClientHello) -> None:
    """A client of which our engine can do nothing gets no offer, so that its own bytes go on."""
    assert offer_of(hello) is None


def test_engine_suites_have_known_codes() -> None:
    """The engine's suites are known by code point, those of TLS 1.3 and the oldest that it has among them."""
    suites = engine_suites()
    assert suites[0x1302] == "TLS_AES_256_GCM_SHA384"
    assert suites[0x1304] == "TLS_AES_128_CCM_SHA256"
    assert suites[0xC030] == "ECDHE-RSA-AES256-GCM-SHA384"
    assert suites[0x002F] == "AES128-SHA"
    assert len(suites) > 80


def test_cipher_strings() -> None:
    """A policy's entries are IANA names, OpenSSL names, or cipher strings; the rest is told."""
    codes, unknown = expand_cipher_suites(
        ["TLS_AES_128_GCM_SHA256", "AES128-SHA", "no such thing", "kRSA+AESGCM"]
    )
    assert codes == (0x1301, 0x002F, 0x009D, 0x009C)
    assert unknown == ("no such thing",)
