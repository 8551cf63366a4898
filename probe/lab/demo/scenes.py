"""The scenes of the demo: connections through real relays, each with what the relay made of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle, permutations
from typing import TYPE_CHECKING

from probe.app import Probe
from probe.config import load_config
from probe.lab.cast import ANSWERING, MEMBERS
from probe.lab.configuration import RelaySettings, relay_name, write_configuration
from probe.lab.ends import TLS_1_3
from probe.lab.faults import FAMILIES, Fault
from probe.lab.recipe import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from pathlib import Path

    from analyzers.connection import Alert
    from probe.lab.box import Box
    from probe.lab.scenario import Played
    from probe.relayed import Relayed

__all__ = ["HEALTHY", "PATIENCE_SECONDS", "Demo", "Performance", "Scene"]

HEALTHY = "healthy"
"""The family of the scenes without a fault."""

PATIENCE_SECONDS = 4.0
"""How long the members wait: longer than the relays, so that they see how a relay gives up."""

_HANDSHAKE_SECONDS = 2.0
"""How long the relays wait for a handshake: one fault is a server that says nothing."""

_RELAYED_SECONDS = 5.0
"""How long after its end a connection may take to be told of by its relay."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One connection through a relay, and what the relay made of it."""

    family: str
    name: str
    story: str
    fault: Fault | None
    relayed: Relayed | None
    """None: the relay told of no connection."""

    @property
    def root_cause(self) -> str | None:
        """The verdict."""
        return self.relayed.root.id if self.relayed and self.relayed.root else None

    @property
    def refused_by(self) -> str | None:
        """The end that refused the other, as the relay tells it."""
        return None if self.relayed is None else self.relayed.summary()["refused_by"]

    @property
    def alert(self) -> Alert | None:
        """The alert that the real peer sent, on the leg on which the failure began."""
        if self.relayed is None or (tls := self.relayed.lead.connection.tls) is None:
            return None
        peer = self.relayed.leading.peer
        return next((alert for alert in tls.alerts if alert.sender is peer and not alert.is_closure), None)

    @property
    def findings(self) -> frozenset[str]:
        """Everything that was found, on either leg."""
        if self.relayed is None:
            return frozenset()
        legs = self.relayed.client, self.relayed.upstream
        return frozenset(finding.id for leg in legs for finding in leg.verdict.findings)

    @property
    def is_right(self) -> bool:
        """Whether the verdict is what the table of faults says."""
        if self.relayed is None:
            return False
        if self.fault is None:
            return self.root_cause is None and not self.relayed.has_failed
        is_named = self.root_cause == self.fault.expects
        if not self.fault.fails or not self.fault.is_decidable:
            is_named = self.root_cause in {None, self.fault.expects} and self.fault.expects in self.findings
        return is_named and self.fault.refused_by in {None, self.refused_by}


@dataclass(frozen=True, slots=True)
class _Planned:
    """One scene before it is played."""

    family: str
    name: str
    story: str
    fault: Fault | None
    called: str
    """The member whose relay the connection goes through."""
    play: Callable[..., Played]


@dataclass(frozen=True, slots=True)
class Performance:
    """All scenes, and what they did to the metrics."""

    scenes: tuple[Scene, ...]
    metrics: Mapping[str, tuple[float, float]]
    """Each counter that changed: before and after."""
    web: str
    """Where the metrics and the API are, `host:port`."""


HEALTHY_BETWEEN = 6
"""Of so many calls that are played on and on, one has a fault."""

PAUSE_SECONDS = 1.0
"""Between two such calls: slow enough to be followed by eye."""


