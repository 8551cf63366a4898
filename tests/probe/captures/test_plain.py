"""Command lines without options are run without a parser of options, and nobody can tell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from probe.captures.plain import is_plain

PCAPS = Path(__file__).parents[3] / "pcaps"
ROOT = PCAPS.parent


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a.pcap", True),
        ("a.pcap b.pcap --json", True),
        ("--jsonl a.pcap", True),
        ("-", True),
        ("", False),
        ("--json", False),
        ("a.pcap --json --jsonl", False),
        ("a.pcap --json --json", False),
        ("a.pcap --help", False),
        ("a.pcap --jobs 2", False),
        ("a.pcap -- --json", False),
        ("a.pcap --only-failed", False),
    ],
)
def test_names_and_a_form_are_plain(line: str, expected: bool) -> None:
    """Everything else is for the parser."""
    assert expected is is_plain(line.split())


def run(*arguments: str) -> tuple[int, bytes, bytes]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "probe", "pcap", *arguments]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("form", ["--json", "--jsonl", None])
@pytest.mark.parametrize("file", ["pcaps", "no-such-file", "README.md"])
def test_parser_makes_no_difference(file: str, form: str | None) -> None:
    """The same output, the same problems and the same exit code as with an option that says what is the case anyway."""
    arguments = [file, *([] if form is None else [form])]
    assert run(*arguments) == run(*arguments, "--fail-on", "high")


def test_parser_is_not_loaded_for_plain_lines() -> None:
    """Typer and pydantic take as long to load as a small capture takes to read."""
    (capture, *_) = sorted(PCAPS.glob("*.pcap"))
    program = (
        "import sys; from probe import cli; sys.argv = ['mirrorprobe', 'pcap', sys.argv[1], '--jsonl']\n"
        "try: cli.main()\nexcept SystemExit: print('typer' in sys.modules, 'pydantic' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(capture)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, timeout=60)
    assert done.stdout.splitlines()[-1] == b"False False"
