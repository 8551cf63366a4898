"""Opens every sink that a configuration names, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..outcome import CommandFailed, UsageFailure
from .log import LogSink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config import Config
    from .sink import Sink

__all__ = ["open_sinks"]


def open_sinks(config: Config) -> tuple[Sink, ...]:
    """Open the log and every further sink.

    Raises:
        CommandFailed: one cannot be opened; those that were are closed again.
    """
    opened: list[Sink] = []
    try:
        opened.extend(_opened(config))
    except CommandFailed:
        for sink in opened:
            sink.close(0)
        raise
    return tuple(opened)


def _opened(config: Config) -> Iterator[Sink]:
    try:
        yield LogSink(config.events)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageFailure(f"[events] file: {config.events.file} cannot be written: {reason}") from None
