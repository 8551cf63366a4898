"""`mirrorprobe config check` finds out beforehand what `run` could not read or write."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from probe.config import load_config
from probe.config.files import unusable
from probe.outcome import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = 65534

EVENTS = '[events]\nfile = "{here}/%s"\n'
KEPT = '[history]\nfile = "{here}/%s"\nspool = "{here}/%s"\n'
CASES = (
    (EVENTS % "locked", "[events]: file: {here}/locked is a directory"),
    (EVENTS % "no/log", "[events]: file: {here}/no/log cannot be written: {here}/no is no directory"),
    (EVENTS % "locked/log", "[events]: file: {here}/locked/log cannot be made: permission denied"),
    (EVENTS % "fixed", "[events]: file: {here}/fixed cannot be written: permission denied"),
    (KEPT % ("no/h", "s"), "[history]: file: {here}/no/h cannot be written: {here}/no is no directory"),
    (KEPT % ("h", "fixed"), "[history]: spool: {here}/fixed cannot be used: {here}/fixed is no directory"),
    (
        '[[sniff]]\nname = "s"\ninterface = "lo"\nkeylog = ["{here}/no"]\n',
        "[[sniff]] s: keylog: {here}/no: cannot be read: no such file or directory",
    ),
    (
        '[[otlp]]\nname = "o"\nurl = "https://x"\nca = "{here}/locked"\n',
        "[[otlp]] o: ca: {here}/locked: cannot be read: is a directory",
    ),
    (
        '[[nats]]\nname = "n"\nservers = ["nats://x"]\ncredentials_file = "{here}/no"\n',
        "[[nats]] n: credentials_file: {here}/no: cannot be read: no such file or directory",
    ),
    (KEPT % ("h", "locked/s"), "[history]: spool: {here}/locked/s cannot be used: permission denied"),
)


@pytest.fixture
def here() -> Iterator[Path]:
    """A directory in which everybody may write, with a directory and a file in which nobody may."""
    with TemporaryDirectory() as made:
        path = Path(made)
        path.chmod(0o777)
        (path / "locked").mkdir(mode=0o555)
        (path / "fixed").touch(mode=0o444)
        yield path


@contextmanager
def as_nobody() -> Iterator[None]:
    """Let access be that of a user who may do little, where the tests run as root."""
    if os.getuid() != 0:
        yield
        return
    os.setreuid(NOBODY, -1)
    try:
        yield
    finally:
        os.setreuid(0, -1)


@pytest.mark.parametrize(("tables", "problem"), CASES, ids=[problem for _, problem in CASES])
def test_what_cannot_be_written_is_said(
    tables: str, problem: str, here: Path, write: Callable[..., Path]
) -> None:
    """Each file that the configuration names for writing has its line, with the reason."""
    path = write(append=tables.format(here=here))
    config = load_config(path)
    with as_nobody():
        said = [line for line in unusable(config) if str(here) in line]
    assert said == [f"{path}: {problem.format(here=here)}"]


def test_what_can_be_written_is_good(here: Path, write: Callable[..., Path]) -> None:
    """Files that are not there yet can be made, and those that are can be written."""
    (here / "log").touch()
    (here / "log").chmod(0o666)
    config = load_config(write(append=(EVENTS % "log" + KEPT % ("h", "a/b/s")).format(here=here)))
    with as_nobody():
        assert unusable(config) == ()


def test_the_command_says_it(here: Path, write: Callable[..., Path]) -> None:
    """The command has one line for each file, on standard error, and the exit code of a configuration that is wrong."""
    path = write(append=(EVENTS % "locked" + KEPT % ("no/h", "s")).format(here=here))
    done = subprocess.run(
        [sys.executable, "-m", "probe", "config", "check", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert done.stderr.splitlines() == [
        f"error: {path}: [events]: file: {here}/locked is a directory",
        f"error: {path}: [history]: file: {here}/no/h cannot be written: {here}/no is no directory",
    ]
