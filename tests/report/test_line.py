"""The line of a connection is the JSON of its record, to the byte."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from analyzers.connection import Preamble
from analyzers.report.json import connection_record
from analyzers.report.line import connection_line
from tests.causes.scene import named_scenes

SCENES = named_scenes()


@pytest.mark.parametrize("scene", SCENES)
def test_line_is_the_record(scene: str) -> None:
    """Whatever is null, empty or not ASCII, and for a second connection with the same handshake, too."""
    connection, verdict = SCENES[scene].play()
    for one, judged in (
        (connection, verdict),
        (
            replace(connection, started=connection.started + 0.1, preamble=Preamble(3, 0, "0a0b0c", "")),
            verdict,
        ),
        (replace(connection, tls=None), replace(verdict, client_member='IRIS "Ä"', root_cause=None)),
    ):
        expected = json.dumps(connection_record(one, judged), ensure_ascii=False, separators=(",", ":"))
        assert expected.encode() == b"{" + connection_line(one, judged)
