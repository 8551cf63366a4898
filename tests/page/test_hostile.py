"""Names from certificates are shown as they are, and do nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from playwright.sync_api import expect

from probe.lab.recipe import member_recipe
from tests.page.conftest import PHONE

if TYPE_CHECKING:
    from probe.lab.recipe import Recipe
    from tests.page.conftest import Browsing
    from tests.page.mirror import WatchedMirror

STATIC = Path(__file__).parents[2] / "probe" / "web" / "static"

SCRIPT = "<script>window.hit=1</script>"
IMAGE = '"><img src=x onerror=window.hit=2>'
BIDI = "evil\u202egnp.exe\u2066 \u200b'"
LONG = "W" * 64


def hostile_recipe() -> Recipe:
    """Make a certificate whose names try everything."""
    attributes = [
        *((NameOID.ORGANIZATIONAL_UNIT_NAME, LONG) for _ in range(40)),
        (NameOID.STATE_OR_PROVINCE_NAME, "{{7*7}} ${7*7} javascript:alert(1)"),
        (NameOID.LOCALITY_NAME, BIDI),
        (NameOID.ORGANIZATION_NAME, IMAGE),
        (NameOID.COMMON_NAME, SCRIPT),
    ]
    subject = x509.Name([x509.NameAttribute(kind, text) for kind, text in attributes])
    return replace(
        member_recipe("IRISA"), subject=subject, alternative_names=(SCRIPT, IMAGE, "a" * 63 + ".example.com")
    )


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_hostile_certificate(mirror: WatchedMirror, browsing: Browsing, size: dict[str, int] | None) -> None:
    """A certificate that carries markup, quotes, bidi controls and long values went through a real handshake."""
    cast = mirror.showing(hostile_recipe())
    with mirror:
        summary = mirror.call(cast)
        with browsing.page(mirror.url, **({"size": size} if size else {})) as page:
            expect(page.locator("#rows tr")).to_have_count(1)
            expect(page.locator("#rows")).to_contain_text("dn-not-allowed")
            expect(page.locator("#certificates")).to_contain_text(
                IMAGE.replace('"', '\\"').replace(">", "\\>").replace("<", "\\<")
            )
            _insist_on_harmlessness(page)
            page.goto(f"{mirror.url}#/connection/{summary['id']}")
            subject = page.locator("tr:has(th:text-is('Subject')) td").first
            expect(subject).to_contain_text("script")
            expect(subject).to_contain_text("window.hit=1")
            expect(page.locator("tr:has(th:text-is('Alternative names')) td").first).to_contain_text(SCRIPT)
            subject.get_by_role("button", name=re.compile("show all")).click()
            expect(subject).to_contain_text("\\E2\\80\\AE")
            assert subject.inner_text().count(LONG) == 40
            for summary_line in page.locator("#detail summary").all():
                summary_line.click()
            _insist_on_harmlessness(page)


def _insist_on_harmlessness(page: object) -> None:
    assert page.evaluate("window.hit === undefined")  # type: ignore[attr-defined]
    assert page.locator("img").count() == 0  # type: ignore[attr-defined]
    assert page.locator("main script, main style, main iframe").count() == 0  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # type: ignore[attr-defined]
    raw = page.evaluate(
        "/[\\u202a-\\u202e\\u2066-\\u2069\\u200b-\\u200f]/.test(document.body.innerText + document.title)"
    )  # type: ignore[attr-defined]
    assert raw is False


UNSEEN = {
    "\u202e": "U+202E",
    "\u200b": "U+200B",
    "\u0000": "U+0000",
    "\U000e0041": "U+E0041",
    "\ufeff": "U+FEFF",
}


@pytest.mark.parametrize("character", UNSEEN, ids=UNSEEN.values())
def test_what_cannot_be_seen_is_written_out(
    mirror: WatchedMirror, browsing: Browsing, character: str
) -> None:
    """Whatever the API lets through, the page prints characters without a shape as their code points."""
    show = """async (text) => {
        const { value, visibleText } = await import("/static/dom.js");
        const shown = value(text);
        return [shown.textContent, shown.querySelectorAll(".unseen").length, visibleText(text)];
    }"""
    with mirror, browsing.page(mirror.url) as page:
        written = f"a{UNSEEN[character]}b"
        assert page.evaluate(show, f"a{character}b") == [written, 1, written]


def test_text_is_never_parsed() -> None:
    """No script hands text to a parser of HTML or of code, and the page has no script or style inside."""
    parsers = re.compile(
        r"\.(?:inner|outer)HTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|\beval\(|new Function|"
        r"setHTML|srcdoc|javascript:"
    )
    scripts = sorted(STATIC.glob("*.js"))
    assert len(scripts) > 20
    assert [path.name for path in scripts if parsers.search(path.read_text(encoding="utf-8"))] == []
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page) == []


def test_nothing_comes_from_elsewhere() -> None:
    """No file of the page names another server."""
    named = {
        address
        for path in STATIC.iterdir()
        for address in re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", path.read_text(encoding="utf-8"))
    }
    assert named <= {"http://www.w3.org"}  # the name of SVG
