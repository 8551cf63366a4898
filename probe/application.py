"""Every command with its options, as Typer has them."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Annotated

import typer

from . import commands
from .outcome import ExitCode
from .usage import usage_problem
from .version import installed_version

__all__ = ["assemble", "parse_and_run"]

SUMMARY = "A network diagnostic proxy and TLS handshake analyzer for InterSystems IRIS mirrors."


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (Typer calls it)
    if wanted:
        typer.echo(f"mirrorprobe {installed_version()}")
        raise typer.Exit


def assemble(asked: str | None = None) -> typer.Typer:
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


def parse_and_run(arguments: list[str]) -> tuple[int, str]:
    """Run a command line; give its exit code, and what is wrong with it."""
    try:
        app = assemble(arguments[0] if arguments else None)
        # Typer gives back the code of `typer.Exit`, else what the command returned, which is nothing.
        code = app(arguments, prog_name="mirrorprobe", standalone_mode=False) or ExitCode.CLEAN
    except typer.TyperException as wrong:
        return ExitCode.USAGE, usage_problem(wrong)
    except typer.Abort:
        return ExitCode.INTERRUPTED, ""
    return code, ""
