"""`mirrorprobe history`: what happened, asked of the database in which a probe keeps it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.outcome import UsageFailure

from .lint import Threshold

if TYPE_CHECKING:
    from probe.history.database import Place

__all__ = ["register"]

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="Ask the history that this configuration names.")
]
File = Annotated[Path | None, typer.Option(help="Ask this SQLite file.")]
UrlFile = Annotated[
    Path | None, typer.Option(help="Ask the PostgreSQL database whose URL stands in this file.")
]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Only what ended then or later; 2h is two hours ago.")
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Only what ended before.")]
Member = Annotated[str | None, typer.Option(help="Only connections of this member.")]
Cause = Annotated[str | None, typer.Option(metavar="ID", help="Only this root cause.")]
Outcome = Annotated[str | None, typer.Option(help="Only what came so far: established, failed, timeout ...")]
Failed = Annotated[bool, typer.Option("--failed", help="Only what could not be used.")]
Relay = Annotated[str | None, typer.Option(help="Only what this relay, check or live capture saw.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the newest so many.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AsJsonl = Annotated[bool, typer.Option("--jsonl", help="Print a JSON object a line.")]
Parquet = Annotated[Path | None, typer.Option(help="Write a row for each connection to this file.")]
FailOn = Annotated[Threshold, typer.Option(help="The least severity that gives exit code 1.")]

LISTED = 100
"""Failed connections that `incidents` looks at where no limit is given."""


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        invoke_without_command=True,
        help="Ask what happened: connections, incidents, and the certificates that members showed.",
    )
    app.add_typer(group, name="history")
    group.callback()(_history)
    group.command("certificates")(_certificates)
    group.command("incidents")(_incidents)
    group.command("show")(_show)


def _history(  # noqa: PLR0913 (an option each)
    context: typer.Context,
    *,
    config: Config = None,
    file: File = None,
    url_file: UrlFile = None,
    since: Since = None,
    until: Until = None,
    member: Member = None,
    cause: Cause = None,
    outcome: Outcome = None,
    failed: Failed = False,
    relay: Relay = None,
    limit: Limit = None,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    parquet: Parquet = None,
    fail_on: FailOn = Threshold.HIGH,
) -> None:
    """List connections, newest first. TIME is ISO 8601 (without an offset: local time), or how long ago, as 3d.

    Exit code 1 when what is listed has a finding at or above FAIL_ON, 3 when the database cannot be reached, 4 when it
    cannot be read.
    """
    if context.invoked_subcommand is not None:
        context.obj = (config, file, url_file)
        return
    if parquet is not None and (as_json or as_jsonl):
        raise UsageFailure("--parquet goes with neither --json nor --jsonl")
    from analyzers.causes.entry import Severity  # noqa: PLC0415 - the database is loaded for this command only
    from probe.history.answers import answer_connections  # noqa: PLC0415
    from probe.history.queries import Reader  # noqa: PLC0415
    from probe.history.wanted import Wanted, checked  # noqa: PLC0415

    wanted = Wanted(member=member, cause=cause, outcome=outcome, is_failed=failed, relay=relay, limit=limit)
    wanted = checked(wanted, time.time(), since, until)
    with Reader(_place(config, file, url_file)) as reader:
        code = answer_connections(reader, wanted, _form(as_json, as_jsonl), parquet, Severity(fail_on))
    raise typer.Exit(code)


def _certificates(
    context: typer.Context,
    *,
    config: Config = None,
    file: File = None,
    url_file: UrlFile = None,
    member: Member = None,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
) -> None:
    """Say which certificate each member showed in which role, from when to when, and what changed."""
    from probe.history.answers import answer_certificates  # noqa: PLC0415
    from probe.history.queries import Reader  # noqa: PLC0415

    with Reader(_place_of(context, config, file, url_file)) as reader:
        raise typer.Exit(answer_certificates(reader, member, _form(as_json, as_jsonl)))


def _incidents(  # noqa: PLR0913 (an option each)
    context: typer.Context,
    *,
    config: Config = None,
    file: File = None,
    url_file: UrlFile = None,
    since: Since = None,
    until: Until = None,
    member: Member = None,
    cause: Cause = None,
    relay: Relay = None,
    limit: Limit = LISTED,
    skew: Annotated[float, typer.Option(min=0, max=60, help="Seconds that the probes' clocks differ.")] = 2.0,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    fail_on: FailOn = Threshold.HIGH,
) -> None:
    """Tell each failure from all that the probes saw of it: who presented what, who refused, and why."""
    from analyzers.causes.entry import Severity  # noqa: PLC0415
    from probe.history.answers import answer_incidents  # noqa: PLC0415
    from probe.history.queries import Reader  # noqa: PLC0415
    from probe.history.wanted import Wanted, checked  # noqa: PLC0415

    wanted = Wanted(member=member, cause=cause, is_failed=True, relay=relay, limit=limit)
    wanted = checked(wanted, time.time(), since, until)
    with Reader(_place_of(context, config, file, url_file)) as reader:
        code = answer_incidents(reader, wanted, _form(as_json, as_jsonl), skew, Severity(fail_on))
    raise typer.Exit(code)


def _show(
    context: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="ID", help="As the list names it.")],
    *,
    config: Config = None,
    file: File = None,
    url_file: UrlFile = None,
) -> None:
    """Print all that is kept of one connection, as JSON."""
    from probe.history.answers import answer_one  # noqa: PLC0415
    from probe.history.queries import Reader  # noqa: PLC0415

    with Reader(_place_of(context, config, file, url_file)) as reader:
        raise typer.Exit(answer_one(reader, identifier))


def _form(as_json: bool, as_jsonl: bool) -> str:
    if as_json and as_jsonl:
        raise UsageFailure("--json and --jsonl exclude each other")
    return "json" if as_json else "jsonl" if as_jsonl else "text"


def _place_of(context: typer.Context, config: Path | None, file: Path | None, url_file: Path | None) -> Place:
    """Take the history that is named behind the subcommand, or before it."""
    before: tuple[Path | None, Path | None, Path | None] = context.obj
    return _place(*((config, file, url_file) if config or file or url_file else before))


def _place(config: Path | None, file: Path | None, url_file: Path | None) -> Place:
    """Give where the history is.

    Raises:
        UsageFailure: none is named, or several, or the configuration has none.
    """
    from probe.history.database import SQLITE, Place  # noqa: PLC0415
    from probe.identity import read_file  # noqa: PLC0415

    if sum(one is not None for one in (config, file, url_file)) != 1:
        raise UsageFailure("name one history: -c CONFIG, --file FILE or --url-file FILE")
    if file is not None:
        return Place(f"{SQLITE}{file}")
    if url_file is not None:
        try:
            url = read_file(url_file).decode("utf-8").strip()
        except ValueError as error:
            raise UsageFailure(f"--url-file: {error}") from None
        if not url.startswith(("postgresql://", "postgresql+psycopg://")):
            raise UsageFailure(f"--url-file {url_file}: holds no postgresql:// URL")
        return Place(url)
    return _configured(config)


def _configured(config: Path | None) -> Place:
    from probe.config import load_config  # noqa: PLC0415
    from probe.history.database import Place  # noqa: PLC0415

    settings = load_config(config).history if config is not None else None
    if settings is None:
        raise UsageFailure(f"{config}: [history] is switched off")
    return Place(settings.url)
