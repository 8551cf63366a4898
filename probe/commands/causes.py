"""`mirrorprobe causes`: the catalogue of root causes."""

from __future__ import annotations

import json
from difflib import get_close_matches
from itertools import groupby
from textwrap import indent
from typing import TYPE_CHECKING, Annotated

import typer

from ..outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzers.causes.entry import Cause

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("causes")
    def causes(
        identifier: Annotated[
            str | None, typer.Argument(metavar="ID", help="One root cause, in full.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """List the root causes that the probe can name, or explain one."""
        from analyzers.causes import catalogue  # noqa: PLC0415 - the catalogue is loaded for this command only

        known = catalogue()
        if identifier is None:
            print(
                json.dumps([_row(cause) for cause in known.values()]) if as_json else _listing(known.values())
            )
            return
        cause = known.get(identifier)
        if cause is None:
            raise UsageFailure(_unknown(identifier, known))
        print(json.dumps({**_row(cause), "sections": dict(cause.sections)}) if as_json else _page(cause))


def _unknown(identifier: str, known: Iterable[str]) -> str:
    close = get_close_matches(identifier, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else " (mirrorprobe causes lists them all)"
    return f"unknown root cause {identifier!r}{hint}"


def _row(cause: Cause) -> dict[str, object]:
    return {
        "id": cause.id,
        "family": cause.family.value,
        "severity": cause.severity.value,
        "summary": cause.summary,
        "remedy": list(cause.remedy),
        "references": list(cause.references),
    }


def _listing(causes: Iterable[Cause]) -> str:
    """Give a line for each cause, under its family."""
    lines: list[str] = []
    by_family = sorted(causes, key=lambda cause: (cause.family.value, cause.id))
    width = max(len(cause.id) for cause in by_family)
    for family, group in groupby(by_family, key=lambda cause: cause.family):
        lines.append(f"\n{family.value}")
        lines.extend(f"  {cause.id:<{width}}  {cause.severity.value:<8}  {cause.summary}" for cause in group)
    return "\n".join(lines).lstrip("\n")


def _page(cause: Cause) -> str:
    head = f"{cause.id}  ({cause.family.value}, {cause.severity.value})\n\n{cause.summary}"
    return "\n\n".join((head, *(f"{name}\n{indent(text, '  ')}" for name, text in cause.sections.items())))
