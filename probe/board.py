"""The board: the last connections of the probe, each with its running number and the line that lists show of it.

The line is rendered once, when the connection is put here. A list of thousands is then a join, and every client of
the stream is sent the same bytes.
"""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls.codepoints import cipher_suite_name, version_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from .account import Account

__all__ = ["Board", "Entry"]

_MICROSECONDS = 1_000_000


class Entry:
    """One finished connection on the board; only what it remembers of its words changes."""

    __slots__ = ("_words", "account", "line", "number")

    def __init__(self, number: int, account: Account) -> None:
        """Render the line of a connection; `number` is its place among all that this probe has seen."""
        self.number = number
        self.account = account
        summary = account.summary()
        self.line = json.dumps(summary)
        """The summary as JSON: ASCII, so that no text from the network can break a line or fail to be encoded."""
        self._words: str | None = None

    @property
    def words(self) -> str:
        """What a search looks through, in lower case: the summary, causes, TLS, and names in certificates."""
        if self._words is None:
            self._words = "\n".join(_words(self.account)).lower()
        return self._words


def _words(account: Account) -> list[str]:
    words = [value for value in account.summary().values() if isinstance(value, str)]
    for _, connection, verdict in account.judged():
        words += [finding.id for finding in verdict.findings]
        tls = connection.tls
        if tls is not None and tls.version is not None:
            words.append(version_name(tls.version))
        if tls is not None and tls.cipher_suite is not None:
            words.append(cipher_suite_name(tls.cipher_suite))
        for party in Party:
            for certificate in connection.certificates_of(party) or ():
                names = certificate.subject.rfc4514(), certificate.issuer.rfc4514(), *certificate.san
                words += [*names, certificate.serial, certificate.sha256]
    return words


class Board:
    """The last connections by their ids; the oldest go first."""

    def __init__(self, size: int, began: float = 0.0) -> None:
        """Keep at most `size` connections.

        Args:
            size: how many.
            began: when the probe did, in epoch seconds. Numbers go on from there, so that a client of the stream
                which comes back after a restart is known not to have seen any of them.
        """
        self._entries: deque[Entry] = deque()
        self._by_id: dict[str, Entry] = {}
        self._size = size
        self.last = int(began * _MICROSECONDS)
        """The number of the newest connection; at first, the one before the first."""
        self._listeners: list[Callable[[Entry], None]] = []

    def listen(self, told: Callable[[Entry], None]) -> None:
        """Tell of every connection from now on; `told` must return at once."""
        self._listeners.append(told)

    def add(self, account: Account) -> None:
        """Put a finished connection on the board."""
        self.last += 1
        entry = Entry(self.last, account)
        self._entries.append(entry)
        self._by_id[account.id] = entry
        if len(self._entries) > self._size:
            oldest = self._entries.popleft()
            if self._by_id[oldest.account.id] is oldest:
                del self._by_id[oldest.account.id]
        for told in self._listeners:
            told(entry)

    def get(self, identifier: str) -> Account | None:
        """Give one connection, or None where it is not (or no longer) here."""
        entry = self._by_id.get(identifier)
        return None if entry is None else entry.account

    def entries(self) -> tuple[Entry, ...]:
        """Give all that is here, the newest first."""
        return tuple(reversed(self._entries))
