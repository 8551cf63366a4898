"""`mirrorprobe history`: filters, forms and exit codes, on both engines."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from probe.cli import build_app
from probe.history import open_history, schema
from probe.history.database import Place
from probe.history.queries import Reader
from probe.history.wanted import moment
from probe.outcome import CommandFailed, ExitCode
from tests.history.telling import WAIT_SECONDS, event
from tests.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from probe.config.settings import HistorySettings

NOW = time.time()
HOUR = 3600.0
REFUSED = "client-eku-server-only-tls12"


@pytest.fixture
def ask(settings: HistorySettings, tmp_path: Path) -> Callable[..., Result]:
    """Gives the command on a history of five connections, one an hour, of which two failed."""
    sink = open_history(settings, "P1")
    for hours, (identifier, story) in enumerate(
        {
            "new": "healthy-tls12",
            "bad": REFUSED,
            "mid": "healthy-tls13",
            "old": REFUSED,
            "oldest": "healthy-tls12",
        }.items()
    ):
        ended = NOW - hours * HOUR - 60
        sink.take(
            event(identifier, story, lasted=(ended - 1, ended), relay="two" if identifier == "mid" else "one")
        )
    sink.close(WAIT_SECONDS)
    named = tmp_path / "url"
    named.write_text(settings.url)
    if settings.url.startswith("sqlite"):
        where = ["--file", settings.url.removeprefix("sqlite:///")]
    else:
        where = ["--url-file", str(named)]

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(build_app("history"), ["history", *arguments, *where])

    return run


def names(result: Result) -> list[str]:
    """Name the connections of an answer in JSON lines."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["new", "bad", "mid", "old", "oldest"]),
        (["--limit", "2"], ["new", "bad"]),
        (["--since", "90m"], ["new", "bad"]),
        (["--until", "90m"], ["mid", "old", "oldest"]),
        (["--since", "150m", "--until", "1h"], ["bad", "mid"]),
        (["--since", datetime.fromtimestamp(NOW - 90 * 60, UTC).isoformat()], ["new", "bad"]),
        (["--since", str(NOW - 90 * 60)], ["new", "bad"]),
        (["--failed"], ["bad", "old"]),
        (["--cause", "client-certificate-purpose"], ["bad", "old"]),
        (["--cause", "unknown-ca"], []),
        (["--outcome", "established"], ["new", "mid", "oldest"]),
        (["--relay", "two"], ["mid"]),
        (["--member", "IRISA", "--failed", "--limit", "1"], ["bad"]),
        (["--member", "IRISC"], []),
    ],
)
def test_filters(ask: Callable[..., Result], arguments: list[str], expected: list[str]) -> None:
    """Each filter leaves out what it should, and what is left comes newest first."""
    assert names(ask(*arguments, "--jsonl")) == expected


def test_forms_tell_the_same(ask: Callable[..., Result], tmp_path: Path) -> None:
    """JSON lines, one document and Parquet hold the same connections, with the same events."""
    lines = [json.loads(line) for line in ask("--jsonl").stdout.splitlines()]
    document = json.loads(ask("--json").stdout)
    assert document["connections"] == lines
    file = tmp_path / "out.parquet"
    assert ask("--parquet", str(file)).stdout == ""
    rows = pq.read_table(file).to_pylist()
    assert [json.loads(row["record"]) for row in rows] == lines
    assert [(row["id"], row["probe"], row["failed"], row["client_member"]) for row in rows] == [
        (line["id"], "P1", line["failed"], line["client_member"]) for line in lines
    ]
    assert [row["started"].timestamp() for row in rows] == pytest.approx([line["started"] for line in lines])


def test_an_empty_answer_is_well_formed(ask: Callable[..., Result]) -> None:
    """Where nothing fits, the document is empty, the lines are none, and the table says so."""
    nothing = ["--member", "IRISC"]
    assert json.loads(ask(*nothing, "--json").stdout)["connections"] == []
    assert ask(*nothing, "--jsonl").stdout == ""
    assert ask(*nothing).stdout == "Nothing in the history fits.\n"


@pytest.mark.parametrize("command", [[], ["--jsonl"], ["incidents"], ["certificates", "--json"]])
def test_a_member_that_never_occurs_is_said_to(ask: Callable[..., Result], command: list[str]) -> None:
    """An answer that is empty because of the name says so beside it, and one about a known member does not."""
    result = ask(*command, "--member", "IRISAA")
    assert result.stderr == "note: no member 'IRISAA' occurs in the history; did you mean 'IRISA'?\n"
    assert result.exit_code == ExitCode.CLEAN
    far = ask(*command, "--member", "somebody else")
    assert far.stderr == "note: no member 'somebody else' occurs in the history\n"
    for known in ("IRISA", "IRISB"):
        assert ask(*command, "--member", known).stderr == ""


def test_a_member_whose_connections_are_gone_is_known(settings: HistorySettings) -> None:
    """Who showed a certificate occurs in the history as long as that is kept, and the names come once each."""
    sink = open_history(settings, "P1")
    sink.take(event("gone", REFUSED, lasted=(NOW - 61, NOW - 60)))
    sink.close(WAIT_SECONDS)
    place = Place(settings.url)
    engine = place.for_writing()
    with engine.begin() as connection:
        connection.execute(schema.connections.delete())
    engine.dispose()
    with Reader(place) as reader:
        assert reader.has_member("IRISA")
        assert not reader.has_member("IRISX")
        assert "IRISA" in reader.members()
        assert len(set(reader.members())) == len(reader.members())


