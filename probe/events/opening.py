"""Opens every sink that a configuration names, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.settings import NatsSettings, SyslogSettings
from ..outcome import CommandFailed, UsageFailure
from .log import LogSink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config import Config
    from ..config.settings import SinkSettings
    from ..metrics import Metrics
    from .publisher import Publisher
    from .sink import Sink
    from .trouble import Tell

__all__ = ["open_sinks"]


def open_sinks(config: Config, probe: str, metrics: Metrics, publisher: Publisher) -> None:
    """Open the log, every further sink and the history, and let the metrics show what they lose.

    Args:
        config: which.
        probe: how this probe is called where several tell of their connections.
        metrics: shows what each sink loses, and how much the history holds.
        publisher: is to tell them.

    Raises:
        CommandFailed: one cannot be opened; those that were are closed again.
    """
    try:
        for sink in _opened(config, probe, metrics, publisher.sink_told):
            publisher.add(sink)
            metrics.watch_sink(sink.name, sink.dropped)
    except CommandFailed:
        publisher.close()
        raise


def _opened(config: Config, probe: str, metrics: Metrics, tell: Tell) -> Iterator[Sink]:
    try:
        yield LogSink(config.events)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageFailure(f"[events] file: {config.events.file} cannot be written: {reason}") from None
    for settings in config.sinks:
        yield _further(settings, probe, tell)
    if config.history is not None:
        from ..history import open_history  # noqa: PLC0415 (SQLAlchemy, for those who keep a history)

        history = open_history(config.history, probe, tell)
        metrics.watch_history(history.rows)
        yield history


def _further(settings: SinkSettings, probe: str, tell: Tell) -> Sink:
    """Open one of the sinks that have a server; what each needs is loaded for those who want it."""
    if isinstance(settings, SyslogSettings):
        from .syslog import SyslogSink  # noqa: PLC0415

        return SyslogSink(settings, tell)
    extra = "nats" if isinstance(settings, NatsSettings) else "otlp"
    try:
        if isinstance(settings, NatsSettings):
            from .nats import NatsSink  # noqa: PLC0415

            return NatsSink(settings, probe, tell)
        from .otlp import OtlpSink  # noqa: PLC0415

        return OtlpSink(settings, probe, tell)
    except ModuleNotFoundError:
        raise UsageFailure(
            f"[[{extra}]] {settings.name}: wants what is not installed: pip install 'mirrorprobe[{extra}]'"
        ) from None
