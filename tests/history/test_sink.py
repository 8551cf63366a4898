"""What is told is kept: whole, once, whatever it holds, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import stat
import threading
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, func, select

from probe.events.event import event_of
from probe.history import open_history, schema
from probe.history import sink as sink_module
from probe.history.database import Place
from probe.history.queries import Reader
from probe.history.sink import BATCH, QUEUED
from probe.history.store import Store
from probe.history.wanted import Wanted
from probe.outcome import UsageFailure
from tests.history.telling import WAIT_SECONDS, Heard, event, event_for, lines_of
from tests.probe.accounts import PCAPS, told

if TYPE_CHECKING:
    from pathlib import Path

    from probe.config.settings import HistorySettings
    from probe.history.entry import Entry, Rows

STORIES = sorted(path.stem for path in PCAPS.glob("*.pcap"))

HOSTILE = (
    "'; DROP TABLE connections; --",
    '"; DELETE FROM legs; --',
    "nul\0nul",
    "lone \ud800 surrogate",
    "\\",
    "%s %(name)s :name ? $1",
    "ünïcödé 🔒 \u202e",
    "[bold]markup[/bold]",
    "x" * 100_000,
)


def test_every_story_is_kept_to_the_byte(settings: HistorySettings) -> None:
    """Each connection of the captures comes back as the very line that was told."""
    heard = Heard()
    sink = open_history(settings, "P1", heard)
    events = [event_for(told(name, identifier=f"id-{name}")) for name in STORIES]
    for each in events:
        sink.take(each)
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    assert heard.all() == []
    kept = lines_of(settings.url)
    assert {one: line.decode("utf-8") for one, line in kept.items()} == {
        each.fields["id"]: each.line for each in events
    }


def test_columns_say_what_the_account_says(settings: HistorySettings) -> None:
    """What one filters by is what the account told, and the certificates are those that each end showed."""
    account = told("client-eku-server-only-tls12", identifier="a")
    sink = open_history(settings, "P1")
    sink.take(event_for(account))
    sink.close(WAIT_SECONDS)
    with Reader(Place(settings.url)) as reader:
        (kept,) = reader.connections(Wanted())
        (half,) = reader.halves(Wanted())
    shown = {party.value: certificate.sha256 for _, party, certificate in account.certificates()}
    assert (kept.id, kept.probe, kept.relay, kept.road) == ("a", "P1", "one", "sniff")
    assert (kept.started, kept.ended) == (account.connection.started, account.connection.ended)
    assert (kept.client_member, kept.server_member) == (account.client_member, account.server_member)
    assert (kept.failed, kept.outcome) == (True, account.outcome.value)
    assert kept.root_cause == "client-certificate-purpose"
    assert kept.severity == account.verdict.findings[0].severity.value
    assert (kept.client_certificate, kept.server_certificate) == (shown["client"], shown["server"])
    tls = account.connection.tls
    assert tls is not None
    assert tls.client_hello is not None
    assert [leg.client_random for leg in half.legs] == [tls.client_hello.random]


def test_a_connection_is_kept_once(settings: HistorySettings) -> None:
    """What is told twice, at once or after a restart, is one row, and is counted once."""
    for _ in range(2):
        sink = open_history(settings, "P1")
        for _ in range(3):
            sink.take(event("again"))
        sink.take(event("other"))
        sink.close(WAIT_SECONDS)
        assert sink.dropped() == 0
    engine = Place(settings.url).for_reading()
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(schema.connections)).scalar() == 2
        assert connection.execute(select(schema.ledger.c.rows)).scalars().all() == [2]
    engine.dispose()


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_kept_and_found(settings: HistorySettings, hostile: str) -> None:
    """Text of any kind, in every place, changes no statement, is found by itself, and comes back as it was."""
    sink = open_history(settings, hostile)
    said = {"client_member": hostile, "server_member": hostile, "relay": hostile, "summary": hostile}
    sink.take(event("one", **said, root_cause=hostile))
    sink.take(event("two"))
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    for wanted in (Wanted(member=hostile), Wanted(cause=hostile), Wanted(relay=hostile)):
        (line,) = lines_of(settings.url, wanted).values()
        event_again = json.loads(line)
        assert event_again["client_member"] == event_again["summary"] == hostile
    assert len(lines_of(settings.url)) == 2
    with Reader(Place(settings.url)) as reader:
        members = {showing.member for showing in reader.showings()}
        assert len(members - {"IRISA", "IRISB"}) == 1


def test_identifiers_may_be_hostile_too(settings: HistorySettings) -> None:
    """A connection is found by the identifier that it was told with."""
    sink = open_history(settings, "P1")
    for hostile in HOSTILE:
        sink.take(event(hostile))
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    with Reader(Place(settings.url)) as reader:
        for hostile in HOSTILE:
            line = reader.event(hostile)
            assert line is not None
            assert json.loads(line)["id"] == hostile


def test_what_is_no_connection_is_not_kept(on_sqlite: HistorySettings) -> None:
    """The probe's own start and stop are for the log."""
    sink = open_history(on_sqlite, "P1")
    sink.take(event_of(1.0, "started", "info", {}))
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    assert lines_of(on_sqlite.url) == {}


