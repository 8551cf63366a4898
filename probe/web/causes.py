"""The catalogue of root causes, as the page shows an entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzers.causes.entry import Cause

__all__ = ["cause_record"]


def cause_record(cause: Cause) -> dict[str, Any]:
    """Give an entry; its documentation is text, each section under its heading."""
    return {
        "id": cause.id,
        "family": cause.family.value,
        "severity": cause.severity.value,
        "summary": cause.summary,
        "documentation": "\n\n".join(f"{heading}:\n{text}" for heading, text in cause.sections.items()),
        "remedy": list(cause.remedy),
        "references": list(cause.references),
    }
