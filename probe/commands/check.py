"""`mirrorprobe check`: one question to one server, by a real handshake."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.limits import HANDSHAKE_SECONDS
from probe.outcome import ExitCode, UsageFailure

from ..document import name_of
from .lint import Threshold

if TYPE_CHECKING:
    from probe.account import Witnessed
    from probe.checks.asking import Question
    from probe.checks.survey import Survey

__all__ = ["register"]

NO_CERTIFICATE = "client-certificate-missing"


Target = Annotated[
    str, typer.Argument(help="HOST:PORT; with a definition also MEMBER or MEMBER/superserver.")
]
Certificate = Annotated[Path | None, typer.Option(help="The certificate to show, with its chain, in PEM.")]
Key = Annotated[Path | None, typer.Option(help="Its key; the certificate's file if left out.")]
PasswordFile = Annotated[Path | None, typer.Option(help="Holds the key's password.")]
PasswordEnv = Annotated[
    str | None, typer.Option(metavar="NAME", help="The environment variable that holds the password.")
]
Ca = Annotated[Path | None, typer.Option(help="The CA file against which the server is verified.")]
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Take certificate, CA and mirror from a configuration."),
]
As = Annotated[
    str | None, typer.Option("--as", metavar="MEMBER", help="Whose certificate of the configuration.")
]
Definition = Annotated[
    Path | None, typer.Option(help="mirrorprobe.toml, for the names of members and the policy only.")
]
Minimum = Annotated[str, typer.Option(help="The oldest version to offer.")]
Maximum = Annotated[str, typer.Option(help="The newest version to offer.")]
ServerName = Annotated[str | None, typer.Option(help="Send this name (SNI); IRIS sends none.")]
Preamble = Annotated[
    Path | None, typer.Option(help="Bytes to send before TLS, as a real member was seen to.")
]
Wanted = Annotated[
    bool,
    typer.Option("--survey", help="Find out all that the server accepts, by some 50 to 150 handshakes."),
]
Deadline = Annotated[float, typer.Option(min=0.1, max=60, help="Seconds for dial and handshake.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
FailOn = Annotated[Threshold, typer.Option(help="The least severity that gives exit code 1.")]


def _check(  # noqa: PLR0913 (an option each)
    target: Target,
    *,
    certificate: Certificate = None,
    key: Key = None,
    password_file: PasswordFile = None,
    password_env: PasswordEnv = None,
    ca: Ca = None,
    config: Config = None,
    as_member: As = None,
    mirror: Definition = None,
    minimum_version: Minimum = "TLSv1.2",
    maximum_version: Maximum = "TLSv1.3",
    server_name: ServerName = None,
    preamble: Preamble = None,
    survey: Wanted = False,
    deadline: Deadline = HANDSHAKE_SECONDS,
    as_json: AsJson = False,
    fail_on: FailOn = Threshold.HIGH,
) -> None:
    """Dial a server as a mirror member does: what is negotiated, who refuses whom, and why.

    No application data is ever sent. Exit code 3 when the server could not be asked: it cannot be reached, is
    silent, or closes on a ClientHello, as an ISCAgent that wants a preamble may.
    """
    from probe.checks.asking import Question  # noqa: PLC0415 - TLS is loaded for this command only
    from probe.checks.choosing import Wish, choose  # noqa: PLC0415

    versions = _version("--minimum-version", minimum_version), _version("--maximum-version", maximum_version)
    if versions[0] > versions[1]:
        raise UsageFailure("--minimum-version is newer than --maximum-version")
    _check_name(server_name)
    wish = Wish(target, certificate, key, password_file, password_env, ca, config, as_member, mirror)
    chosen = choose(wish)
    question = Question(
        chosen.target,
        chosen.identity,
        chosen.mirror,
        deadline,
        versions,
        server_name=server_name,
        preamble=_bytes_of(preamble),
    )
    account, beyond, found = asyncio.run(_ask(question, survey=survey))
    _print(question, account, beyond, found, as_json=as_json)
    raise typer.Exit(_exit_code(question, account, beyond, found, fail_on))


def _version(option: str, text: str) -> int:
    from probe.config.tables import VERSIONS  # noqa: PLC0415

    if text not in VERSIONS:
        raise UsageFailure(f"{option} {text}: unknown version (accepted: {', '.join(VERSIONS)})")
    return VERSIONS[text]


def _check_name(server_name: str | None) -> None:
    try:
        (server_name or "").encode("idna")
    except UnicodeError as error:
        raise UsageFailure(f"--server-name {server_name}: no host can have this name: {error}") from None


def _bytes_of(preamble: Path | None) -> bytes:
    from probe.identity import read_file  # noqa: PLC0415
    from probe.limits import PREAMBLE_BYTES  # noqa: PLC0415

    if preamble is None:
        return b""
    try:
        data = read_file(preamble)
    except ValueError as error:
        raise UsageFailure(f"--preamble {error}") from None
    if len(data) > PREAMBLE_BYTES:
        raise UsageFailure(f"--preamble {preamble}: is longer than {PREAMBLE_BYTES} bytes")
    return data


async def _ask(question: Question, *, survey: bool) -> tuple[Witnessed, Witnessed | None, Survey | None]:
    """Ask as a member; where that refuses the server, once more to hear what the server thinks of the member."""
    from analyzers.connection import Party  # noqa: PLC0415
    from probe.checks.asking import Asking  # noqa: PLC0415
    from probe.checks.survey import survey as find_out  # noqa: PLC0415

    run_id = secrets.token_hex(4)
    account = await Asking(question).ask(f"{run_id}-check-1", "check")
    tls = account.connection.tls
    has_chosen = tls is not None and tls.server_hello is not None
    beyond = None
    if account.verdict.refused_by is Party.CLIENT and has_chosen and question.identity is not None:
        beyond = await Asking(replace(question, refuses=False)).ask(f"{run_id}-check-2", "check")
    if not survey or not _has_answered(account):
        return account, beyond, None
    from rich.console import Console  # noqa: PLC0415

    with Console(stderr=True).status(f"asking {question.target} what it accepts"):
        return account, beyond, await find_out(question)


def _has_answered(account: Witnessed) -> bool:
    """Tell whether the server spoke at all."""
    from analyzers.causes.inquiry.speech import has_spoken  # noqa: PLC0415
    from analyzers.connection import Party  # noqa: PLC0415

    return has_spoken(account.connection, Party.SERVER)


def _print(
    question: Question, account: Witnessed, beyond: Witnessed | None, found: Survey | None, *, as_json: bool
) -> None:
    from probe.checks.records import survey_record  # noqa: PLC0415
    from probe.checks.words import check_text, survey_text  # noqa: PLC0415

    policy = question.mirror.policy
    if as_json:
        record = {
            **account.record(),
            "schema": name_of("check"),
            "beyond": None if beyond is None else beyond.record(),
            "survey": None if found is None else survey_record(found, policy),
        }
        json.dump(record, sys.stdout, ensure_ascii=False, indent=2)
        print()
        return
    sys.stdout.write(check_text(account, beyond, has_identity=question.identity is not None))
    if found is not None:
        sys.stdout.write("\n" + survey_text(found, policy))


def _exit_code(
    question: Question, account: Witnessed, beyond: Witnessed | None, found: Survey | None, fail_on: Threshold
) -> ExitCode:
    from analyzers.causes import catalogue  # noqa: PLC0415
    from analyzers.causes.entry import Severity  # noqa: PLC0415
    from probe.checks.words import shortcomings  # noqa: PLC0415

    if not _has_answered(account):
        print(f"error: {question.target} could not be asked", file=sys.stderr)
        return ExitCode.NOT_TESTED
    findings = [one for told in (account, beyond) if told is not None for one in told.verdict.findings]
    severities = [
        one.severity for one in findings if question.identity is not None or one.id != NO_CERTIFICATE
    ]
    if found is not None:
        severities += [catalogue()[one.cause].severity for one in shortcomings(found, question.mirror.policy)]
    limit = Severity(fail_on).rank
    is_found = any(severity.rank <= limit for severity in severities)
    return ExitCode.FINDINGS if is_found else ExitCode.CLEAN


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("check")(_check)
