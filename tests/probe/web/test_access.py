"""Who may ask: token, and the Host header against DNS rebinding."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.connection import Endpoint
from probe.web.access import Access
from probe.web.answers import Refusal
from tests.probe.web.serving import numbered, serving

TOKEN = b"correct-horse-battery-staple"
DATA = (
    "/api/mirror", "/api/connections", "/api/connections/0a-1", "/api/connections/0a-1/report.html",
    "/api/causes/unknown-ca", "/api/stream", "/metrics",
)  # fmt: skip


@pytest.mark.parametrize("path", DATA)
async def test_data_needs_the_token(path: str) -> None:
    """Without the token, or with another, data is refused with a challenge, and nothing of it is told."""
    async with serving(token=TOKEN) as port:
        port.see(numbered(1))
        for shown in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic " + TOKEN.decode()},
                      {"Authorization": TOKEN.decode()}, {"Authorization": "Bearer"}, {"Authorization": "Bearer é"},
                      {"Authorization": f"Bearer {TOKEN.decode()}x"}):  # fmt: skip
            status, body, headers = await port.get(path, **shown)
            assert status == 401
            assert set(body) == {"error"}
            assert headers["www-authenticate"].startswith('Bearer realm="mirrorprobe"')
            assert TOKEN.decode() not in json.dumps(body)
        status, _, _ = await port.get(path, "HEAD", Authorization=f"bearer {TOKEN.decode()}")
        assert status == 200


async def test_page_and_health_need_no_token() -> None:
    """The page asks for the token itself, and a service manager has none."""
    async with serving(token=TOKEN) as port:
        for path in ("/", "/static/index.html", "/healthz", "/readyz"):
            assert (await port.get(path))[0] == 200


async def test_an_unknown_address_tells_no_stranger_what_is_here() -> None:
    """The token is asked for before a connection is looked up, so that nobody learns which ones there are."""
    async with serving(token=TOKEN) as port:
        port.see(numbered(1))
        kept, gone = await port.get("/api/connections/0a-1"), await port.get("/api/connections/0a-2")
        assert (kept[0], kept[1]) == (gone[0], gone[1])


def test_the_token_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    """What holds the token does not print it."""
    access = Access("127.0.0.1", "127.0.0.1", TOKEN)
    assert TOKEN.decode() not in repr(vars(access))
    with pytest.raises(Refusal) as refused:
        access.check_token("Bearer guess")
    assert "guess" not in str(refused.value)
    assert caplog.text == ""


@given(st.binary(max_size=64))
def test_no_other_bytes_are_the_token(shown: bytes) -> None:
    """Any header that is not the token is refused, also where it is no text."""
    access = Access("127.0.0.1", "127.0.0.1", TOKEN)
    header = f"Bearer {shown.decode('utf-8', 'surrogateescape')}"
    if header.removeprefix("Bearer ").strip() == TOKEN.decode():
        access.check_token(header)
    else:
        with pytest.raises(Refusal):
            access.check_token(header)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9188", "localhost.", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535",
             "127.0.0.5"],
)  # fmt: skip
def test_own_names_pass_on_loopback(host: str) -> None:
    """The names of this machine pass, and the configured one; at any port, for a tunnel may end at another."""
    Access("127.0.0.5", "127.0.0.5", None).check_host([host], is_required=True)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:9188", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1",
             "[::2]:80", "0.0.0.0", "2130706433"],
)  # fmt: skip
def test_other_names_are_refused_on_loopback(host: str) -> None:
    """A page of a stranger whose name resolves to this machine is refused by that name."""
    with pytest.raises(Refusal) as refused:
        Access("127.0.0.1", "127.0.0.1", None).check_host([host], is_required=True)
    assert refused.value.status == 421


@pytest.mark.parametrize("hosts", [[], ["localhost", "localhost"], [""], ["a b"], ["localhost:"], ["localhost:x"],
                                   ["user@localhost"], ["localhost/"], ["[::1"], ["localhost:123456"]])  # fmt: skip
def test_a_bad_host_header(hosts: list[str]) -> None:
    """A Host header that is missing, double or no host is refused wherever the port is bound."""
    for bound in ("127.0.0.1", "10.0.0.5"):
        with pytest.raises(Refusal) as refused:
            Access(bound, bound, None).check_host(hosts, is_required=True)
        assert refused.value.status == 400


def test_any_name_passes_elsewhere() -> None:
    """A port on another address is called by names that nobody told us."""
    for bound in ("10.0.0.5", "0.0.0.0", "::", "fd00::5"):
        Access(bound, bound, None).check_host(["mirror.example:9188"], is_required=True)


def test_configured_name_passes() -> None:
    """Where the configuration listens on a name that is of this machine, the name passes."""
    Access("127.0.1.1", "Probe.example", None).check_host(["probe.example:9188"], is_required=True)
    Access("::1", "::1", None).check_host(["[::1]:9188"], is_required=True)
    behind = Access("127.0.0.1", "127.0.0.1", None, ("Proxy.example",))
    behind.check_host(["proxy.example"], is_required=True)
    with pytest.raises(Refusal):
        behind.check_host(["stranger.example"], is_required=True)


async def test_rebinding_reaches_nothing() -> None:
    """With a stranger's name in the Host header not even health is told, whatever the address."""
    async with serving() as port:
        for path in ("/", "/static/index.html", "/healthz", *DATA):
            status, body, headers = await port.get(path, Host="evil.example")
            assert status == 421
            assert "localhost" in body["error"]
            assert "content-security-policy" in headers


async def test_old_http_without_host() -> None:
    """HTTP/1.0 needs no Host header: no browser speaks it, so nothing can be rebound."""
    async with serving() as port:
        assert (await port.raw(b"GET /healthz HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.0 200 ")
        assert (await port.raw(b"GET /healthz HTTP/1.0\r\nHost: evil.example\r\n\r\n")).startswith(
            b"HTTP/1.0 421 "
        )


async def test_ipv6() -> None:
    """The port serves on IPv6 as well, by its address and by the name of this machine."""
    async with serving(listen=Endpoint("::1", 0)) as port:
        for host in (str(port.address), "localhost"):
            assert (await port.get("/healthz", Host=host))[0] == 200
