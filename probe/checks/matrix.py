"""Every member of a mirror to every other one: with each certificate that a configuration holds."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.causes.inquiry.speech import has_spoken
from analyzers.connection import Party
from analyzers.mirror.definition import Channel, Role

from ..pairs import is_usable
from .asking import Asking, Question
from .choosing import holdings_of, service_of
from .pace import GAP_SECONDS, Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzers.connection import Endpoint
    from analyzers.mirror.definition import Member

    from ..account import Witnessed
    from ..config import Config
    from .choosing import Holding

__all__ = ["Asked", "Pair", "Plan", "ask_all", "plan"]

AT_ONCE = 8
"""Each server is asked by one or two of them at a time, in the order of the plan."""

_CHANNELS = (Channel.AGENT, Channel.SUPERSERVER)


@dataclass(frozen=True, slots=True)
class Pair:
    """Who is to ask whom."""

    client: str
    server: str
    channel: Channel
    target: Endpoint
    holding: Holding


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be asked, and what is left out."""

    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A pair, and what came of it."""

    pair: Pair
    account: Witnessed

    @property
    def standing(self) -> str:
        """`up`, `down`, or `unknown` where the server could not be asked or the answer does not tell."""
        usable = is_usable(self.account)
        return "unknown" if usable is None else "up" if usable else "down"

    @property
    def is_answered(self) -> bool:
        """Whether the server said anything at all."""
        return has_spoken(self.account.connection, Party.SERVER)


def plan(config: Config) -> Plan:
    """Pair every certificate of a member with every service of the others."""
    holdings = tuple(holdings_of(config))
    pairs = tuple(_pairs(config, holdings))
    return Plan(pairs, tuple(_notes(config, holdings)))


def _pairs(config: Config, holdings: tuple[Holding, ...]) -> Iterator[Pair]:
    for client in config.mirror.members:
        own = [one for one in holdings if one.member is not None and one.member.name == client.name]
        for server in config.mirror.members:
            if server.name == client.name or server.role is Role.ARBITER:
                continue
            for channel, target in _services(server):
                yield from (Pair(client.name, server.name, channel, target, one) for one in own)


def _services(member: Member) -> Iterator[tuple[Channel, Endpoint]]:
    for channel in _CHANNELS:
        target = service_of(member, channel)
        if target is not None:
            yield channel, target


def _notes(config: Config, holdings: tuple[Holding, ...]) -> Iterator[str]:
    for one in holdings:
        if one.member is None:
            name = one.identity.certificate.subject.rfc4514_string()
            yield f"{one.source}: {name} is no member's listed name, so this certificate is not used"
    held = {one.member.name for one in holdings if one.member is not None}
    for member in config.mirror.members:
        if member.role is Role.ARBITER:
            yield f"{member.name} is the arbiter, whose traffic is not TLS"
            continue
        if member.name not in held:
            yield f"the file has no certificate of {member.name}, so nobody asks in its name"
        if not any(_services(member)):
            yield f"the definition does not say where {member.name} listens, so nobody asks it"


async def ask_all(
    pairs: tuple[Pair, ...], deadline_seconds: float, told: Callable[[Asked], None]
) -> tuple[Asked, ...]:
    """Ask for every pair, some at a time; `told` is told of each as it is over. The answers stand in the plan's order."""
    run_id, pace = secrets.token_hex(4), Pace(AT_ONCE, GAP_SECONDS, len(pairs))

    async def ask(number: int, pair: Pair) -> Asked:
        asking = Asking(Question(pair.target, pair.holding.identity, pair.holding.mirror, deadline_seconds))
        async with pace.slot():
            account = await asking.ask(f"{run_id}-matrix-{number}", "matrix")
        asked = Asked(pair, account)
        told(asked)
        return asked

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(ask(number, pair), name=f"{pair.client} to {pair.server}")
            for number, pair in enumerate(pairs, 1)
        ]
    return tuple(task.result() for task in tasks)
