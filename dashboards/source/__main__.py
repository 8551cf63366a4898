"""Write every dashboard anew."""

from __future__ import annotations

from .render import DASHBOARDS, DIRECTORY, rendered

for name, make in DASHBOARDS.items():
    (DIRECTORY / f"{name}.json").write_text(rendered(make()), encoding="utf-8")
