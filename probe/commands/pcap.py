"""`mirrorprobe pcap`: what TLS connections in capture files show, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from probe.captures.request import Form

__all__ = ["register"]


def _pcap(  # noqa: PLR0913 (an option each)
    files: Annotated[
        list[str], typer.Argument(metavar="FILE|DIR...", help="Captures, or - for standard input.")
    ],
    *,
    keylog: Annotated[
        list[Path] | None, typer.Option(help="Secrets in the NSS key log format; may be given several times.")
    ] = None,
    mirror: Annotated[
        Path | None, typer.Option(help="mirrorprobe.toml: members, their names, and the rules they keep.")
    ] = None,
    port: Annotated[
        list[int] | None, typer.Option(help="Report every connection to this port, with or without TLS.")
    ] = None,
    host: Annotated[list[str] | None, typer.Option(help="Only connections of this address.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only what began then or later.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Only what began before.")] = None,
    only_failed: Annotated[bool, typer.Option("--only-failed", help="Leave out what works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="Print a JSON object a line.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with the report.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write a row for each connection.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Work with so many processes.")] = 1,
    dask: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Work on a Dask cluster.")] = None,
    with_certificate: Annotated[
        list[str] | None,
        typer.Option(metavar="MEMBER=FILE", help="Would a failure go away with this certificate?"),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Follow a file that is being written.")] = False,
    fail_on: Annotated[
        str, typer.Option(metavar="SEVERITY", help="Exit code 1 from this severity on.")
    ] = "high",
) -> None:
    """Analyze captures: every TLS connection, who refused whom, and why.

    TIME is in ISO 8601 (without an offset: local time) or in epoch seconds. Exit code 1 when something was
    found at or above SEVERITY, 4 when a file could not be read at all.
    """
    from probe.captures.request import Request  # noqa: PLC0415 - numpy is loaded for this command only
    from probe.captures.run import run  # noqa: PLC0415

    request = Request.checked(
        files=tuple(files),
        keylogs=tuple(keylog or ()),
        mirror=mirror,
        ports=frozenset(port or ()),
        hosts=frozenset(host or ()),
        since=since,
        until=until,
        only_failed=only_failed,
        form=_form(as_json=as_json, as_jsonl=as_jsonl),
        html=html,
        parquet=parquet,
        jobs=jobs,
        dask=dask,
        watch=watch,
        fail_on=fail_on,
        with_certificates=tuple(with_certificate or ()),
    )
    raise typer.Exit(run(request))


def _form(*, as_json: bool, as_jsonl: bool) -> Form:
    if as_json and as_jsonl:
        raise UsageFailure("--json and --jsonl exclude each other")
    return "json" if as_json else "jsonl" if as_jsonl else "text"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("pcap")(_pcap)
