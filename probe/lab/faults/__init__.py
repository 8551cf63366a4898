"""Every fault of the lab, by family."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from . import authentication, identity, negotiation, policy, purpose, strength, transport, trust, validity
from .fault import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAMILIES", "FAULTS", "Fault"]

FAMILIES: Mapping[str, tuple[Fault, ...]] = MappingProxyType(
    {
        "purpose": purpose.FAULTS,
        "validity": validity.FAULTS,
        "trust": trust.FAULTS,
        "strength": strength.FAULTS,
        "identity": identity.FAULTS,
        "mutual authentication": authentication.FAULTS,
        "negotiation": negotiation.FAULTS,
        "transport": transport.FAULTS,
        "policy": policy.FAULTS,
    }
)

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {fault.name: fault for family in FAMILIES.values() for fault in family}
)
"""By name."""
