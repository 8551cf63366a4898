"""Who plays in a scenario: the member that dials, the one that answers, and their authority.

A fault changes a healthy cast into a faulty one. The functions here say such changes in words: `shows(CLIENT,
recipe)` gives the client another certificate, `behaves(SERVER, ...)` another behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from analyzers.connection import Party

from .ends import End

if TYPE_CHECKING:
    from collections.abc import Callable

    from .authority import Authority
    from .identity import Identity
    from .recipe import Recipe

__all__ = [
    "ANSWERING",
    "ASYNC",
    "DIALLING",
    "MEMBERS",
    "Arrangement",
    "Cast",
    "IssuerOf",
    "behaves",
    "in_turn",
    "shows",
    "shows_identity",
]

DIALLING, ANSWERING, ASYNC = "IRISA", "IRISB", "IRISC"
MEMBERS = (DIALLING, ANSWERING, ASYNC)
"""Two failover members and an async one."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The two ends of a connection, and the authority behind them."""

    issuing: Authority
    client: End
    server: End

    @classmethod
    def healthy(cls, issuing: Authority) -> Cast:
        """Make a cast in which everything is as it should be."""
        identities = {name: issuing.member(name) for name in MEMBERS}
        listed = tuple(identity.dn for identity in identities.values())
        ends = {name: End(name, identity, issuing.ca_pem, listed) for name, identity in identities.items()}
        return cls(issuing, client=ends[DIALLING], server=ends[ANSWERING])

    def end(self, party: Party) -> End:
        """Give the end that plays `party`."""
        return self.client if party is Party.CLIENT else self.server

    def with_end(self, party: Party, end: End) -> Cast:
        """Give the same cast with another end as `party`."""
        return replace(self, client=end) if party is Party.CLIENT else replace(self, server=end)

    def with_preamble(self) -> Cast:
        """Give the same cast with the lab's plaintext preamble before TLS."""
        return replace(
            self, client=replace(self.client, preamble=True), server=replace(self.server, preamble=True)
        )

    def limited_to(self, version: int) -> Cast:
        """Give the same cast speaking at most `version`, where an end does not insist on a newer one."""

        def lower(end: End) -> End:
            return (
                end
                if end.minimum_version > version
                else replace(end, maximum_version=min(end.maximum_version, version))
            )

        return replace(self, client=lower(self.client), server=lower(self.server))


Arrangement: TypeAlias = "Callable[[Cast], Cast]"

IssuerOf: TypeAlias = "Callable[[Authority], Authority]"
"""From the healthy issuing authority to the one that issues a certificate."""


def shows(party: Party, recipe: Recipe, issuer_of: IssuerOf = lambda issuing: issuing) -> Arrangement:
    """Give `party` a certificate made by `recipe`; whom it trusts stays as it is."""

    def arrange(cast: Cast) -> Cast:
        identity = issuer_of(cast.issuing).issue(recipe)
        return cast.with_end(
            party, replace(cast.end(party), identity=replace(identity, ca_pem=cast.issuing.ca_pem))
        )

    return arrange


def shows_identity(party: Party, change: Callable[[Identity], Identity]) -> Arrangement:
    """Change the files of `party`, such as the certificates that it sends."""

    def arrange(cast: Cast) -> Cast:
        end = cast.end(party)
        return (
            cast
            if end.identity is None
            else cast.with_end(party, replace(end, identity=change(end.identity)))
        )

    return arrange


def behaves(party: Party, change: Callable[[End], End]) -> Arrangement:
    """Change how `party` behaves."""
    return lambda cast: cast.with_end(party, change(cast.end(party)))


def in_turn(*arrangements: Arrangement) -> Arrangement:
    """Make several changes one after the other."""

    def arrange(cast: Cast) -> Cast:
        for arrangement in arrangements:
            cast = arrangement(cast)
        return cast

    return arrange
