"""`mirrorprobe sniff`: what TLS connections on an interface show, as they end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from analyzers.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from analyzers.tls.secrets import KeyLog
    from probe.captures.request import Request
    from probe.captures.task import Ended, Judged
    from probe.sniffer.secrets import GrowingKeyLogs
    from probe.sniffer.source import LiveSource

__all__ = ["register"]


def _sniff(
    interface: Annotated[str, typer.Option("--interface", "-i", help="The interface to capture from.")],
    *,
    port: Annotated[list[int] | None, typer.Option(help="Only these TCP ports; without any, all.")] = None,
    keylog: Annotated[
        list[Path] | None, typer.Option(help="Secrets in the NSS key log format, followed while they come.")
    ] = None,
    mirror: Annotated[
        Path | None, typer.Option(help="mirrorprobe.toml: members, their names, and the rules they keep.")
    ] = None,
    only_failed: Annotated[bool, typer.Option("--only-failed", help="Leave out what works.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", "--jsonl", help="Print a JSON object a line, as each connection ends.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with the report at the end.")] = None,
    fail_on: Annotated[
        str, typer.Option(metavar="SEVERITY", help="Exit code 1 from this severity on.")
    ] = "high",
) -> None:
    """Capture live until interrupted: every TLS connection, who refused whom, and why.

    Takes root or the capability CAP_NET_RAW. What is open when SIGINT or SIGTERM comes is reported, too.
    """
    from probe.captures.request import Request  # noqa: PLC0415 - numpy is loaded for this command only
    from probe.captures.run import run  # noqa: PLC0415

    request = Request.checked(
        files=(interface,),
        keylogs=tuple(keylog or ()),
        mirror=mirror,
        ports=frozenset(port or ()),
        hosts=frozenset(),
        since=None,
        until=None,
        only_failed=only_failed,
        form="jsonl" if as_json else "text",
        html=html,
        parquet=None,
        jobs=1,
        dask=None,
        watch=True,
        fail_on=fail_on,
        with_certificates=(),
    )
    captured = _captured(request)  # opened before anything is written of it
    raise typer.Exit(run(request, [(interface, captured)]))


def _captured(request: Request) -> Iterator[Judged | Ended]:
    """Open the interface, and give what is found until somebody interrupts."""
    from analyzers.tls.secrets import KeyLog  # noqa: PLC0415
    from probe.sniffer.secrets import GrowingKeyLogs  # noqa: PLC0415
    from probe.sniffer.source import LiveSource  # noqa: PLC0415

    (interface,) = request.files
    keylog = KeyLog()
    secrets = GrowingKeyLogs(request.keylogs, keylog)
    source = LiveSource(interface, tuple(sorted(request.ports)), secrets.take)
    return _found(request, source, secrets, keylog)


def _found(
    request: Request, source: LiveSource, secrets: GrowingKeyLogs, keylog: KeyLog
) -> Iterator[Judged | Ended]:
    from dataclasses import replace  # noqa: PLC0415

    from analyzers.connection import Road  # noqa: PLC0415
    from probe.captures.run import stopping  # noqa: PLC0415
    from probe.captures.task import Ended, examine  # noqa: PLC0415

    task = replace(request.task(*request.files), road=Road.SNIFF, keylogs=())
    with stopping(source):
        for found in examine(task, cast("BinaryIO", source), keylog=keylog):
            yield _with_losses(found, source) if isinstance(found, Ended) else found
    secrets.close()


def _with_losses(ended: Ended, source: LiveSource) -> Ended:
    """Tell what the kernel dropped, and what ended the capture where nobody interrupted it."""
    from dataclasses import replace  # noqa: PLC0415

    lost = (f"the kernel dropped {counted(source.lost, 'packet')}",) if source.lost else ()
    failure = str(source.failure) if source.failure else ended.unreadable
    return replace(ended, problems=(*ended.problems, *lost), unreadable=failure)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("sniff")(_sniff)
