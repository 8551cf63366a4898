"""Every query of every dashboard, asked of a real Prometheus that has scraped a real probe."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import pytest

from tests.dashboards.grafana import Query, answered, dashboards, filled, numbers, queries, variables
from tests.dashboards.traffic import MIRROR

if TYPE_CHECKING:
    from tests.dashboards.conftest import Monitored

RANGE_SECONDS = 120


@pytest.mark.parametrize("query", queries(), ids=str)
def test_query_returns_data(query: Query, monitored: Monitored) -> None:
    """A panel's query, its variables filled in as Grafana does, gives at least one number."""
    dashboard = dashboards()[query.dashboard]
    expression = filled(
        query.target["expr"], dashboard, variables(dashboard, monitored.prometheus), RANGE_SECONDS
    )
    result = answered(query.target, expression, monitored.prometheus, time.time() - RANGE_SECONDS)
    assert any(math.isfinite(number) for series in result for number in numbers(series)), expression


@pytest.mark.parametrize("name", tuple(dashboards()))
def test_variables_offer_what_is_watched(name: str, monitored: Monitored) -> None:
    """The variables at the head of a page offer the mirror, its probe, its relays and checks, and its members."""
    offered = variables(dashboards()[name], monitored.prometheus)
    assert offered["mirror"] == [MIRROR]
    assert offered["probe"] == [monitored.scene.web]
    if name == "overview":
        relays = [f"to-{member}-agent" for member in ("irisa", "irisb", "irisc")]
        assert offered["relay"] == ["check-irisb", *relays]
    else:
        assert offered["member"] == ["IRISA", "IRISB", "IRISC"]


def test_exemplars_lead_to_connections(monitored: Monitored) -> None:
    """An exemplar of a failure has the id under which the probe gives the whole connection."""
    (query,) = (query for query in queries() if query.target.get("exemplar"))
    dashboard = dashboards()[query.dashboard]
    expression = filled(query.target["expr"], dashboard, variables(dashboard, monitored.prometheus))
    now = time.time()
    found = monitored.prometheus.ask(
        "query_exemplars", query=expression, start=str(now - RANGE_SECONDS), end=str(now)
    )
    ids = {exemplar["labels"]["connection_id"] for series in found for exemplar in series["exemplars"]}
    assert ids
    for connection in ids:
        assert monitored.scene.record(connection)["failed"]
