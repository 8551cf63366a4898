"""The command line: every module of `probe.commands`, and the way from what went wrong to an exit code."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Annotated

import typer

from . import commands
from .outcome import CommandFailed, ExitCode
from .streams import OutputLost, finish_output, give_up_output, guard_streams
from .usage import usage_problem
from .version import installed_version

__all__ = ["build_app", "main"]

SUMMARY = "A network diagnostic proxy and TLS handshake analyzer for InterSystems IRIS mirrors."


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (Typer calls it)
    if wanted:
        typer.echo(f"mirrorprobe {installed_version()}")
        raise typer.Exit


def build_app(asked: str | None = None) -> typer.Typer:
    """Assemble the application from the modules in `probe.commands`: all, or only that of the command `asked` for.

    Typer makes a validator for each option of each command, which takes longer than a short capture does.
    """
    app = typer.Typer(
        name="mirrorprobe",
        help=SUMMARY,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )

    @app.callback()
    def options(
        show_version: Annotated[  # noqa: FBT002 (Typer makes it a flag)
            bool,
            typer.Option(
                "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
            ),
        ] = False,
    ) -> None:
        """Take the options that stand before every command."""

    names = [module.name for module in pkgutil.iter_modules(commands.__path__)]
    for name in [asked] if asked in names else names:
        importlib.import_module(f"{commands.__name__}.{name}").register(app)
    return app


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
        app = build_app(sys.argv[1] if len(sys.argv) > 1 else None)
        # Typer gives back the code of `typer.Exit`, else what the command returned, which is nothing.
        return app(prog_name="mirrorprobe", standalone_mode=False) or ExitCode.CLEAN
    except CommandFailed as failure:
        return _complain(failure.exit_code, *failure.problems)
    except typer.TyperException as wrong:
        return _complain(ExitCode.USAGE, usage_problem(wrong))
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except OutputLost:
        raise
    except Exception as bug:  # noqa: BLE001 (the outermost boundary: a bug ends in one line, too)
        return _complain(ExitCode.INTERNAL, f"internal error: {type(bug).__name__}: {bug}")


def _complain(code: ExitCode, *problems: str) -> ExitCode:
    for problem in filter(None, problems):
        print(f"error: {problem}", file=sys.stderr)
    return code
