"""Every address: what it answers, and what it refuses, in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from analyzers.causes import catalogue
from analyzers.report.timeline import timeline_record
from tests.probe.accounts import mirror, told
from tests.probe.web.serving import numbered, serving

if TYPE_CHECKING:
    from tests.probe.web.serving import Serving

PURPOSE = "client-eku-server-only-tls12"


def error_of(answered: tuple[int, Any, dict[str, str]], status: int) -> str:
    """Give the line that says what is wrong; it is the whole answer."""
    assert answered[0] == status
    assert set(answered[1]) == {"error"}
    line = answered[1]["error"]
    assert isinstance(line, str)
    assert "\n" not in line
    return line


async def test_health() -> None:
    """The port is alive while it answers, and ready while the probe takes connections."""
    async with serving() as port:
        assert (await port.get("/healthz"))[:2] == (200, {"status": "ok"})
        assert (await port.get("/readyz"))[:2] == (200, {"status": "ready"})
        port.is_ready = False
        assert (await port.get("/readyz"))[:2] == (503, {"status": "stopping"})


async def test_mirror() -> None:
    """The overview has members, what watches, pairs, certificates and counts."""
    async with serving() as port:
        port.see(numbered(1))
        port.see(numbered(2, PURPOSE))
        status, found, _ = await port.get("/api/mirror")
    assert status == 200
    assert (found["mirror"], found["version"]) == (mirror().name, "1.2.3")
    assert [member["name"] for member in found["members"]] == [each.name for each in mirror().members]
    relay, capture = found["watched"]
    assert relay == {
        "name": "one", "road": "passthrough", "listen": "127.0.0.1:12188", "upstream": "10.0.0.12:2188",
        "mode": "passthrough", "action": "observe", "active": 3,
    }  # fmt: skip
    assert (capture["name"], capture["road"], capture["listen"], capture["active"]) == (
        "heard", "sniff", "eth0", None,
    )  # fmt: skip
    (pair,) = found["pairs"]
    assert (pair["from"], pair["to"], pair["up"], pair["connection"]) == ("IRISA", "IRISB", False, "0a-2")
    assert {(each["member"], each["role"]) for each in found["certificates"]} == {
        ("IRISA", "client"), ("IRISB", "server"),
    }  # fmt: skip
    assert found["counts"] == {"connections": 2, "failed": 1, "dropped_events": 0}


async def fill(port: Serving) -> None:
    """Let the port see four connections: two healthy, two that failed, of which one does not show why."""
    for number, capture in enumerate(("healthy-tls12", PURPOSE, "healthy-tls13", "server-expired-tls13"), 1):
        port.see(numbered(number, capture))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "4321"),
        ("limit=2", "43"),
        ("failed=1", "42"),
        ("failed=true&limit=1", "4"),
        ("failed=0", "31"),
        ("cause=client-certificate-purpose", "2"),
        ("cause=certificate-expired", ""),
        ("cause=undecided", "4"),
        ("outcome=established", "31"),
        ("outcome=failed", "42"),
        ("member=IRISA", "4321"),
        ("member=IRISC", ""),
        ("relay=one", "4321"),
        ("relay=heard", ""),
        ("q=irisa", "4321"),
        ("q=PURPOSE", "2"),
        ("q=tlsv1.3+irisb", "43"),
        ("q=cn%3Dirisa.example", "21"),
        ("q=tls_aes", "43"),
        ("q=no-such-word", ""),
        ("limit=&failed=&member=&cause=&outcome=&relay=&q=", "4321"),
    ],
)
async def test_filters(query: str, expected: str) -> None:
    """A list holds what is wanted, the newest first; an empty value wants nothing."""
    async with serving() as port:
        await fill(port)
        status, found, headers = await port.get(f"/api/connections?{query}")
        assert status == 200
        assert [row["id"] for row in found["connections"]] == [f"0a-{digit}" for digit in expected]
        assert int(headers["last-event-id"]) == port.sources.board.last


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("limit=many", "limit"),
        ("limit=-1", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("failed=2", "failed"),
        ("cause=certificate-expird", "did you mean certificate-expired?"),
        ("outcome=good", "outcome"),
        ("member=IRISZ", "member: 'IRISZ'"),
        ("relay=two", "relay: 'two'"),
        ("q=" + "x" * 201, "q"),
        ("order=oldest", "'order'"),
        ("limit=1&limit=2", "limit: is given twice"),
        ("member=%0d%0aSet-Cookie:x", "member"),
        ("%3Cscript%3E=1", "'<script>'"),
        ("x" * 3000 + "=1", "xxx...'"),
    ],
)
async def test_wrong_parameters(query: str, named: str) -> None:
    """A parameter that is unknown, double or wrong is refused by its name, in one short line."""
    async with serving() as port:
        await fill(port)
        line = error_of(await port.get(f"/api/connections?{query}"), 400)
    assert named in line
    assert len(line) < 200


@pytest.mark.parametrize(
    "path", ["/api/mirror", "/api/connections/0a-1", "/api/connections/0a-1/report.html", "/api/stream",
             "/api/causes/unknown-ca"],
)  # fmt: skip
async def test_addresses_without_parameters(path: str) -> None:
    """An address that knows no parameters refuses every one."""
    async with serving() as port:
        port.see(numbered(1))
        assert "'pretty'" in error_of(await port.get(f"{path}?pretty=1"), 400)


async def test_names_of_connections_that_are_kept() -> None:
    """A relay that a reload has removed can still be asked for while its connections are kept."""
    async with serving() as port:
        port.see(told("healthy-tls12", relay="removed"))
        _, found, _ = await port.get("/api/connections?relay=removed")
        assert len(found["connections"]) == 1


async def test_one_connection() -> None:
    """A connection is its record, with the timeline of each leg; one that is not kept is not found."""
    account = numbered(1, PURPOSE)
    async with serving() as port:
        port.see(account)
        status, record, _ = await port.get("/api/connections/0a-1")
        assert "no longer kept" in error_of(await port.get("/api/connections/0a-2"), 404)
    timeline = record["legs"]["direct"].pop("timeline")
    assert status == 200
    assert record == json.loads(json.dumps(account.record()))
    assert timeline == timeline_record(account.negotiated)


@pytest.mark.parametrize("capture", [PURPOSE, "healthy-tls12"])
async def test_report(capture: str) -> None:
    """The report is a page that needs nothing else, given as a file to keep and never as a part of this origin."""
    async with serving() as port:
        port.see(numbered(1, capture))
        status, page, headers = await port.get("/api/connections/0a-1/report.html")
        error_of(await port.get("/api/connections/0a-2/report.html"), 404)
    text = page.decode()
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-disposition"] == 'attachment; filename="mirrorprobe-0a-1.html"'
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "mirrorprobe: connection 0a-1" in text
    assert 'class="sequence"' in text
    assert "packets" not in text
    assert "CN=irisa.example.com/IRISA" in text


async def test_causes() -> None:
    """Each entry of the catalogue has its documentation; others are not found."""
    async with serving() as port:
        for cause in catalogue().values():
            status, found, _ = await port.get(f"/api/causes/{cause.id}")
            assert status == 200
            assert (found["id"], found["summary"]) == (cause.id, cause.summary)
            assert all(f"{heading}:\n" in found["documentation"] for heading in cause.sections)
        error_of(await port.get("/api/causes/no-such-cause"), 404)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/mirror/", "/API/mirror", "/static", "/static/",
                                  "/api/connections/", "/api/connections/x/report", "/%00", "/favicon.ico"])  # fmt: skip
async def test_nothing_there(path: str) -> None:
    """Every other address is not found."""
    async with serving() as port:
        error_of(await port.get(path), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/api/mirror", "/metrics", "/nowhere"])
async def test_no_method_changes_anything(method: str, path: str) -> None:
    """Nothing but GET and HEAD is allowed anywhere."""
    async with serving() as port:
        answered = await port.get(path, method)
        assert "GET and HEAD" in error_of(answered, 405)
        assert answered[2]["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path", ["/", "/api/mirror", "/api/connections", "/api/connections/0a-1", "/api/connections/0a-1/report.html",
             "/metrics", "/healthz", "/readyz", "/api/causes/unknown-ca", "/nowhere"],
)  # fmt: skip
async def test_head(path: str) -> None:
    """HEAD gives the status and headers of GET, without its body."""
    async with serving() as port:
        port.see(numbered(1))
        got, asked = await port.get(path), await port.get(path, "HEAD")
    assert asked[0] == got[0]
    assert asked[1] == b""
    differing = {name for name in got[2] if name != "date" and got[2][name] != asked[2].get(name)}
    # The time of the overview is that of the answer, so its length may differ.
    assert differing <= ({"content-length"} if path == "/api/mirror" else set())
