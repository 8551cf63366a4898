"""Everybody can use the page: by keyboard, on a phone, in the dark, on paper, by ear."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.page.conftest import DESK, PHONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.page.conftest import Browsing
    from tests.page.mirror import WatchedMirror

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8").partition("\n")[2]

SERVER_ONLY = "client-eku-server-only"

FOCUS = """() => {
    const element = document.activeElement;
    const label = element.getAttribute("aria-label") || element.labels?.[0]?.innerText;
    const name = label || element.innerText || element.id || element.name || "";
    const style = getComputedStyle(element);
    const rect = element.getAttribute("role") === "button" ? element.querySelector("rect") : null;
    const knot = element.querySelector?.(".knot");
    const drawn = [rect, knot].filter(Boolean).map((part) => getComputedStyle(part).strokeWidth);
    const shown = style.outlineStyle !== "none" || drawn.some((width) => parseFloat(width) >= 3);
    return [name.trim().split("\\n")[0], shown];
}"""


@pytest.fixture
def busy(mirror: WatchedMirror) -> Iterator[WatchedMirror]:
    """A mirror with something good, something bad, and a certificate that ends soon."""
    failing, ending = mirror.faulty(SERVER_ONLY), mirror.faulty("client-expires-soon")
    with mirror:
        mirror.call_back()
        mirror.call(ending)
        mirror.call(failing)
        yield mirror


def failed_link(page: Page) -> str:
    """Give the address of the newest failure."""
    expect(page.locator("#rows tr")).to_have_count(3)
    return page.locator("#rows tr:has(.mark.bad) a").first.evaluate("link => link.href")


def open_all(page: Page) -> None:
    """Open everything that can be opened."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_contrast(busy: WatchedMirror, browsing: Browsing, scheme: str, size: dict[str, int]) -> None:
    """Every text stands out from its ground as WCAG AA asks, as computed by the browser."""
    with browsing.page(busy.url, size=size, color_scheme=scheme, reduced_motion="reduce") as page:
        link = failed_link(page)
        open_all(page)
        page.get_by_role("button", name="Pause").click()
        _insist_on_contrast(page)
        page.get_by_role("button", name="Keyboard shortcuts").click()
        _insist_on_contrast(page)
        page.keyboard.press("Escape")
        page.goto(link)
        expect(page.locator("svg.sequence")).to_be_visible()
        open_all(page)
        _insist_on_contrast(page)


def _insist_on_contrast(page: Page) -> None:
    measured = page.evaluate(CONTRAST)
    assert len(measured) > 40
    assert [text for text in measured if not text["isEnough"]] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe(busy: WatchedMirror, browsing: Browsing, scheme: str) -> None:
    """axe-core finds nothing to say of overview, detail and dialogs."""
    with browsing.page(busy.url, color_scheme=scheme, reduced_motion="reduce") as page:
        link = failed_link(page)
        open_all(page)
        _insist_on_axe(page)
        page.get_by_role("button", name="Keyboard shortcuts").click()
        _insist_on_axe(page)
        page.keyboard.press("Escape")
        page.goto(link)
        expect(page.locator("svg.sequence")).to_be_visible()
        open_all(page)
        _insist_on_axe(page)


def _insist_on_axe(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_keyboard_alone(busy: WatchedMirror, browsing: Browsing) -> None:
    """Without a mouse: past the skip link through every part, into a connection, and back to the same row."""
    with browsing.page(busy.url) as page:
        failed_link(page)
        names: list[str] = []
        while not names or not re.match(r"\d\d:\d\d:\d\d", names[-1]):
            page.keyboard.press("Tab")
            name, is_shown = page.evaluate(FOCUS)
            assert is_shown, f"the focus is not to be seen on {name}"
            names.append(name)
            assert len(names) < 60
        assert names[0] == "Skip to the content"
        said = "\n".join(names)
        for part in (
            "Pause",
            "Keyboard shortcuts",
            "IRISA → IRISB agent: down",
            "IRISA, failover",
            "failed only",
        ):
            assert part in said, part
        first = page.evaluate("document.activeElement.dataset.key")
        page.keyboard.press("ArrowDown")
        second = page.evaluate("document.activeElement.dataset.key")
        assert second not in {None, first}
        page.keyboard.press("End")
        page.keyboard.press("Home")
        assert page.evaluate("document.activeElement.dataset.key") == first
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("#detail h1")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(f"#rows a[data-key='{second}']")).to_be_focused()


def test_skip_link(busy: WatchedMirror, browsing: Browsing) -> None:
    """The skip link leads past the bar, and leaves the address of a connection as it is."""
    with browsing.page(busy.url) as page:
        page.goto(failed_link(page))
        expect(page.locator("#detail h1")).to_be_visible()
        address = page.url
        page.get_by_role("link", name="Skip to the content").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="← Overview")).to_be_focused()
        assert page.url == address


