"""Every capture of `pcaps/` is judged as its story has it, and never confidently otherwise."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analyzers.capture.analysis import Analysis
from analyzers.diagnosis.engine import diagnose
from analyzers.report.json import connection_record
from analyzers.tls.secrets import KeyLog
from probe.captures.places import MirrorPlaces
from probe.captures.task import read_keylogs
from probe.config import load_mirror

if TYPE_CHECKING:
    from analyzers.mirror.definition import Mirror

PCAPS = Path(__file__).parents[2] / "pcaps"


def _stories(directory: Path) -> list[dict[str, Any]]:
    told = tomllib.loads((directory / "MANIFEST.toml").read_text())["capture"]
    return [{"directory": directory, **story} for story in told]


STORIES = [*_stories(PCAPS), *_stories(PCAPS / "further"), *_stories(PCAPS / "proofs")]

WITH_SECRETS = [story for story in STORIES if "keylog" in story]


@cache
def mirror(directory: Path) -> Mirror:
    """The definition that the stories of a directory are judged with."""
    return load_mirror(directory / "mirrorprobe.toml")


def _verdicts(story: dict[str, Any], *, with_keys: bool, with_mirror: bool) -> set[str]:
    """The root causes of the capture's connections; `none` for a connection without one."""
    directory = story["directory"]
    keylog = read_keylogs((str(directory / story["keylog"]),)) if with_keys and "keylog" in story else None
    with (directory / story["file"]).open("rb") as file:
        analysis = Analysis(file, keylog=keylog, places=MirrorPlaces(mirror(directory)))
        connections = [captured.connection for captured in analysis.connections()]
    definition = mirror(directory) if with_mirror else None
    return {diagnose(connection, definition).root_cause or "none" for connection in connections}


def accepted(story: dict[str, Any], *, with_keys: bool) -> set[str]:
    """The verdicts that are right for a story."""
    if with_keys or "keylog" not in story:
        return {story["root_cause"], *story.get("also", ())}
    return {story.get("root_cause_without_keys", story["root_cause"]), *story.get("also_without_keys", ())}


def name_of(story: dict[str, Any]) -> str:
    """What its test is called."""
    return f"{story['directory'].name}/{story['file']}"


@pytest.mark.parametrize("story", STORIES, ids=name_of)
def test_the_root_cause_is_found(story: dict[str, Any]) -> None:
    """With key log and mirror definition the verdict is the story's."""
    verdicts = _verdicts(story, with_keys=True, with_mirror=True)

    assert verdicts
    assert verdicts <= accepted(story, with_keys=True)


@pytest.mark.parametrize("story", WITH_SECRETS, ids=name_of)
def test_without_secrets_nothing_unseen_is_blamed(story: dict[str, Any]) -> None:
    """Encrypted certificates leave what the wire shows, and no more."""
    verdicts = _verdicts(story, with_keys=False, with_mirror=True)

    assert verdicts
    assert verdicts <= accepted(story, with_keys=False)


@pytest.mark.parametrize("story", STORIES, ids=name_of)
def test_without_a_definition_no_verdict_is_wrong(story: dict[str, Any]) -> None:
    """Names, policy and trust are not known then: a verdict may be missing, and must not be another."""
    verdicts = _verdicts(story, with_keys=True, with_mirror=False)

    assert verdicts <= accepted(story, with_keys=True) | {"none"}


FOREIGN = b"CLIENT_RANDOM " + b"00" * 32 + b" " + b"00" * 48 + b"\n"


@pytest.mark.parametrize("story", WITH_SECRETS, ids=name_of)
def test_secrets_of_others_change_nothing(story: dict[str, Any]) -> None:
    """A key log in which the connection is not leaves the whole record as it is without one."""
    assert _records(story, KeyLog.parse(FOREIGN)) == _records(story, None)


def _records(story: dict[str, Any], keylog: KeyLog | None) -> list[dict[str, Any]]:
    definition = mirror(story["directory"])
    with (story["directory"] / story["file"]).open("rb") as file:
        analysis = Analysis(file, keylog=keylog, places=MirrorPlaces(definition))
        connections = [captured.connection for captured in analysis.connections()]
    return [connection_record(connection, diagnose(connection, definition)) for connection in connections]
