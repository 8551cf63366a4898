"""One connection in detail, with an address of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from probe.config import Action, Mode

if TYPE_CHECKING:
    from tests.page.conftest import Browsing
    from tests.page.mirror import WatchedMirror

SERVER_ONLY = "client-eku-server-only"


def test_everything_about_a_failure(mirror: WatchedMirror, browsing: Browsing) -> None:
    """A row leads to who refused whom, ranked findings, remedy, messages of both legs, certificates and checks."""
    fault = mirror.faulty(SERVER_ONLY)
    with mirror, browsing.page(mirror.url) as page:
        mirror.call(fault)
        page.locator("#rows tr").click()
        detail = page.locator("#detail")
        expect(detail.locator("h1")).to_have_text("failed IRISA → IRISB agent")
        expect(detail.locator("h1")).to_be_focused()
        refusal = detail.locator(".refusal")
        expect(refusal).to_contain_text("IRISB (server) refused IRISA (client).")
        expect(refusal).to_contain_text("alert 43 unsupported_certificate")
        root = detail.locator(".finding").first
        expect(root).to_contain_text("client-certificate-purpose root cause")
        expect(root.locator(".facts .mark")).to_have_text("observed")
        expect(root.locator(".remedy")).to_contain_text("Reissue the client's certificate")
        accused = detail.locator(".accused")
        expect(accused).to_have_count(1)
        expect(accused).to_contain_text("✕ client-certificate-purpose")
        expect(detail.locator("tr:has(.accused) th")).to_contain_text("Extended Key Usage")
        expect(detail.locator("tr.differs th")).to_contain_text("≠ differs")
        expect(detail.locator(".checks")).to_contain_text("not observable")
        expect(detail.locator(".checks tr", has_text="certificates").locator(".mark")).to_have_text("✕ fail")


def test_sequence(mirror: WatchedMirror, browsing: Browsing) -> None:
    """Both legs are drawn in one sequence in the order of time, with locks; a table says the same."""
    fault = mirror.faulty(SERVER_ONLY)
    with mirror:
        summary = mirror.call(fault)
        with browsing.page(f"{mirror.url}#/connection/{summary['id']}") as page:
            drawing = page.locator("svg.sequence")
            expect(drawing).to_contain_text("to-irisb-agent")
            assert drawing.locator(".lock").count() > 4
            expect(drawing.locator(".alert .label").first).to_contain_text("unsupported_certificate")
            page.get_by_text("The same as a table").click()
            rows = page.locator(".messages tbody tr")
            cells = [row.split("\t") for row in rows.evaluate_all("rows => rows.map((row) => row.innerText)")]
            assert [cells[0][1], cells[0][2], cells[0][3]] == ["client", "relay", "ClientHello"]
            assert [cells[1][1], cells[1][2], cells[1][3]] == ["relay", "server", "ClientHello"]
            after = [float(row[0].strip("+ms ").replace(",", "")) for row in cells]
            assert after == sorted(after)
            assert {row[5] for row in cells} == {"cleartext", "encrypted"}
            assert drawing.locator("line:not(.life)").count() == rows.count()


def test_copy_as_json(mirror: WatchedMirror, browsing: Browsing) -> None:
    """The copied record is what the API gives."""
    with mirror:
        summary = mirror.call()
        url = f"{mirror.url}#/connection/{summary['id']}"
        with browsing.page(url, permissions=["clipboard-read", "clipboard-write"]) as page:
            page.get_by_role("button", name="Copy as JSON").click()
            expect(page.locator("#announcer")).to_have_text("The record was copied.")
            copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
            told = page.evaluate("id => fetch(`/api/connections/${id}`).then((r) => r.json())", summary["id"])
            assert copied == told
            page.get_by_role("button", name="Copy link").click()
            expect(page.locator("#announcer")).to_have_text("The link was copied.")
            assert page.evaluate("navigator.clipboard.readText()") == url


def test_copy_where_the_clipboard_is_closed(mirror: WatchedMirror, browsing: Browsing) -> None:
    """Without the clipboard's API, as over plain HTTP from another machine, copying works all the same."""
    with mirror:
        summary = mirror.call()
        with browsing.page(mirror.url) as page:
            page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
            page.locator("#rows a").click()
            page.evaluate(
                "addEventListener('copy', () => { window.copied = String(document.activeElement.value); })"
            )
            page.get_by_role("button", name="Copy as JSON").click()
            expect(page.locator("#announcer")).to_have_text("The record was copied.")
            assert json.loads(page.evaluate("window.copied"))["id"] == summary["id"]


