"""The ways between the pages; what was chosen on one is chosen on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

if TYPE_CHECKING:
    from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from .panels import setting

__all__ = ["MEMBER", "OVERVIEW", "between", "to_member"]

OVERVIEW = "mirrorprobe-overview"
MEMBER = "mirrorprobe-member"
"""The uids, by which pages are linked: they never change."""

_KEPT = "${datasource:queryparam}&${mirror:queryparam}&${probe:queryparam}&${__url_time_range}"


def between(title: str, uid: str, tooltip: str) -> DashboardLink:
    """Give the link at the head of a page to another one."""
    return (
        DashboardLink(title)
        .type(DashboardLinkType.LINK)
        .icon("dashboard")
        .url(f"/d/{uid}")
        .tooltip(tooltip)
        .include_vars(True)  # noqa: FBT003 (so the SDK has it)
        .keep_time(True)  # noqa: FBT003
    )


def to_member(field: str) -> DynamicConfigValue:
    """Link the cells of a column that names members to the member's page; `field` gives the name."""
    url = f"/d/{MEMBER}?var-member={field}&{_KEPT}"
    return setting("links", [{"title": "This member", "url": url}])
