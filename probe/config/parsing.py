"""The text of `mirrorprobe.toml`: read, decoded and parsed, or one line that says where it is wrong and what to do."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from ..identity import read_file
from ..outcome import UsageFailure

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["parse_toml"]

_OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
"""What text begins with that some editors write."""

_REMEDIES = {
    "Invalid value": "text stands in quotes, true and false are written small",
    "Cannot overwrite a value": "the key is there twice",
    "Duplicate inline table key": "the key is there twice",
    "Cannot declare": "the table is there twice; several of a kind are written [[...]]",
    "Cannot mutate immutable namespace": "the table is there twice; several of a kind are written [[...]]",
    "Unescaped '\\'": r"a backslash in double quotes is written twice, in single quotes once: 'C:\iris\ca.pem'",
    "Invalid hex value": r"a backslash in double quotes is written twice, in single quotes once: 'C:\users\ca.pem'",
    "Illegal character": "a closing quote is missing before the end of the line",
    "Unterminated string": "a closing quote is missing",
    "Unclosed array": "a closing bracket is missing",
    "Unclosed inline table": "a closing brace is missing",
    "Expected '=' after a key": "a line is `key = value`, a table `[name]`, a comment begins with #",
    "Expected newline or end of document": "text stands in quotes, and each key on a line of its own",
    "Expected ']' at the end of a table declaration": "a table is written [name]",
    "Expected ']]' at the end of an array declaration": "an array of tables is written [[name]]",
}
"""By the beginning of what tomllib says."""


def parse_toml(path: Path) -> dict[str, Any]:
    """Read a file of TOML.

    Raises:
        UsageFailure: it cannot be read, or is no TOML.
    """
    try:
        data = read_file(path)
    except ValueError as error:
        hint = "; `mirrorprobe init` writes one" if isinstance(error.__cause__, FileNotFoundError) else ""
        raise UsageFailure(f"{error}{hint}") from None
    try:
        return tomllib.loads(_decoded(path, data))
    except tomllib.TOMLDecodeError as error:
        raise UsageFailure(f"{path}: is not valid TOML: {_explained(str(error))}") from None
    except ValueError:  # what Python says of the digits is for programmers
        raise UsageFailure(f"{path}: is not valid TOML: a number has too many digits") from None
    except RecursionError:
        raise UsageFailure(f"{path}: is not valid TOML: arrays or tables are nested too deeply") from None


def _decoded(path: Path, data: bytes) -> str:
    encoding = _OTHER_ENCODINGS.get(data[:2])
    if encoding is not None:
        raise UsageFailure(f"{path}: is {encoding}; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong = data[error.start]
        raise UsageFailure(
            f"{path}: line {line}: is not UTF-8 (byte {error.start} of the file is 0x{wrong:02x}); save it as UTF-8"
        ) from None


def _explained(said: str) -> str:
    remedy = next((remedy for begin, remedy in _REMEDIES.items() if said.startswith(begin)), None)
    return said if remedy is None else f"{said}: {remedy}"
