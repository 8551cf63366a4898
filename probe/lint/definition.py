"""What a mirror lists: from `mirrorprobe.toml`, from an exported MapMirrors list, or from `iris.cpf`."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from analyzers.lint.member import Finding, MemberFiles, Severity, Source
from analyzers.mirror.cpf import read_cpf
from analyzers.x509.certificate import parse_certificate
from analyzers.x509.names import NameMatch, compare_names

from ..config import load_config
from ..identity import read_file, spki_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from analyzers.mirror.definition import Mirror
    from analyzers.x509.certificate import Certificate

    from ..config import Config
    from ..identity import Identity, PrivateKey

__all__ = ["read_definition"]

_NAME_COLUMNS = ("name", "membername", "member", "systemname")
_DN_COLUMNS = ("sslcomputername", "dn", "x509dn")
"""Columns of exports of Config.MapMirrors and of SYS.Mirror's queries (domain facts 2.1), spaces and case left out."""


def read_definition(
    members: list[MemberFiles], keys: dict[str, PrivateKey], path: Path
) -> tuple[Finding, ...]:
    """Give each member the DN that `path` lists for it; `mirrorprobe.toml` brings the members' files, too.

    Returns:
        What the definition itself has against the mirror.

    Raises:
        ValueError: the file is no definition; the text says what it lacks.
        UsageFailure: the configuration has problems, all of them.
    """
    if path.suffix.lower() == ".cpf":
        return tuple(_from_cpf(members, path))
    if path.suffix.lower() == ".toml":
        _from_config(members, keys, load_config(path, may_be_idle=True), path)
    else:
        _assign(members, _exported(path))
    return ()


def _from_cpf(members: list[MemberFiles], path: Path) -> Iterator[Finding]:
    """Add the members that a CPF names; where it keeps their DNs is not public (domain facts 6)."""
    cpf, source = read_cpf(read_file(path).decode("utf-8-sig", "replace")), Source(str(path))
    if not cpf.mirrors:
        problems = "; ".join(cpf.problems) or "[Mirrors] is missing or empty"
        raise ValueError(f"no mirror can be read in it: {problems}")
    standing = {member.name.lower() for member in members}
    for mirror in cpf.mirrors:
        if not mirror.uses_tls:
            yield Finding(
                "mirror uses TLS", "plaintext-where-tls-required", Severity.MEDIUM, mirror.name, source,
                f"UseSSL of {mirror.name} is 0: its members speak no TLS, and certificates play no role",
                "Enable SSL/TLS for the mirror on the primary (Edit Mirror).", "InterSystems",
            )  # fmt: skip
        for member in mirror.members:
            if member.name.lower() not in standing:
                members.append(MemberFiles(member.name))
                yield Finding(
                    "member's files", None, Severity.LOW, member.name, source,
                    "the mirror has this member, and none of its files were given: it is not judged",
                    f"Give a directory {member.name}/ with its certificate, key and CA file.", "mirrorprobe",
                )  # fmt: skip
    text = "the DNs that the mirror lists were not compared: where a CPF keeps them is not documented"
    yield Finding(
        "listed DN equals the certificate's", None, Severity.INFO, cpf.mirrors[0].name, source,
        "; ".join((text, *cpf.problems)),
        "Give an exported MapMirrors list (columns Name and SSLComputerName), or mirrorprobe.toml.", "mirrorprobe",
    )  # fmt: skip


def _exported(path: Path) -> dict[str, str]:
    text = read_file(path).decode("utf-8-sig", "replace")
    rows = csv.DictReader(text.splitlines(), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    columns = {"".join(column.lower().split()): column for column in rows.fieldnames or () if column}
    name, dn = (
        next((columns[c] for c in wanted if c in columns), None) for wanted in (_NAME_COLUMNS, _DN_COLUMNS)
    )
    if name is None or dn is None:
        raise ValueError(
            "an exported MapMirrors list needs a heading line with the columns Name and SSLComputerName"
        )
    return {row[name].strip(): row[dn].strip() for row in rows if row.get(name) and row.get(dn)}


def _assign(members: list[MemberFiles], listed: dict[str, str]) -> None:
    by_name = {name.lower(): dn for name, dn in listed.items()}
    for place, member in enumerate(members):
        if (dn := by_name.get(member.name.lower())) is not None:
            members[place] = replace(member, listed_dn=dn)
    standing = {member.name.lower() for member in members}
    members.extend(
        MemberFiles(name, listed_dn=dn) for name, dn in listed.items() if name.lower() not in standing
    )


def _of_identity(
    mirror: Mirror, identity: Identity, trust: tuple[Certificate, ...], source: Source
) -> MemberFiles:
    chain = tuple(
        parse_certificate(c.public_bytes(Encoding.DER)) for c in (identity.certificate, *identity.chain)
    )
    name, dn = chain[0].subject.rfc4514(), None
    for member, listed in mirror.listed_names():
        if compare_names(chain[0].subject, listed).kind is not NameMatch.DIFFERENT:
            name, dn = member.name, member.dn
    return MemberFiles(
        name, chain, trust, has_authorities=True, key_spki=spki_of(identity.key), listed_dn=dn,
        certificate_source=source, authority_source=source, key_source=source,
    )  # fmt: skip


def _from_config(members: list[MemberFiles], keys: dict[str, PrivateKey], config: Config, path: Path) -> None:
    seen: set[str] = set()
    for relay in config.relays:
        for identity in (*relay.serve_as, *relay.connect_as):
            files = _of_identity(config.mirror, identity, relay.mirror.trust, Source(str(path)))
            if files.certificates[0].sha256 not in seen:
                seen.add(files.certificates[0].sha256)
                members.append(files)
                keys[files.name] = identity.key
    _assign(members, {m.name: m.dn for m in config.mirror.members if m.dn is not None})
