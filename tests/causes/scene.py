"""A case of the catalogue: a TOML file that says what two real peers do, and all that is to be found.

story = "IRISA's certificate expired."      why the case is there
fault = "client-expired"                    a fault of the lab, or
arrange = ["client-key-p256"]               changes from `arrangements`
version = "TLSv1.2"                         the newest that both may speak
keys = true                                 whether the observer has the key log
mirror = "lab"                              the definition, see `Scene.mirror`
tamper = "client-signature-damaged"         from `tampering`
stands_at_sender = true                     whether we look before the bytes are tampered with
renegotiates = true                         whether the client asks for a second handshake
flights = 2                                 how many flights the capture holds
road = "pcap"
earlier = "healthy"                         the same connection that came before and worked, or
earlier = "members-swapped"                 one with the roles exchanged, by its arrangement
[policy] [verify_error] [network_error]     fields of those values
[expect]
root_cause = "certificate-expired"          left out: no verdict
findings = ["certificate-expired client observed"]
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzers.connection import (
    Endpoint,
    NetworkError,
    NetworkErrorKind,
    Party,
    Road,
    VerifyError,
)
from analyzers.diagnosis.engine import diagnose
from analyzers.mirror.definition import Member, Mirror, Policy, Role
from analyzers.observer import Observer
from analyzers.x509.certificate import load_pem_certificates
from probe.lab.authority import Authority
from probe.lab.cast import Cast, in_turn
from probe.lab.ends import TLS_1_2, TLS_1_3
from probe.lab.faults import FAULTS
from tests.causes.arrangements import ARRANGEMENTS
from tests.causes.peers import CLIENT_END, MOST_TURNS, SERVER_END, Talk, untouched
from tests.causes.tampering import TAMPERINGS

if TYPE_CHECKING:
    from analyzers.connection import Connection
    from analyzers.diagnosis.findings import Verdict

VERSIONS = {"TLSv1.2": TLS_1_2, "TLSv1.3": TLS_1_3}

ADDRESSES = {"IRISA": "10.0.0.11", "IRISB": "10.0.0.12", "IRISC": "10.0.0.13"}


@dataclass(frozen=True, slots=True)
class Scene:
    """One case."""

    path: Path
    said: dict[str, Any]

    @property
    def name(self) -> str:
        """Cause and case, as a test id."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def findings(self) -> set[str]:
        """What is to be found."""
        return set(self.said["expect"]["findings"])

    @property
    def fires(self) -> bool:
        """Whether the cause of its folder is among it."""
        return any(finding.split()[0] == self.path.parent.name for finding in self.findings)

    def play(self) -> tuple[Connection, Verdict]:
        """Let the peers talk, and judge."""
        connection = self._connection()
        earlier = (_earlier(self.said["earlier"]),) if "earlier" in self.said else ()
        return connection, diagnose(connection, self.mirror(), earlier=earlier)

    def flights(self) -> list[tuple[Party, bytes]]:
        """Give what each end sent, in turn."""
        return _talk_of(self._cast(), self.said).sent

    def _cast(self) -> Cast:
        cast = _cast(self.said.get("arrange", ()))
        if "fault" in self.said:
            cast = FAULTS[self.said["fault"]].arrange(cast)
        return cast.limited_to(VERSIONS[self.said.get("version", "TLSv1.2")])

    def _connection(self) -> Connection:
        said = self.said
        if "network_error" in said:
            error = dict(said["network_error"])
            observer = Observer(CLIENT_END, SERVER_END, started=0.0, road=Road.CHECK)
            kind, party = NetworkErrorKind(error.pop("kind")), Party(error.pop("party"))
            observer.network_failed(NetworkError(kind, party=party, **error))
            return observer.connection()
        return _talk_of(self._cast(), said).observer.connection()

    def mirror(self) -> Mirror | None:
        """Give the definition that the case is judged by: the lab's, none, or the lab's with one thing changed."""
        kind = self.said.get("mirror", "lab")
        if kind == "none":
            return None
        policy = replace(Policy(), **self.said.get("policy", {}))
        mirror = lab_mirror()
        changes: dict[str, dict[str, Any]] = {
            "lab": {},
            "no-trust": {"trust": ()},
            "arbiter": {"members": (*mirror.members, Member("ARBITER", Role.ARBITER, agent="10.0.0.14"))},
            "twice": {"members": tuple(_listed_twice(mirror))},
            "optional-tls": {"tls_required": False},
            "elsewhere": {"members": tuple(replace(member, agent="10.9.9.9") for member in mirror.members)},
        }
        return replace(mirror, policy=policy, **changes[kind])


def _listed_twice(mirror: Mirror) -> tuple[Member, ...]:
    first, second, third = mirror.members
    return first, second, replace(third, dn=first.dn)


@cache
def issuing() -> Authority:
    """Give the authority that certifies all members."""
    return Authority.create()


@cache
def _healthy() -> Cast:
    return Cast.healthy(issuing())


@cache
def lab_mirror() -> Mirror:
    """Give the definition of the mirror that the lab's members make up."""
    names = dict(zip(ADDRESSES, _healthy().client.listed, strict=True))
    members = tuple(
        Member(name, Role.ASYNC if name == "IRISC" else Role.FAILOVER, names[name], (host,), host, host)
        for name, host in ADDRESSES.items()
    )
    return Mirror("LAB", tls_required=True, members=members, trust=load_pem_certificates(issuing().ca_pem))


def _cast(names: list[str] | tuple[str, ...]) -> Cast:
    return in_turn(*(ARRANGEMENTS[name] for name in names))(_healthy())


def _talk_of(cast: Cast, said: dict[str, Any]) -> Talk:
    server_end = Endpoint("10.0.0.14", 2188) if said.get("mirror") == "arbiter" else SERVER_END
    talk = Talk(
        cast,
        has_keys=said.get("keys", True),
        road=Road(said.get("road", "pcap")),
        tamper=TAMPERINGS[said["tamper"]] if "tamper" in said else untouched,
        stands_at_sender=said.get("stands_at_sender", False),
        flights=said.get("flights", MOST_TURNS),
        renegotiates=said.get("renegotiates", False),
        ends=(CLIENT_END, server_end),
    )
    if "verify_error" in said:
        error = dict(said["verify_error"])
        talk.observer.verify_error(VerifyError(Party(error.pop("party")), **error))
    talk.run()
    return talk


def _earlier(name: str) -> Connection:
    """The same two hosts: in the same roles and healthy, or each in the other role."""
    if name == "healthy":
        return _talk_of(_healthy().limited_to(TLS_1_2), {}).observer.connection()
    swapped = Endpoint(SERVER_END.address, 42000), Endpoint(CLIENT_END.address, 2188)
    return Talk(_cast([name]).limited_to(TLS_1_2), has_keys=True, ends=swapped).run()


def scenes(root: Path) -> list[Scene]:
    """Read every case below a folder, in order."""
    return [
        Scene(path, tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(root.glob("*/*.toml"))
    ]


@cache
def named_scenes() -> dict[str, Scene]:
    """Give every case of the catalogue by its name, cause and case."""
    return {scene.name: scene for scene in scenes(Path(__file__).parent)}
