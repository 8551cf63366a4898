"""Panels in rows on Grafana's grid of 24 columns, numbered in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.dashboard import Dashboard as DashboardBuilder
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, GridPos

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grafana_foundation_sdk.builders.dashboard import DashboardLink
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models.dashboard import Dashboard, Panel, RowPanel, VariableModel

__all__ = ["Placed", "Section", "page"]

_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel and its size in units of the grid."""

    panel: Builder[Panel]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Section:
    """A row with a heading, and its panels from left to right, line by line."""

    title: str
    panels: tuple[Placed, ...]
    repeat: str = ""
    """The variable for each value of which Grafana shows the section once."""


def page(
    title: str,
    uid: str,
    description: str,
    variables: Iterable[Builder[VariableModel]],
    links: Iterable[DashboardLink],
    sections: Iterable[Section],
) -> Dashboard:
    """Give a dashboard with everything in its place."""
    dashboard = (
        DashboardBuilder(title)
        .uid(uid)
        .description(description)
        .tags(["mirrorprobe"])
        .timezone("browser")
        .time("now-6h", "now")
        .refresh("30s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .editable()
        .variables(list(variables))
        .links(list(links))
        .build()
    )
    dashboard.panels = list(_arranged(sections))
    return dashboard


def _arranged(sections: Iterable[Section]) -> Iterable[Panel | RowPanel]:
    top = number = 0
    for section in sections:
        number += 1
        row = Row(section.title).id(number).grid_pos(GridPos(h=1, w=_WIDTH, x=0, y=top))
        yield (row.repeat(section.repeat) if section.repeat else row).build()
        top, left, height = top + 1, 0, 0
        for placed in section.panels:
            if left + placed.width > _WIDTH:
                top, left, height = top + height, 0, 0
            number += 1
            panel = placed.panel.build()
            panel.id_val = number
            panel.grid_pos = GridPos(h=placed.height, w=placed.width, x=left, y=top)
            yield panel
            left, height = left + placed.width, max(height, placed.height)
        top += height
