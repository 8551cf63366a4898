"""The few kinds of panels, each with everything that this project's panels of the kind have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from grafana_foundation_sdk.builders.common import (
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.statetimeline import Panel as StateTimeline
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from .look import OUTCOMES, by_threshold, steps
from .variables import DATASOURCE

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig

__all__ = [
    "at_once",
    "by_outcome",
    "columns",
    "now",
    "number",
    "over_time",
    "setting",
    "stacked",
    "states",
    "table",
    "through_time",
]

_Kind = TypeVar("_Kind", Stat, StateTimeline, Table, TimeSeries)


def now(expression: str, ref: str = "A") -> Dataquery:
    """Ask for what holds at the end of the time range, as rows of a table."""
    return Dataquery().ref_id(ref).expr(expression).instant().format(PromQueryFormat.TABLE)


def at_once(expression: str, legend: str = "") -> Dataquery:
    """Ask for what holds at the end of the time range, as single values."""
    return Dataquery().ref_id("A").expr(expression).instant().legend_format(legend or "__auto")


def through_time(expression: str, legend: str, ref: str = "A", *, exemplars: bool = False) -> Dataquery:
    """Ask for a course through the time range; `legend` names a series from its labels."""
    query = Dataquery().ref_id(ref).expr(expression).range().legend_format(legend)
    return query.exemplar(exemplar=True) if exemplars else query


def _described(
    panel: _Kind, title: str, description: str, nothing: str, queries: tuple[Dataquery, ...]
) -> _Kind:
    panel.title(title).description(description).datasource(DATASOURCE).no_value(nothing)
    for query in queries:
        panel.with_target(query.datasource(DATASOURCE))
    return panel


def number(
    title: str, description: str, query: Dataquery, thresholds: ThresholdsConfig, unit: str, nothing: str
) -> Stat:
    """Give one number, its background coloured by `thresholds`."""
    return (
        _described(Stat(), title, description, nothing, (query,))
        .unit(unit)
        .thresholds(thresholds)
        .color_scheme(by_threshold())
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.NONE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
    )


def states(
    title: str, description: str, query: Dataquery, thresholds: ThresholdsConfig, nothing: str
) -> StateTimeline:
    """Give a band for each series, which changes its colour and word with its state."""
    return (
        _described(StateTimeline(), title, description, nothing, (query,))
        .unit("none")
        .thresholds(thresholds)
        .color_scheme(by_threshold())
        .show_value(VisibilityMode.AUTO)
        .merge_values(True)  # noqa: FBT003 (so the SDK has it)
        .row_height(0.85)
        .line_width(1)
        .legend(VizLegendOptions().show_legend(False).display_mode(LegendDisplayMode.HIDDEN))  # noqa: FBT003
    )


def over_time(title: str, description: str, unit: str, nothing: str, *queries: Dataquery) -> TimeSeries:
    """Give lines through time, with a table of their last and greatest values."""
    return (
        _described(TimeSeries(), title, description, nothing, queries)
        .unit(unit)
        .min(0)
        .line_width(2)
        .fill_opacity(10)
        .show_points(VisibilityMode.NEVER)
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .legend(
            VizLegendOptions()
            .show_legend(True)  # noqa: FBT003 (so the SDK has it)
            .display_mode(LegendDisplayMode.TABLE)
            .placement(LegendPlacement.BOTTOM)
            .calcs(["lastNotNull", "max"])
        )
    )


def stacked(title: str, description: str, unit: str, nothing: str, *queries: Dataquery) -> TimeSeries:
    """Give counts through time as bars, each series on top of the other."""
    return (
        over_time(title, description, unit, nothing, *queries)
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(70)
        .stacking(StackingConfig().mode(StackingMode.NORMAL).group("A"))
    )


def by_outcome(panel: TimeSeries) -> TimeSeries:
    """Give each outcome its colour."""
    for outcome, color in OUTCOMES.items():
        panel.override_by_name(outcome, [setting("color", {"mode": "fixed", "fixedColor": color})])
    return panel


def table(title: str, description: str, nothing: str, *queries: Dataquery) -> Table:
    """Give rows; `columns` says which of the answer's columns, in which order and by which name."""
    return (
        _described(Table(), title, description, nothing, queries)
        .unit("none")
        .thresholds(steps("transparent"))
        .color_scheme(by_threshold())
        .show_header(True)  # noqa: FBT003 (so the SDK has it)
    )


def columns(shown: dict[str, str], *hidden: str) -> DataTransformerConfig:
    """Show columns in this order under other names, and hide the rest that is named."""
    options = {
        "indexByName": {name: index for index, name in enumerate(shown)},
        "renameByName": shown,
        "excludeByName": dict.fromkeys(hidden, True),
    }
    return DataTransformerConfig(id_val="organize", options=options)


def setting(name: str, value: Any) -> DynamicConfigValue:  # noqa: ANN401 (whatever the panel's kind has)
    """Set one property of a column."""
    return DynamicConfigValue(id_val=name, value=value)
