"""Standard streams that are closed, full, or read by nobody are said in one line, and are no fault of ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.sources import ROOT

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "probe")
CAPTURE = ROOT / "pcaps" / "client-expired-tls12.pcap"

COMMANDS = (
    ("--help",),
    ("--version",),
    (),
    ("causes",),
    ("explain", "certificate has expired"),
    ("init", "-"),
    ("check", "127.0.0.1:1", "--json"),
    ("pcap", "--jsonl", str(CAPTURE)),
)
each_command = pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)


def redirected(redirections: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with the redirections of a shell behind it."""
    shell = ("sh", "-c", f'exec "$@" {redirections}', "sh")
    return subprocess.run([*shell, *COMMAND, *arguments], capture_output=True, text=True, check=False)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """Give the last line of standard error; before it may stand what the command itself had to say."""
    lines = done.stderr.splitlines()
    assert [line for line in lines if not line.startswith(("error: ", "warning: "))] == []
    return lines[-1]


@each_command
def test_a_full_disk_is_named(arguments: tuple[str, ...]) -> None:
    """Output that the disk does not take ends in a line that says why, and exit code 2."""
    done = redirected(">/dev/full", *arguments)

    assert last_line(done) == "error: standard output cannot be written: no space left on device"
    assert done.returncode == 2


@each_command
def test_closed_output_is_named(arguments: tuple[str, ...]) -> None:
    """Output that can go nowhere is no success."""
    done = redirected(">&-", *arguments)

    assert last_line(done) == "error: standard output cannot be written: it is closed"
    assert done.returncode == 2


@each_command
def test_a_reader_that_has_gone_ends_it_without_a_word(arguments: tuple[str, ...]) -> None:
    """`| head` gets what it wanted: no complaint, and the exit code of SIGPIPE."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*COMMAND, *arguments], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writer)

    assert "standard output" not in done.stderr
    assert "internal error" not in done.stderr
    assert done.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_standard_error_that_takes_nothing_changes_nothing_else(redirection: str) -> None:
    """Warnings are lost with it, but neither the output nor the exit code."""
    listed = redirected(redirection, "causes")
    wrong = redirected(redirection, "nosuch")

    assert listed.stdout == redirected("", "causes").stdout
    assert (listed.returncode, wrong.returncode) == (0, 2)


@pytest.mark.parametrize("arguments", [("explain",), ("explain", "-")])
def test_closed_input_is_named(arguments: tuple[str, ...]) -> None:
    """Input that is not there is not taken for empty input."""
    done = redirected("<&-", *arguments)

    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "error: standard input cannot be read: it is closed\n"


def test_a_command_that_reads_nothing_needs_no_input() -> None:
    """Closed input matters to those who read it."""
    done = redirected("<&-", "causes")

    assert (done.returncode, done.stderr) == (0, "")


def test_all_three_closed_still_end_with_a_code() -> None:
    """With no stream at all the exit code says it."""
    assert redirected("<&- >&- 2>&-", "causes").returncode == 2
    assert redirected("<&- >&- 2>&-", "explain").returncode == 4


def test_a_closed_stream_is_not_taken_by_the_next_file(tmp_path: Path) -> None:
    """What is opened later gets none of the three numbers: a child, or the log, would write into it."""
    said = tmp_path / "said"
    program = (
        "import sys; from probe.streams import guard_streams; guard_streams()\n"
        "with open(sys.argv[1], 'w') as said: said.write(str(said.fileno()))"
    )
    shell = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")
    subprocess.run([*shell, sys.executable, "-c", program, str(said)], cwd=ROOT, check=True)

    assert int(said.read_text(encoding="utf-8")) > 2


def test_text_goes_out_as_the_interpreter_would_write_it() -> None:
    """Encoding and handling of errors are those that the environment asks for."""
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1:replace"}
    done = subprocess.run(
        [*COMMAND, "explain", "certificate has expired: \u20ac\u00e9"],
        capture_output=True,
        env=environment,
        check=False,
    )

    assert done.returncode == 1
    assert b"\xe9" in done.stdout
    assert "\u20ac".encode() not in done.stdout
