"""How a document of JSON names its schema."""

from __future__ import annotations

__all__ = ["name_of"]


def name_of(document: str) -> str:
    """Give the name of the schema of a command's document; it changes when a field changes its meaning or goes."""
    return f"mirrorprobe.{document}/1"
