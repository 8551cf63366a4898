"""What the user asks of captures, checked: every mistake of the command line at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from math import isnan, nan
from typing import TYPE_CHECKING, Literal

from analyzers.capture.analysis import Selection
from analyzers.causes.entry import Severity
from probe.outcome import UsageFailure

from .sources import STANDARD_INPUT
from .task import Task, Wanted

if TYPE_CHECKING:
    from pathlib import Path

    from analyzers.mirror.definition import Mirror
    from analyzers.x509.certificate import Certificate

__all__ = ["Request"]

Form = Literal["text", "json", "jsonl"]


@dataclass(frozen=True, slots=True)
class Request:
    """One call of `mirrorprobe pcap`."""

    files: tuple[str, ...]
    """Files, directories, URLs, or `-`."""
    keylogs: tuple[Path, ...] = ()
    mirror: Mirror | None = None
    ports: frozenset[int] = frozenset()
    hosts: frozenset[str] = frozenset()
    since: float = float("-inf")
    until: float = float("inf")
    only_failed: bool = False
    form: Form = "text"
    html: Path | None = None
    parquet: Path | None = None
    jobs: int = 1
    dask: str | None = None
    watch: bool = False
    fail_on: Severity = Severity.HIGH
    replaced: tuple[tuple[str, tuple[Certificate, ...]], ...] = ()

    @classmethod
    def checked(
        cls,
        *,
        mirror: Path | None = None,
        since: str | None = None,
        until: str | None = None,
        fail_on: str = Severity.HIGH,
        with_certificates: tuple[str, ...] = (),
        **rest: object,
    ) -> Request:
        """Make a request of what stands on the command line.

        Raises:
            UsageFailure: some of it cannot be meant; one line for each mistake.
        """
        problems: list[str] = []
        request = cls(
            mirror=None if mirror is None else _mirror(mirror, problems),
            since=float("-inf") if since is None else _time("--since", since, problems),
            until=float("inf") if until is None else _time("--until", until, problems),
            fail_on=_severity(fail_on, problems),
            replaced=_replaced(with_certificates, problems),
            **rest,  # type: ignore[arg-type]  # Typer has checked their types
        )
        problems += request._contradictions()
        if problems:
            raise UsageFailure(*problems)
        return request

    def _contradictions(self) -> list[str]:
        problems = [f"--host {host}: no IP address" for host in sorted(self.hosts) if not _is_address(host)]
        problems += [f"--keylog {path}: {why}" for path in self.keylogs if (why := _unreadable(path))]
        problems += [
            f"--port {port}: not from 0 to 65535" for port in sorted(self.ports) if not 0 <= port <= 65535
        ]
        if self.replaced:
            problems += self._strangers()
        if self.watch and len(self.files) != 1:
            problems.append("--watch follows one file")
        if self.watch and (self.jobs > 1 or self.dask is not None):
            problems.append("--watch goes with neither --jobs nor --dask: one process reads what is written")
        if STANDARD_INPUT in self.files and (self.jobs > 1 or self.dask is not None):
            problems.append("standard input can be read by one process only: leave out --jobs and --dask")
        if self.dask is not None and self.jobs > 1:
            problems.append("--jobs and --dask exclude each other")
        return problems

    def _strangers(self) -> list[str]:
        if self.mirror is None:
            return ["--with-certificate needs --mirror: the definition tells which end is the member"]
        known = [member.name for member in self.mirror.members]
        return [
            f"--with-certificate {name}: no member of {self.mirror.name}; it has {', '.join(known)}"
            for name, _ in self.replaced
            if name not in known
        ]

    def task(self, file: str) -> Task:
        """Give the work on one file."""
        is_recorded = self.form != "text" or self.parquet is not None
        wanted = Wanted(is_recorded, self.form == "text", self.html is not None, self.only_failed)
        return Task(
            file=file,
            keylogs=tuple(str(path.absolute()) for path in self.keylogs),
            mirror=self.mirror,
            ports=self.ports,
            selection=Selection(self.hosts, self.since, self.until, is_live=self.watch),
            wanted=wanted,
            replaced=self.replaced,
        )


def _mirror(path: Path, problems: list[str]) -> Mirror | None:
    from probe.config import load_mirror  # noqa: PLC0415 (pydantic, only where a definition is given)

    try:
        return load_mirror(path)
    except UsageFailure as failure:
        problems += failure.problems
        return None


def _replaced(
    options: tuple[str, ...], problems: list[str]
) -> tuple[tuple[str, tuple[Certificate, ...]], ...]:
    if not options:
        return ()
    from ..replacing import replaced_chains  # noqa: PLC0415 (X.509 of `cryptography`, seldom asked for)

    return replaced_chains(options, problems)


def _unreadable(path: Path) -> str | None:
    """Say why a file cannot be read; None where it can."""
    try:
        if not path.is_file():
            return "no regular file" if path.exists() else "no such file"
        with path.open("rb"):
            return None
    except (OSError, ValueError) as error:  # a NUL in the path is a ValueError
        return f"cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}"


def _time(option: str, text: str, problems: list[str]) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = nan
    if not isnan(seconds):
        return seconds
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        problems.append(f"{option} {text}: neither epoch seconds nor a time as 2026-01-31T12:00:00+01:00")
        return 0.0


def _severity(text: str, problems: list[str]) -> Severity:
    try:
        return Severity(text)
    except ValueError:
        problems.append(f"--fail-on {text}: unknown severity (accepted: {', '.join(Severity)})")
        return Severity.HIGH


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
