"""`mirrorprobe run`: relay until told to stop."""

from __future__ import annotations

import asyncio
import gc
import resource
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]

COLLECT_EVERY = 10_000
"""Objects between two looks for cycles: some five connections' worth. At Python's own 700 the collector takes 5
of 100 parts of the relay's time."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("run")
    def run(
        config: Annotated[Path, typer.Option("--config", "-c", help="The configuration, mirrorprobe.toml.")],
    ) -> None:
        """Relay as the configuration says. SIGTERM or SIGINT drains, a second one cuts off, SIGHUP reloads."""
        from ..app import Probe  # noqa: PLC0415 - TLS and the web server are loaded for this command only
        from ..config import load_config  # noqa: PLC0415
        from ..service.process import serve  # noqa: PLC0415

        _allow_files()
        probe = Probe(load_config(config))
        gc.freeze()  # modules and certificates live as long as the process; no look for cycles need visit them
        gc.set_threshold(COLLECT_EVERY)
        raise typer.Exit(asyncio.run(serve(probe, config)))


def _allow_files() -> None:
    """Raise the limit of open files to what the system allows: two for each connection."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
