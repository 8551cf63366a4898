"""A real probe with its page, relays before the agents of the lab's mirror, and connections to be watched."""

from __future__ import annotations

import asyncio
import queue
import threading
from typing import TYPE_CHECKING, Any

from analyzers.connection import Endpoint, Party
from analyzers.mirror.definition import Channel, Member, Mirror, Policy, Role
from analyzers.x509.certificate import load_pem_certificates
from probe.app import Probe
from probe.config import Action, Config, Limits, Mode, RelayConfig
from probe.config.settings import EventsSettings, WebSettings
from probe.identity import load_identity
from probe.lab.cast import Cast, shows
from probe.lab.faults import FAULTS

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from probe.account import Account
    from probe.identity import Identity
    from probe.lab.box import Box
    from probe.lab.identity import Identity as Papers
    from probe.lab.recipe import Recipe

WAIT_SECONDS = 20.0
KEPT = 300
LIMITS = Limits(100, 50, 5.0, 60.0, 5.0)


def endpoint_of(address: tuple[str, int]) -> Endpoint:
    """Give an address as the configuration has it."""
    return Endpoint(*address)


def relay_name(member: str, channel: Channel) -> str:
    """Name the relay before one of a member's services."""
    return f"to-{member.lower()}-{channel}"


class WatchedMirror:
    """Relays before the agent and the superserver of each member, and the page of their probe."""

    def __init__(self, box: Box, directory: Path, token: bytes | None = None, port: int = 0) -> None:
        """Prepare the configuration; `port` is the page's, 0 for any free one."""
        self._box, self._directory, self._token, self._port = box, directory, token, port
        self._papers: list[Papers] = []
        for member in box.members.values():
            assert member.end.identity is not None
            self._papers.append(member.end.identity)
        self.action = Action.OBSERVE
        """What the relays do about a peer that breaks the rules."""
        self.mode = Mode.TERMINATE
        self._told: queue.Queue[Account] = queue.Queue()

    def knows(self, *casts: Cast) -> None:
        """Give the relays the certificates of further casts, so that they can carry them."""
        for cast in casts:
            self._papers += [end.identity for end in (cast.client, cast.server) if end.identity is not None]

    def faulty(self, name: str) -> Cast:
        """Give the cast of a fault of the lab's table, and let the relays know it."""
        cast = self._box.arranged(FAULTS[name])
        self.knows(cast)
        return cast

    def showing(self, recipe: Recipe) -> Cast:
        """Give a cast whose client has a certificate by this recipe, and let the relays know it."""
        cast = shows(Party.CLIENT, recipe)(self._box.cast())
        self.knows(cast)
        return cast

    def _config(self) -> Config:
        members = tuple(
            Member(
                member.name,
                Role(member.role),
                member.end.identity.dn if member.end.identity else None,
                (member.host,),
                str(endpoint_of(member.agent.address)),
                str(endpoint_of(member.superserver.address)),
            )
            for member in self._box.members.values()
        )
        mirror = Mirror("LABMIRROR", True, members, Policy(), load_pem_certificates(self._papers[0].ca_pem))
        known = tuple(self._load(number, papers) for number, papers in enumerate(self._papers))
        shown = known if self.mode is Mode.TERMINATE else ()
        relays = tuple(
            RelayConfig(
                relay_name(name, channel), Endpoint(member.host, 0), endpoint_of(member.service(channel).address),
                self.mode, self.action, shown, shown, mirror, 1024, LIMITS,
            )
            for name, member in self._box.members.items()
            for channel in (Channel.AGENT, Channel.SUPERSERVER)
        )  # fmt: skip
        web = WebSettings(Endpoint("127.0.0.1", self._port), KEPT, token=self._token)
        events = EventsSettings("json", str(self._directory / "events.jsonl"), 100_000_000, 7)
        return Config(self._directory / "mirrorprobe.toml", mirror, relays, LIMITS, web, events)

    def _load(self, number: int, papers: Papers) -> Identity:
        files = papers.write(self._directory / f"identity-{number}")
        return load_identity(files.certificate, files.key, None)

    def __enter__(self) -> Self:
        """Run the probe in a thread until it serves."""
        self._probe = Probe(self._config())
        self._probe.on_relayed = self._told.put
        self._loop, self._stop, self._ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe")
        self._thread.start()
        assert self._ready.wait(WAIT_SECONDS)
        return self

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._probe.serve(self._stop, asyncio.Event(), self._ready.set))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and wait for that."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{self._probe.web_address}/"

    @property
    def port(self) -> int:
        """The page's port."""
        return self._probe.web_address.port

    def call(
        self, cast: Cast | None = None, times: int = 1, channel: Channel = Channel.AGENT
    ) -> dict[str, Any]:
        """Let one member call another one through its relay; gives the summary of the last call."""
        cast = cast or self._box.cast()
        relay = self._probe.address_of(relay_name(cast.server.name, channel))
        for _ in range(times):
            self._box.play(cast, channel, through=(relay.address, relay.port))
            account = self._told.get(timeout=WAIT_SECONDS)
        return account.summary()

    def call_back(self) -> dict[str, Any]:
        """Let IRISB call IRISA, in health."""
        return self.call(self._box.cast("IRISB", "IRISA"))
