"""A configuration file while it is read: its tables as far as they are valid, and every problem.

Each table is validated by itself, so that a mistake in one hides none in another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from analyzers.x509.printing import visible

from .parsing import parse_toml
from .problems import found, table_problems, unknown_key
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

NAME_CHARACTERS = 64
"""No table has a longer name."""

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
        place = f"{self.path}: {where}" if where else str(self.path)
        self.problems.append(visible(f"{place}: {text}"))

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


def _validate(reading: Reading, model: type[Table], where: str, value: object) -> Table | None:
    try:
        return model.model_validate(value)
    except ValidationError as failure:
        for line in table_problems(failure, model, value):
            reading.problem(where, line)
        return None


def _title(name: str, place: int, value: object) -> str:
    """Name one table of an array as its reader would: by its name where it has one."""
    own = value.get("name") if isinstance(value, dict) else None
    is_name = isinstance(own, str) and 0 < len(own) <= NAME_CHARACTERS
    return f"[[{name}]] {own}" if is_name else f"[[{name}]] number {place}"


def _read_array(reading: Reading, name: str, value: object) -> None:
    if not isinstance(value, list):
        reading.problem("", f"{name}: is an array of tables, written [[{name}]], not {found(value)}")
        return
    entries = [(_title(name, place, entry), entry) for place, entry in enumerate(value, 1)]
    checked = [(where, _validate(reading, ARRAYS[name], where, entry)) for where, entry in entries]
    reading.arrays[name] = [(where, table) for where, table in checked if table]


def read_tables(path: Path) -> Reading:
    """Read the file and validate each of its tables.

    Raises:
        UsageFailure: the file cannot be read, or is not TOML. Anything else is a problem in what is returned.
    """
    document = parse_toml(path)
    reading = Reading(path)
    for key, value in document.items():
        if key in SINGLE:
            if isinstance(value, list):
                reading.problem(f"[{key}]", "is one table, and not an array of tables")
            elif table := _validate(reading, SINGLE[key], f"[{key}]", value):
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
