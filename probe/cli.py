"""The way from a command line to an exit code, whatever goes wrong."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .captures.plain import is_plain, run_plainly
from .outcome import CommandFailed, ExitCode
from .streams import OutputLost, finish_output, give_up_output, guard_streams

if TYPE_CHECKING:
    import typer

__all__ = ["build_app", "main"]


def build_app(asked: str | None = None) -> typer.Typer:
    """Assemble the application: all commands, or only the one that is `asked` for."""
    from .application import assemble  # noqa: PLC0415 (Typer)

    return assemble(asked)


def main() -> None:
    """Run the command line; leave with an `ExitCode`, and a line on standard error for each problem."""
    guard_streams()
    try:
        code = _run()
        finish_output()
    except OutputLost as lost:
        give_up_output()
        code = _complain(lost.exit_code, *([] if lost.exit_code is ExitCode.UNREAD else [str(lost)]))
    sys.exit(code)


def _run() -> int:
    """Run the command that was asked for, and tell what went wrong.

    Raises:
        OutputLost: standard output cannot be written.
    """
    try:
        command, *arguments = sys.argv[1:] or [""]
        if command == "pcap" and is_plain(arguments):
            return run_plainly(arguments)
        from .application import parse_and_run  # noqa: PLC0415 (Typer and pydantic take as long as a short capture)

        code, problem = parse_and_run(sys.argv[1:])
        return _complain(code, problem) if problem else code
    except CommandFailed as failure:
        return _complain(failure.exit_code, *failure.problems)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except OutputLost:
        raise
    except Exception as bug:  # noqa: BLE001 (the outermost boundary: a bug ends in one line, too)
        return _complain(ExitCode.INTERNAL, f"internal error: {type(bug).__name__}: {bug}")


def _complain(code: int, *problems: str) -> int:
    from analyzers.x509.printing import visible  # noqa: PLC0415 (for those who have something to complain of)

    for problem in filter(None, problems):
        print(f"error: {visible(problem)}", file=sys.stderr)
    return code
