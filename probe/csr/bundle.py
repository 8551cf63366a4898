"""All files of one request, written at once or not at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..outcome import UsageFailure
from .papers import certreq_inf, openssl_configuration
from .request import build_request, key_pem

if TYPE_CHECKING:
    from analyzers.x509.names import DistinguishedName

    from ..identity import PrivateKey

__all__ = ["Bundle", "write_bundle"]

_INF_KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class Bundle:
    """Where everything was written."""

    key: Path
    request: Path
    configuration: Path
    inf: Path


def _write(path: Path, data: bytes, mode: int) -> None:
    """Create a file; the mode holds from its first byte on, and an existing file is never touched."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _check(directory: Path, stem: str, name: DistinguishedName) -> None:
    if Path(stem).name != stem:
        raise UsageFailure(f"--member {stem!r}: names the files in {directory}, so it cannot be a path")
    if not name.rdns:
        raise UsageFailure("the distinguished name is empty: a mirror tells its members by it")


def write_bundle(
    directory: Path,
    stem: str,
    name: DistinguishedName,
    key: PrivateKey,
    *,
    existing_key: Path | None,
    password: bytes | None,
) -> Bundle:
    """Make the request for `name` and write it with what accompanies it.

    Args:
        directory: made where it does not exist.
        stem: the files' common name.
        name: the subject.
        key: signs the request.
        existing_key: where the key is; None: it is new, and is written with mode 0600.
        password: encrypts a new key.

    Raises:
        UsageFailure: a file exists, or cannot be written, or the name cannot be a subject, or the stem is a
            path; nothing was written.
    """
    _check(directory, stem, name)
    bundle = Bundle(
        key=existing_key or directory / f"{stem}.key",
        request=directory / f"{stem}.csr",
        configuration=directory / f"{stem}.cnf",
        inf=directory / f"{stem}.inf",
    )
    try:
        request = build_request(name, key)
    except ValueError as error:
        raise UsageFailure(f"{name.rfc4514()}: cannot be a certificate's subject: {error}") from None
    contents: list[tuple[Path, bytes, int]] = [
        (bundle.request, request.pem, 0o644),
        (
            bundle.configuration,
            openssl_configuration(name, request.names, bundle.key.name, bundle.request.name).encode(),
            0o644,
        ),
        (bundle.inf, certreq_inf(name, _INF_KEY_BITS).encode("utf-8-sig"), 0o644),
    ]
    if existing_key is None:
        contents.insert(0, (bundle.key, key_pem(key, password), 0o600))
    standing = [path for path, _, _ in contents if path.exists()]
    if standing:
        raise UsageFailure(
            *(f"{path}: exists already, and is never overwritten; move it away" for path in standing)
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path, data, mode in contents:
            _write(path, data, mode)
    except OSError as error:
        raise UsageFailure(
            f"{error.filename or directory}: cannot be written: {(error.strerror or '').lower()}"
        ) from None
    return bundle
