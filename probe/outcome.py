"""How a command ends: what went wrong, and the exit code that says so (design section 10).

* `CommandFailed` (the command could not do its work; carries one line for each problem)
    * `UsageFailure` (2: the command line, the configuration, or a file that it names)
    * `ConnectFailed` (3: the other end could not be reached, so nothing could be tested)
    * `UnreadableInput` (4: the input is not what it should be)
    * `EndedBySignal` (128 and the number of the signal, without a word)
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["CommandFailed", "ConnectFailed", "EndedBySignal", "ExitCode", "UnreadableInput", "UsageFailure"]


class ExitCode(IntEnum):
    """What the exit code of every command means."""

    CLEAN = 0
    """Nothing was found; `run`: every connection was drained."""
    FINDINGS = 1
    """Something was found at or above `--fail-on`; `run`: connections were cut off when the drain limit
    passed."""
    USAGE = 2
    """The command line or the configuration cannot be used; or standard output cannot be written, which is for the
    caller to mend, too."""
    NOT_TESTED = 3
    UNREADABLE = 4
    INTERNAL = 5
    """A fault of our own."""
    HUNG_UP = 129
    INTERRUPTED = 130
    UNREAD = 141
    """The reader of standard output has gone, as `head` does: what SIGPIPE would give, without a word."""
    TERMINATED = 143


class CommandFailed(Exception):
    """A command that ends without having done its work."""

    exit_code: ExitCode

    def __init__(self, *problems: str) -> None:
        """Take one line of text for each problem, all of them at once."""
        super().__init__("; ".join(problems))
        self.problems = problems


class UsageFailure(CommandFailed):
    """The command line, the configuration, or a file that it names cannot be used."""

    exit_code = ExitCode.USAGE


class ConnectFailed(CommandFailed):
    """The other end could not be reached."""

    exit_code = ExitCode.NOT_TESTED


class UnreadableInput(CommandFailed):
    """The input cannot be read as what it should be."""

    exit_code = ExitCode.UNREADABLE


class EndedBySignal(CommandFailed):
    """A signal has ended the command, and what it had made was put in order."""

    def __init__(self, number: int) -> None:
        """Take the number of the signal: SIGHUP, SIGINT or SIGTERM."""
        super().__init__()
        self.exit_code = ExitCode(128 + number)
