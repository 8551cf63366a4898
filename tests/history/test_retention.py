"""A history stays within its age and its size, in small steps, and gives the disk its room back."""

from __future__ import annotations

from dataclasses import replace
from time import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from probe.history import open_history, retention, schema
from probe.history.database import Place
from probe.history.entry import entry_of, rows_of
from probe.history.queries import Reader
from probe.history.retention import Retention
from probe.history.store import Store
from probe.history.wanted import Wanted
from tests.history.telling import WAIT_SECONDS, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.config.settings import HistorySettings
    from probe.history.entry import Rows

NOW = 1_900_000_000.0
DAY = 86_400.0


def rows(identifier: str, ended: float) -> Rows:
    """Give the rows of a connection that ended then."""
    told = event(identifier, lasted=(ended - 1, ended))
    assert told.account is not None
    return rows_of(entry_of(told, told.account), "P1")


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """Gives an open store."""
    opened = Store(place, "P1")
    opened.open()
    yield opened
    opened.close()


def kept(place: Place) -> set[str]:
    """Name what is kept."""
    with Reader(place) as reader:
        return {one.id for one in reader.connections(Wanted())}


def work(store: Store, keeping: Retention, now: float = NOW) -> int:
    """Step until there is nothing to do, and give the number of steps that did something."""
    steps = 0
    while keeping.is_due(0.0):
        keeping.step(store, 0.0, now)
        steps += 1
        assert steps < 1000
    return steps - 1


def test_what_is_too_old_goes(store: Store, place: Place) -> None:
    """What ended before the limit is removed with its legs, what ended at it stays, and the count follows."""
    store.write([rows(f"day-{days}", NOW - days * DAY) for days in range(10)])
    assert work(store, Retention(3 * DAY, 10**12)) == 1
    assert kept(place) == {"day-0", "day-1", "day-2", "day-3"}
    assert store.count() == 4
    engine = place.for_reading()
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(schema.legs)).scalar() == 4
    engine.dispose()


def test_certificates_outlive_the_connections(store: Store, place: Place) -> None:
    """When a member began to show a certificate is still known when its connections are gone."""
    store.write([rows("old", NOW - 400 * DAY)])
    work(store, Retention(DAY, 10**12))
    assert kept(place) == set()
    with Reader(place) as reader:
        showings = reader.showings()
        assert {one.member for one in showings} == {"IRISA", "IRISB"}
        assert len(reader.facts(one.sha256 for one in showings)) == 2


def test_much_is_removed_in_small_steps(store: Store, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """No step removes more than its share, so that no writer waits long."""
    monkeypatch.setattr(retention, "STEP_ROWS", 10)
    store.write([rows(f"{number}", NOW - 5 * DAY + number) for number in range(95)])
    assert work(store, Retention(DAY, 10**12)) == 10
    assert kept(place) == set()


def test_what_is_too_much_goes_oldest_first(
    store: Store, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the size the oldest are removed until it is kept, and not more than a step further."""
    monkeypatch.setattr(retention, "STEP_ROWS", 10)
    for begin in range(0, 2000, 500):
        store.write([rows(f"{number}", NOW - 5000 + number) for number in range(begin, begin + 500)])
    bound = store.used_bytes() * 3 // 4
    work(store, Retention(100 * DAY, bound))
    left = {int(name) for name in kept(place)}
    assert store.used_bytes() <= bound
    assert left == set(range(2000 - len(left), 2000))
    assert 1200 < len(left) < 1800


def test_the_file_shrinks(on_sqlite: HistorySettings) -> None:
    """SQLite gives back what was freed, a little at a time, without copying the file."""
    place = Place(on_sqlite.url)
    assert place.file is not None
    store = Store(place, "P1")
    store.open()
    store.write([rows(f"{number}", NOW - 5 * DAY) for number in range(2000)])
    store.close()
    before = place.file.stat().st_size
    store.open()
    work(store, Retention(DAY, 10**12))
    while store.give_back():
        pass
    store.close()
    assert place.file.stat().st_size < before / 2


def test_a_running_sink_keeps_its_bounds(settings: HistorySettings) -> None:
    """The writer's own thread removes what is too old."""
    old, new = time() - 10 * DAY, time()
    first = open_history(settings, "P1")
    for number in range(20):
        first.take(event(f"old-{number}", lasted=(old, old)))
        first.take(event(f"new-{number}", lasted=(new, new)))
    first.close(WAIT_SECONDS)
    second = open_history(replace(settings, keep_seconds=DAY), "P1")
    place = Place(settings.url)
    while second.rows() != 20:
        assert time() < new + WAIT_SECONDS
    second.close(WAIT_SECONDS)
    assert kept(place) == {f"new-{number}" for number in range(20)}