def test_shortcuts(busy: WatchedMirror, browsing: Browsing) -> None:
    """`?` lists the keys; they act, but not in a field, and not when they are switched off."""
    with browsing.page(busy.url) as page:
        failed_link(page)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("failed connections only, or all")
        page.keyboard.press("Escape")
        page.keyboard.press("f")
        expect(page.get_by_label("failed only")).to_be_checked()
        page.keyboard.press("f")
        page.keyboard.press("p")
        expect(page.locator("#link-state")).to_have_text("paused")
        page.keyboard.press("p")
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.closest('#rows') !== null")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.press("p")
        expect(page.get_by_role("searchbox")).to_have_value("p")
        expect(page.locator("#link-state")).to_have_text("live")
        page.get_by_role("searchbox").fill("")
        page.get_by_role("button", name="Keyboard shortcuts").click()
        page.get_by_label("single-key shortcuts are on").uncheck()
        page.get_by_role("button", name="Close").click()
        page.keyboard.press("p")
        expect(page.locator("#link-state")).to_have_text("live")
        page.reload()
        expect(page.locator("#keys-on")).not_to_be_checked()


def test_focus_survives_news(busy: WatchedMirror, browsing: Browsing) -> None:
    """What arrives does not take the focus from the link, the cell or the row that the reader is on."""
    with browsing.page(busy.url) as page:
        failed_link(page)
        for place in (".mirror-map .link.bad", "#matrix td.bad a", "#rows tr:nth-child(2) a"):
            before = page.locator("#rows tr").count()
            target = page.locator(place).first
            key = target.get_attribute("data-key")
            target.focus()
            busy.call_back()
            expect(page.locator("#rows tr")).to_have_count(before + 1)
            page.wait_for_function(
                "n => document.querySelector('#tiles dd').textContent === String(n)", arg=before + 1
            )
            assert page.evaluate("document.activeElement.dataset.key") == key


def test_phone(busy: WatchedMirror, browsing: Browsing) -> None:
    """At 360 pixels nothing has to be scrolled sideways, and what is touched is large enough (WCAG 2.5.8)."""
    small = """() => [...document.querySelectorAll("button, select, input:not([type=checkbox]), summary, .tick, #rows tr")]
        .filter((one) => one.checkVisibility() && !one.closest("dialog"))
        .map((one) => [one.id || one.innerText, one.getBoundingClientRect()])
        .filter(([, { width, height }]) => width < 24 || height < 24)
        .map(([name]) => name)"""
    with browsing.page(busy.url, size=PHONE) as page:
        link = failed_link(page)
        for address in (busy.url, link):
            page.goto(address)
            expect(page.locator("#rows tr, #detail h1").first).to_be_attached()
            open_all(page)
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
            assert page.evaluate(small) == []


def test_theme(busy: WatchedMirror, browsing: Browsing) -> None:
    """The system's theme holds until the reader chooses another one, which lasts."""
    ground = "getComputedStyle(document.body).backgroundColor"
    with browsing.page(busy.url, color_scheme="dark") as page:
        dark = page.evaluate(ground)
        button = page.get_by_role("button", name="Theme: system")
        button.click()
        light = page.evaluate(ground)
        assert light != dark
        page.reload()
        assert page.evaluate(ground) == light
        page.get_by_role("button", name="Theme: light").click()
        assert page.evaluate(ground) == dark
        expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()


def test_zone(busy: WatchedMirror, browsing: Browsing) -> None:
    """Times can be read in the browser's own zone."""
    with browsing.page(busy.url, timezone_id="Asia/Kolkata") as page:
        failed_link(page)
        hour = page.locator("#rows time").first.inner_text()
        page.get_by_role("button", name="UTC").click()
        expect(page.locator("#zone")).to_have_text("UTC+05:30")
        expect(page.locator("#rows time").first).not_to_have_text(hour)
        expect(page.locator("#headline-text")).to_contain_text("UTC+05:30")


def test_reduced_motion(busy: WatchedMirror, browsing: Browsing) -> None:
    """Nothing moves for who asked for that."""
    running = "document.getAnimations().filter((one) => one.playState === 'running').length"
    with browsing.page(busy.url, reduced_motion="reduce") as page:
        failed_link(page)
        busy.call_back()
        expect(page.locator("#rows tr")).to_have_count(4)
        assert page.evaluate(running) == 0
    with browsing.page(busy.url) as page:
        expect(page.locator("#link-state")).to_have_text("live")
        assert page.evaluate(running) > 0


def test_print(busy: WatchedMirror, browsing: Browsing) -> None:
    """On paper there are no controls, and the ground is white."""
    with browsing.page(busy.url, color_scheme="dark") as page:
        page.goto(failed_link(page))
        expect(page.locator("svg.sequence")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator(".bar")).to_be_hidden()
        expect(page.locator(".actions")).to_be_hidden()
        expect(page.locator(".finding").first).to_be_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert len(page.pdf()) > 10_000
