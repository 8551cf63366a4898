"""The templates of the HTML reports, and what they share."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["asset", "template"]


def _time(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    except (ValueError, OverflowError):
        return f"{seconds:.3f}"


@cache
def template(name: str) -> Template:
    """Give a template by its file name; every value that it prints is escaped."""
    environment = Environment(
        loader=PackageLoader("analyzers.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["time"] = _time
    return environment.get_template(name)


def asset(name: str) -> str:
    """Give a style sheet or script that is written into a page."""
    return files("analyzers.report").joinpath("templates", name).read_text(encoding="utf-8")
