"""Whether the secrets of `--keylog` are those of the connections that were read; where none is, that is remarked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzers.counted import counted
from analyzers.tls.secrets import KeyLog

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from analyzers.connection import Connection

__all__ = ["UNASKED", "Fit", "Fitting", "joined", "remark"]


class Fit(NamedTuple):
    """How the secrets fit the connections of one piece of work."""

    has_any: bool = False
    """Whether some of them were those of a connection."""
    lacking: str | None = None
    """A connection whose secrets were looked for and are not there: its client random, and between whom it was."""


UNASKED = Fit()
"""Where no secrets were given."""


class Fitting:
    """Looks at connections, and notes whether there were secrets for them."""

    def __init__(self, keylog: KeyLog) -> None:
        """Compare with these secrets."""
        self._keylog = keylog
        self._fit = UNASKED

    def look(self, connection: Connection) -> None:
        """Take note of one connection."""
        tls = connection.tls
        if self._fit.has_any or tls is None or tls.client_hello is None:
            return
        random = tls.client_hello.random
        if tls.has_secrets or self._keylog.secrets_for(random):
            self._fit = Fit(has_any=True)
        elif self._fit.lacking is None:
            ends = f"{connection.client} to {connection.server}"
            self._fit = Fit(lacking=f"client random {random.hex()} ({ends})")

    @property
    def fit(self) -> Fit:
        """What was found so far."""
        return self._fit


def joined(fits: Iterable[Fit]) -> Fit:
    """Put together what several pieces of work found."""
    known = tuple(fits)
    lacking = (fit.lacking for fit in known if fit.lacking is not None)
    return Fit(any(fit.has_any for fit in known), next(lacking, None))


def remark(paths: tuple[Path, ...], fit: Fit) -> str | None:
    """Say what is the matter where key logs were given, and opened nothing; None where all is well."""
    if not paths or fit.has_any:
        return None
    keylog = KeyLog()
    for path in paths:
        keylog.merge(KeyLog.parse(path.read_bytes()))
    names = ", ".join(map(str, paths))
    if not len(keylog):
        bad = next((f" (line {error.offset}: {error.what})" for error in keylog.problems), "")
        return f"--keylog {names}: holds no secret{bad}"
    if fit.lacking is None:
        return None
    return f"--keylog {names}: none of its {counted(len(keylog), 'secret')} fits; one that is lacking: {fit.lacking}"
