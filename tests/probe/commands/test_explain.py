"""`mirrorprobe explain`: which argument is a file, and which is the text itself."""

from __future__ import annotations

import os
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
