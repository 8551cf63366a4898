"""TLS on the port: real handshakes by the standard library and by openssl."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from probe.identity import load_identity
from probe.lab.keys import KeyKind
from probe.outcome import UsageFailure
from probe.web.bounds import Bounds
from probe.web.encryption import server_context
from tests.probe.web.serving import SECONDS, numbered, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from probe.identity import Identity
    from probe.lab.authority import Authority


def identity_of(
    authority: Authority, directory: Path, key: KeyKind = KeyKind.RSA_2048
) -> tuple[Identity, Path]:
    """Give an identity, and the file of the authority that issued it."""
    files = authority.member("IRISA", key=key).write(directory / str(key))
    return load_identity(files.certificate, files.key, None), files.ca


@pytest.mark.parametrize("key", [KeyKind.RSA_2048, KeyKind.P256])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_speaks_tls(
    authority: Authority, tmp_path: Path, key: KeyKind, version: ssl.TLSVersion
) -> None:
    """The port speaks TLS 1.2 and 1.3, with a certificate that its authority's file verifies."""
    identity, ca = identity_of(authority, tmp_path, key)
    context = ssl.create_default_context(cafile=str(ca))
    context.check_hostname = False
    context.minimum_version = context.maximum_version = version
    async with serving(identity=identity) as port:
        port.see(numbered(1))
        reader, writer = await asyncio.open_connection("127.0.0.1", port.address.port, ssl=context)
        tls = writer.get_extra_info("ssl_object")
        assert tls.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
        assert tls.getpeercert(binary_form=True) == identity.der
        writer.write(b"GET /api/connections HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answered = await reader.read()
        writer.close()
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert b'"id": "0a-1"' in answered


async def test_stream_over_tls(authority: Authority, tmp_path: Path) -> None:
    """The stream comes over TLS as well, and ends with the probe."""
    identity, _ = identity_of(authority, tmp_path)
    async with serving(identity=identity) as port, port.session.get("/api/stream") as answer:
        assert await answer.content.readuntil(b"\n\n") == b"retry: 2000\n\n"
        port.see(numbered(1))
        assert b"event: connection" in await answer.content.readuntil(b"\n\n")
        await port.server.stop()
        assert await answer.content.read() == b""


async def test_openssl_agrees(
    authority: Authority, tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    """OpenSSL's own client verifies the chain, and is refused with TLS 1.1."""
    identity, ca = identity_of(authority, tmp_path)
    openssl = require_program("openssl")
    async with serving(identity=identity) as port:

        def ask(*options: str) -> str:
            done = subprocess.run(
                [
                    openssl,
                    "s_client",
                    "-connect",
                    str(port.address),
                    "-CAfile",
                    str(ca),
                    "-ign_eof",
                    *options,
                ],
                input="GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            return done.stdout + done.stderr

        good = await asyncio.to_thread(ask, "-verify_return_error", "-alpn", "h2,http/1.1")
        old = await asyncio.to_thread(ask, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    assert "Verify return code: 0 (ok)" in good
    assert "ALPN protocol: http/1.1" in good
    assert '{"status": "ok"}' in good
    assert "HTTP/1.1" not in old
    assert "no peer certificate available" in old


async def test_plain_http_on_a_tls_port(authority: Authority, tmp_path: Path) -> None:
    """Who speaks plain HTTP to it gets no data."""
    identity, _ = identity_of(authority, tmp_path)
    async with serving(identity=identity) as port:
        answered = await port.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/1.1 200" not in answered
        assert (await port.get("/healthz"))[0] == 200


async def test_handshakes_that_nobody_continues(authority: Authority, tmp_path: Path) -> None:
    """Unfinished handshakes count against the ceiling, and end after their deadline."""
    identity, _ = identity_of(authority, tmp_path)
    bounds = Bounds(connections=3, handshake_seconds=0.3)
    async with serving(identity=identity, bounds=bounds) as port:
        held = [await port.dial() for _ in range(3)]
        assert await port.raw(b"") == b""
        for reader, writer in held:
            async with asyncio.timeout(SECONDS):
                assert await reader.read(100) == b""
            writer.close()
        assert (await port.get("/healthz"))[0] == 200


async def test_stop_during_a_handshake(authority: Authority, tmp_path: Path) -> None:
    """A stop does not wait for a handshake."""
    identity, _ = identity_of(authority, tmp_path)
    async with serving(identity=identity) as port:
        reader, writer = await port.dial()
        async with asyncio.timeout(SECONDS):
            while not port.server._open:  # noqa: ASYNC110 (the server tells nobody)
                await asyncio.sleep(0)
            await port.server.stop()
            with suppress(ConnectionError):
                assert await reader.read(100) == b""
        writer.close()


def test_a_key_that_openssl_does_not_take(authority: Authority, tmp_path: Path) -> None:
    """A key that is too weak to serve with is a problem of the configuration, told in one line."""
    identity, _ = identity_of(authority, tmp_path, KeyKind.RSA_1024)
    with pytest.raises(UsageFailure) as failure:
        server_context(identity)
    (line,) = failure.value.problems
    assert line == "[web] tls: OpenSSL cannot serve with this certificate and key: ee key too small"


def test_the_chain_is_shown(authority: Authority, tmp_path: Path) -> None:
    """All certificates of the file are loaded with the key, and nothing is left open."""
    identity, _ = identity_of(authority, tmp_path)
    context = server_context(identity)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_NONE
