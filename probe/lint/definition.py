"""The DNs that a mirror lists, from `mirrorprobe.toml` or from an exported MapMirrors list.

Where a CPF keeps a member's DN, and how it escapes it, is not public (domain facts 6), so `iris.cpf` is not guessed at.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from analyzers.lint.member import MemberFiles, Source
from analyzers.x509.certificate import parse_certificate
from analyzers.x509.names import NameMatch, compare_names

from ..config import load_config
from ..identity import read_file, spki_of

if TYPE_CHECKING:
    from pathlib import Path

    from analyzers.mirror.definition import Mirror
    from analyzers.x509.certificate import Certificate

    from ..config import Config
    from ..identity import Identity, PrivateKey

__all__ = ["read_definition"]

_NAME_COLUMNS = ("name", "membername", "member", "systemname")
_DN_COLUMNS = ("sslcomputername", "dn", "x509dn")
"""Columns of exports of Config.MapMirrors and of SYS.Mirror's queries (domain facts 2.1), spaces and case left out."""


def read_definition(members: list[MemberFiles], keys: dict[str, PrivateKey], path: Path) -> None:
    """Give each member the DN that `path` lists for it; `mirrorprobe.toml` brings the members' files, too.

    Raises:
        ValueError: the file is no definition; the text says what it lacks.
        UsageFailure: the configuration has problems, all of them.
    """
    if path.suffix.lower() == ".cpf":
        raise ValueError(
            "where a CPF keeps a member's DN is not documented: export the MapMirrors list (columns Name and"
            " SSLComputerName) as CSV, or list the members in mirrorprobe.toml"
        )
    if path.suffix.lower() == ".toml":
        _from_config(members, keys, load_config(path), path)
        return
    _assign(members, _exported(path))


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
