"""What the API lets a request ask for: a closed table of parameters, each with how its value is read.

A value that is empty counts as not given, as a browser's form sends those of fields that nobody filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from analyzers.causes import catalogue
from analyzers.connection import Outcome

from ..metrics import UNDECIDED
from .answers import Refusal
from .bounds import LISTED, LISTED_MOST, SEARCH_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..board import Entry

__all__ = ["PARAMETERS", "Wanted", "no_parameters", "read_wanted"]

_SHOWN_CHARACTERS = 60
"""Of what a request sent, in the line that says what is wrong with it."""

_TRUTHS = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which connections a list is to have; None: all."""

    limit: int = LISTED
    failed: bool | None = None
    member: str | None = None
    """At either end."""
    cause: str | None = None
    """The id of a root cause, or `undecided`: failed, and the evidence does not say of what."""
    outcome: str | None = None
    relay: str | None = None
    q: tuple[str, ...] = ()
    """Words in lower case, all of which must occur."""

    def fits(self, entry: Entry) -> bool:
        """Tell whether a connection belongs into the list."""
        account = entry.account
        return (
            (self.failed is None or account.has_failed is self.failed)
            and (self.member is None or self.member in (account.client_member, account.server_member))
            and (self.cause is None or self.cause == _cause_of(entry))
            and (self.outcome is None or self.outcome == account.outcome)
            and (self.relay is None or self.relay == account.relay)
            and all(word in entry.words for word in self.q)
        )


def _cause_of(entry: Entry) -> str | None:
    root = entry.account.root
    if root is None:
        return UNDECIDED if entry.account.has_failed else None
    return root.id


def _limit(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= number <= LISTED_MOST:
        raise ValueError(f"is a whole number from 1 to {LISTED_MOST}")
    return number


def _failed(text: str) -> bool:
    if text not in _TRUTHS:
        raise ValueError(f"is one of {', '.join(_TRUTHS)}")
    return _TRUTHS[text]


def _one_of(text: str, known: Iterable[str], what: str) -> str:
    accepted = tuple(known)
    if text in accepted:
        return text
    close = get_close_matches(text[:SEARCH_CHARACTERS], accepted, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ValueError(f"{shown(text)} is no {what}{hint}")


def _words(text: str) -> tuple[str, ...]:
    if len(text) > SEARCH_CHARACTERS:
        raise ValueError(f"has at most {SEARCH_CHARACTERS} characters")
    return tuple(text.lower().split())


PARAMETERS: Mapping[str, Callable[[str], Any]] = {
    "limit": _limit,
    "failed": _failed,
    "member": str,
    "cause": lambda text: _one_of(text, (*catalogue(), UNDECIDED), "root cause"),
    "outcome": lambda text: _one_of(text, Outcome, "outcome"),
    "relay": str,
    "q": _words,
}
"""Those of `/api/connections`; members and relays are looked up when the list is made, for a reload changes them."""


def shown(text: str) -> str:
    """Give what a request sent so that it fits into a line."""
    cut = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
    return repr(cut)


def no_parameters(query: Mapping[str, str]) -> None:
    """Insist that a request has none.

    Raises:
        Refusal: 400; its text names the first.
    """
    for name in query:
        raise Refusal(400, f"{shown(name)}: there is no such parameter here")


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """Read the parameters of a list of connections; `query` may give one of them twice.

    Raises:
        Refusal: 400 where one is unknown, given twice, or has a wrong value; its text names it.
    """
    read: dict[str, Any] = {}
    for name, text in query.items():
        if name not in PARAMETERS:
            accepted = ", ".join(PARAMETERS)
            raise Refusal(400, f"{shown(name)}: there is no such parameter (accepted: {accepted})")
        if name in read:
            raise Refusal(400, f"{name}: is given twice")
        try:
            read[name] = PARAMETERS[name](text) if text else None
        except ValueError as error:
            raise Refusal(400, f"{name}: {error}") from None
    return Wanted(**{name: value for name, value in read.items() if value is not None})
