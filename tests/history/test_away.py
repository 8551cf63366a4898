"""The database goes away, the disk is full, the process is killed: what may be lost, and what is told."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from time import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from probe.history import open_history, schema
from probe.history.database import Place
from probe.history.store import Store
from probe.outcome import UsageFailure
from tests.history.telling import WAIT_SECONDS, Heard, event, lines_of
from tests.history.test_spool import files_up_to
from tests.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from probe.config.settings import HistorySettings
    from probe.history.sink import HistorySink
    from tests.history.conftest import Postgres

LOST_SECONDS = 1.0
"""What a kill may cost."""


def file_of(settings: HistorySettings) -> Path:
    """Give the SQLite file."""
    file = Place(settings.url).file
    assert file is not None
    return file


def take(sink: HistorySink, name: str, number: int) -> set[str]:
    """Let a sink take some connections, and give their identifiers."""
    names = {f"{name}-{each}" for each in range(number)}
    for each in sorted(names):
        sink.take(event(each))
    return names


@contextmanager
def writing(settings: HistorySettings, probe: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process that writes; it is dead at the end."""
    arguments = [settings.url, str(settings.spool), probe]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.history.writing", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def killed_after(process: subprocess.Popen[str], number: int) -> dict[str, float]:
    """Kill a writer in the middle, and give what it took before the second that may be lost."""
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(number)]
    process.send_signal(signal.SIGKILL)
    killed = time()
    lines += process.stdout.readlines()
    taken = {name: float(at) for name, at in (line.split() for line in lines if line.endswith("\n"))}
    return {name: at for name, at in taken.items() if at < killed - LOST_SECONDS}


@pytest.mark.parametrize("number", [700, 1500])
def test_a_kill_loses_the_last_second_at_most(settings: HistorySettings, number: int) -> None:
    """After kill -9 in the middle of writing, all that is older than a second is in the database."""
    with writing(settings, "P1") as process:
        must_be_there = killed_after(process, number)
    assert must_be_there
    assert set(must_be_there) - set(lines_of(settings.url)) == set()
    sink = open_history(settings, "P1")
    more = take(sink, "more", 3)
    sink.close(WAIT_SECONDS)
    assert more <= set(lines_of(settings.url))


def test_a_kill_while_the_server_is_away_loses_the_last_second_at_most(
    on_postgres: HistorySettings, postgres: Postgres
) -> None:
    """What waits in the spool of a killed process is written by the next one."""
    postgres.stop()
    try:
        with writing(on_postgres, "P1") as process:
            must_be_there = killed_after(process, 1000)
    finally:
        postgres.start()
    assert must_be_there
    heard = Heard()
    sink = open_history(on_postgres, "P1", heard)
    heard.until("were written from the spool")
    sink.close(WAIT_SECONDS)
    kept = lines_of(on_postgres.url)
    assert set(must_be_there) - set(kept) == set()
    assert not list(on_postgres.spool.glob("*.spool"))


def test_a_server_that_stops_and_starts_loses_nothing(
    on_postgres: HistorySettings, postgres: Postgres
) -> None:
    """What comes while the server is away is written when it is back, in its order, once; both are told."""
    heard = Heard()
    sink = open_history(on_postgres, "P1", heard)
    expected = take(sink, "before", 50)
    postgres.stop()
    try:
        expected |= take(sink, "away", 450)
        heard.until("not to be had, connections wait in the spool")
        expected |= take(sink, "later", 50)
    finally:
        postgres.start()
    heard.until("is to be had again")
    heard.until("were written from the spool")
    expected |= take(sink, "after", 50)
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    assert set(lines_of(on_postgres.url)) == expected
    assert sum("not to be had" in line for line in heard.all()) == 1


def test_a_probe_starts_while_the_server_is_away(on_postgres: HistorySettings, postgres: Postgres) -> None:
    """A probe that finds no server relays all the same, keeps what it sees, and writes it later."""
    postgres.stop()
    heard = Heard()
    try:
        sink = open_history(on_postgres, "P1", heard)
        expected = take(sink, "early", 20)
        told = heard.until("not to be had")
        sink.close(WAIT_SECONDS)
    finally:
        postgres.start()
    assert "\n" not in told
    sink = open_history(on_postgres, "P1", heard)
    heard.until("20 connections were written from the spool")
    sink.close(WAIT_SECONDS)
    assert set(lines_of(on_postgres.url)) == expected


