"""`mirrorprobe lab`: a mirror in a box on loopback, its faults, and its certificate authority."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from probe.outcome import UsageFailure

__all__ = ["register"]

_DIRECTORY = Path("mirrorprobe-lab")

_Directory = Annotated[Path, typer.Option("--directory", "-d", help="Where the lab keeps its files.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _up(
    *,
    directory: _Directory = _DIRECTORY,
    agent_port: Annotated[int, typer.Option(help="Of each agent; 0: any.", min=0, max=65535)] = 2188,
    superserver_port: Annotated[
        int, typer.Option(help="Of each superserver; 0: any.", min=0, max=65535)
    ] = 1972,
    relay_port: Annotated[
        int, typer.Option(help="Of each relay, in the configuration.", min=0, max=65535)
    ] = 12188,
    preamble: Annotated[bool, typer.Option(help="Let an invented plaintext preamble go before TLS.")] = False,
    as_json: _Json = False,
) -> None:
    """Run a mirror of three members until SIGINT or SIGTERM, and write a configuration that fits it."""
    from probe.lab.running import run_lab  # noqa: PLC0415 - TLS is loaded for this command only

    run_lab(
        directory,
        agent_port=agent_port,
        superserver_port=superserver_port,
        relay_port=relay_port,
        preamble=preamble,
        as_json=as_json,
    )


def _fault(
    name: Annotated[str | None, typer.Argument(help="The fault's name.", show_default=False)] = None,
    *,
    directory: _Directory = _DIRECTORY,
    through: Annotated[
        str | None, typer.Option(help="HOST:PORT of a relay in front of IRISB's agent.", show_default=False)
    ] = None,
    tls: Annotated[
        str | None, typer.Option(help="1.2 or 1.3; the newest that shows it.", show_default=False)
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the faults.")] = False,
    as_json: _Json = False,
) -> None:
    """Make one connection with a fault, in the lab that runs in the directory, or else in one made for it."""
    from probe.lab.single_fault import list_faults, play_named  # noqa: PLC0415

    if listing:
        list_faults(as_json=as_json)
    elif name is None:
        raise UsageFailure("name a fault; `mirrorprobe lab fault --list` lists them")
    else:
        play_named(name, directory, through=through, tls=tls, as_json=as_json)


def _authority(
    *,
    directory: _Directory = _DIRECTORY,
    sign: Annotated[
        str | None, typer.Option(help="A signing request in PEM, - for standard input.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the chain; standard output.", show_default=False)
    ] = None,
    days: Annotated[int, typer.Option(help="How long the certificate is valid.", min=1, max=3650)] = 365,
    usage: Annotated[str, typer.Option(help="Extended Key Usage: both, client, server or none.")] = "both",
) -> None:
    """Print the lab's root certificate, or sign a request with its authority.

    The authority is made when it is first used, and kept in the directory. For tests only: its keys have no
    password.
    """
    from probe.lab.signing import print_authority, sign_request  # noqa: PLC0415

    if sign is None:
        print_authority(directory)
    else:
        sign_request(sign, directory, out=out, days=days, usage=usage)


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    lab = typer.Typer(
        help="A mirror in a box: stand-ins on loopback, not InterSystems IRIS.", no_args_is_help=True
    )
    lab.command("up")(_up)
    lab.command("fault")(_fault)
    lab.command("authority")(_authority)
    app.add_typer(lab, name="lab")
