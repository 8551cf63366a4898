"""The tables are made once, brought up to date in order, and never taken from a newer or another program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect

from probe.history import schema
from probe.history.database import Place
from probe.history.entry import entry_of, rows_of
from probe.history.queries import Reader
from probe.history.schema import SchemaRefused, upgrade, version_of
from probe.history.store import Store
from probe.outcome import ConnectFailed, UnreadableInput, UsageFailure
from tests.history.telling import event, lines_of

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def add_note(connection: Connection) -> None:
    """Bring version 1 to version 2: a column more."""
    connection.exec_driver_sql("ALTER TABLE connections ADD COLUMN note TEXT")


def fill_note(connection: Connection) -> None:
    """Bring version 2 to version 3: the column gets values."""
    connection.exec_driver_sql("UPDATE connections SET note = 'none' WHERE note IS NULL")


def make(place: Place) -> None:
    """Make the tables."""
    store = Store(place, "P1")
    store.open()
    store.close()


def test_an_old_history_is_brought_up_to_date(place: Place) -> None:
    """Every step that a history lacks is taken, in order and once, and its rows stay."""
    store = Store(place, "P1")
    store.open()
    told = event("one")
    assert told.account is not None
    store.write([rows_of(entry_of(told, told.account), "P1")])
    store.close()
    engine = place.for_writing()
    for steps in ((add_note,), (add_note, fill_note), (add_note, fill_note)):
        with engine.begin() as connection:
            upgrade(connection, steps)
        with engine.connect() as connection:
            assert version_of(connection) == 1 + len(steps)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT id, note FROM connections").all() == [("one", "none")]
    with engine.begin() as connection, pytest.raises(SchemaRefused, match="is of version 3"):
        upgrade(connection)
    engine.dispose()
    with pytest.raises(UnreadableInput, match="a history of version 3, not 1"):
        Reader(place)


def test_a_step_that_fails_changes_nothing(place: Place) -> None:
    """A migration is one transaction: when it breaks, the history is as it was."""
    make(place)
    engine = place.for_writing()

    def breaks(_connection: Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        upgrade(connection, (add_note, breaks))
    with engine.connect() as connection:
        assert version_of(connection) == 1
        assert "note" not in {column["name"] for column in inspect(connection).get_columns("connections")}
    engine.dispose()


def test_both_engines_have_the_same_tables(place: Place) -> None:
    """Tables, columns and indexes are those of the definition."""
    make(place)
    engine = place.for_reading()
    with engine.connect() as connection:
        found = inspect(connection)
        assert set(found.get_table_names()) == set(schema.metadata.tables)
        for name, table in schema.metadata.tables.items():
            assert [column["name"] for column in found.get_columns(name)] == table.columns.keys()
            assert {index["name"] for index in found.get_indexes(name)} == {one.name for one in table.indexes}
    engine.dispose()


def test_asking_changes_nothing(place: Place) -> None:
    """Who only asks cannot write, whatever is sent."""
    make(place)
    engine = place.for_reading()
    with pytest.raises(Exception, match=r"read-?only"), engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO certificates VALUES ('a', 'b')")
    engine.dispose()


def test_what_is_no_history_cannot_be_asked(tmp_path: Path) -> None:
    """A missing file, another file, an empty one and a server that is not there have one line and an exit code each."""
    (tmp_path / "text").write_text("no database" * 1000)
    (tmp_path / "empty").touch()
    cases = {
        f"sqlite:///{tmp_path / 'missing'}": UnreadableInput,
        f"sqlite:///{tmp_path / 'text'}": UnreadableInput,
        f"sqlite:///{tmp_path / 'empty'}": UnreadableInput,
        f"postgresql://probe@/x?host={tmp_path}": ConnectFailed,
        "postgresql://probe:secret-word@127.0.0.1:1/x": ConnectFailed,
    }
    for url, failure in cases.items():
        with pytest.raises(failure) as failed:
            Reader(Place(url))
        (line,) = failed.value.problems
        assert "\n" not in line
        assert "secret-word" not in line
    assert not (tmp_path / "missing").exists()


def test_a_url_that_is_none_is_refused() -> None:
    """A URL that cannot be read is not repeated, for it may hold a password."""
    with pytest.raises(UsageFailure) as refused:
        Place("postgresql://probe:secret-word@[::1/x")
    assert "secret-word" not in str(refused.value)


def test_a_path_may_look_like_a_url(tmp_path: Path) -> None:
    """A question mark, a percent sign and a space in the path are no parts of a URL."""
    file = tmp_path / "100% sure? #1.sqlite"
    make(Place(f"sqlite:///{file}"))
    assert file.is_file()
    assert lines_of(f"sqlite:///{file}") == {}
