"""`mirrorprobe.toml` to frozen values, or to every problem in it at once (design section 9).

After the tables themselves (`reading`) and the rules between them (`rules`) come the files that they name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..outcome import UsageFailure
from .definition import mirror_of
from .monitoring import events_of, history_of, sinks_of, web_of
from .reading import read_tables
from .rules import check_listeners, check_relays
from .settings import Config
from .tables import EventsTable, HistoryTable, LimitsTable, WebTable
from .watched import checks_of, limits_of, relays_of, sniffs_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load_config"]


def load_config(path: Path, *, may_be_idle: bool = False) -> Config:
    """Read the whole configuration with every file that it names.

    Args:
        path: the file.
        may_be_idle: whether it may describe a mirror alone, with nothing for `run` to do.

    Raises:
        UsageFailure: something in it is wrong; one line for each problem, all of them.
    """
    reading = read_tables(path)
    limits_table, web_table = reading.single(LimitsTable, "limits"), reading.single(WebTable, "web")
    events_table, kept_table = reading.single(EventsTable, "events"), reading.single(HistoryTable, "history")
    limits = limits_of(limits_table) if limits_table else None
    mirror = mirror_of(reading)
    check_listeners(reading)
    check_relays(reading)
    relays = relays_of(reading, mirror, limits)
    checks, sniffs = checks_of(reading, mirror), sniffs_of(reading, mirror)
    web = web_of(reading, web_table) if web_table else None
    sinks = sinks_of(reading)
    history = history_of(reading, kept_table) if kept_table else None
    is_idle = not any(reading.arrays.get(name) for name in ("relay", "check", "sniff"))
    if is_idle and not may_be_idle and not reading.problems:
        reading.problem("", "nothing to do: at least one [[relay]], [[check]] or [[sniff]] is needed")
    if reading.problems or mirror is None or limits is None or web is None or events_table is None:
        raise UsageFailure(*reading.problems)
    return Config(
        path=path,
        mirror=mirror,
        relays=relays,
        limits=limits,
        web=web,
        events=events_of(reading, events_table),
        sinks=sinks,
        history=history,
        checks=checks,
        sniffs=sniffs,
    )
