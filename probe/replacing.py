"""`--with-certificate MEMBER=FILE`: the chain that a member might present instead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analyzers.errors import MalformedCertificate
from analyzers.x509.certificate import load_pem_certificates

from .identity import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzers.x509.certificate import Certificate

__all__ = ["replaced_chains"]


def replaced_chains(
    options: Iterable[str], problems: list[str]
) -> tuple[tuple[str, tuple[Certificate, ...]], ...]:
    """Read every option; what is wrong with one is added to `problems`, a line each."""
    chains = []
    for option in options:
        member, equals, file = option.partition("=")
        if not (member and equals and file):
            problems.append(f"--with-certificate {option}: write MEMBER=FILE")
            continue
        try:
            chain = load_pem_certificates(read_file(Path(file)))
        except (ValueError, MalformedCertificate) as error:
            text = str(error)
            problems.append(f"--with-certificate {option}: {text}")
            continue
        if chain:
            chains.append((member, chain))
        else:
            problems.append(f"--with-certificate {option}: the file holds no certificate in PEM")
    return tuple(chains)
