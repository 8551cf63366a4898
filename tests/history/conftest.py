"""A real PostgreSQL server of Debian, and a fresh history on either engine for each test."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from probe.config.settings import HistorySettings
from probe.history.database import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAIT_SECONDS = 30.0
FOREVER = 1e12

_numbers = count(1)


class Postgres:
    """A server on a socket in a directory of its own. PostgreSQL refuses root, so it runs as nobody there."""

    def __init__(self, programs: Path, directory: Path) -> None:
        """Make a database cluster."""
        self.directory = directory
        self._programs = programs
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._server: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            os.chown(directory, self._user.pw_uid, self._user.pw_gid)
        made = self._start("initdb", "-D", "data", "-U", "probe", "-A", "trust", "-N", "-E", "UTF8")
        assert made.wait(WAIT_SECONDS * 4) == 0

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        who = {} if self._user is None else {"user": self._user.pw_uid, "group": self._user.pw_gid}
        extra = {} if self._user is None else {"extra_groups": []}
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [self._programs / program, *arguments],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **who,
                **extra,
            )

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50"]
        self._server = self._start("postgres", "-D", "data", "-k", str(self.directory), *options)
        end = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                assert time.monotonic() < end
                assert self._server.poll() is None
            else:
                return

    def stop(self) -> None:
        """Stop the server at once; whoever is connected is cut off."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(WAIT_SECONDS)
            self._server = None

    def url(self, database: str) -> str:
        """Give the URL of a database."""
        return f"postgresql://probe@/{database}?host={self.directory}"

    def fresh(self) -> str:
        """Make an empty database, and give its URL."""
        name = f"history{next(_numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


@pytest.fixture(scope="session")
def postgres(require_program: Callable[[str], str]) -> Iterator[Postgres]:
    """Gives a running server."""
    require_program("pg_ctlcluster")
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    directory = Path(tempfile.mkdtemp(prefix="mirrorprobe-postgres-"))
    server = Postgres(programs, directory)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(directory)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Gives the URL of an empty database, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'history.sqlite'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture
def place(url: str) -> Place:
    """Gives the same as a place."""
    return Place(url)


@pytest.fixture
def settings(url: str, tmp_path: Path) -> HistorySettings:
    """Gives settings that keep everything."""
    return HistorySettings(url, tmp_path / "spool", 100_000_000, FOREVER, 10**12)


@pytest.fixture
def on_sqlite(tmp_path: Path) -> HistorySettings:
    """Gives settings that keep everything in a file."""
    return HistorySettings(
        f"sqlite:///{tmp_path / 'history.sqlite'}", tmp_path / "spool", 100_000_000, FOREVER, 10**12
    )


@pytest.fixture
def on_postgres(on_sqlite: HistorySettings, postgres: Postgres) -> HistorySettings:
    """Gives settings that keep everything on the server."""
    return replace(on_sqlite, url=postgres.fresh())
