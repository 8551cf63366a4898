"""The log: standard output or a file, JSON or for the eye; what befalls it is said on standard error."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from probe.config.settings import EventsSettings
from probe.events.log import LogSink
from tests.probe.events.telling import WAIT_SECONDS, event, notice

if TYPE_CHECKING:
    from collections.abc import Callable


def log_to(file: Path | str, style: str = "json", **bounds: int) -> LogSink:
    """Open a log."""
    return LogSink(EventsSettings(style, str(file), bounds.get("rotate_bytes", 1_000_000), 3))


def test_each_event_is_a_line_of_the_file(tmp_path: Path) -> None:
    """The file holds the lines as they were rendered, in order."""
    events = [event(f"{number}") for number in range(20)]
    sink = log_to(tmp_path / "e")
    for each in events:
        sink.take(each)
    sink.close(WAIT_SECONDS)
    assert (tmp_path / "e").read_text().splitlines() == [each.line for each in events]
    assert sink.dropped() == 0


def test_standard_output_takes_lines_whatever_its_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal of another encoding than UTF-8 no event is lost for the sake of one character."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        with os.fdopen(writing, "w", encoding="ascii") as stdout:
            monkeypatch.setattr(sys, "stdout", stdout)
            sink = log_to("-", "console")
            sink.take(notice(name="Zürich \ud800"))
            sink.take(notice("next"))
            sink.close(WAIT_SECONDS)
        first, second = pipe.read().splitlines()
    assert "Zürich".encode() in first
    assert b"next" in second
    assert sink.dropped() == 0


def test_where_nothing_can_be_said_the_log_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full may hold standard error, too: lost events are counted, and the next ones are tried again."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout, Path("/dev/full").open("w") as stderr:
        monkeypatch.setattr(sys, "stdout", stdout)
        monkeypatch.setattr(sys, "stderr", stderr)
        sink = log_to("-")
        for count in (1, 2):
            sink.take(notice("one"))
            wait_until(lambda lost=count: sink.dropped() == lost, "the thread has ended")
        sink.close(WAIT_SECONDS)
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            stderr.close()
    assert sink.dropped() == 2


def test_it_reopens_after_logrotate(tmp_path: Path) -> None:
    """Asked to reopen, it writes the next line to a new file of the old name."""
    sink = log_to(tmp_path / "e")
    sink.take(notice("one"))
    wait_for(tmp_path / "e", 1)
    (tmp_path / "e").rename(tmp_path / "e.old")
    sink.reopen()
    sink.take(notice("two"))
    sink.close(WAIT_SECONDS)
    kinds = [json.loads((tmp_path / name).read_text())["event.action"] for name in ("e.old", "e")]
    assert kinds == ["one", "two"]


def test_a_file_that_cannot_be_reopened_is_written_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the new file cannot be had, lines go to the old one and standard error says why."""
    directory = tmp_path / "logs"
    directory.mkdir()
    sink = log_to(directory / "e")
    sink.take(notice("one"))
    wait_for(directory / "e", 1)
    directory.rename(tmp_path / "moved")
    sink.reopen()
    sink.take(notice("two"))
    sink.close(WAIT_SECONDS)
    assert len((tmp_path / "moved" / "e").read_text().splitlines()) == 2
    assert "cannot be reopened" in capsys.readouterr().err
    assert sink.dropped() == 0


def test_a_broken_pipe_counts_and_is_said_once() -> None:
    """When nobody reads standard output any more, lines are counted as lost, and standard error says so once."""
    program = (
        "import sys, threading\n"
        "from tests.probe.events.test_log import log_to\n"
        "from tests.probe.events.telling import notice\n"
        "sys.stdin.readline()\n"
        "sink = log_to('-')\n"
        "for _ in range(3):\n"
        "    sink.take(notice(text='x' * 100_000))\n"
        "    threading.Event().wait(0.2)\n"
        "sink.close(5)\n"
        "print(sink.dropped(), file=sys.stderr)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        process.stdout.close()
        process.stdout = None
        _, said = process.communicate("go\n", timeout=WAIT_SECONDS * 2)
    finally:
        process.kill()
        process.wait()
    told, dropped, *_ = said.splitlines()
    assert "mirrorprobe: log: events are lost: " in told
    assert dropped == "3"


def test_a_reader_that_sleeps_holds_nobody() -> None:
    """Nobody reads a full pipe: taking goes on, the end keeps its limit, and the process ends in good order."""
    program = (
        "import sys\n"
        "from tests.probe.events.test_log import log_to\n"
        "from tests.probe.events.telling import notice\n"
        "sink = log_to('-')\n"
        "for _ in range(100):\n"
        "    sink.take(notice(text='x' * 10_000))\n"
        "sink.close(0.3)\n"
        "print(sink.dropped(), file=sys.stderr)\n"
    )
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-c", program],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(reading)
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "100\n")


def test_a_missing_directory_stops_the_start(tmp_path: Path) -> None:
    """A file that cannot be opened is an error at once, and not a log that loses everything."""
    with pytest.raises(FileNotFoundError):
        log_to(tmp_path / "missing" / "e")


def wait_for(path: Path, lines: int) -> None:
    """Wait until a file has so many lines."""
    wait_until(lambda: len(path.read_bytes().splitlines()) >= lines, f"{path} has no {lines} lines")


def wait_until(is_so: Callable[[], bool], lacking: str) -> None:
    """Wait for what the thread of a log brings about."""
    looks = threading.Event()
    for _ in range(int(WAIT_SECONDS / 0.01)):
        if is_so():
            return
        looks.wait(0.01)
    pytest.fail(lacking)
