"""A relay that enforces refuses as an OpenSSL peer would, before a byte of data; one that shadows only says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Outcome, Party
from probe.config import Action
from probe.lab.cast import Cast
from probe.lab.faults import FAULTS
from probe.relayed import LegName, Origin
from tests.integration.playing import files_of
from tests.integration.raw import dial, listening, read_all
from tests.integration.relaying import mirror_of, relaying
from tests.integration.stacks.openssl import OpenSSL
from tests.integration.stacks.python import Python

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from probe.lab.authority import Authority
    from probe.relayed import Relayed
    from tests.integration.members import Members

TLS_1_2, TLS_1_3 = 0x0303, 0x0304
ALERTS = {43: "unsupported certificate", 45: "certificate expired", 48: "unknown ca", 42: "bad certificate"}


def play(
    authority: Authority, fault: str, version: int, action: Action, directory: Path, program: str
) -> tuple[tuple[str, ...], tuple[str, ...], Relayed]:
    """Let a Python client and a careless OpenSSL server, which asks for nothing better, meet at a relay."""
    healthy = Cast.healthy(authority)
    cast = FAULTS[fault].arrange(healthy)
    client_files = files_of(cast.client, directory / "client")
    server_files = files_of(cast.server, directory / "server")
    spare = files_of(healthy.client, directory / "spare")
    mirror = mirror_of(
        spare.ca, {end.name: end.identity.dn for end in (healthy.client, healthy.server) if end.identity}
    )
    server_stack = OpenSSL(program, careless=True)
    with (
        server_stack.server(server_files, version) as server,
        relaying(server.port, mirror, server_files, client_files, directory, action) as relay,
    ):
        said = Python().client(relay.port, client_files, version, speaks=True)
        seen = relay.seen()
        return said, server.said(), seen


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=["TLS 1.2", "TLS 1.3"])
@pytest.mark.parametrize(
    ("fault", "cause", "alert"),
    [
        ("client-eku-server-only", "client-certificate-purpose", 43),
        ("client-issuer-eku-server-only", "issuer-purpose", 43),
        ("client-expired", "certificate-expired", 45),
        ("client-unknown-ca", "unknown-ca", 48),
        ("client-not-yet-valid", "certificate-not-yet-valid", 42),
    ],
)
def test_enforced_on_client(
    authority: Authority,
    tmp_path: Path,
    require_program: Callable[[str], str],
    fault: str,
    cause: str,
    alert: int,
    version: int,
) -> None:
    """A client that a careless upstream would take is refused with OpenSSL's alert; the upstream gets no data."""
    said, answered, seen = play(
        authority, fault, version, Action.ENFORCE, tmp_path, require_program("openssl")
    )
    assert ALERTS[alert] in said[0].lower().replace("_", " ")
    assert "olleh" not in answered
    assert seen.enforcement is not None
    assert (seen.enforcement.leg, seen.enforcement.cause) == (LegName.CLIENT, cause)
    assert (seen.enforcement.alert, seen.enforcement.is_done) == (alert, True)
    assert seen.origin is Origin.RELAY
    assert seen.upstream.connection.application_bytes(Party.CLIENT) == 0


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_shadowed(
    authority: Authority, tmp_path: Path, require_program: Callable[[str], str], version: int
) -> None:
    """Shadowing lets pass what enforcing refuses, and notes it."""
    said, _, seen = play(
        authority, "client-expired", version, Action.SHADOW, tmp_path, require_program("openssl")
    )
    assert said == ("received b'olleh\\n'",)
    assert seen.outcome is Outcome.ESTABLISHED
    assert seen.enforcement is not None
    assert (seen.enforcement.cause, seen.enforcement.is_done) == ("certificate-expired", False)


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_name_not_listed(
    authority: Authority, tmp_path: Path, require_program: Callable[[str], str], version: int
) -> None:
    """A member that the mirror does not list is closed on after the handshake, without an alert and without data."""
    said, answered, seen = play(
        authority, "client-dn-not-listed", version, Action.ENFORCE, tmp_path, require_program("openssl")
    )
    assert said != ("received b'olleh\\n'",)
    assert "olleh" not in answered
    assert seen.enforcement is not None
    assert (seen.enforcement.cause, seen.enforcement.alert) == ("dn-not-allowed", None)
    assert seen.client.connection.tls is not None
    assert not [
        alert for alert in seen.client.connection.tls.alerts if alert.sender is Party.SERVER and alert.code
    ]


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_enforced_on_upstream(
    authority: Authority, tmp_path: Path, require_program: Callable[[str], str], version: int
) -> None:
    """An upstream whose certificate no OpenSSL client would take is refused, and the client told with that alert."""
    said, answered, seen = play(
        authority, "server-expired", version, Action.ENFORCE, tmp_path, require_program("openssl")
    )
    assert "certificate expired" in said[0].lower().replace("_", " ")
    assert any("expired" in line for line in answered)
    assert seen.enforcement is not None
    assert (seen.enforcement.leg, seen.enforcement.cause) == (LegName.UPSTREAM, "certificate-expired")


def test_plaintext_enforced(members: Members) -> None:
    """Where the mirror requires TLS, plaintext beyond a preamble is cut off, and its first bytes only have passed."""
    passed: list[bytes] = []
    with (
        listening(lambda connection: passed.append(read_all(connection)[0])) as server,
        members.relay(server.port, Action.ENFORCE) as relay,
        dial(relay.port) as client,
    ):
        client.sendall(b"x" * 1000)
        client.sendall(b"y" * 1000)
        assert read_all(client)[0] == b""
        seen = relay.seen()
    assert len(passed[0]) <= 1024
    assert seen.enforcement is not None
    assert seen.enforcement.cause == "plaintext-where-tls-required"
    assert seen.has_failed
