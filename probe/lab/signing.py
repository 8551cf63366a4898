"""`lab authority`: an authority for tests, which signs requests."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from cryptography import x509

from probe.outcome import UnreadableInput, UsageFailure

from .recipe import CLIENT_AND_SERVER, Recipe, member_recipe
from .running import authority_in

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["USAGES", "print_authority", "sign_request"]

USAGES: Mapping[str, tuple[str, ...] | None] = {
    "both": CLIENT_AND_SERVER,
    "client": ("clientAuth",),
    "server": ("serverAuth",),
    "none": None,
}
"""What `--usage` may say, and the Extended Key Usage that it stands for."""


def print_authority(directory: Path) -> None:
    """Print the root certificate of the authority kept in `directory`.

    Raises:
        UsageFailure: the authority can be neither read nor made.
    """
    typer.echo(authority_in(directory).ca_pem.decode("ascii"), nl=False)


def sign_request(request: str, directory: Path, *, out: Path | None, days: int, usage: str) -> None:
    """Sign the request in the file `request` (`-`: standard input), and write the chain to `out` or print it.

    Raises:
        UsageFailure: an option has no meaning, or a file cannot be written.
        UnreadableInput: the request is none, or its signature is false.
    """
    if usage not in USAGES:
        raise UsageFailure(f"--usage {usage}: give one of {', '.join(USAGES)}")
    issuing = authority_in(directory)
    try:
        chain = issuing.sign_request(_read(request), _recipe(days, USAGES[usage]))
    except ValueError as error:
        raise UnreadableInput(f"{request}: {error}") from error
    if out is None:
        typer.echo(chain.decode("ascii"), nl=False)
        return
    try:
        out.write_bytes(chain)
    except OSError as error:
        raise UsageFailure(f"{out}: {error.strerror}") from error


def _recipe(days: int, usages: tuple[str, ...] | None) -> Recipe:
    validity = timedelta(days=days)
    return replace(member_recipe("X"), alternative_names=(), valid_until=validity, extended_key_usage=usages)


def _read(request: str) -> x509.CertificateSigningRequest:
    try:
        pem = sys.stdin.buffer.read() if request == "-" else Path(request).read_bytes()
        return x509.load_pem_x509_csr(pem)
    except OSError as error:
        raise UnreadableInput(f"{request}: {error.strerror}") from error
    except ValueError as error:
        raise UnreadableInput(f"{request}: is no certificate signing request in PEM") from error
