"""Opens every sink that a configuration names, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..outcome import CommandFailed, UsageFailure
from .log import LogSink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config import Config
    from ..metrics import Metrics
    from .sink import Sink

__all__ = ["open_sinks"]


def open_sinks(config: Config, probe: str, metrics: Metrics) -> tuple[Sink, ...]:
    """Open the log, every further sink and the history, and let the metrics show what they lose.

    Args:
        config: which.
        probe: how this probe is called in a history that several share.
        metrics: shows what each sink loses, and how much the history holds.

    Raises:
        CommandFailed: one cannot be opened; those that were are closed again.
    """
    opened: list[Sink] = []
    try:
        for sink in _opened(config, probe, metrics):
            opened.append(sink)
            metrics.watch_sink(sink.name, sink.dropped)
    except CommandFailed:
        for sink in opened:
            sink.close(0)
        raise
    return tuple(opened)


def _opened(config: Config, probe: str, metrics: Metrics) -> Iterator[Sink]:
    try:
        yield LogSink(config.events)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageFailure(f"[events] file: {config.events.file} cannot be written: {reason}") from None
    if config.history is not None:
        from ..history import open_history  # noqa: PLC0415 (SQLAlchemy, for those who keep a history)

        history = open_history(config.history, probe)
        metrics.watch_history(history.rows)
        yield history
