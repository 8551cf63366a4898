"""`mirrorprobe causes`: the catalogue of root causes."""

from __future__ import annotations

import json
from difflib import get_close_matches
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from ..outcome import UsageFailure
from ..terminal import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzers.causes.entry import Cause

__all__ = ["register"]

_WIDEST = 100
"""Columns of what is read as sentences."""
_NARROWEST = 30
"""Columns that a sentence needs beside what stands before it."""
_SOURCE = 96
"""Columns to which the sections of the entries are set: a shorter line ends on purpose."""


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
            rows = json.dumps([_row(cause) for cause in known.values()]) if as_json else None
            print(rows or _listing(known.values(), columns(_WIDEST)))
            return
        cause = known.get(identifier)
        if cause is None:
            raise UsageFailure(_unknown(identifier, known))
        print(
            json.dumps({**_row(cause), "sections": dict(cause.sections)})
            if as_json
            else _page(cause, columns(_WIDEST))
        )


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


def _listing(causes: Iterable[Cause], width: int) -> str:
    """Give a line for each cause, under its family; where a line does not fit, the summary goes below."""
    lines: list[str] = []
    by_family = sorted(causes, key=lambda cause: (cause.family.value, cause.id))
    longest = max(len(cause.id) for cause in by_family)
    for family, group in groupby(by_family, key=lambda cause: cause.family):
        lines.append(f"\n{family.value}")
        for cause in group:
            head = f"  {cause.id:<{longest}}  {cause.severity.value:<8}  "
            if width - len(head) >= _NARROWEST:
                lines.extend(_filled(cause.summary, width, head))
            else:
                lines.append(head.rstrip())
                lines.extend(_filled(cause.summary, width, "    "))
    return "\n".join(lines).lstrip("\n")


def _page(cause: Cause, width: int) -> str:
    head = f"{cause.id}  ({cause.family.value}, {cause.severity.value})"
    parts = ["\n".join(_filled(line, width, "")) for line in (head, cause.summary)]
    for name, text in cause.sections.items():
        lines = [line for paragraph in _paragraphs(text) for line in _filled(paragraph, width, "  ")]
        parts.append("\n".join([name, *lines]))
    return "\n\n".join(parts)


def _filled(text: str, width: int, head: str) -> list[str]:
    """Break a text between words: further lines stand below the first word, in a list below the item's."""
    hanging = " " * len(head) + ("  " if text.startswith("- ") else "")
    return wrap(
        text,
        max(width, len(head) + _NARROWEST),
        initial_indent=head,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _paragraphs(text: str) -> Iterator[str]:
    """Give the paragraphs of an entry's section: one ends where the next line's first word would have fitted in the source."""
    paragraph: list[str] = []
    for line in text.splitlines():
        first = line.split(" ", 1)[0]
        ends = len(paragraph[-1]) + 1 + len(first) <= _SOURCE if paragraph else False
        if paragraph and (line.startswith("- ") or (ends and not line.startswith(" "))):
            yield " ".join(part.strip() for part in paragraph)
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield " ".join(part.strip() for part in paragraph)
