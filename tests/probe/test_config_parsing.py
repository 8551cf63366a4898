"""A configuration that is no text, or no TOML, is one line that says where, what, and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from probe.config import load_config
from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from pathlib import Path

TEXT_IN_QUOTES = "text stands in quotes"
CASES = (
    (b"[mirror]\nname = LAB\n", "line 2, column 8", TEXT_IN_QUOTES),
    (b"[mirror]\nname = LAB of Boston\n", "line 2, column 8", TEXT_IN_QUOTES),
    (b"[mirror]\ntls_required = True\n", "line 2, column 16", "true and false are written small"),
    (b"[[relay]]\nlisten = 127.0.0.1:2188\n", "line 2, column 15", TEXT_IN_QUOTES),
    (b'[mirror]\nname = "A"\nname = "B"\n', "line 3, column 11", "the key is there twice"),
    (b'[mirror]\nname = "A"\n[mirror]\n', "line 3, column 8", "the table is there twice"),
    (b'[[relay]]\nserve_as = { key = "a", key = "b" }\n', "line 2", "the key is there twice"),
    (b'[mirror]\nca = "C:\\iris\\ca.pem"\n', "line 2, column 11", r"'C:\iris\ca.pem'"),
    (b'[mirror]\nca = "C:\\users\\ca.pem"\n', "line 2", r"'C:\users\ca.pem'"),
    (b'[mirror]\nname = "LAB\n', "line 2, column 12", "a closing quote is missing"),
    (b'[mirror]\nname = """LAB\n', "end of document", "a closing quote is missing"),
    (b'[mirror]\nca = ["a", \n', "end of document", TEXT_IN_QUOTES),
    (b'[mirror]\nca = ["a"\nname = "LAB"\n', "line 3", "a closing bracket is missing"),
    (b'[[relay]]\nserve_as = { key = "a"\n', "line 2", "a closing brace is missing"),
    (b"[mirror]\nname: LAB\n", "line 2, column 5", "a line is `key = value`"),
    (b"[mirror\nname = 1\n", "line 1, column 8", "a table is written [name]"),
    (b"[[relay]\nname = 1\n", "line 1, column 8", "an array of tables is written [[name]]"),
    (b'[mirror]\nname = "A" "B"\n', "line 2, column 12", "each key on a line of its own"),
    (b"deep = " + b"[" * 20_000, "nested too deeply", ""),
    (b"long = " + b"9" * 5000, "a number has too many digits", ""),
)


def problem_of(path: Path) -> str:
    """Load what must not load; give its only problem."""
    with pytest.raises(UsageFailure) as failure:
        load_config(path)
    (problem,) = failure.value.problems
    assert "\n" not in problem
    return problem


@pytest.mark.parametrize(("data", "place", "remedy"), CASES)
def test_what_is_no_toml(tmp_path: Path, data: bytes, place: str, remedy: str) -> None:
    """The line names the file and the place, and what is usually meant."""
    path = tmp_path / "mirrorprobe.toml"
    path.write_bytes(data)
    problem = problem_of(path)
    assert problem.startswith(f"{path}: is not valid TOML: ")
    assert place in problem
    assert remedy in problem


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('[mirror]\nname = "Gemüse"\n'.encode("latin-1"),
         "line 2: is not UTF-8 (byte 20 of the file is 0xfc); save it as UTF-8"),
        ('[mirror]\nname = "LAB"\n'.encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (b"\xfe\xff" + "[mirror]\n".encode("utf-16-be"), "is UTF-16; save it as UTF-8"),
        (b"#" * 1_048_577, "is larger than 1048576 bytes"),
    ],
)  # fmt: skip
def test_what_is_no_text(tmp_path: Path, data: bytes, text: str) -> None:
    """Another encoding is told with the line or by its name, and a file of another kind by its size."""
    path = tmp_path / "mirrorprobe.toml"
    path.write_bytes(data)
    assert problem_of(path) == f"{path}: {text}"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """A file that is missing, a directory, and a name that no file can have."""
    missing = tmp_path / "none.toml"
    assert problem_of(missing) == (
        f"{missing}: cannot be read: no such file or directory; `mirrorprobe init` writes one"
    )
    assert problem_of(tmp_path) == f"{tmp_path}: cannot be read: is a directory"
    long = tmp_path / ("x" * 300)
    assert problem_of(long) == f"{long}: cannot be read: file name too long"


def test_what_may_not_be_read(tmp_path: Path) -> None:
    """Without permission the line says so, and does not offer to write another file in its place."""
    path = tmp_path / "mirrorprobe.toml"
    path.touch(mode=0o000)
    is_root = os.geteuid() == 0
    if is_root:
        tmp_path.chmod(0o755)
        os.seteuid(65534)
    try:
        problem = problem_of(path)
    finally:
        if is_root:
            os.seteuid(0)
    assert problem.startswith(f"{path}: cannot be read: permission denied")


@pytest.mark.parametrize("command", [["config", "check"], ["run", "-c"], ["matrix", "-c"], ["history", "-c"]])
def test_every_command_says_it_and_leaves_with_2(tmp_path: Path, command: list[str]) -> None:
    """Whoever reads a configuration has the same line, on standard error, and the exit code of usage."""
    path = tmp_path / "mirrorprobe.toml"
    path.write_bytes(b"[mirror]\nname = LAB\n")
    rest = ["incidents"] if command[0] == "history" else []
    run = [sys.executable, "-m", "probe", *command, str(path), *rest]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {path}: is not valid TOML: Invalid value (at line 2, column 8): "
        "text stands in quotes, true and false are written small\n"
    )
