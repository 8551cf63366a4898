"""The overview: what arrives appears, by itself, in every part of the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.page.conftest import Browsing
    from tests.page.mirror import WatchedMirror

SERVER_ONLY = "client-eku-server-only"


def test_nothing_seen(mirror: WatchedMirror, browsing: Browsing) -> None:
    """Before the first connection the page says that it knows nothing, and claims no health."""
    with mirror, browsing.page(mirror.url) as page:
        expect(page.locator("#link-state")).to_have_text("live")
        expect(page.locator("#headline-text")).to_have_text(
            "No connection between two members has been seen yet."
        )
        expect(page.locator("#headline")).to_have_class(re.compile("unknown"))
        expect(page.locator("#no-rows")).to_contain_text("No connection has been seen yet")
        expect(page.locator(".mirror-map .member")).to_have_count(3)
        expect(page.locator("#matrix td", has_text="not seen").first).to_be_visible()


def test_healthy_connection_arrives(mirror: WatchedMirror, browsing: Browsing) -> None:
    """A connection appears as it ends: as a row, in the sentence, on the map, in the matrix, with certificates."""
    with mirror, browsing.page(mirror.url) as page:
        expect(page.locator("#link-state")).to_have_text("live")
        mirror.call()
        expect(page.locator("#rows tr")).to_have_count(1)
        expect(page.locator("#rows")).to_contain_text("IRISA → IRISB agent")
        expect(page.locator("#rows .mark")).to_have_text("established")
        expect(page.locator("#headline-text")).to_have_text("The one link that was seen is up.")
        expect(page.locator(".mirror-map .link.good")).to_have_count(1)
        expect(page.locator("#matrix .mark.good")).to_have_text("✓ up")
        expect(page.locator("#certificates tbody tr")).to_have_count(2)
        expect(page.locator("#certificates")).to_contain_text("364 days left")
        expect(page.locator("#announcer")).to_have_text("1 new connection, none failed.", timeout=10_000)


def test_failure_is_said_in_one_sentence(mirror: WatchedMirror, browsing: Browsing) -> None:
    """An outage is told at the top: who, what, since when, why; and the way to the evidence."""
    fault = mirror.faulty(SERVER_ONLY)
    with mirror, browsing.page(mirror.url) as page:
        mirror.call_back()
        summary = mirror.call(fault)
        expect(page.locator("#headline-text")).to_have_text(
            re.compile(
                r"^IRISA → IRISB agent refused by IRISB since \d\d:\d\d:\d\d UTC: "
                r"the certificate of IRISA \(client\) may not be used by a TLS client$"
            )
        )
        expect(page.locator("#notes")).to_contain_text("1 other link up")
        expect(page).to_have_title(re.compile(r"^✕ 1 down · LABMIRROR"))
        expect(
            page.get_by_label(re.compile(r"IRISA → IRISB agent: down since .* client-certificate-purpose"))
        ).to_be_attached()
        expect(page.locator("#matrix td.bad")).to_contain_text("client-certificate-purpose")
        page.get_by_role("link", name="See the evidence and what to do").click()
        expect(page).to_have_url(re.compile(f"#/connection/{summary['id']}$"))


def test_link_tells_its_state(mirror: WatchedMirror, browsing: Browsing) -> None:
    """A link of the map says how it stands when it has the focus, and differs by more than its colour."""
    fault = mirror.faulty(SERVER_ONLY)
    with mirror, browsing.page(mirror.url) as page:
        mirror.call_back()
        mirror.call(fault)
        bad, good = page.locator(".mirror-map .link.bad"), page.locator(".mirror-map .link.good")
        expect(bad).to_have_count(1)
        bad.focus()
        expect(page.locator("#map-note")).to_contain_text("may not be used by a TLS client")
        shapes = [
            link.locator(".wire").evaluate("line => getComputedStyle(line).strokeDasharray")
            for link in (bad, good)
        ]
        glyphs = [link.locator(".glyph").get_attribute("d") for link in (bad, good)]
        assert shapes[0] != shapes[1]
        assert glyphs[0] != glyphs[1]


def test_pause(mirror: WatchedMirror, browsing: Browsing) -> None:
    """While the reader reads, nothing moves, and the page counts what waits; resuming shows it."""
    with mirror, browsing.page(mirror.url) as page:
        mirror.call()
        expect(page.locator("#rows tr")).to_have_count(1)
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#link-state")).to_have_text("paused")
        mirror.call(times=2)
        expect(page.locator("#waiting")).to_contain_text("2 connections came since")
        expect(page.locator("#rows tr")).to_have_count(1)
        page.get_by_role("button", name="Resume").click()
        expect(page.locator("#rows tr")).to_have_count(3)
        expect(page.locator("#waiting")).to_be_hidden()


def test_filters(mirror: WatchedMirror, browsing: Browsing) -> None:
    """Rows can be narrowed by failure, cause, member and outcome, for what is there and for what comes."""
    purpose, expired = mirror.faulty(SERVER_ONLY), mirror.faulty("server-expired")
    with mirror, browsing.page(mirror.url) as page:
        mirror.call()
        mirror.call_back()
        mirror.call(purpose)
        mirror.call(expired)
        rows = page.locator("#rows tr")
        expect(rows).to_have_count(4)
        page.get_by_label("failed only").check()
        expect(rows).to_have_count(2)
        page.get_by_label("Cause").select_option("certificate-expired")
        expect(rows).to_have_count(1)
        mirror.call()
        mirror.call(expired)
        expect(rows).to_have_count(2)
        page.get_by_role("button", name="Clear").click()
        expect(rows).to_have_count(6)
        page.get_by_label("Seen by").select_option("to-irisa-agent")
        expect(rows).to_have_count(1)
        page.get_by_role("button", name="Clear").click()
        page.get_by_label("Outcome").select_option("failed")
        expect(rows).to_have_count(3)
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name="IRISC, async: show its connections").press("Enter")
        expect(page.locator("#no-rows")).to_have_text(
            "No connection that is kept fits the filter and the search."
        )


def test_search(mirror: WatchedMirror, browsing: Browsing) -> None:
    """The search looks into everything: also the names in the certificates, in what is kept and what comes."""
    with mirror, browsing.page(mirror.url) as page:
        mirror.call()
        mirror.call_back()
        expect(page.locator("#rows tr")).to_have_count(2)
        search = page.get_by_role("searchbox")
        search.fill("no such thing")
        expect(page.locator("#no-rows")).to_be_visible()
        expect(page.locator("#certificates")).to_contain_text("None of the 4 certificates fits the search.")
        search.fill("irisb.example.com")
        expect(page.locator("#rows tr")).to_have_count(2)
        expect(page.locator("#certificates tbody tr")).to_have_count(2)
        mirror.call()
        expect(page.locator("#rows tr")).to_have_count(3)


def test_rows_are_bounded(mirror: WatchedMirror, browsing: Browsing) -> None:
    """Thirty rows are shown until the reader asks for more; the certificates below stay within reach."""
    with mirror, browsing.page(mirror.url) as page:
        mirror.call(times=32)
        expect(page.locator("#shown")).to_have_text("32 connections shown")
        expect(page.locator("#rows tr")).to_have_count(30)
        page.get_by_role("button", name="Show 2 more").click()
        expect(page.locator("#rows tr")).to_have_count(32)
        assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 31


def test_what_is_watched(mirror: WatchedMirror, browsing: Browsing) -> None:
    """Relays are listed with where they listen and what they do."""
    with mirror, browsing.page(mirror.url) as page:
        page.get_by_text("What this probe watches").first.click()
        table = page.locator("#watched-table")
        expect(table.locator("tbody tr")).to_have_count(6)
        expect(table).to_contain_text("to-irisa-agent")
        expect(table).to_contain_text("observe")
