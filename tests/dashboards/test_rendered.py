"""The committed JSON of the dashboards: current, and sound where Grafana would only show a hole."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest
from grafana_foundation_sdk.models.dashboard import Dashboard

from analyzers.causes import catalogue
from dashboards.source.render import DASHBOARDS, DIRECTORY, rendered
from tests.dashboards.grafana import dashboards

BUILT_IN = {"__rate_interval", "__range", "__value", "__url_time_range", "__all", "__auto"}
COLOURS = {"#0072B2", "#E69F00", "#D55E00", "#999999", "#CC79A7", "#F0E442", "#56B4E9", "transparent"}
"""The palette of Okabe and Ito, as far as it is used."""


def each_page() -> pytest.MarkDecorator:
    """One case a dashboard."""
    return pytest.mark.parametrize("name", tuple(DASHBOARDS))


def panels(name: str) -> list[dict[str, Any]]:
    """Every panel of a dashboard that shows something."""
    return [panel for panel in dashboards()[name]["panels"] if panel["type"] != "row"]


def texts(value: object) -> list[str]:
    """Every text anywhere in a JSON document."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []


def test_nothing_else_is_committed() -> None:
    """Each file comes from code."""
    assert {path.stem for path in DIRECTORY.glob("*.json")} == set(DASHBOARDS)


@each_page()
def test_json_is_current(name: str) -> None:
    """The committed file is what the code renders: `python -m dashboards.source` writes it."""
    assert (DIRECTORY / f"{name}.json").read_text(encoding="utf-8") == rendered(DASHBOARDS[name]())


@each_page()
def test_json_is_grafanas(name: str) -> None:
    """Grafana's own types read the file, and its schema is one that Grafana 10 knows."""
    read = Dashboard.from_json(dashboards()[name])
    assert read.schema_version >= 36
    assert rendered(read) == (DIRECTORY / f"{name}.json").read_text(encoding="utf-8")


@each_page()
def test_panels_have_their_own_numbers_and_places(name: str) -> None:
    """No two panels share an id, overlap, or stick out of the grid."""
    placed = dashboards()[name]["panels"]
    assert len({panel["id"] for panel in placed}) == len(placed)
    for panel in placed:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for one, other in combinations([panel["gridPos"] for panel in placed], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above


@each_page()
def test_variables_exist(name: str) -> None:
    """Everything with a dollar sign is a variable of the page or one of Grafana's own."""
    own = {variable["name"] for variable in dashboards()[name]["templating"]["list"]}
    used = {found for text in texts(dashboards()[name]) for found in re.findall(r"\$\{?(\w+)", text)}
    assert used - own - BUILT_IN == set()
    assert own <= used


@each_page()
def test_panels_explain_themselves(name: str) -> None:
    """A panel has a title, says what to do about what it shows, has a unit, and a text for the case of no data."""
    for panel in panels(name):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert defaults["unit"], panel["title"]
        assert defaults["noValue"], panel["title"]
        assert panel["targets"], panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@each_page()
def test_descriptions_name_causes_of_the_catalogue(name: str) -> None:
    """What a panel says to run, the program knows."""
    said = " ".join(panel["description"] for panel in panels(name))
    named = set(re.findall(r"mirrorprobe causes ([a-z][\w-]+)", said))
    assert named
    assert named - set(catalogue()) == set()


@each_page()
def test_colours_can_be_told_apart(name: str) -> None:
    """Thresholds, words and series have colours of one palette that any colour vision can tell apart."""
    found = set(re.findall(r'"(?:color|fixedColor)": "([^"]+)"', (DIRECTORY / f"{name}.json").read_text()))
    assert found - COLOURS == set()


def test_pages_link_each_other() -> None:
    """From the overview to the member and back; cells that name members open the member's page."""
    pages = dashboards()
    assert [link["url"] for link in pages["overview"]["links"]] == [f"/d/{pages['member']['uid']}"]
    assert [link["url"] for link in pages["member"]["links"]] == [f"/d/{pages['overview']['uid']}"]
    for page in pages.values():
        cells = [text for text in texts(page) if text.startswith("/d/") and "?" in text]
        assert cells
        assert {text.partition("?")[0] for text in cells} == {f"/d/{pages['member']['uid']}"}
