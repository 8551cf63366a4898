"""A mirror in a box: two failover members and an async one, each with agent and superserver.

Each member has a loopback address of its own and dials from it, so that what is observed can tell the members
apart as in a real mirror. Linux answers on all of 127.0.0.0/8 without being told to.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from analyzers.mirror.definition import Channel, Role

from .cast import ANSWERING, ASYNC, DIALLING, MEMBERS, Cast
from .recipe import LOOPBACK
from .scenario import play
from .stand_in import PATIENCE_SECONDS, StandIn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from .authority import Authority
    from .ends import End
    from .faults import Fault
    from .scenario import Played

__all__ = ["ROLES", "Box", "LabMember"]

ROLES: Mapping[str, Role] = MappingProxyType(
    {DIALLING: Role.FAILOVER, ANSWERING: Role.FAILOVER, ASYNC: Role.ASYNC}
)


@dataclass(frozen=True, slots=True)
class LabMember:
    """One member: its address, how it behaves, and its two listening services."""

    name: str
    role: Role
    host: str
    end: End
    agent: StandIn
    superserver: StandIn

    def service(self, channel: Channel) -> StandIn:
        """Give the stand-in that serves `channel`."""
        return self.agent if channel is Channel.AGENT else self.superserver


class Box:
    """The lab's mirror; use it as a context manager to run it."""

    def __init__(
        self,
        issuing: Authority,
        *,
        agent_port: int = 0,
        superserver_port: int = 0,
        preamble: bool = False,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """Prepare the members; a port of 0 takes any free one.

        Args:
            issuing: the authority that certifies the members.
            agent_port: the port of each agent, on its member's address.
            superserver_port: the port of each superserver.
            preamble: whether the lab's plaintext preamble goes before TLS.
            patience: how many seconds an end waits for an answer.
        """
        self._stack = ExitStack()
        self._patience = patience
        self._one_at_a_time = Lock()
        self._cast = Cast.healthy(issuing)
        self._arranged: dict[str, Cast] = {}
        ports = {Channel.AGENT: agent_port, Channel.SUPERSERVER: superserver_port}
        members = {}
        for name in MEMBERS:
            end = replace(self._cast.client, name=name, identity=issuing.member(name), preamble=preamble)
            services = {
                channel: StandIn(end, channel, host=LOOPBACK[name], port=port, patience=patience)
                for channel, port in ports.items()
            }
            agent, superserver = services[Channel.AGENT], services[Channel.SUPERSERVER]
            members[name] = LabMember(name, ROLES[name], LOOPBACK[name], end, agent, superserver)
        self.members: Mapping[str, LabMember] = MappingProxyType(members)

    def cast(self, caller: str = DIALLING, called: str = ANSWERING) -> Cast:
        """Give the healthy cast in which one member calls another."""
        return replace(self._cast, client=self.members[caller].end, server=self.members[called].end)

    def play(
        self,
        cast: Cast,
        channel: Channel = Channel.AGENT,
        *,
        through: tuple[str, int] | None = None,
    ) -> Played:
        """Make one connection as `cast` says; afterwards the called member is its healthy self again.

        `through` is the address of a relay in front of the called member's service.
        """
        called = self.members[cast.server.name]
        stand_in, source = called.service(channel), LOOPBACK[cast.client.name]
        with self._one_at_a_time:
            try:
                return play(cast, stand_in, through=through, source=source, patience=self._patience)
            finally:
                stand_in.become(called.end)

    def arranged(self, fault: Fault) -> Cast:
        """Give the cast with this fault: the same each time, as a relay was given its certificates."""
        if fault.name not in self._arranged:
            self._arranged[fault.name] = fault.arrange(self.cast())
        return self._arranged[fault.name]

    def play_fault(
        self, fault: Fault, *, version: int | None = None, through: tuple[str, int] | None = None
    ) -> Played:
        """Make one connection with this fault, in `version` where that shows it, else in the newest that does."""
        newest = version if version in fault.versions else fault.versions[-1]
        cast = self.arranged(fault).limited_to(newest)
        return self.play(cast, through=through)

    def __enter__(self) -> Self:
        """Let every service listen.

        Raises:
            OSError: an address is in use.
        """
        with self._stack as stack:
            for member in self.members.values():
                stack.enter_context(member.agent)
                stack.enter_context(member.superserver)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every service."""
        self._stack.close()
