"""A real NATS server with JetStream, and what a subscriber finds in it."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import nats
from nats.js.api import StreamConfig

from tests.dashboards.programs import until
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

SUBJECT = "mirrorprobe.connections"


class NatsServer:
    """One server on loopback; it keeps its store and its port when it is started again."""

    def __init__(
        self, program: str, directory: Path, extra: str = "", store: str = "max_mem: 64M, max_file: 256M"
    ) -> None:
        """Write its configuration."""
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._program, self._directory = program, directory
        self._process: subprocess.Popen[bytes] | None = None
        self.configuration = directory / "nats.conf"
        self.configuration.write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            f'jetstream: {{ store_dir: "{directory / "store"}", {store} }}\n{extra}\n'
        )
        self.options: dict[str, Any] = {}
        """With which a subscriber of the tests connects."""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Run it, and wait until it listens."""
        log = self._directory / "log"
        log.unlink(missing_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [self._program, "-c", str(self.configuration)], stdout=output, stderr=output
            )
        until(lambda: b"Server is ready" in log.read_bytes() or self._ended(), "nats-server listens")
        assert not self._ended(), log.read_text()

    def _ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def stop(self, *, kill: bool = False) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill() if kill else self._process.terminate()
            self._process.wait(30)
            self._process = None

    def do(self, what: Callable[[JetStreamContext], Awaitable[Any]]) -> Any:  # noqa: ANN401 (whatever it gives)
        """Do something with JetStream."""

        async def run() -> Any:  # noqa: ANN401
            client = await nats.connect(self.url, allow_reconnect=False, **self.options)
            try:
                return await what(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(run())

    def make_stream(self, **limits: Any) -> None:  # noqa: ANN401
        """Make the stream that takes the subject."""
        config = StreamConfig(name="EVENTS", subjects=["mirrorprobe.>"], **limits)
        self.do(lambda stream: stream.add_stream(config))

    def messages(self, count: int) -> list[Msg]:
        """Wait until the stream holds so many messages, and give all that it holds."""

        async def held(stream: JetStreamContext) -> int:
            return int((await stream.stream_info("EVENTS")).state.messages)

        until(lambda: self.do(held) >= count, f"{count} messages")

        async def read(stream: JetStreamContext) -> list[Msg]:
            holds = await held(stream)
            subscription = await stream.subscribe(SUBJECT, ordered_consumer=True)
            return [await subscription.next_msg(timeout=30) for _ in range(holds)]

        return list(self.do(read))


@contextmanager
def serving(server: NatsServer) -> Iterator[NatsServer]:
    """Run a server while the context lasts."""
    server.start()
    try:
        yield server
    finally:
        server.stop()
