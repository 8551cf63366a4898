"""The answers of `mirrorprobe history`, in the form that was asked for."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from analyzers.causes.entry import Severity

from ..captures.parquet import ParquetRows
from ..document import name_of
from ..outcome import ExitCode, UnreadableInput
from .certificates import changes_between, periods_of
from .entry import storable
from .joining import join
from .story import incident_record, tell
from .wanted import likely

if TYPE_CHECKING:
    from pathlib import Path

    from .certificates import Change, Period
    from .queries import Kept, Reader
    from .wanted import Wanted

__all__ = ["answer_certificates", "answer_connections", "answer_incidents", "answer_one"]

TABLE_ROWS = 50
"""What the table shows where no limit is given: a page or two."""

ROUNDS = 3
"""How often the halves that were found are asked for further ones: members, and a relay or two between them."""

_PARQUET = {
    "id": "text",
    "probe": "text",
    "relay": "text",
    "road": "text",
    "action": "text",
    "failed": "truth",
    "leg": "text",
    "refused_by": "text",
    "severity": "text",
    "client_certificate": "text",
    "server_certificate": "text",
}
"""The history's own columns; the others are those of `pcap --parquet`."""


class _Gravest:
    """Whether something was found at or above a severity."""

    def __init__(self, limit: Severity) -> None:
        self._limit = limit.rank
        self.exit_code = ExitCode.CLEAN

    def look(self, kept: Kept) -> Kept:
        self.see(kept.severity)
        return kept

    def see(self, severity: str | None) -> None:
        if severity is not None and Severity(severity).rank <= self._limit:
            self.exit_code = ExitCode.FINDINGS


def answer_connections(
    reader: Reader, wanted: Wanted, form: str, parquet: Path | None, fail_on: Severity
) -> ExitCode:
    """Print connections, or write them to a Parquet file.

    Args:
        reader: the history.
        wanted: which connections.
        form: `text`, `json` or `jsonl`.
        parquet: the file to write besides.
        fail_on: from which severity on the exit code is 1.
    """
    gravest = _Gravest(fail_on)
    _note_stranger(reader, wanted.member)
    if parquet is not None:
        _write_parquet(reader, wanted, parquet, gravest)
    elif form == "text":
        from .tables import write_connections  # noqa: PLC0415 (a tenth of a second that JSON need not pay)

        rows = reader.connections(wanted)
        write_connections(
            sys.stdout, map(gravest.look, rows if wanted.limit is not None else islice(rows, TABLE_ROWS))
        )
    else:
        _write_events(reader, wanted, gravest, is_document=form == "json")
    return gravest.exit_code


def _note_stranger(reader: Reader, member: str | None) -> None:
    """Say on standard error that a member never occurs: an empty answer may be a name that is written wrongly."""
    if member is not None and not reader.has_member(member):
        meant = likely(member, reader.members())
        print(f"note: no member {member!r} occurs in the history{meant}", file=sys.stderr)  # noqa: T201


def _write_events(reader: Reader, wanted: Wanted, gravest: _Gravest, *, is_document: bool) -> None:
    """Write each event as it was told, one a line; as a document, the same lines in brackets."""
    out = sys.stdout.buffer
    sys.stdout.flush()
    if is_document:
        out.write(f'{{"schema":"{name_of("history")}","connections":['.encode())
    separator = b""
    for kept, line in reader.events(wanted):
        gravest.look(kept)
        out.write(separator + line)
        separator = b",\n" if is_document else b"\n"
    out.write(b"]}\n" if is_document else separator)
    out.flush()


def _write_parquet(reader: Reader, wanted: Wanted, path: Path, gravest: _Gravest) -> None:
    rows = ParquetRows(path, _PARQUET)
    for kept, line in reader.events(wanted):
        gravest.look(kept)
        event = json.loads(line)
        # pyarrow takes no lone surrogate; the record is the same JSON, which has an escape for it.
        text = line.decode("utf-8")
        values = asdict(kept)
        own = {name: values[name] for name in _PARQUET}
        # One row is one connection between two members: the ends are those of the whole, not of the leading leg.
        own |= {name: values[name] for name in _ENDS}
        rows.add(own, _storable_tls(event["legs"][kept.leg]), text)
    rows.close()


_ENDS = (
    "client_address",
    "client_port",
    "client_member",
    "server_address",
    "server_port",
    "server_member",
    "outcome",
    "root_cause",
    "version",
)


def _storable_tls(record: dict[str, Any]) -> dict[str, Any]:
    for end in ("client", "server"):
        record[end] = {
            name: storable(value) if isinstance(value, str) else value for name, value in record[end].items()
        }
    return record


def answer_one(reader: Reader, identifier: str) -> ExitCode:
    """Print the event of one connection.

    Raises:
        UnreadableInput: it is not kept.
    """
    line = reader.event(identifier)
    if line is None:
        raise UnreadableInput(f"no connection {identifier!r} in the history")
    print(json.dumps(json.loads(line), indent=2))  # noqa: T201 (the command's output)
    return ExitCode.CLEAN


def answer_certificates(reader: Reader, member: str | None, form: str) -> ExitCode:
    """Print which certificate each member showed in which role, from when to when, with what changed."""
    _note_stranger(reader, member)
    periods = periods_of(reader.showings(member))
    facts = reader.facts(period.sha256 for period in periods)
    told = [(period, facts.get(period.sha256), _changes(period, facts)) for period in periods]
    if form == "text":
        from .tables import subject_of, write_periods  # noqa: PLC0415

        write_periods(
            sys.stdout,
            (
                (period, subject_of(None if text is None else json.loads(text)), changes)
                for period, text, changes in told
            ),
        )
        return ExitCode.CLEAN
    records = [
        {
            **asdict(period),
            "certificate": None if text is None else json.loads(text),
            "changes": [asdict(change) for change in changes],
        }
        for period, text, changes in told
    ]
    _print_records("certificates", records, form)
    return ExitCode.CLEAN


def _changes(period: Period, facts: dict[str, str]) -> tuple[Change, ...]:
    if period.before not in facts or period.sha256 not in facts:
        return ()
    return changes_between(facts[period.before], facts[period.sha256])


def answer_incidents(
    reader: Reader, wanted: Wanted, form: str, skew_seconds: float, fail_on: Severity
) -> ExitCode:
    """Print the failures with all that any probe saw of them."""
    gravest = _Gravest(fail_on)
    _note_stranger(reader, wanted.member)
    failed = reader.halves(wanted)
    known = {half.id: half for half in failed}
    for _ in range(ROUNDS):
        others = reader.others(tuple(known.values()), skew_seconds)
        if not others:
            break
        known.update((half.id, half) for half in others)
    asked = {half.id for half in failed}
    incidents = [
        one for one in join(known.values(), skew_seconds) if asked & {half.id for half in one.halves}
    ]
    facts = reader.facts(
        sha256 for one in incidents for half in one.halves for sha256 in half.shown.values() if sha256
    )
    for half in failed:
        gravest.see(half.severity)
    told = [(incident, tell(incident, facts)) for incident in incidents]
    if form == "text":
        from .tables import write_incidents  # noqa: PLC0415

        write_incidents(sys.stdout, told)
    else:
        _print_records("incidents", [incident_record(incident, story) for incident, story in told], form)
    return gravest.exit_code


def _print_records(name: str, records: list[dict[str, Any]], form: str) -> None:
    if form == "json":
        print(json.dumps({"schema": name_of(name), name: records}, indent=2))  # noqa: T201
        return
    for record in records:
        print(json.dumps(record))  # noqa: T201
