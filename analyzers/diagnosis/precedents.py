"""Connections judged before, for those that are alike.

What makes a case differs little between them: the moment at which certificates must be valid, and how the
connection ended. The rest is the precedent's.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from analyzers.alike import AlikeConnection
from analyzers.causes.inquiry.departure import NEXT_TO_NOTHING
from analyzers.causes.inquiry.progress import AT_ONCE_SECONDS
from analyzers.causes.inquiry.refusal import SILENCE_SECONDS
from analyzers.connection import PARTIES, Connection, Outcome
from analyzers.x509.chain import same_validity

if TYPE_CHECKING:
    from analyzers.causes.inquiry.case import Case
    from analyzers.mirror.definition import Mirror

    from .findings import Verdict
    from .settled import Settled

__all__ = ["Precedent", "precedent_of", "set_precedent"]

PRECEDENTS: Final = 2048
"""As many as there are models of connections."""

BRIEF_SECONDS: Final = min(AT_ONCE_SECONDS, SILENCE_SECONDS)
"""How connections end depends on whether so much time passes between two of their events, or less."""


class Precedent(NamedTuple):
    """A case, and what was settled with it."""

    case: Case
    settled: Settled
    since: float
    until: float
    """Between these moments the validity of no certificate changes."""
    is_past_doubt: bool
    """Whether its events show, before those that others need not have, that nobody refused."""

    def verdict(self, connection: Connection) -> Verdict | None:
        """Give the verdict on a connection, if it is this one's whatever else it shows; None where it is to be made."""
        return self.settled.verdict if not self.settled.asked and self._is_without_end(connection) else None

    def case_of(self, connection: Connection, at: float) -> Case | None:
        """Give the case of a connection, as of `at`; None where it ended in another way."""
        return self.case.like(connection, at=at, is_without_end=self._is_without_end(connection))

    def _is_without_end(self, connection: Connection) -> bool:
        """Say whether nobody refused or left at once, neither here nor there, where that is clear without the timeline."""
        if self.case.refusal is not None or self.case.departure is not None:
            return False
        return self._ends_alike(connection)

    def _ends_alike(self, connection: Connection) -> bool:
        """Say whether the timeline cannot but tell the same of refusals."""
        model = self.case.connection
        has_same_events = isinstance(connection, AlikeConnection) and connection.common_events is None
        if has_same_events and _is_brief(connection) and _is_brief(model):
            return True
        return self.is_past_doubt and _was_used(connection) and _was_used(model)


_precedents: OrderedDict[tuple[object, ...], Precedent] = OrderedDict()


def precedent_of(connection: Connection, mirror: Mirror | None, at: float) -> Precedent | None:
    """Give the precedent of a connection, judged for the moment `at`; None where there is none."""
    key = _key(connection, mirror)
    found = None if key is None else _precedents.get(key)
    return found if found is not None and found.since <= at < found.until else None


def set_precedent(case: Case, settled: Settled) -> None:
    """Take a case as the precedent of those like it."""
    connection = case.connection
    key = _key(connection, case.definition)
    if key is None or not isinstance(connection, AlikeConnection):
        return
    chains = [connection.certificates_of(party) or () for party in PARTIES]
    intervals = [same_validity(chain + case.trust, case.at) for chain in chains if chain]
    since = max((begin for begin, _ in intervals), default=float("-inf"))
    until = min((end for _, end in intervals), default=float("inf"))
    completion, common = case.progress.completion, connection.common_events
    is_past_doubt = (
        connection.outcome is Outcome.ESTABLISHED
        and completion is not None
        and (common is None or completion < common)
    )
    _precedents[key] = Precedent(case, settled, since, until, is_past_doubt)
    if len(_precedents) > PRECEDENTS:
        _precedents.popitem(last=False)


def _key(connection: Connection, mirror: Mirror | None) -> tuple[object, ...] | None:
    """Name the kind of a connection; a precedent keeps what is named by its identity. None where there is no kind.

    Those that are like one model differ in what TLS showed by the history alone, which nothing is concluded from.
    """
    if not isinstance(connection, AlikeConnection):
        return None
    kind = id(connection.model)
    if mirror is None:
        return (kind,)
    if mirror.channel_of(connection.client) is not None:
        return None  # The client's port is a listener's, and may say which member it is.
    return kind, id(mirror), connection.client.address, connection.server


def _is_brief(connection: Connection) -> bool:
    return connection.ended - connection.started < BRIEF_SECONDS


def _was_used(connection: Connection) -> bool:
    """Say whether each end has sent more than one that leaves at once may have been sent."""
    return all(connection.application_bytes(party) > NEXT_TO_NOTHING for party in PARTIES)
