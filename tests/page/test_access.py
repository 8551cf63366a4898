"""The token, and a probe that goes and comes back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.page.mirror import WatchedMirror

if TYPE_CHECKING:
    from pathlib import Path

    from probe.lab.box import Box
    from tests.page.conftest import Browsing

TOKEN = "correct-horse-battery-staple"

REFUSED = r"status of 401"
AWAY = r"ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|status of 503"


def test_token(box: Box, tmp_path: Path, browsing: Browsing) -> None:
    """Where the probe wants a token the page asks for it, says when it is wrong, and keeps it for the tab."""
    mirror = WatchedMirror(box, tmp_path, token=TOKEN.encode())
    with mirror:
        summary = mirror.call()
        with browsing.page(mirror.url, expected=REFUSED) as page:
            dialog = page.get_by_role("dialog", name="This probe asks for its token")
            expect(dialog).to_be_visible()
            expect(page.locator("#rows tr")).to_have_count(0)
            page.locator("#token").fill("wrong")
            page.get_by_role("button", name="Continue").click()
            expect(page.get_by_text("That token was not accepted.")).to_be_visible()
            page.locator("#token").fill(TOKEN)
            page.keyboard.press("Enter")
            expect(dialog).to_be_hidden()
            expect(page.locator("#rows tr")).to_have_count(1)
            expect(page.locator("#link-state")).to_have_text("live")
            mirror.call()
            expect(page.locator("#rows tr")).to_have_count(2)
            page.reload()
            expect(page.locator("#rows tr")).to_have_count(2)
            assert page.evaluate("Object.values(localStorage).join()").find(TOKEN) == -1
            page.goto(f"{mirror.url}#/connection/{summary['id']}")
            with page.expect_download() as waiting:
                page.get_by_role("button", name="Download HTML report").click()
            assert waiting.value.failure() is None
        with browsing.page(mirror.url, expected=REFUSED) as other:
            expect(other.get_by_role("dialog")).to_be_visible()
            other.keyboard.press("Escape")
            expect(other.get_by_role("dialog")).to_be_visible()


def test_probe_goes_and_comes_back(box: Box, tmp_path: Path, browsing: Browsing) -> None:
    """When the probe stops, nothing on the page looks current; when it is back, so is the page, by itself."""
    first = WatchedMirror(box, tmp_path / "first")
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with first:
        first.call(times=3)
        port = first.port
        opened = browsing.page(first.url, expected=AWAY)
        page = opened.__enter__()
        expect(page.locator("#rows tr")).to_have_count(3)
    try:
        expect(page.locator("#link-state")).to_have_text(re.compile(r"disconnected since \d\d:\d\d:\d\d"))
        before = page.locator("#headline-text").evaluate("line => getComputedStyle(line, '::before').content")
        assert before == '"Last known: "'
        with WatchedMirror(box, tmp_path / "second", port=port) as second:
            expect(page.locator("#link-state")).to_have_text("live", timeout=30_000)
            expect(page.locator("#rows tr")).to_have_count(0)
            second.call()
            expect(page.locator("#rows tr")).to_have_count(1)
            expect(page.locator("#headline-text")).to_have_text("The one link that was seen is up.")
    finally:
        opened.__exit__(None, None, None)


def test_connection_of_a_probe_that_comes_back(box: Box, tmp_path: Path, browsing: Browsing) -> None:
    """What was missed while the line was cut is there when it is whole again."""
    with (
        WatchedMirror(box, tmp_path) as mirror,
        browsing.page(mirror.url, expected="ERR_INTERNET_DISCONNECTED") as page,
    ):
        mirror.call()
        expect(page.locator("#rows tr")).to_have_count(1)
        page.context.set_offline(True)
        page.evaluate("dispatchEvent(new Event('offline'))")
        mirror.call(times=2)
        page.context.set_offline(False)
        expect(page.locator("#rows tr")).to_have_count(3, timeout=30_000)


def test_hidden_page_gives_its_line_back(box: Box, tmp_path: Path, browsing: Browsing) -> None:
    """A page that nobody sees holds none of the six lines of its browser; seen again, it is live and lacks nothing."""
    look = """state => {
        Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with WatchedMirror(box, tmp_path) as mirror, browsing.page("about:blank") as page:
        page.clock.install()
        page.goto(mirror.url)
        expect(page.locator("#link-state")).to_have_text("live")
        with page.expect_event("requestfailed", lambda request: request.url.endswith("/api/stream")):
            page.evaluate(look, "hidden")
            page.clock.fast_forward(25_000)
        mirror.call()
        expect(page.locator("#rows tr")).to_have_count(0)
        page.evaluate(look, "visible")
        expect(page.locator("#rows tr")).to_have_count(1)
        expect(page.locator("#link-state")).to_have_text("live")
