"""Colours, thresholds and words for values.

The colours are of the palette of Okabe and Ito, which people with any colour vision can tell apart
(https://jfly.uni-koeln.de/color/). No state is told by colour alone: its cell has a word or a number too.
"""

from __future__ import annotations

from types import MappingProxyType

from grafana_foundation_sdk.builders.dashboard import FieldColor as FieldColorBuilder
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig as ThresholdsBuilder
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions as SpecialValueOptions,
)
from grafana_foundation_sdk.models.dashboard import (
    FieldColorModeId,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

__all__ = ["BAD", "CAUTION", "GOOD", "OUTCOMES", "UNKNOWN", "by_threshold", "steps", "words"]

GOOD = "#0072B2"
CAUTION = "#E69F00"
BAD = "#D55E00"
UNKNOWN = "#999999"

OUTCOMES = MappingProxyType(
    {
        "established": GOOD,
        "failed": BAD,
        "refused": CAUTION,
        "timeout": "#CC79A7",
        "plaintext": "#F0E442",
        "incomplete": "#56B4E9",
        "no_data": UNKNOWN,
    }
)
"""By how far a connection came."""


def steps(first: str, *others: tuple[float, str]) -> ThresholdsBuilder:
    """Give thresholds: the colour from the bottom up, then each value from which another colour holds."""
    found = [Threshold(value=None, color=first), *(Threshold(value, color) for value, color in others)]
    return ThresholdsBuilder().mode(ThresholdsMode.ABSOLUTE).steps(found)


def by_threshold() -> FieldColorBuilder:
    """Colour a value by the thresholds."""
    return FieldColorBuilder().mode(FieldColorModeId.THRESHOLDS)


def words(said: dict[str, tuple[str, str]], missing: str = "") -> list[ValueMapping]:
    """Give mappings from a value to a word and its colour, and a word for no value where one is given."""
    results = {
        value: ValueMappingResult(text=text, color=color, index=index)
        for index, (value, (text, color)) in enumerate(said.items())
    }
    mappings: list[ValueMapping] = [ValueMap(options=results)]
    if missing:
        result = ValueMappingResult(text=missing, color=UNKNOWN, index=len(said))
        options = SpecialValueOptions(match=SpecialValueMatch.NULL_AND_NAN, result=result)
        mappings.append(SpecialValueMap(options=options))
    return mappings
