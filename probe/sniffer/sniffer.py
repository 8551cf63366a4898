"""Live capture under `run`: connections between members that pass an interface, judged as they end."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from analyzers.capture.analysis import Analysis, Selection
from analyzers.connection import Road
from analyzers.diagnosis.engine import diagnose
from analyzers.tls.secrets import KeyLog

from ..account import Witnessed
from ..captures.places import MirrorPlaces
from ..outcome import CommandFailed
from ..worked import Worked
from .secrets import GrowingKeyLogs
from .source import LiveSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from ..account import Account
    from ..config import SniffConfig

__all__ = ["Sniffer"]


class Sniffer:
    """One `[[sniff]]` at work, in a thread of its own, so that a burst of packets holds no relay."""

    def __init__(
        self,
        config: SniffConfig,
        run_id: str,
        finished: Callable[[Account], None],
        lost: Callable[[str, int], None],
    ) -> None:
        """Open the interface and the key logs.

        Args:
            config: which interface and ports.
            run_id: begins the identifiers of its connections.
            finished: is told, on the event loop, of each connection when it is over.
            lost: is told there, now and then, of packets that the kernel dropped: the capture's name, how many.

        Raises:
            UsageFailure: there is no such interface, or a key log cannot be read.
            ConnectFailed: the system does not let us capture.
        """
        self.config = config
        self._run_id = run_id
        self._finished = finished
        self._lost = lost
        self._keylog = KeyLog()
        self._secrets = GrowingKeyLogs(config.keylogs, self._keylog)
        try:
            self._source = LiveSource(config.interface, config.ports, self._secrets.take)
        except CommandFailed:
            self._secrets.close()
            raise

    def close(self) -> None:
        """Give back what was opened, where it never ran."""
        self._source.close()
        self._secrets.close()

    async def run(self, stop: asyncio.Event) -> None:
        """Capture until `stop` is set; what is open then is told, too.

        The thread is its own: those that the event loop lends are few, and are waited for by names to be resolved.

        Raises:
            ConnectFailed: the interface is gone.
        """
        loop = asyncio.get_running_loop()
        pool = ThreadPoolExecutor(1, f"sniff {self.config.name}")
        async with asyncio.TaskGroup() as group:
            stopping = group.create_task(self._stop_when(stop), name=f"stop {self.config.name}")
            try:
                # As a value, so that it is told as what it is, and not as one of a group.
                (failure,) = await asyncio.gather(
                    loop.run_in_executor(pool, self._read, loop), return_exceptions=True
                )
            finally:
                self._source.stop()
                stopping.cancel()
                pool.shutdown(wait=False)
        if isinstance(failure, BaseException):
            raise failure

    async def _stop_when(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._source.stop()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        analysis = Analysis(
            cast("BinaryIO", self._source),
            keylog=self._keylog,
            places=MirrorPlaces(self.config.mirror),
            selection=Selection(is_live=True),
            road=Road.SNIFF,
        )
        self._source.watch_losses(
            lambda count: loop.call_soon_threadsafe(self._lost, self.config.name, count)
        )
        worked = Worked()
        try:
            for number, captured in enumerate(analysis.connections(), 1):
                connection = captured.connection
                verdict = diagnose(connection, self.config.mirror, earlier=worked.before(connection))
                worked.remember(connection, verdict)
                account = Witnessed(
                    id=f"{self._run_id}-{self.config.name}-{number}",
                    relay=self.config.name,
                    road=Road.SNIFF.value,
                    connection=connection,
                    verdict=verdict,
                    handshake_seconds=connection.handshake_seconds,
                )
                loop.call_soon_threadsafe(self._finished, account)
        finally:
            self.close()
        if self._source.failure is not None:
            raise self._source.failure