def test_report(mirror: WatchedMirror, browsing: Browsing) -> None:
    """The HTML report comes as a file that stands for itself."""
    fault = mirror.faulty(SERVER_ONLY)
    with mirror:
        summary = mirror.call(fault)
        with browsing.page(f"{mirror.url}#/connection/{summary['id']}") as page:
            with page.expect_download() as waiting:
                page.get_by_role("button", name="Download HTML report").click()
            assert waiting.value.suggested_filename == f"mirrorprobe-{summary['id']}.html"
            report = Path(waiting.value.path()).read_text(encoding="utf-8")
            assert report.startswith("<!doctype html>")
            assert "client-certificate-purpose" in report


def test_deep_link_and_back(mirror: WatchedMirror, browsing: Browsing) -> None:
    """A connection's address can be shared; from there the overview is one step, and browser history works."""
    with mirror:
        summary = mirror.call()
        with browsing.page(f"{mirror.url}#/connection/{summary['id']}") as page:
            expect(page.locator("#detail h1")).to_contain_text("IRISA → IRISB agent")
            expect(page).to_have_title(re.compile("IRISA → IRISB agent"))
            expect(page.locator("#overview")).to_be_hidden()
            expect(page.locator(".fine")).to_have_text("Nothing was found to be wrong.")
            page.get_by_role("link", name="← Overview").click()
            expect(page.locator("#overview")).to_be_visible()
            page.go_back()
            expect(page.locator("#detail h1")).to_contain_text("IRISA → IRISB agent")
            page.reload()
            expect(page.locator("#detail h1")).to_contain_text("IRISA → IRISB agent")


def test_no_longer_kept(mirror: WatchedMirror, browsing: Browsing) -> None:
    """A link to what is gone says so, and where it may still be found."""
    with mirror, browsing.page(f"{mirror.url}#/connection/0000-gone-1", expected="404") as page:
        expect(page.locator("#detail h1")).to_have_text("This connection is no longer kept")
        expect(page.locator("#detail")).to_contain_text("mirrorprobe history")


def test_cause_documentation(mirror: WatchedMirror, browsing: Browsing) -> None:
    """The catalogue's page of a cause opens beneath the finding."""
    fault = mirror.faulty(SERVER_ONLY)
    with mirror:
        summary = mirror.call(fault)
        with browsing.page(f"{mirror.url}#/connection/{summary['id']}") as page:
            page.get_by_text("About this cause").first.click()
            expect(page.locator(".documentation").first).to_contain_text("On the wire")


def test_relay_that_enforces(mirror: WatchedMirror, browsing: Browsing) -> None:
    """Where the relay refuses by the mirror's rules, the page says that it was the relay."""
    fault = mirror.faulty("client-dn-not-listed")
    mirror.action = Action.ENFORCE
    with mirror:
        summary = mirror.call(fault)
        with browsing.page(f"{mirror.url}#/connection/{summary['id']}") as page:
            expect(page.locator(".refusal")).to_contain_text("The relay refused.")
            expect(page.locator(".refusal")).to_contain_text("dn-not-allowed")


def test_what_encryption_hides(mirror: WatchedMirror, browsing: Browsing) -> None:
    """Where bytes are only passed on, TLS 1.3 hides the certificates: they are not observable, and nobody is blamed."""
    fault = mirror.faulty(SERVER_ONLY)
    mirror.mode = Mode.PASSTHROUGH
    with mirror:
        summary = mirror.call(fault)
        with browsing.page(f"{mirror.url}#/connection/{summary['id']}") as page:
            chain = page.locator("tr:has(th:text-is('Chain')) td")
            expect(chain).to_have_text(["not observable: encrypted, or not seen"] * 2)
            expect(page.locator(".accused, .suspected")).to_have_count(0)
            expect(page.locator(".checks")).to_contain_text("not observable")
            expect(page.locator("svg.sequence .who")).to_have_text(["IRISA", "IRISB"])
            states = page.locator("#detail > .finding > .facts > .mark").all_inner_texts()
            assert states
            assert set(states) == {"inferred"}
