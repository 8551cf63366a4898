"""A probe that runs in a thread of the test, and the connections that it saw."""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analyzers.connection import Endpoint
from analyzers.mirror.definition import Member, Mirror, Policy, Role
from analyzers.x509.certificate import load_pem_certificates
from probe.app import Probe
from probe.config import Action, Config, Limits, Mode, RelayConfig
from probe.config.settings import EventsSettings, WebSettings
from probe.identity import load_identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from probe.outcome import ExitCode
    from probe.relayed import Relayed
    from tests.integration.stacks.stack import Files

ANYWHERE = Endpoint("127.0.0.1", 0)
WAIT_SECONDS = 20.0


def mirror_of(ca: Path, members: dict[str, str], *, tls_required: bool = True) -> Mirror:
    """Define a mirror of failover members by name and DN."""
    listed = tuple(Member(name, Role.FAILOVER, dn) for name, dn in members.items())
    return Mirror("LAB", tls_required, listed, Policy(), load_pem_certificates(ca.read_bytes()))


class Relaying:
    """One relay of a running probe."""

    def __init__(self, probe: Probe) -> None:
        """Collect what the probe's relay tells."""
        self.probe = probe
        self.port = probe.address_of("under-test").port
        self.outcome: ExitCode | None = None
        self._seen: queue.Queue[Relayed] = queue.Queue()
        probe.on_relayed = self._seen.put
        self._loop = asyncio.new_event_loop()
        self._stop, self._force, self._ready = asyncio.Event(), asyncio.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe")
        self._thread.start()
        assert self._ready.wait(WAIT_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            self.outcome = runner.run(self.probe.serve(self._stop, self._force, self._ready.set))

    def seen(self) -> Relayed:
        """Wait for the next connection that is over."""
        return self._seen.get(timeout=WAIT_SECONDS)

    def stop(self) -> None:
        """Ask it to drain, without waiting for it."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()


@contextmanager
def relaying(
    upstream: int | Endpoint,
    mirror: Mirror,
    serve_as: Files,
    connect_as: Files,
    tmp_path: Path,
    action: Action = Action.OBSERVE,
    **limits: float,
) -> Iterator[Relaying]:
    """Run a probe with one relay in front of `upstream` for as long as the context lasts."""
    bounds = {"connections": 100, "pending_per_source": 50, "handshake_seconds": 5.0, "silence_seconds": 60.0,
              "drain_seconds": 5.0, **limits}  # fmt: skip
    assert serve_as.certificate
    assert serve_as.key
    assert connect_as.certificate
    assert connect_as.key
    relay = RelayConfig(
        "under-test",
        ANYWHERE,
        Endpoint("127.0.0.1", upstream) if isinstance(upstream, int) else upstream,
        Mode.TERMINATE,
        action,
        (load_identity(serve_as.certificate, serve_as.key, None),),
        (load_identity(connect_as.certificate, connect_as.key, None),),
        mirror,
        1024,
        Limits(**bounds),  # type: ignore[arg-type]  # whole numbers among the floats
    )
    log = tmp_path / "events.jsonl"
    web, events = WebSettings(ANYWHERE, 50), EventsSettings("json", str(log), 100_000_000, 7)
    running = Relaying(Probe(Config(log, mirror, (relay,), relay.limits, web, events)))
    try:
        yield running
    finally:
        running.stop()
        running.join()


@contextmanager
def forwarding(
    upstream: int | Endpoint,
    mirror: Mirror,
    tmp_path: Path,
    listen: Endpoint = ANYWHERE,
    **limits: float,
) -> Iterator[Relaying]:
    """Run a probe with one forwarding relay in front of `upstream` for as long as the context lasts."""
    bounds = {"connections": 100, "pending_per_source": 50, "handshake_seconds": 5.0, "silence_seconds": 60.0,
              "drain_seconds": 5.0, **limits}  # fmt: skip
    held = Limits(**bounds)  # type: ignore[arg-type]  # whole numbers among the floats
    target = Endpoint("127.0.0.1", upstream) if isinstance(upstream, int) else upstream
    relay = RelayConfig(
        "under-test", listen, target, Mode.PASSTHROUGH, Action.OBSERVE, (), (),
        mirror, 0, held,
    )  # fmt: skip
    log = tmp_path / "events.jsonl"
    settings = WebSettings(ANYWHERE, 50), EventsSettings("json", str(log), 100_000_000, 7)
    running = Relaying(Probe(Config(log, mirror, (relay,), held, *settings)))
    try:
        yield running
    finally:
        running.stop()
        running.join()
