"""The variables at the head of a dashboard: data source, mirror, probe, and what the page is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models.dashboard import VariableModel

__all__ = ["DATASOURCE", "every", "one", "shared"]

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")

_EVERYTHING = VariableOption(selected=True, text="All", value="$__all")


def one(name: str, label: str, description: str, family: str, of: str) -> QueryVariable:
    """Give a variable with one value out of those that label `of` has in `family`."""
    return (
        QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(DATASOURCE)
        .query(f"label_values({family}, {of})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )


def every(name: str, label: str, description: str, family: str, of: str) -> QueryVariable:
    """Give a variable with any number of values, at first all."""
    return one(name, label, description, family, of).multi(True).include_all(True).current(_EVERYTHING)  # noqa: FBT003 (so the SDK has it)


def shared() -> tuple[Builder[VariableModel], ...]:
    """Give what every page has: it is kept on the way from page to page."""
    return (
        DatasourceVariable("datasource")
        .label("Data source")
        .description("The Prometheus that scrapes the probes.")
        .type("prometheus"),
        one("mirror", "Mirror", "One mirror.", "mirrorprobe_build_info", "mirror"),
        every(
            "probe",
            "Probe",
            "The probes that watch this mirror.",
            'mirrorprobe_build_info{mirror="$mirror"}',
            "instance",
        ),
    )
