"""Hundreds of verbatim lines of some thirty programs: what they say, and which of them say nothing."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from analyzers.causes import catalogue
from analyzers.diagnosis.explain import explain_text

FOLDER = Path(__file__).parent / "verbatim"
OTHER = {"client": "server", "server": "client"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line, and what may be said of it."""

    causes: frozenset[str]
    stack: frozenset[str]
    alert: str
    written_by: frozenset[str]
    refused_by: frozenset[str]
    line: str
    place: str


def _choices(column: str) -> frozenset[str]:
    choices = frozenset(column.split(","))
    optional = {choice for choice in choices if choice.endswith("?")}
    return (choices - optional) | {choice[:-1] for choice in optional} | ({"-"} if optional else set())


def _rows() -> list[Row]:
    rows = []
    for path in sorted(FOLDER.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as source:
            reader = csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE)
            for number, cells in enumerate(reader, 2):
                rows.append(
                    Row(
                        _choices(cells["causes"]),
                        _choices(cells["stack"]),
                        cells["alert"],
                        _choices(cells["written_by"]),
                        _choices(cells["refused_by"]),
                        re.sub(r"\\(.)", lambda found: "\t" if found[1] == "t" else found[1], cells["line"]),
                        f"{path.stem}:{number}",
                    )
                )
    return rows


ROWS = _rows()
NOTHING = (FOLDER / "nothing.txt").read_text(encoding="utf-8").splitlines()


def _refusal(role: str, refused_by: str) -> set[str]:
    """Give the words for who refused: the role where the line tells who wrote it, else as seen from the writer."""
    if role not in OTHER:
        return {refused_by}
    seen = {"writer": role, "peer": OTHER[role]}
    return {refused_by, *(word for word, party in seen.items() if party == refused_by)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.place)
def test_a_verbatim_line_is_read_for_what_it_says(row: Row) -> None:
    """The first root cause, the stack, the alert, who wrote the line and who refused are what the line tells."""
    matches = explain_text(row.line).matches
    assert matches, row.line
    reading = matches[0].reading
    cause = reading.causes[0][0] if reading.causes else "-"
    role = "-" if reading.written_by is None else str(reading.written_by)
    refused = reading.refused_by or "-"

    assert row.causes & {cause, "*"}, (cause, row.line)
    assert row.stack & {reading.stack, "*"}, (reading.stack, row.line)
    assert row.alert in ("*", "-" if reading.alert is None else str(reading.alert)), (reading.alert, row.line)
    assert row.written_by & {role, "*"}, (role, row.line)
    if role in OTHER or row.refused_by & {"writer", "peer", "-"}:
        assert row.refused_by & ({"*"} | _refusal(role, refused)), (refused, row.line)


@pytest.mark.parametrize("line", NOTHING, ids=range(1, len(NOTHING) + 1))
def test_a_line_that_is_no_failure_is_not_explained(line: str) -> None:
    """Success, configuration, prose and other programs' errors give no match, whatever words they share."""
    assert explain_text(line).matches == ()


def test_the_tables_name_causes_of_the_catalogue() -> None:
    """A misspelt cause could never fail."""
    assert set().union(*(row.causes for row in ROWS)) <= {"-", "*", *catalogue()}


def test_the_tables_are_large_enough_to_mean_something() -> None:
    """Several hundred lines that say something, a hundred and more that do not."""
    assert len(ROWS) > 900
    assert len(NOTHING) > 200
