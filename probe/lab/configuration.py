"""The lab's mirror as a `mirrorprobe.toml`, with every certificate that one of its members may show.

A relay that terminates TLS stands for the members on both sides, so it needs their certificates and keys:
also the bad ones, or it could not carry a bad certificate to the member that is to refuse it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from analyzers.connection import Party

from .cast import ANSWERING
from .faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .box import Box, LabMember
    from .identity import Identity, IdentityFiles

__all__ = ["POLICY_SUITES", "RelaySettings", "at", "relay_name", "write_configuration"]

POLICY_SUITES = (
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
)
"""The policy of the lab's mirror: forward secrecy. The last suite is for members with an old OpenSSL."""


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """What the lab's configuration says about relays."""

    listen: Mapping[str, tuple[str, int]]
    """By member: where the relay in front of its agent listens."""
    web: tuple[str, int]
    handshake_seconds: float
    """How long the relay waits for a handshake."""
    events_file: str = "-"
    """Where the events go; `-` is standard output."""


def write_configuration(box: Box, directory: Path, settings: RelaySettings) -> Path:
    """Write `mirrorprobe.toml` and all certificates and keys below `directory`; give the path of the former.

    The box is running, so that its ports are known.

    Raises:
        OSError: a file cannot be written.
    """
    shown = {name: _write(member.end.identity, name, directory) for name, member in box.members.items()}
    faulty = {party: tuple(_faulty(box, party, directory)) for party in Party}
    path = directory / "mirrorprobe.toml"
    blocks = [
        _head(next(iter(shown.values()))),
        *(_member(member) for member in box.members.values()),
        f"[limits]\nhandshake_seconds = {settings.handshake_seconds}\n",
        f"[events]\nfile = {_text(settings.events_file)}\n",
        f"[web]\nlisten = {_text(at(settings.web))}\n",
    ]
    for name, member in box.members.items():
        serve_as = [shown[name], *(faulty[Party.SERVER] if name == ANSWERING else ())]
        others = [files for other, files in shown.items() if other != name]
        connect_as = [*others, *(faulty[Party.CLIENT] if name == ANSWERING else ())]
        blocks.append(_relay(member, settings.listen[name], serve_as, connect_as))
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def _write(identity: Identity | None, place: str, directory: Path) -> IdentityFiles:
    if identity is None:
        raise ValueError("every member of the lab has a certificate")
    return identity.write(directory / place).relative_to(directory)


def _faulty(box: Box, party: Party, directory: Path) -> Iterator[IdentityFiles]:
    """Write what `party` shows under each fault, where it is not what it shows in health, and loads."""
    healthy = box.cast().end(party).identity
    for fault in FAULTS.values():
        identity = box.arranged(fault).end(party).identity
        if identity is not None and identity != healthy and _is_consistent(identity):
            yield _write(identity, f"faults/{fault.name}/{party}", directory)


def _is_consistent(identity: Identity) -> bool:
    key = load_pem_private_key(identity.key_pem, password=None, unsafe_skip_rsa_key_validation=True)
    return key.public_key() == identity.leaf.public_key()


def _text(value: object) -> str:
    """Write a TOML basic string; its escapes are those of JSON."""
    return json.dumps(str(value))


def _head(files: IdentityFiles) -> str:
    suites = "".join(f"    {_text(suite)},\n" for suite in POLICY_SUITES)
    return (
        "# Written by `mirrorprobe lab`: stand-ins on loopback, not InterSystems IRIS.\n\n"
        f"[mirror]\nname = {_text('LABMIRROR')}\ntls_required = true\nca = {_text(files.ca)}\n\n"
        f"[policy]\nminimum_version = {_text('TLSv1.2')}\ncipher_suites = [\n{suites}]\n"
    )


def _member(member: LabMember) -> str:
    dn = "" if member.end.identity is None else member.end.identity.dn
    return (
        f"[[member]]\nname = {_text(member.name)}\nrole = {_text(member.role)}\ndn = {_text(dn)}\n"
        f"addresses = [{_text(member.host)}]\nagent = {_text(at(member.agent.address))}\n"
        f"superserver = {_text(at(member.superserver.address))}\n"
    )


def _relay(
    member: LabMember, listen: tuple[str, int], serve_as: list[IdentityFiles], connect_as: list[IdentityFiles]
) -> str:
    return (
        f"[[relay]]\nname = {_text(relay_name(member.name))}\nlisten = {_text(at(listen))}\n"
        f"upstream = {_text(at(member.agent.address))}\nserve_as = {_identities(serve_as)}\n"
        f"connect_as = {_identities(connect_as)}\n"
    )


def _identities(files: list[IdentityFiles]) -> str:
    rows = (
        f"    {{ certificate = {_text(each.certificate)}, key = {_text(each.key)} }},\n" for each in files
    )
    return f"[\n{''.join(rows)}]"


def relay_name(member: str) -> str:
    """Give the name of the relay in front of a member's agent."""
    return f"to-{member.lower()}-agent"


def at(address: tuple[str, int]) -> str:
    """Write host and port as a configuration does."""
    host, port = address
    return f"{host}:{port}"
