"""The runbook: one page an alert, and nothing in it that the probe does not know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from analyzers.causes import catalogue
from probe.cli import build_app
from tests.dashboards.alerting import DASHBOARDS, alert_rules
from tests.dashboards.grafana import dashboards

if TYPE_CHECKING:
    from pathlib import Path

PAGES = tuple(sorted((DASHBOARDS / "runbook").glob("*.md")))
HEADINGS = ["Meaning", "First look", "Likely causes", "What to do", "When to silence"]


def each_page() -> pytest.MarkDecorator:
    """One case a page."""
    return pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


def test_every_alert_has_its_page() -> None:
    """No alert lacks a page, and no page an alert."""
    assert {path.stem for path in PAGES} == {rule["alert"] for rule in alert_rules()}


@each_page()
def test_page_has_its_parts(path: Path) -> None:
    """A page opens with the alert's name and has the five headings in their order, none of them empty."""
    title, *parts = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert title.startswith(f"# {path.stem}\n\n")
    headings, texts = zip(*(part.split("\n", 1) for part in parts), strict=True)
    assert list(headings) == HEADINGS
    assert all(text.strip() for text in texts)


@each_page()
def test_causes_are_in_the_catalogue(path: Path) -> None:
    """Every cause that a page names can be explained by `mirrorprobe causes`."""
    text = path.read_text(encoding="utf-8")
    named = {name for name in re.findall(r"(?:mirrorprobe causes |cause=)([\w-]+)", text) if name != "ID"}
    assert named - set(catalogue()) == set()


@each_page()
def test_panels_exist(path: Path) -> None:
    """Every dashboard that a page sends to exists, and has the panels that it names."""
    text = " ".join(path.read_text(encoding="utf-8").split())
    titles = {one["title"]: {panel["title"] for panel in one["panels"]} for one in dashboards().values()}
    assert set(re.findall(r"Dashboard \*([^*]+)\*", text)) <= set(titles)
    named = set(re.findall(r"panel \*([^*]+)\*", text))
    assert named <= set.union(*titles.values())


@each_page()
def test_commands_exist(path: Path) -> None:
    """Every command that a page names is one of the program's."""
    program = build_app()
    commands = {command.name for command in program.registered_commands}
    commands |= {group.name for group in program.registered_groups}
    named = set(re.findall(r"`mirrorprobe (\w+)", path.read_text(encoding="utf-8")))
    assert named - commands == set()
