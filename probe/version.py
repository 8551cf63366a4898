"""Which release this is."""

from __future__ import annotations

__all__ = ["installed_version"]


def installed_version() -> str:
    """Give the version of the installed distribution, or `0+unknown` when it runs from a bare source tree."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (ten milliseconds, for one option)

    try:
        return version("mirrorprobe")
    except PackageNotFoundError:
        return "0+unknown"