@pytest.mark.parametrize("columns", [80, 140])
def test_what_one_asks_with_is_whole_at_any_width(
    ask: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """No line is longer than the terminal, and identifiers and hashes are there whole."""
    monkeypatch.setenv("COLUMNS", str(columns))
    showings = json.loads(ask("certificates", "--json").stdout)["certificates"]
    for arguments, wanted in (
        ([], ["new", "bad", "mid", "old", "oldest"]),
        (["incidents"], ["bad", "old"]),
        (["certificates"], [one["sha256"] for one in showings]),
    ):
        answer = ask(*arguments).stdout
        assert max(map(len, answer.splitlines())) <= columns
        words = answer.replace(":", " ").split()
        assert set(wanted) <= set(words)


def test_exit_codes(ask: Callable[..., Result]) -> None:
    """A finding at or above the severity gives 1, else 0, in every form."""
    for form in ([], ["--json"], ["--jsonl"]):
        assert ask(*form).exit_code == ExitCode.FINDINGS
        assert ask("--outcome", "established", *form).exit_code == ExitCode.CLEAN
    assert ask("--fail-on", "critical").exit_code == ExitCode.CLEAN
    assert ask("incidents").exit_code == ExitCode.FINDINGS
    assert ask("incidents", "--since", "10m").exit_code == ExitCode.CLEAN
    assert ask("certificates").exit_code == ExitCode.CLEAN


def test_show(ask: Callable[..., Result]) -> None:
    """One connection is shown whole, and one that is not there is an input that cannot be read."""
    shown = ask("show", "bad")
    assert json.loads(shown.stdout)["legs"]["direct"]["root_cause"] == "client-certificate-purpose"
    missing = ask("show", "'; DROP TABLE connections; --")
    assert isinstance(missing.exception, CommandFailed)
    assert missing.exception.exit_code is ExitCode.UNREADABLE
    assert len(names(ask("--jsonl"))) == 5


def test_incidents_of_one_probe(ask: Callable[..., Result]) -> None:
    """Two failures an hour apart are two incidents, each told from what one probe saw."""
    told = [json.loads(line) for line in ask("incidents", "--jsonl").stdout.splitlines()]
    assert [[half["id"] for half in one["halves"]] for one in told] == [["bad"], ["old"]]
    assert all("IRISB refused; because client-certificate-purpose" in one["story"] for one in told)
    assert "seen by this probe only" in ask("incidents").stdout


def test_certificates_are_dated(ask: Callable[..., Result]) -> None:
    """Each member's certificates are told by role and time, with what changed from one to the next."""
    told = json.loads(ask("certificates", "--member", "IRISA", "--json").stdout)["certificates"]
    assert {(one["member"], one["role"]) for one in told} == {("IRISA", "client")}
    assert [one["since"] for one in told] == sorted(one["since"] for one in told)
    changed = [change["field"] for one in told for change in one["changes"]]
    assert "extended_key_usage" in changed
    assert all(one["certificate"]["sha256"] == one["sha256"] for one in told)
    assert "extended_key_usage" in ask("certificates").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "soon"],
        ["--until", "3y"],
        ["--outcome", "fine"],
        ["--cause", "foo"],
        ["incidents", "--cause", "x" * 100_000],
        ["--json", "--jsonl"],
        ["--json", "--parquet", "x"],
    ],
)
def test_what_cannot_be_meant_is_said(ask: Callable[..., Result], arguments: list[str]) -> None:
    """A filter that makes no sense is a mistake of usage, in one line."""
    failure = ask(*arguments).exception
    assert isinstance(failure, CommandFailed)
    assert failure.exit_code is ExitCode.USAGE
    assert len(failure.problems) == 1


def test_the_cause_that_was_meant_is_named(ask: Callable[..., Result]) -> None:
    """A root cause that is nearly in the catalogue is told, and where none is near, where they are listed."""
    near, far = (ask("--cause", name).exception for name in ("weak-keys", "foo"))
    assert str(near) == "--cause 'weak-keys': no root cause; did you mean 'weak-key'?"
    assert str(far) == "--cause 'foo': no root cause (mirrorprobe causes lists them all)"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "name one history"),
        (["--file", "a", "--url-file", "b"], 2, "name one history"),
        (["--file", "missing.sqlite"], 4, "no such file"),
        (["--url-file", "missing"], 2, "missing"),
        (["-c", "missing.toml"], 2, "missing.toml"),
        (["incidents"], 2, "name one history"),
        (["--file", "missing.sqlite", "show", "x"], 4, "no such file"),
    ],
)
def test_errors_are_one_line(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    """Whatever is wrong, there is one line on standard error, and the exit code that says whose fault it is."""
    ended = subprocess.run(
        [sys.executable, "-m", "probe", "history", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (code, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: ")
    assert words in line


def test_other_commands_do_not_load_the_database() -> None:
    """The command line knows the command without loading SQLAlchemy."""
    program = "import sys; from probe.cli import build_app; build_app(); print('sqlalchemy' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "False\n"


@given(number=st.integers(0, 999_999), unit=st.sampled_from("smhdw"))
def test_how_long_ago(number: int, unit: str) -> None:
    """A number and a unit are so much before now."""
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}[unit]
    assert moment(f"{number}{unit}", 1e9) == 1e9 - number * seconds


@given(text=st.text(max_size=12))
def test_any_text_is_a_time_or_a_mistake(text: str) -> None:
    """No text makes the reader break down."""
    with suppress(ValueError):
        assert isinstance(moment(text, 0.0), float)
