"""The HTML report of captures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Endpoint, Party, Road
from analyzers.diagnosis.engine import diagnose
from analyzers.observer import Observer
from analyzers.report.html import ReportedCapture, html_report
from probe.lab.authority import Authority
from probe.lab.recipe import distinguished_name, member_recipe
from probe.lint.handshake import Speaker, shake_hands_on_wire
from probe.lint.loading import load

if TYPE_CHECKING:
    from pathlib import Path

    from analyzers.connection import Connection


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """A connection whose client shows a certificate for servers only, and a name with markup."""
    directory = tmp_path_factory.mktemp("members")
    issuing = Authority.create()
    name = distinguished_name(r"CN=\<script\>alert(1)\</script\>,O=Example,C=US")
    issuing.issue(replace(member_recipe("IRISA"), subject=name, extended_key_usage=("serverAuth",))).write(
        directory / "IRISA"
    )
    issuing.member("IRISB").write(directory / "IRISB")
    return _observe(directory)


def _observe(directory: Path) -> Connection:
    loaded = load([directory], None)
    client, server = (Speaker(m.certificates, loaded.keys[m.name], m.authorities) for m in loaded.members)
    at = loaded.members[0].certificates[0].not_before + 86400 * 2
    observer = Observer(Endpoint("10.0.0.11", 40000), Endpoint("10.0.0.12", 2188), started=at, road=Road.PCAP)
    for sender, wire in shake_hands_on_wire(client, server, at):
        observer.feed(sender, wire, at)
    return observer.connection()


def _page(*connections: Connection) -> str:
    judged = tuple((connection, diagnose(connection)) for connection in connections)
    return html_report([ReportedCapture("mirror.pcap", 12, ("cut at offset 99",), judged)])


def test_a_failure_is_told_with_cause_evidence_and_certificates(refused: Connection) -> None:
    """The page has the root cause, the alert in the sequence, and both certificates."""
    page = _page(refused)

    assert "client-certificate-purpose" in page
    assert "unsupported_certificate" in page
    assert "Extended Key Usage" in page
    assert "cut at offset 99" in page


def test_nothing_from_the_network_becomes_markup(refused: Connection) -> None:
    """The only script is the page's own."""
    page = _page(refused)

    assert page.count("<script") == 1
    assert r"\&lt;script\&gt;alert(1)" in page


def test_the_page_needs_nothing_else(refused: Connection) -> None:
    """No address of another file or host, and a policy that would refuse one."""
    page = _page(refused)

    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    for reference in ("http://", "https://", "src=", "@import", "url("):
        assert reference not in page.split("<article", maxsplit=1)[0]


def test_an_empty_report_is_a_page_too() -> None:
    """No capture at all still gives a whole document."""
    page = html_report([])

    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")


def test_the_matrix_counts_every_pair(refused: Connection) -> None:
    """Two connections of one pair share a cell."""
    page = _page(refused, refused)

    assert "0 of 2 healthy" in page
    assert Party.CLIENT in page
