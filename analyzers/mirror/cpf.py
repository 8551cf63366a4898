"""What a configuration parameter file (`iris.cpf`) says of mirrors, as far as its documentation goes.

Read are the entries of `[Mirrors]` and of `[MapMirrors.<mirror>]` in the positions that the CPF reference gives:

    [Mirrors]     Name=GUID,2,1,DefinedPrimary,QOSTimeout,0,UseSSL,...
    [MapMirrors]  Name=,AgentAddress,AgentPort,-,SuperServerAddress,GUID,InstanceDirectory,MemberType,
                  MirrorPrivate,MirrorSSPort,-,EncryptCommunication,...

A member's distinguished name stands somewhere in the second too, but neither where nor how its commas are written is
public. So nothing is taken for one, and an entry that does not have the documented shape is told and left unread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .definition import AGENT_PORT, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Cpf", "CpfMember", "CpfMirror", "read_cpf"]

MAX_LINES = 100_000
"""The CPF of a large instance has a few thousand, most of them mappings of namespaces."""

_ROLES = {"0": Role.FAILOVER, "2": Role.ASYNC}
"""`MemberType`, as `Config.MapMirrors` documents it."""

_MEMBER_FIELDS = 12
_MIRROR_FIELDS = 7


@dataclass(frozen=True, slots=True)
class CpfMember:
    """One entry of `[MapMirrors.<mirror>]`."""

    name: str
    role: Role
    agent: str | None
    """`HOST:PORT` of its ISCAgent; asyncs have none."""
    superserver: str | None
    """`HOST:PORT`; None where the entry lacks one of the two."""


@dataclass(frozen=True, slots=True)
class CpfMirror:
    """One mirror that the instance belongs to."""

    name: str
    uses_tls: bool
    """`UseSSL`: whether members authenticate each other by certificate."""
    qos_milliseconds: int | None
    members: tuple[CpfMember, ...]


@dataclass(frozen=True, slots=True)
class Cpf:
    """The mirrors of one file."""

    mirrors: tuple[CpfMirror, ...]
    problems: tuple[str, ...]
    """Entries that were left unread, each with its line and why."""


def read_cpf(text: str) -> Cpf:
    """Read the mirrors of a CPF; whatever else it holds is passed over."""
    sections, problems = _sections(text)
    mirrors = []
    for number, name, fields in sections.get("mirrors", ()):
        if len(fields) < _MIRROR_FIELDS or fields[6] not in ("0", "1"):
            problems.append(f"line {number}: [Mirrors] {name}: not in the documented form, left unread")
            continue
        members = tuple(_members(sections, name, problems))
        qos = int(fields[4]) if fields[4].isascii() and fields[4].isdigit() else None
        mirrors.append(CpfMirror(name, fields[6] == "1", qos, members))
    return Cpf(tuple(mirrors), tuple(problems))


_Entries = list[tuple[int, str, list[str]]]


def _sections(text: str) -> tuple[dict[str, _Entries], list[str]]:
    """Give the entries of every section, by its name in lower case."""
    sections: dict[str, _Entries] = {}
    entries: _Entries = []
    lines = text.splitlines()
    problems = [] if len(lines) <= MAX_LINES else [f"only the first {MAX_LINES} lines were read"]
    for number, line in enumerate(lines[:MAX_LINES], 1):
        entry = line.strip()
        if entry.startswith("[") and entry.endswith("]"):
            entries = sections.setdefault(entry[1:-1].strip().lower(), [])
        elif entry and not entry.startswith(";"):
            name, _, value = entry.partition("=")
            entries.append((number, name.strip(), [field.strip() for field in value.split(",")]))
    return sections, problems


def _members(sections: Mapping[str, _Entries], mirror: str, problems: list[str]) -> Iterator[CpfMember]:
    for number, name, fields in sections.get(f"mapmirrors.{mirror.lower()}", ()):
        role = _ROLES.get(fields[7]) if len(fields) >= _MEMBER_FIELDS else None
        if role is None or not name or not _is_port(fields[2]):
            problems.append(
                f"line {number}: [MapMirrors.{mirror}] {name}: not in the documented form, left unread"
            )
            continue
        agent = _place(fields[1], fields[2] or str(AGENT_PORT)) if role is Role.FAILOVER else None
        yield CpfMember(name.upper(), role, agent, _place(fields[4], fields[9]))


def _is_port(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 65535)


def _place(host: str, port: str) -> str | None:
    """Write host and port together, where both are there."""
    host, _, own = host.partition("|")
    port = own or port
    if not host or not port or not _is_port(port):
        return None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
