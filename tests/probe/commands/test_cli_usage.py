"""What is wrong with a command line is one line, in words of ours, and exit code 2."""

from __future__ import annotations

import subprocess
import sys

import pytest

COMMAND = (sys.executable, "-m", "probe")

WRONG = (
    ("--hepl", "no such option: --hepl; did you mean --help?"),
    ("chekc", "no such command 'chekc'; did you mean 'check'?"),
    ("nosuch", "no such command 'nosuch'; see mirrorprobe --help"),
    ("config chekc", "no such command 'chekc'; did you mean 'check'?"),
    ("causes --jsno", "no such option: --jsno; did you mean --json?"),
    ("causes -x", "no such option: -x; see mirrorprobe causes --help"),
    ("causes --json=3", "option --json does not take a value"),
    ("check", "missing argument 'target'; see mirrorprobe check --help"),
    ("check a b c", "more arguments than the command takes: b c; see mirrorprobe check --help"),
    ("check a --ca", "option --ca requires an argument"),
    ("check a --deadline x", "--deadline must be a number"),
    ("check a --deadline 0", "--deadline must be greater than or equal to 0.1"),
    ("check a --fail-on x", "--fail-on: 'x' is not one of 'critical', 'high', 'medium', 'low', 'info'"),
    ("pcap a --jobs 1.5", "--jobs must be a whole number"),
    ("run", "missing option --config or -c; see mirrorprobe run --help"),
    ("history", "name one history: -c CONFIG, --file FILE or --url-file FILE"),
)


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("line", "problem"), WRONG, ids=[line for line, _ in WRONG])
def test_a_wrong_command_line_gets_one_line(line: str, problem: str) -> None:
    """It names the option or argument and what to do; nothing stands on standard output."""
    done = ran(*line.split())

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {problem}\n")


def test_control_characters_of_an_argument_do_not_reach_the_terminal() -> None:
    """A name with a line break or an escape sequence still gives one line, without either."""
    done = ran("causes", "--no\n\x1b[2Jsuch")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("group", [(), ("config",), ("lab",)])
def test_without_a_command_help_is_shown(group: tuple[str, ...]) -> None:
    """Whoever names no command gets the list of them, no error line, and exit code 2, for nothing was done."""
    done = ran(*group)

    assert (done.returncode, done.stderr) == (2, "")
    assert "Commands" in done.stdout


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("check", "--help")])
def test_help_and_version_are_no_failure(arguments: tuple[str, ...]) -> None:
    """Asked for, they go to standard output with exit code 0."""
    done = ran(*arguments)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_exit_code_of_a_command_is_kept() -> None:
    """What a command found decides: `explain` gives 1 for an error that it knows."""
    assert ran("explain", "certificate has expired").returncode == 1
