"""Write captures and their verdicts as one HTML page that needs nothing else.

The page works without scripts and on paper; a small script adds the filter. Every value comes through the
template's escaping.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.causes import catalogue
from analyzers.connection import Connection, Party
from analyzers.tls.codepoints import cipher_suite_name, version_name

from .page.certificates import certificate_rows
from .page.matrix import build_matrix, name_of, standing_of
from .page.sequence import build_sequence
from .page.templates import asset, template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from analyzers.diagnosis.findings import Verdict

__all__ = ["ReportedCapture", "html_report"]

_DETAILS_SHOWN = 500
"""Connections shown in full: a page of 500 sequence diagrams is 10 MB, and opens on a telephone."""
_ROWS_SHOWN = 5000
"""Rows of the table of connections; the JSON output has no such bound."""


@dataclass(frozen=True, slots=True)
class ReportedCapture:
    """One capture as the page shows it."""

    file: str
    packets: int | None
    """None where it was not read from a capture."""
    problems: tuple[str, ...]
    judged: tuple[tuple[Connection, Verdict], ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """One connection, with what the template asks of it."""

    number: int
    connection: Connection
    verdict: Verdict
    is_full: bool

    @property
    def standing(self) -> str:
        return standing_of(self.connection, self.verdict)

    @property
    def client(self) -> str:
        return name_of(self.connection, self.verdict, Party.CLIENT)

    @property
    def server(self) -> str:
        return name_of(self.connection, self.verdict, Party.SERVER)

    @property
    def version(self) -> str:
        tls = self.connection.tls
        return "" if tls is None or tls.version is None else version_name(tls.version)

    @property
    def cipher_suite(self) -> str:
        tls = self.connection.tls
        return "" if tls is None or tls.cipher_suite is None else cipher_suite_name(tls.cipher_suite)

    @property
    def has_details(self) -> bool:
        return self.is_full or self.standing in ("bad", "warn")

    @property
    def sequence(self) -> object:
        return build_sequence(self.connection)

    @property
    def certificates(self) -> object:
        return tuple(certificate_rows(self.connection))

    @property
    def words(self) -> str:
        """What the filter looks through."""
        names = [
            certificate.subject.rfc4514()
            for party in Party
            for certificate in self.connection.certificates_of(party) or ()
        ]
        causes = [finding.id for finding in self.verdict.findings]
        fields = (
            self.client,
            self.server,
            self.version,
            self.cipher_suite,
            str(self.connection.outcome),
            *causes,
            *names,
        )
        return " ".join(fields).lower()


def _tiles(rows: Sequence[_Row]) -> Mapping[str, int]:
    standings = Counter(row.standing for row in rows)
    return {
        "connections": len(rows),
        "healthy": standings["good"],
        "failed": standings["bad"],
        "rules broken": standings["warn"],
        "not seen to the end": standings["unknown"],
    }


def _causes(rows: Iterable[_Row]) -> tuple[tuple[str, int, str], ...]:
    counted = Counter(row.verdict.root_cause for row in rows if row.verdict.root_cause is not None)
    return tuple((cause, count, catalogue()[cause].summary) for cause, count in counted.most_common())


def html_report(
    captures: Sequence[ReportedCapture], *, title: str = "mirrorprobe report", is_full: bool = False
) -> str:
    """Give the page for `captures` as text, in UTF-8 when it is written.

    Args:
        captures: what to show.
        title: of the page.
        is_full: shows healthy connections in full, too.
    """
    judged = [pair for capture in captures for pair in capture.judged]
    rows = [_Row(number, *both, is_full) for number, both in enumerate(judged, 1)]
    details = [row for row in rows if row.has_details]
    return template("report.html").render(
        title=title,
        captures=captures,
        tiles=_tiles(rows),
        matrix=build_matrix(judged),
        causes=_causes(rows),
        rows=rows[:_ROWS_SHOWN],
        hidden_rows=max(0, len(rows) - _ROWS_SHOWN),
        details=details[:_DETAILS_SHOWN],
        hidden_details=max(0, len(details) - _DETAILS_SHOWN),
        style=asset("report.css"),
        script=asset("report.js"),
    )
