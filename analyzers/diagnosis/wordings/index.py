"""Find the wordings that stand in a line without trying each.

Every wording is filed under one run of four characters of its own text, its key. A line is then looked through once, four characters
at a time; only wordings whose key stands in it are compared. Keys are the rarest runs, so that hardly any stands in the ordinary
lines of a log, which the scanner can then leave out without reading them (`analyzers.diagnosis.scan`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from math import prod
from typing import TYPE_CHECKING

from . import (
    dotnet,
    embedded,
    gnutls,
    go,
    intersystems,
    java,
    network,
    nss,
    openssl,
    others,
    programs,
    windows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .wording import Wording

__all__ = ["KEYS", "KEY_LENGTH", "TABLES", "may_be_read", "wordings_in"]

KEY_LENGTH = 4
"""Four bytes are one machine word: the scanner compares them as integers."""

TABLES: tuple[tuple[str, tuple[Wording, ...]], ...] = (
    (openssl.STACK, openssl.WORDINGS),
    (intersystems.STACK, intersystems.WORDINGS),
    (gnutls.STACK, gnutls.WORDINGS),
    (java.STACK, java.WORDINGS),
    (go.STACK, go.WORDINGS),
    (nss.STACK, nss.WORDINGS),
    (embedded.MBEDTLS, embedded.MBEDTLS_WORDINGS),
    (embedded.WOLFSSL, embedded.WOLFSSL_WORDINGS),
    (embedded.S2N, embedded.S2N_WORDINGS),
    (embedded.BEARSSL, embedded.BEARSSL_WORDINGS),
    (embedded.BOTAN, embedded.BOTAN_WORDINGS),
    (others.HASKELL, others.HASKELL_WORDINGS),
    (windows.STACK, windows.WORDINGS),
    (windows.STACK, dotnet.WORDINGS),
    (others.RUSTLS, others.RUSTLS_WORDINGS),
    (others.ERLANG, others.ERLANG_WORDINGS),
    (others.APPLE, others.APPLE_WORDINGS),
    (others.CHROMIUM, others.CHROMIUM_WORDINGS),
    (others.NODE, others.NODE_WORDINGS),
    (programs.STACK, programs.WORDINGS),
    (network.STACK, network.WORDINGS),
)

_PATTERN_KEYS = frozenset({"ror:", "nes:", "num=", "n co", "lert", "sult"})
"""For what is found by pattern and not by wording: packed codes (`error:`, `routines:`), verify numbers, message traces."""

_ORDINARY = (
    "[utility.event] [generic.event] journal file switched to /iris/mgr/journal/mirror-prodmirror-20220109.012 becoming primary mirror"
    " server found master as primary, becoming backup mirrorclient: connected to primary: (ver 4) manager initialized for no other"
    " mirror members configured starting ecp server connection from client established disconnected process id user login logout database"
    " mounted dismounted write daemon started checkpoint purge completed successfully license allocated shared memory bytes routines buffers"
    " using version for unix build task manager suspended resumed config parameter changed warning: information message received sent session"
    " closed opened request response http/1.1 200 get post host port address status code service stopped running systemd kernel cron audit"
    " device transaction global export import restore copy transfer retrying failed to attempt operation exception stack trace at line debug"
    " info error warn fatal thread main class package java.lang null value returned function called query select update insert delete from"
    " accepted rejected finished created deleted updated enabled disabled loaded saved waiting released replied scheduled"
    " where time elapsed seconds milliseconds total count number list index name type path directory not found permission denied"
)
"""Words of ordinary log lines: their runs of four make poor keys."""


def _runs(text: str) -> set[str]:
    return {text[at : at + KEY_LENGTH] for at in range(len(text) - KEY_LENGTH + 1)}


_ESCAPED_SOMEWHERE = frozenset("\"'<>&\\")
"""Characters that JSON or XML writes in another way: the scanner looks at a line as it stands."""

_DIGITS_ARE_COMMON = 1000
"""Times, numbers and addresses are everywhere in a log, so a run with digits is as common as the commonest letters."""


def _commonness() -> Mapping[str, int]:
    """How often two characters follow each other in ordinary lines."""
    pairs = Counter(_ORDINARY[at : at + 2] for at in range(len(_ORDINARY) - 1))
    for digit in "0123456789":
        for other in "0123456789 .:-()[]":
            pairs[digit + other] = pairs[other + digit] = _DIGITS_ARE_COMMON
    return pairs


def _file() -> Mapping[str, tuple[tuple[str, Wording], ...]]:
    """File each wording under that run of its text which ordinary lines are least likely to hold."""
    ordinary, common = _runs(_ORDINARY), _commonness()

    def cost(run: str) -> tuple[bool, bool, int, str]:
        is_escaped = not _ESCAPED_SOMEWHERE.isdisjoint(run)
        return (
            is_escaped,
            run in ordinary,
            prod(1 + common[run[at : at + 2]] for at in range(KEY_LENGTH - 1)),
            run,
        )

    filed: defaultdict[str, list[tuple[str, Wording]]] = defaultdict(list)
    for stack, table in TABLES:
        for wording in table:
            filed[min(_runs(wording.text), key=cost)].append((wording.stack or stack, wording))
    return {key: tuple(entries) for key, entries in filed.items()}


_FILED = _file()


def _word(key: str) -> int:
    return int.from_bytes(key.encode(), "little")


KEYS: frozenset[int] = frozenset(_word(key) for key in _FILED.keys() | _PATTERN_KEYS)
"""A line in which none of these stands says nothing that we can read: four bytes each, as a little-endian word."""

_PATTERNS = re.compile(
    rb"[0-9a-f]{8}:[a-z]|26\d{7}:ssl|error:[0-9a-f]{8}\b|num=\d|code: \d|alert|verifyresult=\d|error: \(\d"
)
_TEXTS: Mapping[int, tuple[bytes, ...]] = {
    _word(key): tuple({wording.text.encode() for _, wording in _FILED.get(key, ())})
    for key in _FILED.keys() | _PATTERN_KEYS
}
_PATTERN_WORDS = frozenset(_word(key) for key in _PATTERN_KEYS)


def may_be_read(line: bytes, keys: Iterable[int]) -> bool:
    """Tell whether `line`, in lower case, in which `keys` stand, holds the text of any wording, or what a pattern looks for."""
    for key in set(keys):
        if any(text in line for text in _TEXTS[key]):
            return True
        if key in _PATTERN_WORDS and _PATTERNS.search(line):
            return True
    return False


def wordings_in(line: str) -> Iterator[tuple[str, Wording]]:
    """Give every wording that stands in `line`, which is in lower case, with the stack that writes it."""
    for run in _runs(line) & _FILED.keys():
        for entry in _FILED[run]:
            wording = entry[1]
            if wording.text in line and (not wording.also or wording.also in line):
                yield entry
