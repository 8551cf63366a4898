"""Bytes that are no proper request, requests that never end, and answers that nobody reads."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.web.bounds import LINE_BYTES, Bounds
from tests.probe.web.serving import SECONDS, numbered, serving

HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n\r\n"
GOOD = b"GET /healthz HTTP/1.1\r\n" + HOST + CLOSE


def status_of(answered: bytes) -> int:
    """Give the status of the first answer."""
    found = re.match(rb"HTTP/[01]\.[019] (\d{3}) ", answered)
    assert found, answered[:200]
    return int(found[1])


MALFORMED = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    "an agent's preamble": b"\x00\x00\x00\x10ISCAgent\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET /healthz HTTP/9.9\r\n" + HOST + CLOSE,
    "a bare CR": b"GET /healthz\rX HTTP/1.1\r\n" + HOST + CLOSE,
    "NUL in a header": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n" + CLOSE,
    "a space before the colon": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X : a\r\n" + CLOSE,
    "two lengths": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n" + CLOSE,
    "length and chunks": b"GET /healthz HTTP/1.1\r\n" + HOST
    + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n" + CLOSE,
    "a negative length": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n" + CLOSE,
    "no host": b"GET /healthz HTTP/1.1\r\n" + CLOSE,
    "two hosts": b"GET /healthz HTTP/1.1\r\n" + HOST + HOST + CLOSE,
    "a long line": b"GET /" + b"a" * (LINE_BYTES + 100) + b" HTTP/1.1\r\n" + HOST + CLOSE,
    "a long header": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"a" * (LINE_BYTES + 100) + b"\r\n" + CLOSE,
    "a line without an end": b"GET /" + b"a" * 100_000,
    "many headers": b"GET /healthz HTTP/1.1\r\n" + HOST + b"".join(b"X%d: a\r\n" % n for n in range(5000)) + CLOSE,
}  # fmt: skip


@pytest.mark.parametrize("kind", MALFORMED)
async def test_malformed_requests(kind: str) -> None:
    """What is no request is answered with one line and a close, and the next one is served."""
    async with serving() as port:
        answered = await port.raw(MALFORMED[kind])
        assert status_of(answered) == 400
        assert b'{"error": ' in answered
        assert b"Traceback" not in answered
        assert status_of(await port.raw(GOOD)) == 200


async def test_http_0_9() -> None:
    """The protocol that has no headers is not spoken."""
    async with serving() as port:
        assert status_of(await port.raw(b"GET /healthz\r\n\r\n")) == 505


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET http://evil.example/healthz HTTP/1.1", 200),
        (b"CONNECT evil.example:443 HTTP/1.1", 405),
        (b"OPTIONS * HTTP/1.1", 405),
        (b"GET /%zz HTTP/1.1", 404),
        (b"GET /%ff%fe HTTP/1.1", 404),
        (b"GET /api/connections?limit=%zz HTTP/1.1", 400),
        (b"GET /api/connections?q=%ff%00 HTTP/1.1", 200),
        (b"GET /api/connections?" + b"&" * 5000 + b" HTTP/1.1", 200),
        (b"GET /?" + b"a=b&" * 1500 + b" HTTP/1.1", 200),
    ],
)
async def test_odd_targets(request_line: bytes, status: int) -> None:
    """An unusual target is read as HTTP says, and never an error of ours."""
    async with serving() as port:
        assert status_of(await port.raw(request_line + b"\r\n" + HOST + CLOSE)) == status


@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(
            lambda method, target, header, value: b"%b %b HTTP/1.1\r\nHost: localhost\r\n%b: %b\r\n%b"
            % (method, target, header, value, CLOSE),
            st.sampled_from([b"GET", b"HEAD", b"POST", b"BREW"]),
            st.binary(min_size=1, max_size=60).map(lambda text: b"/" + text.replace(b" ", b"")),
            st.sampled_from([b"Accept", b"Accept-Encoding", b"If-None-Match", b"Authorization", b"Last-Event-ID",
                             b"Expect", b"Upgrade", b"Content-Length", b"Transfer-Encoding", b"Cookie", b"Range"]),
            st.binary(max_size=60),
        ),
    )
)  # fmt: skip
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes(sent: bytes) -> None:
    """Whatever comes, the answer is one of a refusal or of a request that was fit, and the port goes on serving."""

    async def tried() -> None:
        async with serving(bounds=Bounds(idle_seconds=0.05)) as port:
            answered = await port.raw(sent)
            assert not answered or status_of(answered) < 500
            assert status_of(await port.raw(GOOD)) == 200

    asyncio.run(tried())


@pytest.mark.parametrize(
    "body", [b"Content-Length: 1000000000\r\n\r\n" + b"x" * 300_000, b"Transfer-Encoding: chunked\r\n\r\n" + b"400\r\n"
             + b"x" * 1024 + b"\r\n0\r\n\r\n", b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + b"\x1f\x8b" * 10],
)  # fmt: skip
async def test_a_body_is_not_read(body: bytes) -> None:
    """A body that nobody asked for is read away for a moment at most, and never kept or unpacked."""
    async with serving() as port:
        answered = await port.raw(b"POST /api/mirror HTTP/1.1\r\n" + HOST + body)
        assert status_of(answered) == 405


@pytest.mark.parametrize(
    "sent", [b"", b"GET /", b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: loc"]
)
async def test_a_request_that_never_comes_whole(sent: bytes) -> None:
    """A connection that brings no whole request in time is closed."""
    async with serving(bounds=Bounds(idle_seconds=0.1)) as port:
        assert await port.raw(sent) == b""


async def test_a_request_in_drops() -> None:
    """Bytes that come one by one do not put off the deadline."""
    async with serving(bounds=Bounds(idle_seconds=0.2)) as port:
        reader, writer = await port.dial()
        async with asyncio.timeout(SECONDS):
            try:
                while not reader.at_eof():
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.wait([asyncio.ensure_future(reader.read(1))], timeout=0.01)  # noqa: TID251 (the test ends it)
            except ConnectionError:
                pass
        writer.close()


async def test_connections_are_bounded() -> None:
    """Above the ceiling a connection is closed at once; when another has gone, there is room again."""
    async with serving(bounds=Bounds(connections=3)) as port, AsyncExitStack() as stack:
        held = [await port.dial() for _ in range(3)]
        for _, writer in held:
            stack.callback(writer.close)
            writer.write(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        for reader, _ in held:
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")
        assert await port.raw(GOOD) == b""
        held[0][1].close()
        async with asyncio.timeout(SECONDS):
            while not (answered := await port.raw(GOOD)):  # noqa: ASYNC110 (the server tells nobody)
                await asyncio.sleep(0)
        assert status_of(answered) == 200


async def test_answers_that_nobody_reads() -> None:
    """A client that asks without end and reads nothing is given up, and what it asked for is not piled up."""
    async with serving(bounds=Bounds(unsent_seconds=0.3)) as port:
        for number in range(200):
            port.see(numbered(number))
        handle = socket.socket()
        handle.setblocking(False)
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(handle, (port.address.address, port.address.port))
        request = b"GET /api/connections?limit=200 HTTP/1.1\r\n" + HOST + b"\r\n"
        with pytest.raises(ConnectionError):  # noqa: PT012 (it fails when the port has given up)
            async with asyncio.timeout(SECONDS):
                while True:
                    await loop.sock_sendall(handle, request * 100)
        handle.close()
        assert (await port.get("/healthz"))[0] == 200


async def test_pipelined_requests() -> None:
    """Requests that come together are answered in their order."""
    async with serving() as port:
        many = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
        answered = await port.raw(many * 50 + b"GET /nowhere HTTP/1.1\r\n" + HOST + CLOSE)
    assert re.findall(rb"HTTP/1\.1 (\d{3}) ", answered) == [b"200"] * 50 + [b"404"]


async def test_a_fault_of_ours_is_told_and_not_shown() -> None:
    """What breaks inside is one error in the log and one line without detail for the client."""
    async with serving() as port:
        port.sources.pairs.rows = lambda: [object()]  # type: ignore[method-assign,list-item]  # what JSON cannot hold
        status, body, headers = await port.get("/api/mirror")
        assert (status, body) == (500, {"error": "internal error"})
        assert "content-security-policy" in headers
        assert len(port.bugs) == 1
        assert "TypeError" in port.bugs.pop()
