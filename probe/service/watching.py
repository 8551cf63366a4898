"""What watches beside the relays: active checks and live captures, each running until it is no longer wanted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ..outcome import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Watchers"]


class _Named(Protocol):
    """A table of the configuration that has a name."""

    @property
    def name(self) -> str:
        """The name, unique among its kind."""


class _Watcher(Protocol):
    """What runs for such a table."""

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set."""

    def close(self) -> None:
        """Give back what was opened, where it never ran."""


Settings = TypeVar("Settings", bound=_Named)


class Watchers(Generic[Settings]):
    """All that run, by their names."""

    def __init__(
        self, make: Callable[[Settings], _Watcher], failed: Callable[[str, Exception], None]
    ) -> None:
        """`make` opens what one needs, or raises `CommandFailed`; `failed` is told of one that broke down."""
        self._make = make
        self._failed = failed
        self._running: dict[str, tuple[Settings, _Watcher, asyncio.Event]] = {}
        self._opened: list[tuple[Settings, _Watcher]] = []

    def open(self, wanted: Iterable[Settings]) -> None:
        """Open what is wanted and not there yet; nothing runs before `start`.

        Raises:
            CommandFailed: some cannot be opened, one line for each; then none is.
        """
        now = {name: settings for name, (settings, _, _) in self._running.items()}
        failures: list[CommandFailed] = []
        for one in wanted:
            if now.get(one.name) == one:
                continue
            try:
                self._opened.append((one, self._make(one)))
            except CommandFailed as failure:
                failures.append(failure)
        if failures:
            self.discard()
            raise type(failures[0])(*(problem for failure in failures for problem in failure.problems))

    def discard(self) -> None:
        """Give back what was opened and is not to be started."""
        for _, watcher in self._opened:
            watcher.close()
        self._opened = []

    def start(self, wanted: Iterable[Settings], group: asyncio.TaskGroup) -> None:
        """Stop what is no longer wanted, or wanted otherwise, and run what was opened."""
        kept = {one.name: one for one in wanted}
        for name, (settings, _, stop) in tuple(self._running.items()):
            if kept.get(name) != settings:
                stop.set()
                del self._running[name]
        for settings, watcher in self._opened:
            stop = asyncio.Event()
            self._running[settings.name] = settings, watcher, stop
            group.create_task(self._guard(settings.name, watcher, stop), name=settings.name)
        self._opened = []

    async def _guard(self, name: str, watcher: _Watcher, stop: asyncio.Event) -> None:
        """Run one so that its end is not the end of the relays; what broke down is opened anew by the next reload."""
        try:
            await watcher.run(stop)
        except Exception as error:  # noqa: BLE001 - the boundary of a task: told once, and the others go on
            if name in self._running and self._running[name][1] is watcher:
                del self._running[name]
            self._failed(name, error)

    def stop(self) -> None:
        """Stop all of them."""
        for _, _, stop in self._running.values():
            stop.set()
