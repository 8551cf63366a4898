"""What a server accepts: versions, cipher suites, groups, signature schemes, and a client without a certificate.

Each list is found with one handshake for each thing that is accepted and one more: all is offered, what the server
chose is struck off, and the rest is offered again until the server refuses it. So the server's log has one line
for each list, and each other connection is a whole handshake that ends with close_notify.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from analyzers.connection import CloseKind, Connection, Party
from analyzers.diagnosis.engine import diagnose
from analyzers.tls.codepoints import version_name

from ..engine.contexts import Contexts
from .bare import SSL30, greet
from .call import LISTEN_SECONDS, Call, place
from .member import member_context
from .offering import (
    BARE_SUITES,
    GROUPS,
    SCHEMES,
    SUITES,
    VERSIONS,
    offer_groups,
    offer_schemes,
    offer_suites,
)
from .pace import Pace, Spent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from ..engine.offers import Offer
    from .asking import Question

    Ask = Callable[[tuple[int, ...]], Awaitable[Connection]]
    """Offers these and nothing else of their kind."""

    Choice = Callable[[Connection], int | None]
    """What of it the server chose."""

__all__ = ["Insistence", "Support", "Survey", "survey"]

TLS12, TLS13 = 0x0303, 0x0304


class Insistence(StrEnum):
    """What the server does about a client's certificate."""

    REQUIRED = "required"
    """It refuses a client that shows none."""
    OPTIONAL = "optional"
    """It asks, and takes a client that shows none."""
    NOT_REQUESTED = "not requested"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Support:
    """What of one list the server accepts."""

    accepted: tuple[int, ...]
    """In the order in which the server chose."""
    is_complete: bool
    """Whether the server refused the rest in so many words; else more may be accepted."""
    has_own_order: bool | None = None
    """Whether the server follows its own preference; None where that was not asked, or could not show."""


@dataclass(frozen=True, slots=True)
class Survey:
    """All that was found."""

    suites: Mapping[int, Support]
    """By version; a version that is not accepted has no suites."""
    groups: Mapping[int, Support]
    """By version, of those accepted."""
    schemes: Mapping[int, Support]
    """What the server signs with, by version."""
    client_certificate: Insistence
    connections: int
    problems: tuple[str, ...]
    """Why something is not known."""

    @property
    def versions(self) -> tuple[int, ...]:
        """The accepted versions, newest first."""
        return tuple(sorted((code for code, found in self.suites.items() if found.accepted), reverse=True))


async def survey(question: Question, pace: Pace | None = None) -> Survey:
    """Find out what the server of `question` accepts."""
    return await _Surveyor(question, pace or Pace()).run()


