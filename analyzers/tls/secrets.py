"""Secrets that one end wrote down, so that others may read: the NSS key log format (RFC 9850).

A line is a label, the client random, and the secret, in hexadecimal. Two older kinds of line are known beside
it: `RSA` with the first 8 bytes of the encrypted premaster secret, and `PMS_CLIENT_RANDOM` with a premaster
secret. Files of this kind are appended to by many processes and edited by people, so a bad line costs that
line only. No error, `repr` or `str` of this module ever holds a part of a line.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import MalformedKeyLog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["MAX_ENTRIES", "KeyLog"]

MAX_ENTRIES = 500_000
"""Secrets kept: 100,000 TLS 1.3 connections with five lines each, about 100 MB."""

MAX_LINE_BYTES = 1024
"""A line of the format has under 300 bytes; only premaster secrets of finite fields are longer."""

MAX_PROBLEMS = 100
"""Bad lines described one by one; the rest is counted only, since a wrong file is wrong on every line."""

_MASTER = frozenset((48,))
_PREMASTER = frozenset(range(1, MAX_LINE_BYTES // 2))
_HASHES = frozenset((32, 48, 64))

_LABELS: dict[str, frozenset[int]] = {
    "CLIENT_RANDOM": _MASTER,
    "PMS_CLIENT_RANDOM": _PREMASTER,
    "CLIENT_EARLY_TRAFFIC_SECRET": _HASHES,
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET": _HASHES,
    "SERVER_HANDSHAKE_TRAFFIC_SECRET": _HASHES,
    "EARLY_EXPORTER_SECRET": _HASHES,
    "EARLY_EXPORTER_MASTER_SECRET": _HASHES,
    "EXPORTER_SECRET": _HASHES,
}
"""The labels that are kept, with the lengths of their secrets; numbered traffic secrets are matched apart."""

_TRAFFIC_SECRET = re.compile(r"(?:CLIENT|SERVER)_TRAFFIC_SECRET_[0-9]{1,4}")
_LABEL = re.compile(r"[A-Z][A-Z0-9_]*")
_NOTHING: Mapping[str, bytes] = MappingProxyType({})


class _Secrets(dict[str, bytes]):
    """The secrets of one connection by label, which prints its labels only."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<secrets {', '.join(self)}>"


