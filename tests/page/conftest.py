"""A real Chromium, and pages that may neither break their policy nor say anything on the console."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from probe.lab.authority import Authority
from probe.lab.box import Box
from tests.page.mirror import WatchedMirror

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Page

FLAGS = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""

DESK = {"width": 1400, "height": 1000}
PHONE = {"width": 360, "height": 740}


@pytest.fixture(
    scope="module"
)  # while it runs, this thread has an event loop, which asyncio's own tests refuse
def chromium(require_program: Callable[[str], str]) -> Iterator[Browser]:
    """Chromium as the system has it, with a profile of its own."""
    path = require_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    """The lab's mirror, at work."""
    with Box(Authority.create()) as running:
        yield running


@pytest.fixture
def mirror(box: Box, tmp_path: Path) -> WatchedMirror:
    """A probe before the lab's mirror that is still to be started."""
    return WatchedMirror(box, tmp_path)


class Browsing:
    """Pages of one test, and what they complained of."""

    def __init__(self, browser: Browser) -> None:
        """Begin with none."""
        self._browser = browser
        self.complaints: list[str] = []

    @contextmanager
    def page(
        self,
        url: str,
        *,
        expected: str | None = None,
        size: dict[str, int] = DESK,
        **settings: Any,  # noqa: ANN401 (whatever a context of the browser takes)
    ) -> Iterator[Page]:
        """Open a page in a context of its own; complaints that fit `expected` are none.

        The browser itself complains of every answer that is no success, and of a server that is away.
        """
        context = self._browser.new_context(viewport=size, **settings)  # type: ignore[arg-type]  # a ViewportSize
        context.add_init_script(TELL_VIOLATIONS)
        page = context.new_page()

        def hear(message: ConsoleMessage) -> None:
            if not (expected and re.search(expected, message.text)):
                self.complaints.append(f"{message.type}: {message.text}")

        page.on("console", hear)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        try:
            page.goto(url)
            yield page
        finally:
            context.close()


@pytest.fixture
def browsing(chromium: Browser) -> Iterator[Browsing]:
    """Opens pages, and insists in the end that none of them complained."""
    opened = Browsing(chromium)
    yield opened
    assert opened.complaints == []
