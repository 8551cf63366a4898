"""An event is one line of JSON, whatever a peer put into it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.connection import Party
from probe.events.event import EVENT_SCHEMA, connection_fields, event_of, moment
from tests.probe.accounts import told
from tests.probe.events.telling import event_for, relayed

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), ANYTHING, max_size=5), st.text())
def test_every_value_makes_one_printable_line(fields: dict[str, object], kind: str) -> None:
    """Line feeds, escapes and halves of surrogate pairs are escaped, and come back as they were."""
    told_of = {f"x{name}": value for name, value in fields.items()}
    line = event_of(1.5, kind, "info", told_of).line
    assert line.isascii()
    assert line.replace("\x7f", "").isprintable()
    read = json.loads(line)
    assert read["event.action"] == kind
    assert {name: read[name] for name in told_of} == told_of


def test_the_line_begins_with_time_level_and_kind() -> None:
    """What one looks for first stands first."""
    line = event_of(0.0, "started", "info", {}).line
    assert line.startswith(
        '{"@timestamp":"1970-01-01T00:00:00.000Z","log.level":"info","event.action":"started",'
        f'"event.schema":"{EVENT_SCHEMA}","service.name":"mirrorprobe"'
    )


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (0.0004, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000.25, "2023-11-14T22:13:20.250Z"),
        (1e300, "9999-12-31T23:59:59.000Z"),
        (-1e300, "0001-01-01T00:00:00.000Z"),
    ],
)
def test_every_time_can_be_written(at: float, written: str) -> None:
    """A certificate may claim any time; one outside the calendar is cut off at its end."""
    assert moment(at) == written


def test_names_of_the_common_schema_tell_of_the_real_peers() -> None:
    """Who called whom, what was negotiated, and which certificates were shown, stand under the names of ECS."""
    account = told("client-dn-not-listed-tls12")
    fields = connection_fields(account, "LAB")
    connection = account.connection
    assert fields["source.address"] == connection.client.address
    assert fields["destination.port"] == connection.server.port
    assert fields["event.outcome"] == "failure"
    assert fields["mirror.name"] == "LAB"
    assert fields["tls.version"] == "1.2"
    for party in Party:
        shown = account.shown(party)
        assert shown is not None
        assert fields[f"tls.{party.value}.subject"] == shown.subject.rfc4514()
        assert fields[f"tls.{party.value}.hash.sha256"] == shown.sha256.upper()
        assert fields[f"tls.{party.value}.not_after"] == moment(shown.not_after)


def test_the_record_follows_under_its_own_names() -> None:
    """The event holds the whole record, as the API gives it."""
    account = relayed("healthy-tls12")
    read = json.loads(event_for(account).line)
    record = json.loads(json.dumps(account.record()))
    assert {name: read[name] for name in record} == record
