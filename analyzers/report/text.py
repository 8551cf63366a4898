"""One connection and its verdict as a block of plain text for a terminal."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from analyzers.causes.entry import State
from analyzers.causes.inquiry.refusal import Signal
from analyzers.causes.inquiry.wording import moment
from analyzers.connection import PARTIES, Party
from analyzers.counted import counted
from analyzers.tls.codepoints import cipher_suite_name, version_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.causes.entry import Evidence
    from analyzers.connection import Connection
    from analyzers.diagnosis.findings import Finding, Verdict

__all__ = ["refusal_sentence", "verdict_block"]

_WIDTH = 100

_OTHERS = 5
"""Findings beside the first that are named: more than that is read in the JSON."""


def verdict_block(connection: Connection, verdict: Verdict) -> str:
    """Write who connected to whom and when, what happened, why, what shows it, and what to do."""
    return "\n".join(_lines(connection, verdict)) + "\n"


def refusal_sentence(connection: Connection, verdict: Verdict) -> str | None:
    """Say in one sentence who refused whom, by which sign, and where it is seen; None where nobody did."""
    refusal = verdict.refusal
    if refusal is None:
        return None
    refuser = _end(connection, verdict, refusal.party)
    refused = _end(connection, verdict, refusal.party.other)
    if refusal.alert is not None and refusal.signal is Signal.ALERT:
        sign = f"alert {refusal.alert.code} {refusal.alert.description}"
    else:
        sign = str(refusal.signal)
    frame = "" if refusal.frame is None else f", frame {refusal.frame}"
    verb = "did not answer" if refusal.signal is Signal.SILENCE else "refused"
    return f"{refuser} {verb} {refused}: {sign}, {refusal.state}{frame}"


def _lines(connection: Connection, verdict: Verdict) -> Iterator[str]:
    ends = f"{_end(connection, verdict, Party.CLIENT)} -> {_end(connection, verdict, Party.SERVER)}"
    yield f"{moment(connection.started)}  {ends}  {connection.outcome.upper()}"
    yield f"  {_handshake(connection)}"
    sentence = refusal_sentence(connection, verdict)
    if sentence is not None:
        yield _wrapped(sentence, "  ", "    ")
    yield _wrapped(_checks(verdict), "  checks: ", "    ")
    if not verdict.findings:
        return
    yield from _leading(verdict)
    for finding in verdict.findings[1 : 1 + _OTHERS]:
        yield _wrapped(_head(finding), "  also: ", "    ")
    hidden = len(verdict.findings) - 1 - _OTHERS
    if hidden > 0:
        yield f"  and {hidden} more"


def _leading(verdict: Verdict) -> Iterator[str]:
    first = verdict.findings[0]
    guess = "may be" if first.is_explanation else "note"
    label = "cause" if verdict.root_cause is not None else guess
    yield _wrapped(_head(first), f"  {label}: ", "    ")
    for evidence in first.evidence:
        yield _wrapped(f"{evidence.text}{_place(evidence)}", "    - ")
    for step, remedy in enumerate(first.remedy, 1):
        yield _wrapped(remedy, f"    {step}. ")


def _head(finding: Finding) -> str:
    how = "observed" if finding.state is State.OBSERVED else f"inferred, {finding.confidence:.0%}"
    return f"{finding.id} [{finding.severity}, {how}] {finding.summary}"


def _handshake(connection: Connection) -> str:
    tls = connection.tls
    if tls is None:
        sent = ", ".join(f"{party} {connection.application_bytes(party)}" for party in PARTIES)
        return f"no TLS; bytes of data: {sent}"
    version = "no version" if tls.version is None else version_name(tls.version)
    suite = "" if tls.cipher_suite is None else f" {cipher_suite_name(tls.cipher_suite)}"
    preamble = connection.preamble.client_bytes + connection.preamble.server_bytes
    before = f", after a preamble of {counted(preamble, 'byte')}" if preamble else ""
    return f"{version}{suite}, history {tls.history or '-'}{before}"


def _checks(verdict: Verdict) -> str:
    return ", ".join(f"{name} {check.status}" for name, check in verdict.checks.items())


def _end(connection: Connection, verdict: Verdict, party: Party) -> str:
    member = verdict.client_member if party is Party.CLIENT else verdict.server_member
    endpoint = connection.endpoint(party)
    if member is None and endpoint.port == 0:
        return f"the {party}"  # which never got as far as to have an address
    return f"{member or endpoint} ({party})"


def _place(evidence: Evidence) -> str:
    if evidence.frame is not None:
        return f" (frame {evidence.frame})"
    if evidence.offset is not None:
        return f" (offset {evidence.offset})"
    return "" if evidence.source is None else f" ({evidence.source})"


def _wrapped(text: str, head: str, indent: str | None = None) -> str:
    beneath = " " * len(head) if indent is None else indent
    return fill(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=beneath,
        break_on_hyphens=False,
        break_long_words=False,
    )
