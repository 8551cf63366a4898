"""The catalogue of root causes: one module an entry, found by being there."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .entry import Cause

__all__ = ["catalogue"]

_FORM = "entry"
"""The one module of this package that is no entry: it says what an entry is."""


@cache
def catalogue() -> Mapping[str, Cause]:
    """Give every root cause by its id, in alphabetical order."""
    causes: dict[str, Cause] = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.ispkg and module.name != _FORM:
            cause: Cause = import_module(f"{__name__}.{module.name}").CAUSE
            causes[cause.id] = cause
    return MappingProxyType(causes)
