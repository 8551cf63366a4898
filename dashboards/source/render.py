"""From typed dashboards to the JSON that Grafana imports."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from .member import member_page
from .overview import overview

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grafana_foundation_sdk.models.dashboard import Dashboard

__all__ = ["DASHBOARDS", "DIRECTORY", "rendered"]

DIRECTORY = Path(__file__).parents[1] / "grafana"

DASHBOARDS: Mapping[str, Callable[[], Dashboard]] = MappingProxyType(
    {"overview": overview, "member": member_page}
)
"""By the name of the file, without `.json`."""


def rendered(dashboard: Dashboard) -> str:
    """Give the JSON of a dashboard, the same text each time."""
    return json.dumps(dashboard, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
