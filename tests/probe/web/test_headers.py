"""What binds a browser: the headers of every answer, and the page's files."""

from __future__ import annotations

import gzip
import re
from importlib.resources import files

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_metrics

from probe.web.answers import HEADERS, compressed
from probe.web.assets import TYPES, load_assets
from tests.probe.web.serving import numbered, serving

STATIC = files("probe.web").joinpath("static")

NOWHERE = "http://evil.example"


def policy_of(headers: dict[str, str]) -> dict[str, str]:
    """Take a Content-Security-Policy apart."""
    directives = (each.strip().partition(" ") for each in headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in directives}


@pytest.mark.parametrize(
    "path", ["/", "/static/index.html", "/api/mirror", "/api/connections", "/api/connections/0a-1", "/api/stream",
             "/api/causes/unknown-ca", "/metrics", "/healthz", "/nowhere", "/api/connections?x=1"],
)  # fmt: skip
async def test_every_answer_binds_the_browser(path: str) -> None:
    """Good or bad, an answer lets a browser load and run nothing but what stands beside it, in no frame."""
    async with serving() as port:
        port.see(numbered(1))
        for method in ("HEAD", "POST") if path == "/api/stream" else ("GET", "HEAD", "POST"):
            _, _, headers = await port.get(path, method, Origin=NOWHERE)
            assert {name: headers.get(name.lower()) for name in HEADERS} == dict(HEADERS)
            assert not [name for name in headers if name.startswith("access-control-")]
            assert "set-cookie" not in headers
            assert headers["cache-control"] == ("no-cache" if is_file(path, method) else "no-store")
            policy = policy_of(headers)
            assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
            assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
            assert "unsafe" not in headers["content-security-policy"]


def is_file(path: str, method: str) -> bool:
    """Tell whether an answer is a file of the page."""
    return method != "POST" and (path == "/" or path.startswith("/static/"))


async def test_what_is_no_request_is_answered_with_the_same_headers() -> None:
    """The answer to bytes that are no HTTP has them as well, and closes."""
    async with serving() as port:
        answered = (await port.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")).decode("latin-1")
    head, _, body = answered.partition("\r\n\r\n")
    assert head.startswith(("HTTP/1.1 400 ", "HTTP/1.0 400 "))
    assert all(f"\r\n{name}: {value}" in head for name, value in HEADERS.items())
    assert body == '{"error": "this is no HTTP/1.1 request that can be read here"}'


async def test_every_file_of_the_page_is_served() -> None:
    """Each file that the package has is served, as it is, with the type that its name calls for."""
    names = sorted(file.name for file in STATIC.iterdir() if file.is_file())
    async with serving() as port:
        for name in names:
            status, body, headers = await port.get(f"/static/{name}")
            assert (status, body) == (200, STATIC.joinpath(name).read_bytes()), name
            assert headers["content-type"] == TYPES[name.rpartition(".")[2]]
        status, page, headers = await port.get("/")
        assert (status, page) == (200, STATIC.joinpath("index.html").read_bytes())
        assert headers["content-type"] == "text/html; charset=utf-8"


async def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    """With the tag that it was given, a browser is told that nothing changed; with another, it gets the file."""
    async with serving() as port:
        _, body, headers = await port.get("/static/index.html")
        tag = headers["etag"]
        assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
        for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            status, nothing, again = await port.get("/static/index.html", If_None_Match=held)
            assert (status, nothing, again["etag"]) == (304, b"", tag)
        for held in ('"other"', "", tag.strip('"')):
            assert (await port.get("/static/index.html", If_None_Match=held))[:2] == (200, body)


TRAVERSALS = (
    "/static/../server.py", "/static/..%2fserver.py", "/static/%2e%2e/server.py", "/static/%2e%2e%2fserver.py",
    "/static/..\\server.py", "/static/....//server.py", "/static//etc/passwd", "/static/%2fetc%2fpasswd",
    "/../../etc/passwd", "/static/index.html%00.js", "/static/index.html/", "/static/./index.html",
    "/static/%252e%252e%252fserver.py", "/static/\xc0\xae\xc0\xae/server.py", "/server.py", "/static/__init__.py",
    "/static", "//static/index.html", "/static/INDEX.HTML",
)  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS)
async def test_no_path_leads_out_of_the_list(path: str) -> None:
    """Only names on the list are served, however a path is written; the bytes go out as they stand here."""
    async with serving() as port:
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode("latin-1")
        answered = await port.raw(request)
    status = int(answered.split()[1])
    assert status in (400, 404), answered
    assert b'{"error": ' in answered


def test_the_list_is_closed() -> None:
    """The list holds files of known kinds, and the page among them."""
    assets = load_assets()
    assert "index.html" in assets
    assert all(name.rpartition(".")[2] in TYPES and "/" not in name for name in assets)


@pytest.mark.parametrize(
    ("accepted", "is_taken"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("*", True),
        ("x-gzip", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=much", False),
        ("*;q=0", False),
        ("identity", False),
        ("", False),
        ("br, zstd", False),
        (";;,,=;q", False),
    ],
)
def test_compression_is_negotiated(accepted: str, is_taken: bool) -> None:
    """What is large is compressed for those who take gzip, and told as such."""
    body = b"mirrorprobe_handshakes_total 0\n" * 1000
    sent, headers = compressed(body, accepted)
    assert ("Content-Encoding" in headers) is is_taken
    assert (gzip.decompress(sent) if is_taken else sent) == body
    assert "Accept-Encoding" in headers["Vary"]
    assert compressed(b"small", accepted)[0] == b"small"


@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_metrics(coding: str) -> None:
    """Metrics come as text or as OpenMetrics, whichever is preferred, compressed or not; a real parser reads both."""
    preferring = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"
    async with serving() as port:
        port.see(numbered(1))
        for accept, kind, read in (
            ("", "text/plain", plain_metrics),
            (preferring, "application/openmetrics-text", open_metrics),
        ):
            status, body, headers = await port.get("/metrics", Accept=accept, Accept_Encoding=coding)
            assert status == 200
            assert headers["content-type"].startswith(kind)
            text = (gzip.decompress(body) if coding == "gzip" else body).decode()
            assert "mirrorprobe_build" in [family.name.removesuffix("_info") for family in read(text)]
