"""One question to one server, and the answer judged as every other connection is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analyzers.connection import Road
from analyzers.diagnosis.engine import diagnose
from analyzers.x509.certificate import parse_certificate
from analyzers.x509.names import NameMatch, compare_names

from ..account import Witnessed
from .call import Call, place
from .member import DEFAULT_VERSIONS, member_context

if TYPE_CHECKING:
    from analyzers.connection import Connection, Endpoint
    from analyzers.mirror.definition import Member, Mirror

    from ..identity import Identity

__all__ = ["Asking", "Question", "bearer_of"]


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a member with this identity can talk to that server."""

    target: Endpoint
    identity: Identity | None
    """None: the server's side is read as far as it goes without."""
    mirror: Mirror
    deadline_seconds: float
    versions: tuple[int, int] = DEFAULT_VERSIONS
    """The oldest and the newest version that is offered."""
    server_name: str | None = None
    preamble: bytes = b""
    refuses: bool = True
    """Whether a server that a member would turn down is turned down. Without it, the call goes on to learn whether
    the server would take the member."""


def bearer_of(identity: Identity, mirror: Mirror) -> Member | None:
    """Give the member whose listed name is the one in the certificate, or the only one that nearly is."""
    name = parse_certificate(identity.der).subject
    exact = mirror.member_with_dn(name)
    if exact is not None:
        return exact
    near = [
        member
        for member, listed in mirror.listed_names()
        if compare_names(name, listed).kind is not NameMatch.DIFFERENT
    ]
    return near[0] if len(near) == 1 else None


class Asking:
    """Asks one question as often as wanted; its OpenSSL context is made once."""

    def __init__(self, question: Question) -> None:
        """Prepare to ask."""
        self.question = question
        identity, mirror = question.identity, question.mirror
        context = member_context(mirror, identity, question.versions, refuses=question.refuses)
        self._call = Call(
            question.target,
            context,
            mirror,
            question.deadline_seconds,
            leaves_unlisted=question.refuses,
            server_name=question.server_name,
            preamble=question.preamble,
        )
        bearer = None if identity is None else bearer_of(identity, mirror)
        self._client_member = None if bearer is None else bearer.name

    async def ask(self, identifier: str, name: str, earlier: tuple[Connection, ...] = ()) -> Witnessed:
        """Ask once.

        Args:
            identifier: of the connection.
            name: of the check.
            earlier: the last connection of this question that worked, for what has changed since.
        """
        connection = await place(self._call)
        verdict = diagnose(connection, self.question.mirror, earlier=earlier)
        if verdict.client_member is None:
            verdict = replace(verdict, client_member=self._client_member)
        return Witnessed(
            identifier, name, Road.CHECK.value, connection, verdict, connection.handshake_seconds
        )
