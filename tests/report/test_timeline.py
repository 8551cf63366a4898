"""The timeline as JSON."""

from __future__ import annotations

import json

from analyzers.report.timeline import timeline_record
from tests.causes.scene import named_scenes


def test_timeline() -> None:
    """Every message is there with its time, its sender, its size, and whether it was encrypted."""
    connection, _ = named_scenes()["certificate-expired/server"].play()
    entries = json.loads(json.dumps(timeline_record(connection)))
    assert [entry["name"] for entry in entries[:2]] == ["ClientHello", "ServerHello"]
    assert entries[0]["sender"] == "client"
    assert entries[0]["at"] >= connection.started
    assert len(entries) == len(connection.events)
    assert {"kind", "length", "count", "encrypted", "frame"} <= entries[0].keys()
