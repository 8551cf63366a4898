"""Lint's answer as text, as a JSON record, and as SARIF 2.1.0 for continuous integration."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from textwrap import fill
from typing import TYPE_CHECKING, Any

from analyzers.lint.roles import date_text

from .page.templates import asset, template

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analyzers.lint.forecast import Forecast
    from analyzers.lint.member import Finding, MemberFiles

__all__ = [
    "PairView",
    "finding_record",
    "forecast_record",
    "lint_html",
    "lint_text",
    "member_record",
    "sarif",
]

_WIDTH = 100

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}


@dataclass(frozen=True, slots=True)
class PairView:
    """One cell of the pairwise matrix, as every output shows it."""

    client: str
    server: str
    standing: str
    """`good`, `bad` or `unknown`."""
    mark: str
    text: str


def member_record(member: MemberFiles) -> dict[str, Any]:
    """Give what was read of one member."""
    leaf = member.leaf
    return {
        "name": member.name,
        "dn": None if leaf is None else leaf.subject.rfc4514(),
        "listed_dn": member.listed_dn,
        "not_after": None if leaf is None else leaf.not_after,
        "certificates": len(member.certificates),
        "has_key": member.key_spki is not None,
        "has_authorities": member.has_authorities,
    }


def finding_record(finding: Finding) -> dict[str, Any]:
    """Give one finding."""
    return {
        "check": finding.check,
        "cause": finding.cause,
        "severity": str(finding.severity),
        "member": finding.member,
        "source": str(finding.source),
        "text": finding.text,
        "remedy": finding.remedy,
        "judged_by": finding.judged_by,
    }


def forecast_record(entry: Forecast, now: float) -> dict[str, Any]:
    """Give one entry of the forecast."""
    return {
        "at": entry.at,
        "date": date_text(entry.at),
        "days": entry.days(now),
        "member": entry.member,
        "cause": entry.cause,
        "text": entry.text,
    }


def _rule(finding: Finding) -> str:
    return finding.cause or finding.check.replace(" ", "-")


def sarif(findings: Iterable[Finding], version: str) -> dict[str, Any]:
    """Give the findings in SARIF 2.1.0 (OASIS), one rule a root cause."""
    listed = list(findings)
    rules = {_rule(finding): finding.check for finding in listed}
    results = [
        {
            "ruleId": _rule(finding),
            "level": _LEVELS[str(finding.severity)],
            "message": {"text": f"{finding.member}: {finding.text} {finding.remedy}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": finding.source.path},
                        **({"region": {"startLine": finding.source.line}} if finding.source.line else {}),
                    }
                }
            ],
        }
        for finding in listed
    ]
    driver = {
        "name": "mirrorprobe",
        "version": version,
        "rules": [{"id": rule, "shortDescription": {"text": check}} for rule, check in sorted(rules.items())],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def lint_text(findings: Sequence[Finding], forecast: Sequence[Forecast], now: float) -> str:
    """Give findings and forecast for a terminal; ends in a line feed."""
    lines = []
    for finding in findings:
        # A check is named as the vendor names what ought to be: alone it would be read as that it is.
        head = f"{str(finding.severity).upper():8} {finding.member} has not passed: {finding.check}"
        lines.append(f"{head} [{finding.cause}]" if finding.cause else head)
        lines += [
            _beneath(text)
            for text in (
                finding.text,
                f"{finding.source}, judged by {finding.judged_by}",
                f"-> {finding.remedy}",
            )
        ]
    if not findings:
        lines.append("Nothing found.")
    if forecast:
        lines += ["", f"What ends, as seen on {datetime.fromtimestamp(now, UTC):%Y-%m-%d}:"]
        lines += [
            _beneath(
                f"{e.member}: {e.text}",
                f"  {date_text(e.at)} {e.days(now):6} {'day ' if e.days(now) == 1 else 'days'}  ",
            )
            for e in forecast
        ]
    return "\n".join(lines) + "\n"


def _beneath(text: str, head: str = " " * 9) -> str:
    return fill(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
        break_long_words=False,
    )


def lint_html(
    findings: Sequence[Finding], forecast: Sequence[Forecast], pairs: Sequence[PairView], now: float
) -> str:
    """Give findings, pairwise matrix and forecast as one page that needs nothing else."""
    return template("lint.html").render(
        at=now,
        counts=Counter(str(finding.severity) for finding in findings),
        findings=findings,
        forecast=[forecast_record(entry, now) for entry in forecast],
        names=list(dict.fromkeys(pair.client for pair in pairs)),
        pairs={(pair.client, pair.server): pair for pair in pairs},
        style=asset("report.css"),
    )