class Demo:
    """The mirror in a box with its relays."""

    def __init__(self, box: Box, directory: Path, *, version: int | None = None) -> None:
        """Set up relays in front of the agents of `box`, which is running; their files go into `directory`.

        `version` is the newest that the members speak, where it shows the fault; None: TLS 1.3.

        Raises:
            UsageFailure: a port is in use, or a file cannot be written.
        """
        listen = {name: (host, 0) for name, host in LOOPBACK.items()}
        settings = RelaySettings(
            listen=listen,
            web=("127.0.0.1", 0),
            handshake_seconds=_HANDSHAKE_SECONDS,
            events_file="events.jsonl",
        )
        self._box = box
        self.planned = tuple(self._plan(version))
        """Every scene, in order."""
        self._probe = Probe(load_config(write_configuration(box, directory, settings)))
        self._told: asyncio.Queue[Relayed] = asyncio.Queue()
        self._probe.on_relayed = self._told.put_nowait

    async def run(
        self, watch: Callable[[Scene], None], after: Callable[[Performance], Awaitable[None]]
    ) -> Performance:
        """Play everything, then let `after` look at it while the relays still run.

        `watch` is told of each scene as it is over.
        """
        stop, ready = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._probe.serve(stop, ready=ready.set), name="probe")
            await ready.wait()
            # As a value, so that whatever ends the play, the relays are drained, and it is told as what it is.
            (outcome,) = await asyncio.gather(self._play(watch, after), return_exceptions=True)
            stop.set()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def _play(
        self, watch: Callable[[Scene], None], after: Callable[[Performance], Awaitable[None]]
    ) -> Performance:
        before = self._counters()
        scenes = await self._play_all(watch)
        changed = _changed(before, self._counters())
        performance = Performance(scenes, changed, str(self._probe.web_address))
        await after(performance)
        return performance

    async def go_on(self, stop: asyncio.Event) -> None:
        """Let members call each other until `stop` is set: mostly in health, now and then with the next fault."""
        healthy = cycle([planned for planned in self.planned if planned.fault is None])
        faulty = cycle([planned for planned in self.planned if planned.fault is not None])
        for number in count(1):
            planned = next(faulty) if number % HEALTHY_BETWEEN == 0 else next(healthy)
            await self._one(planned.called, planned.play)
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_SECONDS):
                    await stop.wait()
            if stop.is_set():
                return

    async def _play_all(self, watch: Callable[[Scene], None]) -> tuple[Scene, ...]:
        scenes = []
        for planned in self.planned:
            relayed = await self._one(planned.called, planned.play)
            scenes.append(Scene(planned.family, planned.name, planned.story, planned.fault, relayed))
            watch(scenes[-1])
        return tuple(scenes)

    def _plan(self, version: int | None) -> Iterator[_Planned]:
        """Let each member call each other one, once more with a preamble, and then with each fault."""
        newest = TLS_1_3 if version is None else version
        for caller, called in permutations(MEMBERS, 2):
            cast = self._box.cast(caller, called).limited_to(newest)
            story = f"{caller} asks the agent of {called}."
            name = f"{caller.lower()}-to-{called.lower()}"
            yield _Planned(HEALTHY, name, story, None, called, partial(self._box.play, cast))
        cast = self._box.cast().limited_to(newest).with_preamble()
        story = "The members exchange a line of plaintext before TLS starts."
        yield _Planned(HEALTHY, "with-a-preamble", story, None, ANSWERING, partial(self._box.play, cast))
        for family, faults in FAMILIES.items():
            for fault in faults:
                play = partial(self._box.play_fault, fault, version=version)
                yield _Planned(family, fault.name, fault.story, fault, ANSWERING, play)

    async def _one(self, called: str, play: Callable[..., Played]) -> Relayed | None:
        """Play one connection through the relay before `called`, and wait for what the relay tells."""
        relay = self._probe.address_of(relay_name(called))
        while not self._told.empty():
            self._told.get_nowait()
        await asyncio.to_thread(play, through=(relay.address, relay.port))
        try:
            async with asyncio.timeout(_RELAYED_SECONDS):
                return await self._told.get()
        except TimeoutError:
            return None

    def _counters(self) -> Mapping[str, float]:
        """Give every counter of the probe but the bytes, as its exposition names it."""
        return {
            f"{sample.name}{_labels(sample.labels)}": sample.value
            for family in self._probe.metrics.collect()
            if family.type == "counter" and family.name != "mirrorprobe_relayed_bytes"
            for sample in family.samples
        }


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def _changed(before: Mapping[str, float], after: Mapping[str, float]) -> Mapping[str, tuple[float, float]]:
    return {
        name: (before.get(name, 0.0), value)
        for name, value in after.items()
        if value != before.get(name, 0.0)
    }
