"""Every event that is told validates against the schema that the probe prints, and the documentation names its fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from probe.cli import build_app
from probe.events.event import connection_fields
from probe.events.schema import EVENT_JSON_SCHEMA
from tests.probe.accounts import PCAPS, told
from tests.probe.events.telling import event_for, notice, relayed

STORIES = sorted(path.stem for path in PCAPS.glob("*.pcap"))[::5]
DOCUMENTATION = (Path(__file__).parents[3] / "docs" / "events.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def printed() -> Draft202012Validator:
    """What `mirrorprobe schema event` prints."""
    result = CliRunner().invoke(build_app(), ["schema", "event"])
    assert result.exit_code == 0
    schema: dict[str, Any] = json.loads(result.stdout)
    assert schema == EVENT_JSON_SCHEMA
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("story", STORIES)
def test_connections_of_every_road_validate(printed: Draft202012Validator, story: str) -> None:
    """What was recorded, told by each road, is what the schema says, completely."""
    for road in ("passthrough", "check", "sniff"):
        printed.validate(json.loads(event_for(told(story, road=road)).line))
    printed.validate(json.loads(event_for(relayed(story)).line))


def test_the_schema_refuses_what_is_not_an_event(printed: Draft202012Validator) -> None:
    """A missing, a strange or a wrong field is noticed: the schema is not one that accepts everything."""
    good = json.loads(event_for(relayed("healthy-tls12")).line)
    for wrong in ({**good, "outcome": "fine"}, {**good, "surprise": 1}, {**good, "legs": {}}):
        assert not printed.is_valid(wrong)
    for name in good:
        if not name.startswith("tls.") or name == "tls.established":
            assert not printed.is_valid({key: value for key, value in good.items() if key != name}), name


def test_the_probes_own_events_validate(printed: Draft202012Validator) -> None:
    """Kinds of event that tell of the probe may have fields of their own."""
    printed.validate(json.loads(notice(relays=[], **{"mirror.name": "LAB"}).line))


def test_the_record_stays_what_is_printed_by_itself() -> None:
    """Without an argument the command prints the schema of the records, as before."""
    result = CliRunner().invoke(build_app(), ["schema"])
    assert json.loads(result.stdout)["$id"] == "mirrorprobe/1"


def test_every_field_is_documented() -> None:
    """Each field of an event stands in the documentation."""
    names = {
        name
        for kind in ("relayed", "direct", "notice")
        for name in EVENT_JSON_SCHEMA["$defs"][kind]["properties"]
    }
    shown = connection_fields(relayed("healthy-tls12"), "LAB").keys()
    assert shown <= names
    assert {name for name in names if f"`{name}`" not in DOCUMENTATION} == set()
