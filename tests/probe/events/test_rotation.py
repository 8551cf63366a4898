"""A file that rotates keeps every whole line under exactly one name."""

from __future__ import annotations

import errno
import os
import resource
import signal
from typing import TYPE_CHECKING

import pytest

from probe.events.rotation import RotatingFile, Unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def lines_in(path: Path) -> list[bytes]:
    """Give the lines of a file."""
    return path.read_bytes().splitlines(keepends=True)


def test_files_are_numbered_on(tmp_path: Path) -> None:
    """The newest lines are in the file itself, older ones under higher numbers, the oldest are gone."""
    path = tmp_path / "events.jsonl"
    file = RotatingFile(path, 20, 2)
    file.write([b"line %d\n" % number for number in range(10)])  # two a file
    file.close()
    assert lines_in(path) == [b"line 8\n", b"line 9\n"]
    assert lines_in(tmp_path / "events.jsonl.1") == [b"line 6\n", b"line 7\n"]
    assert lines_in(tmp_path / "events.jsonl.2") == [b"line 4\n", b"line 5\n"]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_line_longer_than_a_file_stands_alone(tmp_path: Path) -> None:
    """No line is parted; one that is too long for any file has one of its own."""
    path = tmp_path / "e"
    file = RotatingFile(path, 10, 5)
    file.write([b"a\n", b"x" * 50 + b"\n", b"b\n"])
    file.close()
    assert [lines_in(tmp_path / name) for name in ("e.2", "e.1", "e")] == [
        [b"a\n"],
        [b"x" * 50 + b"\n"],
        [b"b\n"],
    ]


def test_it_goes_on_where_it_ended(tmp_path: Path) -> None:
    """A file that is there already is appended to, and its size counts."""
    path = tmp_path / "e"
    path.write_bytes(b"12345678\n")
    file = RotatingFile(path, 10, 5)
    file.write([b"new\n"])
    file.close()
    assert (lines_in(tmp_path / "e.1"), lines_in(path)) == ([b"12345678\n"], [b"new\n"])


def test_another_program_may_rename_it(tmp_path: Path) -> None:
    """After logrotate has renamed the file, reopening begins a new one, and no line is lost."""
    path = tmp_path / "e"
    file = RotatingFile(path, 1000, 5)
    file.write([b"one\n"])
    path.rename(tmp_path / "moved")
    file.write([b"two\n"])
    file.reopen()
    file.write([b"three\n"])
    file.close()
    assert (lines_in(tmp_path / "moved"), lines_in(path)) == ([b"one\n", b"two\n"], [b"three\n"])


def test_a_directory_that_is_gone_is_survived(tmp_path: Path) -> None:
    """Where the rotated file cannot be opened it says so, and goes on when that is possible again."""
    directory = tmp_path / "logs"
    directory.mkdir()
    path = directory / "e"
    file = RotatingFile(path, 10, 1)
    file.write([b"123456\n"])
    path.unlink()
    directory.rmdir()
    with pytest.raises(Unwritable, match="no such file"):
        file.write([b"lost 1\n"])
    directory.mkdir()
    file.write([b"kept 1\n"])
    file.close()
    assert lines_in(path) == [b"kept 1\n"]


@pytest.fixture
def small_disk() -> Iterator[int]:
    """No file of this process may grow beyond a bound, as on a disk that fills up in the middle of a line."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (25, before[1]))
    yield 25
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_tears_no_line(tmp_path: Path, small_disk: int) -> None:
    """What was written of the line that did not fit is taken back, and the number of whole lines is told."""
    path = tmp_path / "e"
    file = RotatingFile(path, 1000, 1)
    with pytest.raises(Unwritable, match=os.strerror(errno.EFBIG).lower()) as refused:
        file.write([b"1234567\n"] * 5)
    file.close()
    assert refused.value.written == small_disk // 8
    assert path.read_bytes() == b"1234567\n" * 3