class KeyLog:
    """Secrets by client random, from any number of files, capture blocks and live lines."""

    __slots__ = ("_by_random", "_entries", "_line", "_premasters", "_problems", "bad_lines")

    def __init__(self) -> None:
        """Begin without secrets."""
        self._by_random: dict[bytes, _Secrets] = {}
        self._premasters: dict[bytes, bytes] = {}
        self._entries = 0
        self._line = 0
        self._problems: list[MalformedKeyLog] = []
        self.bad_lines = 0
        """How many lines could not be read, the undescribed ones with them."""

    @classmethod
    def parse(cls, data: str | bytes | bytearray | memoryview) -> KeyLog:
        """Read a whole key log; lines that are not in the format are listed in `problems`."""
        keylog = cls()
        content = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
        for line in _lines(content):
            keylog.add_line(line)
        return keylog

    def add_line(self, line: str | bytes) -> None:
        """Take one line; it counts for the line numbers in `problems`, whatever it holds."""
        self._line += 1
        try:
            self._add(line)
        except MalformedKeyLog as error:
            self.bad_lines += 1
            if len(self._problems) < MAX_PROBLEMS:
                self._problems.append(error)

    def _add(self, line: str | bytes) -> None:
        if len(line) > MAX_LINE_BYTES:
            raise MalformedKeyLog(self._line, f"the line is longer than {MAX_LINE_BYTES} bytes")
        text = line if isinstance(line, str) else line.decode("latin-1")
        words = text.split()
        if not words or words[0].startswith("#"):
            return
        label = words[0]
        if not _LABEL.fullmatch(label):
            raise MalformedKeyLog(self._line, "the line does not begin with a label")
        lengths = _LABELS.get(label)
        if lengths is None:
            if label == "RSA":
                self._add_premaster(words)
                return
            if not _TRAFFIC_SECRET.fullmatch(label):
                return  # RFC 9850 section 2: labels that are not known are ignored.
            lengths = _HASHES
        self._add_secret(words, lengths)

    def _add_secret(self, words: list[str], lengths: frozenset[int]) -> None:
        random, secret = self._two_values(words)
        if len(random) != 32:
            raise MalformedKeyLog(self._line, f"the client random has {len(random)} bytes instead of 32")
        if len(secret) not in lengths:
            raise MalformedKeyLog(self._line, f"a secret of {len(secret)} bytes cannot be a {words[0]}")
        self._keep(random, words[0], secret)

    def _add_premaster(self, words: list[str]) -> None:
        prefix, premaster = self._two_values(words)
        if len(prefix) != 8:
            raise MalformedKeyLog(
                self._line, f"an RSA line names {len(prefix)} bytes of ciphertext instead of 8"
            )
        if len(premaster) != 48:
            raise MalformedKeyLog(self._line, f"an RSA premaster secret has 48 bytes, not {len(premaster)}")
        self._keep_premaster(prefix, premaster)

    def _keep(self, random: bytes, label: str, secret: bytes) -> None:
        secrets = self._by_random.get(random)
        if secrets is None or label not in secrets:
            self._make_room()
        if secrets is None:
            secrets = self._by_random[random] = _Secrets()
        secrets[label] = secret

    def _keep_premaster(self, prefix: bytes, premaster: bytes) -> None:
        if prefix not in self._premasters:
            self._make_room()
        self._premasters[prefix] = premaster

    def _two_values(self, words: list[str]) -> tuple[bytes, bytes]:
        if len(words) != 3:
            raise MalformedKeyLog(self._line, f"the line has {len(words)} fields instead of 3")
        try:
            return bytes.fromhex(words[1]), bytes.fromhex(words[2])
        except ValueError:  # Its text would quote the line.
            raise MalformedKeyLog(self._line, "a field is not hexadecimal") from None

    def _make_room(self) -> None:
        if self._entries >= MAX_ENTRIES:
            raise MalformedKeyLog(self._line, f"{MAX_ENTRIES} secrets are kept already")
        self._entries += 1

    def secrets_for(self, client_random: bytes) -> Mapping[str, bytes]:
        """Give the secrets of the connection with this `client_random`, by label; none where we have none."""
        return self._by_random.get(client_random, _NOTHING)

    def premaster_for(self, encrypted_premaster: bytes) -> bytes | None:
        """Give the premaster secret of an RSA key exchange, found by the first 8 bytes of its ciphertext."""
        return self._premasters.get(bytes(encrypted_premaster[:8]))

    def forget(self, client_random: bytes) -> None:
        """Drop the secrets of one connection, which a process that runs for months must do."""
        self._entries -= len(self._by_random.pop(client_random, ()))

    def merge(self, other: KeyLog) -> None:
        """Take over the secrets and the problems of `other`; where both know a secret, the other's wins."""
        self._problems.extend(other._problems[: MAX_PROBLEMS - len(self._problems)])
        self.bad_lines += other.bad_lines
        try:
            for random, secrets in other._by_random.items():
                for label, secret in secrets.items():
                    self._keep(random, label, secret)
            for prefix, premaster in other._premasters.items():
                self._keep_premaster(prefix, premaster)
        except MalformedKeyLog as error:
            self._problems.append(error)

    @property
    def problems(self) -> tuple[MalformedKeyLog, ...]:
        """What was wrong with the first bad lines; the offset of each is its line number, from 1."""
        return tuple(self._problems)

    def __len__(self) -> int:
        """Count the secrets."""
        return self._entries

    def __bool__(self) -> bool:
        """Be true even without secrets: lines may still come."""
        return True

    def __repr__(self) -> str:
        """Say how many secrets there are, and none of them."""
        return f"<KeyLog of {self._entries} secrets, {self.bad_lines} bad lines>"


def _lines(content: bytes) -> Iterator[bytes]:
    """Cut at line feeds without making a list of them; a byte order mark is no part of the first line."""
    start = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    while start < len(content):
        end = content.find(b"\n", start)
        if end < 0:
            end = len(content)
        yield content[start:end]
        start = end + 1
