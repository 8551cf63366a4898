"""The certificates and keys that a configuration names, read; what cannot be read is a problem of the file.

Paths are relative to the configuration file.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from analyzers.x509.certificate import Certificate, load_pem_certificates

from ..identity import Identity, load_certificates, load_identity, read_file

if TYPE_CHECKING:
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


def identities(reading: Reading, where: str, tables: list[IdentityTable]) -> tuple[Identity, ...]:
    """Load every identity that can be."""
    loaded = []
    for table in tables:
        password, is_known = _password(reading, where, table)
        try:
            identity = load_identity(reading.resolve(table.certificate), reading.resolve(table.key), password)
            loaded.append(identity)
        except* ValueError as group:
            texts = [str(error) for error in group.exceptions]
            for text in texts if is_known else [text for text in texts if "is encrypted, and" not in text]:
                reading.problem(where, text)
    return tuple(loaded)


def trusted(reading: Reading, where: str, files: list[str]) -> tuple[Certificate, ...]:
    """Load the CA certificates of every file that can be read."""
    certificates: list[Certificate] = []
    for name in files:
        path = reading.resolve(name)
        try:
            load_certificates(path)
            certificates.extend(load_pem_certificates(read_file(path)))
        except ValueError as error:
            reading.problem(f"{where}: ca", str(error))
    return tuple(certificates)
