"""Which of the two formats a request prefers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as PLAIN
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST as OPENMETRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OPENMETRICS", "PLAIN", "prefers_openmetrics"]

_VERSIONS = frozenset({"", "1.0.0"})
"""Of OpenMetrics; the one of a request that does not say is 1.0.0."""


def _accepted(accept: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Give every media range of an Accept header (RFC 9110 section 12.5.1) with its parameters."""
    for each in accept.lower().split(","):
        media, *parameters = (part.strip() for part in each.split(";"))
        yield (
            media,
            {name.strip(): value.strip() for name, _, value in (p.partition("=") for p in parameters)},
        )


def _weight(parameters: dict[str, str]) -> float:
    """Give the weight of a media range; one that is no number between 0 and 1 rules it out."""
    try:
        weight = float(parameters.get("q", "1"))
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0


def prefers_openmetrics(accept: str) -> bool:
    """Tell whether OpenMetrics 1.0 is asked for, and no less than the text format is."""
    offered = plain = 0.0
    for media, parameters in _accepted(accept):
        if media == "application/openmetrics-text" and parameters.get("version", "") in _VERSIONS:
            offered = max(offered, _weight(parameters))
        elif media == "text/plain":
            plain = max(plain, _weight(parameters))
    return 0.0 < offered >= plain
