"""Live capture under `run`: connections between members that pass an interface, judged as they end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from analyzers.capture.analysis import Analysis, Selection
from analyzers.connection import Road
from analyzers.diagnosis.engine import diagnose
from analyzers.tls.secrets import KeyLog

from ..account import Witnessed
from ..captures.places import MirrorPlaces
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

    def __init__(self, config: SniffConfig, run_id: str, finished: Callable[[Account], None]) -> None:
        """Open the interface and the key logs.

        Args:
            config: which interface and ports.
            run_id: begins the identifiers of its connections.
            finished: is told, on the event loop, of each connection when it is over.

        Raises:
            UsageFailure: there is no such interface, or a key log cannot be read.
            ConnectFailed: the system does not let us capture.
        """
        self.config = config
        self._run_id = run_id
        self._finished = finished
        self._keylog = KeyLog()
        self._secrets = GrowingKeyLogs(config.keylogs, self._keylog)
        self._source = LiveSource(config.interface, config.ports, self._secrets.take)

    async def run(self, stop: asyncio.Event) -> None:
        """Capture until `stop` is set; what is open then is told, too."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(self._read, loop), name=f"sniff {self.config.name}")
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
        worked = Worked()
        with self._source:
            for number, captured in enumerate(analysis.connections(), 1):
                connection = captured.connection
                verdict = diagnose(connection, self.config.mirror, earlier=worked.before(connection))
                worked.remember(connection)
                account = Witnessed(
                    id=f"{self._run_id}-{self.config.name}-{number}",
                    relay=self.config.name,
                    road=Road.SNIFF.value,
                    connection=connection,
                    verdict=verdict,
                    handshake_seconds=connection.handshake_seconds,
                )
                loop.call_soon_threadsafe(self._finished, account)
        self._secrets.close()
