"""`mirrorprobe explain`: which argument is a file, and which is the text itself."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from probe.cli import build_app
from probe.outcome import UnreadableInput

if TYPE_CHECKING:
    from pathlib import Path

LINE = "error:0A000412:SSL routines::sslv3 alert bad certificate"


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build_app(), ["explain", *arguments], catch_exceptions=False)
    return result.exit_code, result.output


@pytest.mark.parametrize("name", ["mesages.log", "/nonexistent/messages", r"C:\iris\mgr\messages.log"])
def test_a_file_that_is_not_there_is_not_explained_as_a_text(name: str) -> None:
    """A mistyped name is said to be no file; "unknown" would read as an answer about the log."""
    with pytest.raises(UnreadableInput, match="no such file"):
        _run(name)


def test_a_directory_is_no_log(tmp_path: Path) -> None:
    """A directory cannot be read, and is not taken for a text."""
    with pytest.raises(UnreadableInput, match="Is a directory"):
        _run(str(tmp_path))


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    """`explain <(zcat messages.log.gz)` names a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(LINE,))
    writer.start()
    code, output = _run(str(pipe))
    writer.join()

    assert code == 1
    assert "bad_certificate" in output


@pytest.mark.parametrize("text", ["", "nothing", "nothing at all.", "two words/"])
def test_an_unknown_text_stays_unknown(text: str) -> None:
    """What is no file's name is a text, known or not."""
    assert _run(text) == (
        0,
        "unknown: nothing in this text is a TLS or connection error that mirrorprobe knows.\n",
    )


def test_bytes_that_are_no_utf_8_are_a_text() -> None:
    """An argument in another encoding comes as surrogates, and is explained all the same."""
    assert _run(os.fsdecode(b"caf\xe9 \xff: " + LINE.encode()))[0] == 1


def test_a_log_cannot_move_the_cursor(tmp_path: Path) -> None:
    """What an attacker writes into a log is shown, not obeyed."""
    log = tmp_path / "hostile.log"
    log.write_text(f"{LINE}\x1b[2J\x1b]0;title\x07\u202e\n", encoding="utf-8")
    code, output = _run(str(log))

    assert code == 1
    assert not [character for character in output if not (character.isprintable() or character == "\n")]


@pytest.mark.parametrize("columns", [40, 60, 100, 250])
def test_text_is_as_wide_as_the_terminal_and_at_most_100_columns(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentences fill the terminal, and no more than can be read."""
    monkeypatch.setenv("COLUMNS", str(columns))
    _, output = _run(LINE)
    widest = max(len(line) for line in output.splitlines()[:-1])

    assert min(columns, 100) - 25 <= widest <= min(columns, 100)


IMPATIENT = """
import sys
from probe.captures import progress
progress.PATIENCE_SECONDS = 0.0
from probe.cli import main
sys.argv = ["mirrorprobe", "explain", sys.argv[1]]
main()
"""
"""The bar comes after a second; here at once, so that no log of a hundred megabytes is needed."""


def test_a_long_log_shows_how_far_it_is(tmp_path: Path) -> None:
    """On a terminal standard error has a bar with rate and time left; standard output is the answer alone."""
    log, answer = tmp_path / "messages.log", tmp_path / "answer"
    log.write_bytes(
        b"".join(b"%s to 10.0.%d.%d\n" % (LINE.encode(), n % 256, n % 251) for n in range(50_000))
    )
    terminal, other_end = os.openpty()
    shown = b""
    with (
        answer.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-c", IMPATIENT, str(log)], stdout=output, stderr=other_end
        ) as process,
    ):
        os.close(other_end)
        with contextlib.suppress(OSError):  # what a terminal says when the last program that had it is gone
            while piece := os.read(terminal, 65536):
                shown += piece
        process.wait()
    os.close(terminal)

    assert b"bad_certificate" in answer.read_bytes()
    assert b"reading" in shown
    assert b"MB/s" in shown


def test_nothing_but_an_answer_is_printed_where_no_terminal_is(tmp_path: Path) -> None:
    """A program that reads standard error sees no bar."""
    log = tmp_path / "messages.log"
    log.write_text(f"{LINE}\n" * 1000)
    result = subprocess.run(
        [sys.executable, "-m", "probe", "explain", str(log)], capture_output=True, check=False
    )

    assert (result.returncode, result.stderr) == (1, b"")
