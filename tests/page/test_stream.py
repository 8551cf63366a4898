"""The reader of server-sent events, in the browser that runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.page.conftest import Browsing
    from tests.page.mirror import WatchedMirror

READ = """async ([text, pieces]) => {
    const { EventReader } = await import("/static/sse.js");
    const reader = new EventReader();
    const events = [];
    for (let at = 0; at < text.length; at += pieces) events.push(...reader.feed(text.slice(at, at + pieces)));
    return events.map((event) => [event.type, event.data, event.id]);
}"""

CASES = {
    "one": ("data: a\n\n", [["message", "a", ""]]),
    "named": ("event: connection\nid: 7\ndata: {}\n\n", [["connection", "{}", "7"]]),
    "lines": ("data: a\ndata:b\ndata\n\n", [["message", "a\nb\n", ""]]),
    "carriage returns": ("data: a\r\n\r\ndata: b\r\rdata: c\n\n", [["message", c, ""] for c in "abc"]),
    "comment": (": heartbeat\n\ndata: a\n\n", [["message", "a", ""]]),
    "the id stays": (
        "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
        [["message", "a", "1"], ["message", "b", "1"], ["message", "c", ""]],
    ),
    "no data, no event": ("event: lost\n\ndata: a\n\n", [["message", "a", ""]]),
    "unknown field": ("retry: 5\nfoo: bar\ndata: a\n\n", [["message", "a", ""]]),
    "colons in data": ("data: a: b: c\n\n", [["message", "a: b: c", ""]]),
    "not complete": ("data: a\n", []),
}


@pytest.fixture
def reading(mirror: WatchedMirror, browsing: Browsing) -> Any:  # noqa: ANN401 (a generator of pages)
    """A page of the probe, whose modules can be asked."""
    with mirror, browsing.page(mirror.url) as page:
        yield page


def test_every_case_in_pieces_of_every_size(reading: Page) -> None:
    """However the stream is cut, the events are those of the standard."""
    for name, (text, events) in CASES.items():
        for pieces in (1, 2, 3, 5, len(text)):
            assert reading.evaluate(READ, [text, pieces]) == events, (name, pieces)


def test_endless_line(reading: Page) -> None:
    """A line that never ends is given up, and does not fill the memory."""
    refused = reading.evaluate(
        """async () => {
            const { EventReader } = await import("/static/sse.js");
            const reader = new EventReader();
            try {
                for (let n = 0; n < 100; n += 1) reader.feed("x".repeat(100_000));
            } catch (error) {
                return error.message;
            }
            return null;
        }"""
    )
    assert refused == "a line of the stream is too long"
