"""The certificates and keys that a configuration names, read; what cannot be read is a problem of the file.

Paths are relative to the configuration file.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from analyzers.x509.certificate import Certificate, load_pem_certificates

from ..identity import Identity, load_certificates, load_identity, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from .reading import Reading
    from .tables import IdentityTable

__all__ = ["identities", "trusted"]


def _password(reading: Reading, where: str, table: IdentityTable) -> tuple[bytes | None, bool]:
    """Give the key's password, and whether it could be had."""
    if table.password_file and table.password_env:
        reading.problem(where, "password_file and password_env exclude each other")
        return None, False
    if table.password_file:
        try:
            return read_file(reading.resolve(table.password_file)).rstrip(b"\r\n"), True
        except ValueError as error:
            reading.problem(f"{where}.password_file", str(error))
            return None, False
    if table.password_env:
        value = os.environ.get(table.password_env)
        if value is None:
            reading.problem(
                f"{where}.password_env", f"the environment variable {table.password_env} is not set"
            )
            return None, False
        return value.encode(), True
    return None, True


def _loaded(
    reading: Reading, certificate: Path, key: Path, password: bytes | None
) -> Identity | tuple[str, ...]:
    """Load an identity, or give every reason why not: once, for OpenSSL checks an RSA key for 30 ms."""
    asked = certificate, key, password
    if asked not in reading.identities:
        try:
            reading.identities[asked] = load_identity(*asked)
        except* ValueError as group:
            reading.identities[asked] = tuple(str(error) for error in group.exceptions)
    return reading.identities[asked]


def identities(reading: Reading, where: str, tables: list[IdentityTable]) -> tuple[Identity, ...]:
    """Load every identity that can be."""
    loaded = []
    for table in tables:
        password, is_known = _password(reading, where, table)
        found = _loaded(reading, reading.resolve(table.certificate), reading.resolve(table.key), password)
        if isinstance(found, Identity):
            loaded.append(found)
            continue
        for text in found:
            if is_known or "is encrypted, and" not in text:
                reading.problem(where, text)
    return tuple(loaded)


def _authorities(reading: Reading, path: Path) -> tuple[Certificate, ...]:
    """Load the certificates of a file, once."""
    if path not in reading.authorities:
        load_certificates(path)
        reading.authorities[path] = load_pem_certificates(read_file(path))
    return reading.authorities[path]


def trusted(reading: Reading, where: str, files: list[str]) -> tuple[Certificate, ...]:
    """Load the CA certificates of every file that can be read."""
    certificates: list[Certificate] = []
    for name in files:
        try:
            certificates.extend(_authorities(reading, reading.resolve(name)))
        except ValueError as error:
            reading.problem(f"{where}: ca", str(error))
    return tuple(certificates)
