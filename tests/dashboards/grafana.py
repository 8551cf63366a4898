"""What Grafana does with a dashboard's queries: variables filled in, then asked of Prometheus."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.dashboards.alerting import DASHBOARDS

if TYPE_CHECKING:
    from tests.dashboards.programs import Prometheus

RENDERED = tuple(sorted((DASHBOARDS / "grafana").glob("*.json")))

_LABEL_VALUES = re.compile(r"label_values\((.+), (\w+)\)")
_STEP_SECONDS = 1
_RATE_INTERVAL = "4s"
"""Grafana: the greater of four scrape intervals, and the step and one scrape interval together."""


def dashboards() -> dict[str, dict[str, Any]]:
    """Every committed dashboard by the name of its file."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in RENDERED}


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel."""

    dashboard: str
    panel: str
    target: dict[str, Any]

    def __str__(self) -> str:
        """Name it for the list of tests."""
        return f"{self.dashboard}: {self.panel} {self.target['refId']}"


def queries() -> tuple[Query, ...]:
    """Every query of every panel."""
    return tuple(
        Query(name, panel["title"], target)
        for name, dashboard in dashboards().items()
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    )


def variables(dashboard: dict[str, Any], prometheus: Prometheus) -> dict[str, list[str]]:
    """Give what each query variable offers, where each earlier one has its first or, where many are allowed, every value."""
    found: dict[str, list[str]] = {}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        asked = _LABEL_VALUES.fullmatch(filled(variable["query"], dashboard, found))
        assert asked, variable["query"]
        found[variable["name"]] = prometheus.ask(f"label/{asked[2]}/values", **{"match[]": asked[1]})
    return found


def filled(
    text: str, dashboard: dict[str, Any], values: dict[str, list[str]], range_seconds: int = 60
) -> str:
    """Put values in the place of variables, those that may have many as a regular expression in PromQL's quotes."""
    many = {one["name"] for one in dashboard["templating"]["list"] if one["multi"]}
    for name, value in {
        "__rate_interval": [_RATE_INTERVAL],
        "__range": [f"{range_seconds}s"],
        **values,
    }.items():
        inserted = "(" + "|".join(map(_escaped, value)) + ")" if name in many else value[0]
        text = re.sub(rf"\$(?:{name}\b|{{{name}}})", lambda _, inserted=inserted: inserted, text)
    assert "$" not in text, text
    return text


def _escaped(value: str) -> str:
    """Escape for a regular expression, and its backslashes for PromQL, as Grafana's data source does."""
    return re.sub(r"[$^*{}\[\]'+?.()|\\]", r"\\\\\g<0>", value)


def answered(
    target: dict[str, Any], expression: str, prometheus: Prometheus, since: float
) -> list[dict[str, Any]]:
    """Ask as the panel does: for the end of the time range, or for a course through it."""
    now = str(time.time())
    path, when = "query_range", {"start": str(since), "end": now, "step": str(_STEP_SECONDS)}
    if target["instant"]:
        path, when = "query", {"time": now}
    result: list[dict[str, Any]] = prometheus.ask(path, query=expression, **when)["result"]
    return result


def numbers(series: dict[str, Any]) -> list[float]:
    """Give the values of a series."""
    points = [series["value"]] if "value" in series else series["values"]
    return [float(value) for _, value in points]