class _Surveyor:
    def __init__(self, question: Question, pace: Pace) -> None:
        self._question = question
        self._pace = pace
        self._contexts = Contexts(())
        self._problems: dict[str, None] = {}
        context = member_context(question.mirror, None, (min(VERSIONS), max(VERSIONS)), refuses=False)
        self._call = Call(
            question.target,
            context,
            question.mirror,
            question.deadline_seconds,
            listen_seconds=0.0,
            server_name=question.server_name,
            preamble=question.preamble,
        )

    async def run(self) -> Survey:
        async with asyncio.TaskGroup() as group:
            asked = {
                version: group.create_task(self._suites(version), name=version_name(version))
                for version in VERSIONS
            }
            ssl30 = group.create_task(self._bare(SSL30), name="SSL 3.0")
            without = group.create_task(self._insistence(), name="no certificate")
        suites = {version: task.result() for version, task in asked.items()}
        old = max(
            (version for version, found in suites.items() if found.accepted and version <= TLS12),
            default=None,
        )
        if old is not None:
            more = await self._bare(old)
            suites[old] = replace(suites[old], accepted=(*suites[old].accepted, *more.accepted))
        suites[SSL30] = ssl30.result()
        spoken = [version for version in (TLS13, TLS12) if suites[version].accepted]
        async with asyncio.TaskGroup() as group:
            groups = {version: group.create_task(self._groups(version), name="groups") for version in spoken}
            schemes = {
                version: group.create_task(self._schemes(version), name="schemes") for version in spoken
            }
        return Survey(
            suites,
            {version: task.result() for version, task in groups.items()},
            {version: task.result() for version, task in schemes.items()},
            without.result(),
            self._pace.made,
            tuple(self._problems),
        )

    async def _suites(self, version: int) -> Support:
        async def ask(left: tuple[int, ...]) -> Connection:
            return await self._shake(offer_suites(version, left))

        found = await self._strike(f"{version_name(version)} suites", SUITES[version], ask, _suite)
        if len(found.accepted) < 2:
            return found
        again = await self._once(ask, tuple(reversed(found.accepted)))
        first = None if again is None else _suite(again)
        return found if first is None else replace(found, has_own_order=first == found.accepted[0])

    async def _bare(self, version: int) -> Support:
        async def ask(left: tuple[int, ...]) -> Connection:
            async with self._pace.slot():
                return await greet(self._call, version, left)

        offered = (*SUITES[TLS12], *BARE_SUITES) if version == SSL30 else BARE_SUITES
        return await self._strike(f"old suites of {version_name(version)}", offered, ask, _suite)

    async def _groups(self, version: int) -> Support:
        async def ask(left: tuple[int, ...]) -> Connection:
            return await self._shake(offer_groups(version, left))

        return await self._strike(f"{version_name(version)} groups", GROUPS[version], ask, _group)

    async def _schemes(self, version: int) -> Support:
        async def ask(left: tuple[int, ...]) -> Connection:
            return await self._shake(offer_schemes(version, left))

        return await self._strike(
            f"{version_name(version)} signature schemes", SCHEMES[version], ask, _scheme
        )

    async def _shake(self, offer: Offer) -> Connection:
        async with self._pace.slot():
            context = self._contexts.client(offer, self._question.identity)
            return await place(replace(self._call, context=context))

    async def _strike(self, what: str, codes: tuple[int, ...], ask: Ask, choice: Choice) -> Support:
        left, accepted = list(codes), list[int]()
        while left:
            connection = await self._once(ask, tuple(left))
            chosen = None if connection is None else choice(connection)
            if connection is None or (chosen is None and not _is_answered(connection)):
                self._problems[f"{what}: the server stopped answering"] = None
                return Support(tuple(accepted), is_complete=False)
            if chosen is None or chosen not in left:
                break
            accepted.append(chosen)
            left.remove(chosen)
        return Support(tuple(accepted), is_complete=True)

    async def _once(self, ask: Ask, left: tuple[int, ...]) -> Connection | None:
        """Ask, and once more where nothing came; None where no more may be asked."""
        try:
            connection = await ask(left)
            return connection if _is_answered(connection) else await ask(left)
        except Spent:
            self._problems["so many connections were made that the survey was ended"] = None
            return None

    async def _insistence(self) -> Insistence:
        """Ask without a certificate, and listen as long as a refusal may come."""
        call = replace(self._call, listen_seconds=LISTEN_SECONDS)
        async with self._pace.slot():
            connection = await place(call)
        tls = connection.tls
        if tls is None or tls.server_hello is None or tls.certificate_requested is None:
            return Insistence.UNKNOWN
        if not tls.certificate_requested:
            return Insistence.NOT_REQUESTED
        refused_by = diagnose(connection, self._question.mirror).refused_by
        if refused_by is Party.SERVER:
            return Insistence.REQUIRED
        return Insistence.OPTIONAL if refused_by is None else Insistence.UNKNOWN


def _suite(connection: Connection) -> int | None:
    return None if connection.tls is None else connection.tls.cipher_suite


def _group(connection: Connection) -> int | None:
    return None if connection.tls is None else connection.tls.group


def _scheme(connection: Connection) -> int | None:
    return None if connection.tls is None else connection.tls.signature_scheme


def _is_answered(connection: Connection) -> bool:
    """Tell whether the server spoke or closed in order, as it does where it refuses; a server that has answered other
    questions in TLS and closes on this one takes nothing of what it offers.
    """
    error = connection.network_error
    return error is None and connection.close_kind is not CloseKind.RST