def test_a_power_failure_finds_the_file_synced(
    on_sqlite: HistorySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is folded into the file itself soon after, without waiting for a full log or the end."""
    settle, settled = Store.settle, threading.Event()

    def settle_and_say(self: Store) -> None:
        settle(self)
        settled.set()

    monkeypatch.setattr(Store, "settle", settle_and_say)
    sink = open_history(on_sqlite, "P1")
    expected = take(sink, "one", 5)
    assert settled.wait(WAIT_SECONDS)
    alone = tmp_path / "alone.sqlite"
    alone.write_bytes(file_of(on_sqlite).read_bytes())  # without the log beside it
    sink.close(WAIT_SECONDS)
    assert set(lines_of(f"sqlite:///{alone}")) == expected


def test_a_spool_that_is_full_counts_what_it_loses(on_postgres: HistorySettings, postgres: Postgres) -> None:
    """Beyond the bound of the spool connections are lost, and everybody is told how many."""
    heard = Heard()
    settings = replace(on_postgres, spool_bytes=100_000)
    postgres.stop()
    try:
        sink = open_history(settings, "P1", heard)
        taken = take(sink, "one", 100)
        heard.until("were lost")
        sink.close(WAIT_SECONDS)
    finally:
        postgres.start()
    lost = sink.dropped()
    assert 0 < lost < 100
    sink = open_history(settings, "P1", heard)
    heard.until(f"{100 - lost} connections were written from the spool")
    sink.close(WAIT_SECONDS)
    kept = set(lines_of(on_postgres.url))
    assert kept < taken
    assert len(kept) == 100 - lost


def test_a_locked_file_loses_nothing(on_sqlite: HistorySettings) -> None:
    """While another program holds SQLite's file, connections wait in the spool."""
    heard = Heard()
    sink = open_history(on_sqlite, "P1", heard)
    expected = take(sink, "before", 5)
    with closing(sqlite3.connect(file_of(on_sqlite), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        expected |= take(sink, "locked", 5)
        assert "locked" in heard.until("not to be had")
        other.execute("ROLLBACK")
    heard.until("were written from the spool")
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    assert set(lines_of(on_sqlite.url)) == expected


def test_a_file_that_is_locked_at_the_start_is_waited_for(on_sqlite: HistorySettings) -> None:
    """A lock at the start is no reason not to relay."""
    open_history(on_sqlite, "P1").close(WAIT_SECONDS)
    heard = Heard()
    with closing(sqlite3.connect(file_of(on_sqlite), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        sink = open_history(on_sqlite, "P1", heard)
        expected = take(sink, "locked", 5)
        heard.until("not to be had")
        other.execute("ROLLBACK")
    heard.until("were written from the spool")
    sink.close(WAIT_SECONDS)
    assert set(lines_of(on_sqlite.url)) == expected


def test_a_removed_file_is_begun_anew(on_sqlite: HistorySettings) -> None:
    """When somebody removes the file, what comes next is not written into the void, and it is told."""
    heard = Heard()
    sink = open_history(on_sqlite, "P1", heard)
    for path in file_of(on_sqlite).parent.glob("history.sqlite*"):
        path.unlink()
    expected = take(sink, "one", 5)
    heard.until("removed or replaced")
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    assert set(lines_of(on_sqlite.url)) == expected


def test_a_damaged_file_is_told_and_survived(on_sqlite: HistorySettings) -> None:
    """A file that becomes damaged sends connections to the spool; when it is moved away they are written."""
    heard = Heard()
    sink = open_history(on_sqlite, "P1", heard)
    take(sink, "early", 300)
    file = file_of(on_sqlite)
    sink.close(WAIT_SECONDS)
    sink = open_history(on_sqlite, "P1", heard)
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"\xff" * (file.stat().st_size - 4096))
    expected = take(sink, "late", 5)
    assert "malformed" in heard.until("not to be had")
    for path in file.parent.glob("history.sqlite*"):
        path.rename(path.with_name(f"damaged-{path.name}"))
    heard.until("were written from the spool")
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    assert set(lines_of(on_sqlite.url)) == expected


def test_a_full_disk_is_told_and_counted(on_sqlite: HistorySettings) -> None:
    """When neither the database nor the spool finds room the loss is counted; with room again it goes on."""
    heard = Heard()
    sink = open_history(on_sqlite, "P1", heard)
    with files_up_to(1000):
        lost = take(sink, "lost", 20)
        heard.until("not to be had")
        heard.until(f"{len(lost)} connections were lost")
    expected = take(sink, "kept", 20)
    heard.until("is to be had again")
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == len(lost)
    kept = set(lines_of(on_sqlite.url))
    assert expected <= kept


def test_a_full_disk_of_the_database_alone_loses_nothing(on_sqlite: HistorySettings) -> None:
    """While SQLite finds no room but the spool does, connections wait there."""
    first = open_history(on_sqlite, "P1")
    expected = take(first, "early", 50)
    first.close(WAIT_SECONDS)
    heard = Heard()
    sink = open_history(on_sqlite, "P1", heard)
    with files_up_to(30_000):  # a batch touches more pages than that, and three events are half of it
        expected |= take(sink, "full", 3)
        heard.until("not to be had")
    heard.until("3 connections were written from the spool")
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    assert set(lines_of(on_sqlite.url)) == expected


def test_tables_that_vanish_are_made_again(on_postgres: HistorySettings) -> None:
    """When somebody drops the tables, the writer makes them again and writes what waited."""
    heard = Heard()
    sink = open_history(on_postgres, "P1", heard)
    engine = Place(on_postgres.url).for_writing()
    with engine.begin() as connection:
        schema.metadata.drop_all(connection)
    engine.dispose()
    expected = take(sink, "one", 5)
    heard.until("not to be had")
    heard.until("were written from the spool")
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    assert set(lines_of(on_postgres.url)) == expected


def test_a_newer_history_is_refused(settings: HistorySettings) -> None:
    """A history that a newer version wrote stops the start with one line, and is not touched."""
    open_history(settings, "P1").close(WAIT_SECONDS)
    engine = Place(settings.url).for_writing()
    version = schema.metadata.tables["history_version"]
    with engine.begin() as connection:
        connection.execute(delete(version))
        connection.execute(version.insert().values(version=99))
    engine.dispose()
    with pytest.raises(UsageFailure, match="is of version 99, and this mirrorprobe knows 1: use a newer one"):
        open_history(settings, "P1")
