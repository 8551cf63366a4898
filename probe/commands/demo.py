"""`mirrorprobe demo`: a mirror in a box behind real relays, each fault once, and every verdict checked."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["register"]


def _demo(
    *,
    show: Annotated[
        str | None, typer.Option(help="The fault whose case is shown in full.", show_default=False)
    ] = None,
    tls: Annotated[
        str | None, typer.Option(help="The newest that the members speak: 1.2 or 1.3.", show_default=False)
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Go on playing, with the live page, until stopped.")
    ] = False,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="With --keep: let an installed Prometheus scrape it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Play a mirror in a box behind relays, each fault once, and explain every refusal.

    The members are stand-ins on loopback, not InterSystems IRIS. Exit code 0 if each verdict was right, else
    1.
    """
    from probe.lab.demo.programme import SHOWN, play_demo  # noqa: PLC0415 - TLS is loaded for this command only

    raise typer.Exit(
        play_demo(shown=show or SHOWN, tls=tls, keep=keep, prometheus=prometheus, as_json=as_json)
    )


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("demo")(_demo)