def test_a_file_is_for_its_owner(on_sqlite: HistorySettings, tmp_path: Path) -> None:
    """Records name hosts, so neither the database, its log, nor the spool can be read by others."""
    sink = open_history(on_sqlite, "P1")
    sink.take(event("one"))
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    sink.close(WAIT_SECONDS)
    assert found.pop("spool") == 0o700
    assert set(found.values()) == {0o600}


def test_a_hanging_database_slows_nobody_and_loses_nothing(
    on_sqlite: HistorySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database hangs, taking costs microseconds; at the end what hangs is in the spool, to the last one."""
    may_go_on, hangs = threading.Event(), threading.Event()
    write = Store.write

    def hang(self: Store, batch: list[object]) -> int:
        hangs.set()
        may_go_on.wait(WAIT_SECONDS)
        return write(self, batch)  # type: ignore[arg-type]  # rows, as it was called

    with monkeypatch.context() as patched:
        patched.setattr(Store, "write", hang)
        sink = open_history(on_sqlite, "P1")
        sink.take(event("first"))
        assert hangs.wait(WAIT_SECONDS)
        more = [event(f"more-{number}") for number in range(100)]
        begun = perf_counter()
        for each in more:
            sink.take(each)
        assert perf_counter() - begun < WAIT_SECONDS  # it would hang, not be slow
        sink.close(0.1)
        assert sink.dropped() == 0
        may_go_on.set()
    heard = Heard()
    sink = open_history(on_sqlite, "P1", heard)
    heard.until("101 connections were written from the spool")
    sink.close(WAIT_SECONDS)
    assert set(lines_of(on_sqlite.url)) == {"first"} | {f"more-{number}" for number in range(100)}


def test_a_full_queue_counts_what_it_loses(
    on_sqlite: HistorySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond its bound the queue loses the newest, counts them, and says so."""
    may_go_on, hangs = threading.Event(), threading.Event()
    write = Store.write

    def hang(self: Store, batch: list[object]) -> int:
        hangs.set()
        may_go_on.wait(WAIT_SECONDS)
        return write(self, batch)  # type: ignore[arg-type]  # rows, as it was called

    heard = Heard()
    monkeypatch.setattr(Store, "write", hang)
    sink = open_history(on_sqlite, "P1", heard)
    one = event("same")
    sink.take(one)
    assert hangs.wait(WAIT_SECONDS)
    for _ in range(QUEUED + 7):
        sink.take(one)
    assert sink.dropped() == 7
    may_go_on.set()
    sink.close(WAIT_SECONDS)
    assert heard.until("were lost") == "7 connections were lost, 7 since the start"
    assert list(lines_of(on_sqlite.url)) == ["same"]


def test_a_row_that_the_database_refuses_costs_only_itself(settings: HistorySettings) -> None:
    """Where one connection of a batch cannot be kept, it is counted and told, and all others are there."""
    heard = Heard()
    sink = open_history(settings, "P1", heard)
    for number in range(10):
        sink.take(event(f"good-{number}"))
    sink.take(event("bad", started="yesterday"))
    sink.take(event("worse", handshake_seconds=[]))
    sink.take(event("worst", legs={"direct": {}}))
    sink.close(WAIT_SECONDS)
    assert set(lines_of(settings.url)) == {f"good-{number}" for number in range(10)}
    assert sink.dropped() == 3
    assert [line.partition(":")[0] for line in heard.all()] == ["a connection cannot be kept"] * 3


def test_what_only_the_database_can_tell_costs_only_itself(
    settings: HistorySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that passes our reading and not the database's is found by writing row by row."""
    rows_of = sink_module.rows_of

    def with_a_wrong_port(entry: Entry, probe: str) -> Rows:
        rows = rows_of(entry, probe)
        if rows.connection["id"] == "bad":
            rows.connection["client_port"] = None
        return rows

    monkeypatch.setattr(sink_module, "rows_of", with_a_wrong_port)
    heard = Heard()
    sink = open_history(settings, "P1", heard)
    for identifier in ("one", "bad", "two"):
        sink.take(event(identifier))
    sink.close(WAIT_SECONDS)
    assert set(lines_of(settings.url)) == {"one", "two"}
    assert sink.dropped() == 1
    assert "the database refuses a connection" in heard.all()[0]


def test_many_at_once_are_written_in_several_batches(settings: HistorySettings) -> None:
    """A burst larger than a batch is kept completely, and the count of rows says so."""
    heard = Heard()
    sink = open_history(settings, "P1", heard)
    for number in range(2 * BATCH + 1):
        sink.take(event(f"{number}"))
    sink.close(WAIT_SECONDS)
    assert sink.dropped() == 0
    assert len(lines_of(settings.url)) == 2 * BATCH + 1


def test_two_probes_share_one_server(on_postgres: HistorySettings, tmp_path: Path) -> None:
    """Two writers at once on one database, with the same certificates and members, lose and lock nothing."""
    sinks = [
        open_history(replace(on_postgres, spool=tmp_path / name), name, Heard())
        for name in ("P1", "P2", "P3")
    ]
    for number in range(300):
        for sink in sinks:
            sink.take(event(f"{id(sink)}-{number}", STORIES[number % 20]))
    for sink in sinks:
        sink.close(WAIT_SECONDS)
        assert sink.dropped() == 0
    assert len(lines_of(on_postgres.url)) == 900
    store = Store(Place(on_postgres.url), "P1")
    store.open()
    assert store.count() == 900
    store.close()


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be one" * 100, b"SQLite format 3\0"]
)
def test_a_file_that_is_no_history_is_refused(
    on_sqlite: HistorySettings, tmp_path: Path, content: bytes
) -> None:
    """A file that is something else stops the start with one line that names it, and stays as it is."""
    file = tmp_path / "history.sqlite"
    file.write_bytes(content)
    with pytest.raises(UsageFailure) as refused:
        open_history(on_sqlite, "P1")
    (line,) = refused.value.problems
    assert str(file) in line
    assert "\n" not in line
    assert file.read_bytes() == content


def test_another_programs_database_is_refused(settings: HistorySettings) -> None:
    """Tables of the same names that are not ours are not written to."""
    url = settings.url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE connections (what TEXT)")
    engine.dispose()
    with pytest.raises(UsageFailure, match="holds tables of another program: connections"):
        open_history(settings, "P1")


def test_a_place_that_cannot_be_written_is_refused(on_sqlite: HistorySettings, tmp_path: Path) -> None:
    """A missing directory stops the start with one line."""
    nowhere = replace(on_sqlite, url=f"sqlite:///{tmp_path / 'missing' / 'h.sqlite'}")
    with pytest.raises(UsageFailure, match=r"missing/h\.sqlite cannot be opened"):
        open_history(nowhere, "P1")


def test_a_spool_has_one_probe(on_sqlite: HistorySettings) -> None:
    """Two probes that name one spool are told so."""
    first = open_history(on_sqlite, "P1")
    with pytest.raises(UsageFailure, match="used by another probe"):
        open_history(on_sqlite, "P2")
    first.close(WAIT_SECONDS)
    open_history(on_sqlite, "P2").close(WAIT_SECONDS)
