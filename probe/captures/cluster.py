"""The same tasks done by a Dask cluster: for archives of captures that one machine would read for days.

The workers read the files themselves, from a path that all machines share or from a URL that fsspec knows. A
task whose worker dies is done again by another one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from probe.outcome import ConnectFailed, UsageFailure

from .task import examine_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .task import Ended, Judged, Task

__all__ = ["Cluster"]

CONNECT_SECONDS = 10


class Cluster:
    """A Dask scheduler that has been given the tasks."""

    def __init__(self, address: str, tasks: Sequence[Task], progress: Callable[[int, int], None]) -> None:
        """Hand the tasks to the scheduler at `address`.

        Raises:
            UsageFailure: Dask is not installed here, or the address is none.
            ConnectFailed: the scheduler does not answer.
        """
        try:
            import distributed  # noqa: PLC0415 (an extra, and slow to load)
            from distributed.comm.addressing import get_address_host_port, normalize_address  # noqa: PLC0415
        except ImportError:
            raise UsageFailure("--dask needs the extra: pip install 'mirrorprobe[dask]'") from None
        try:
            # A client that fails on its address is closed by the interpreter at its end, which takes 20 seconds.
            get_address_host_port(normalize_address(address))
        except ValueError as error:
            raise UsageFailure(f"--dask {address}: no HOST:PORT: {error}") from None
        try:
            connect: Any = distributed.Client
            self._client: Any = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise ConnectFailed(f"{address}: no Dask scheduler answers: {error}") from None
        self._progress = progress
        # Without `pure` two runs over one path, of which the file has changed, would share their results.
        self._futures: list[Any] = self._client.map(examine_all, tasks, pure=False, retries=3)

    @classmethod
    @contextmanager
    def working(
        cls, address: str, tasks: Sequence[Task], progress: Callable[[int, int], None]
    ) -> Iterator[Cluster]:
        """Use a cluster for as long as the block lasts."""
        cluster = cls(address, tasks, progress)
        try:
            yield cluster
        finally:
            cluster.close()

    def results(self, number: int) -> Iterator[Sequence[Judged | Ended]]:
        """Give what task `number` found, when it is done: all at once."""
        found: list[Judged | Ended] = self._futures[number].result()
        self._futures[number].release()
        self._progress(number, -1)
        yield found

    def close(self) -> None:
        """Give back what is not done, and leave the cluster."""
        self._client.cancel(self._futures)
        self._client.close()
