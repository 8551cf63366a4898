"""A configuration file while it is read: its tables as far as they are valid, and every problem.

Each table is validated by itself, so that a mistake in one hides none in another.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from ..identity import read_file
from ..outcome import UsageFailure
from .problems import table_problems, unknown_key
from .tables import (
    CheckTable,
    EventsTable,
    HistoryTable,
    LimitsTable,
    MemberTable,
    MirrorTable,
    NatsTable,
    OtlpTable,
    PolicyTable,
    RelayTable,
    SniffTable,
    SyslogTable,
    Table,
    WebTable,
)

if TYPE_CHECKING:
    from analyzers.x509.certificate import Certificate

    from ..identity import Identity

__all__ = ["Reading", "read_tables"]

SINGLE: dict[str, type[Table]] = {
    "mirror": MirrorTable,
    "policy": PolicyTable,
    "limits": LimitsTable,
    "web": WebTable,
    "events": EventsTable,
    "history": HistoryTable,
}
ARRAYS: dict[str, type[Table]] = {
    "member": MemberTable,
    "relay": RelayTable,
    "check": CheckTable,
    "sniff": SniffTable,
    "syslog": SyslogTable,
    "otlp": OtlpTable,
    "nats": NatsTable,
}

AnyTable = TypeVar("AnyTable", bound=Table)


@dataclass(slots=True)
class Reading:
    """What was read so far; mutable, because problems come up one by one and are told together."""

    path: Path
    problems: list[str] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    arrays: dict[str, list[tuple[str, Table]]] = field(default_factory=dict)
    identities: dict[tuple[Path, Path, bytes | None], Identity | tuple[str, ...]] = field(
        default_factory=dict, repr=False
    )
    """By certificate, key and password: what was loaded, or why it could not be."""
    authorities: dict[Path, tuple[Certificate, ...]] = field(default_factory=dict)

    def problem(self, where: str, text: str) -> None:
        """Note what is wrong, and in which table and key."""
        self.problems.append(f"{self.path}: {where}: {text}" if where else f"{self.path}: {text}")

    def single(self, model: type[AnyTable], name: str) -> AnyTable | None:
        """Give the table `[name]`, or None where it is missing or was not valid."""
        table = self.tables.get(name)
        return table if isinstance(table, model) else None

    def several(self, model: type[AnyTable], name: str) -> list[tuple[str, AnyTable]]:
        """Give the valid tables of the array `[[name]]`, each with how to name it to the reader."""
        return [(where, table) for where, table in self.arrays.get(name, []) if isinstance(table, model)]

    def resolve(self, name: str) -> Path:
        """Take a path from the file as it is meant: relative to the file; `~` is a directory where nobody has it."""
        try:
            return self.path.parent / Path(name).expanduser()
        except RuntimeError:
            return self.path.parent / name


def _parse(path: Path) -> dict[str, Any]:
    try:
        data = read_file(path)
    except ValueError as error:
        raise UsageFailure(str(error)) from None
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageFailure(f"{path}: is not UTF-8 (byte {error.start})") from None
    except ValueError as error:  # a number with thousands of digits is one that is no TOMLDecodeError
        raise UsageFailure(f"{path}: is not valid TOML: {error}") from None
    except RecursionError:
        raise UsageFailure(f"{path}: is not valid TOML: arrays or tables are nested too deeply") from None


def _validate(reading: Reading, model: type[Table], where: str, value: object) -> Table | None:
    try:
        return model.model_validate(value)
    except ValidationError as failure:
        for line in table_problems(failure, model):
            reading.problem(where, line)
        return None


def _title(name: str, place: int, value: object) -> str:
    """Name one table of an array as its reader would: by its name where it has one."""
    own = value.get("name") if isinstance(value, dict) else None
    return f"[[{name}]] {own}" if isinstance(own, str) and own else f"[[{name}]] number {place}"


def _read_array(reading: Reading, name: str, value: object) -> None:
    if not isinstance(value, list):
        reading.problem("", f"{name}: is an array of tables, written [[{name}]]")
        return
    entries = [(_title(name, place, entry), entry) for place, entry in enumerate(value, 1)]
    checked = [(where, _validate(reading, ARRAYS[name], where, entry)) for where, entry in entries]
    reading.arrays[name] = [(where, table) for where, table in checked if table]


def read_tables(path: Path) -> Reading:
    """Read the file and validate each of its tables.

    Raises:
        UsageFailure: the file cannot be read, or is not TOML. Anything else is a problem in what is returned.
    """
    document = _parse(path)
    reading = Reading(path)
    for key, value in document.items():
        if key in SINGLE:
            if table := _validate(reading, SINGLE[key], f"[{key}]", value):
                reading.tables[key] = table
        elif key in ARRAYS:
            _read_array(reading, key, value)
        else:
            reading.problem("", unknown_key(key, [*SINGLE, *ARRAYS]))
    if "mirror" not in document:
        reading.problem("", "[mirror]: the table is required and missing")
    for name, model in SINGLE.items():
        if name != "mirror" and name not in document:
            reading.tables[name] = model()
    return reading
