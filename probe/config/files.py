"""Whether the files that `run` opens itself can be used, as far as that can be told beforehand.

Only `config check` asks, for it is run as the user whom the probe runs as. `run` finds out by opening them, and commands
that read the same configuration for its members need none of them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..identity import unreadable
from .settings import NatsSettings, SyslogSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .settings import Config, SinkSettings

__all__ = ["unusable"]

_SQLITE = "sqlite:///"


def unusable(config: Config) -> tuple[str, ...]:
    """Give a line for each file that this user could not read or write as the probe has to."""
    return tuple(f"{config.path}: {where}: {why}" for where, why in _found(config))


def _found(config: Config) -> Iterator[tuple[str, str]]:
    for sniff in config.sniffs:
        yield from (
            (f"[[sniff]] {sniff.name}", f"keylog: {why}")
            for path in sniff.keylogs
            if (why := unreadable(path))
        )
    for sink in config.sinks:
        yield from _of_sink(sink)
    if config.events.file != "-" and (why := _file(Path(config.events.file))):
        yield "[events]", f"file: {why}"
    history = config.history
    if history is None:
        return
    if history.url.startswith(_SQLITE) and (why := _file(Path(history.url.removeprefix(_SQLITE)))):
        yield "[history]", f"file: {why}"
    if why := _directory(history.spool):
        yield "[history]", f"spool: {why}"


def _of_sink(sink: SinkSettings) -> Iterator[tuple[str, str]]:
    if isinstance(sink, SyslogSettings):
        return
    where = f"[[{'nats' if isinstance(sink, NatsSettings) else 'otlp'}]] {sink.name}"
    if sink.ca is not None and (why := unreadable(sink.ca)):
        yield where, f"ca: {why}"
    if (
        isinstance(sink, NatsSettings)
        and sink.credentials is not None
        and (why := unreadable(sink.credentials))
    ):
        yield where, f"credentials_file: {why}"


def _file(path: Path) -> str | None:
    """Say why a file can be neither appended to nor made."""
    if path.is_dir():
        return f"{path} is a directory"
    if path.exists():
        return None if os.access(path, os.W_OK) else f"{path} cannot be written: permission denied"
    parent = path.parent
    if not parent.is_dir():
        return f"{path} cannot be written: {parent} is no directory"
    return None if os.access(parent, os.W_OK | os.X_OK) else f"{path} cannot be made: permission denied"


def _directory(path: Path) -> str | None:
    """Say why a directory can be neither used nor made, with those above it."""
    there = next(place for place in (path, *path.parents) if place.exists())
    if not there.is_dir():
        return f"{path} cannot be used: {there} is no directory"
    return None if os.access(there, os.W_OK | os.X_OK) else f"{path} cannot be used: permission denied"
