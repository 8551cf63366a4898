"""The small parts of the probe: ceilings, identities that fit, the event log, listeners."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Endpoint, Outcome
from analyzers.x509.certificate import parse_certificate
from probe.engine.finite_field import set_finite_field
from probe.identity import Identity, load_identity
from probe.lab.keys import KeyKind
from probe.limits import Ceilings
from probe.listener import bind_all
from probe.outcome import UsageFailure
from probe.relay.identities import curve_of, fitting
from probe.worked import Worked
from tests.probe.accounts import told

if TYPE_CHECKING:
    from pathlib import Path

    from probe.lab.authority import Authority


def identity_of(
    authority: Authority, name: str, directory: Path, key: KeyKind = KeyKind.RSA_2048
) -> Identity:
    """Write a member's files and read them back."""
    files = authority.member(name, key=key).write(directory / f"{name}-{key}")
    return load_identity(files.certificate, files.key, None)


def test_ceilings() -> None:
    """Connections are counted in all, unfinished handshakes for each source, and both can come free again."""
    ceilings = Ceilings(connections=3, pending_per_source=1)
    assert ceilings.refusal("a") is None
    ceilings.opened("a")
    assert ceilings.refusal("a") == "pending"
    assert ceilings.refusal("b") is None
    ceilings.settled("a")
    assert ceilings.refusal("a") is None
    ceilings.opened("a")
    ceilings.opened("b")
    assert ceilings.refusal("c") == "connections"
    ceilings.closed()
    assert ceilings.refusal("c") is None


def test_fitting_identity(authority: Authority, tmp_path: Path) -> None:
    """What was shown is chosen, with the very chain that came with it; else one with the same kind of key."""
    rsa_one = identity_of(authority, "IRISA", tmp_path)
    rsa_two = identity_of(authority, "IRISB", tmp_path)
    curve = identity_of(authority, "IRISB", tmp_path, KeyKind.P256)
    identities = (rsa_one, rsa_two, curve)
    chosen, is_same = fitting(identities, [parse_certificate(rsa_two.der)])
    assert (chosen.certificate, chosen.chain, is_same) == (rsa_two.certificate, (), True)
    other = identity_of(authority, "IRISC", tmp_path, KeyKind.P256)
    assert fitting(identities, [parse_certificate(other.der)]) == (curve, False)
    assert fitting(identities, ()) == (rsa_one, True)
    assert (curve_of(curve), curve_of(rsa_one)) == ("secp256r1", "")


def test_chain_that_is_no_chain(authority: Authority, tmp_path: Path) -> None:
    """Where what came behind the certificate cannot be parsed, the own chain is shown."""
    identity = identity_of(authority, "IRISA", tmp_path)
    chosen, is_same = fitting((identity,), [parse_certificate(identity.der), parse_certificate(b"garbage")])
    assert chosen is identity
    assert is_same


def test_finite_field_is_the_published_one() -> None:
    """The field that is computed begins and ends as RFC 7919 prints ffdhe2048, and OpenSSL takes it."""
    from OpenSSL import SSL  # noqa: PLC0415

    from probe.engine import finite_field  # noqa: PLC0415

    text = finite_field._parameters()
    assert text.startswith(b"-----BEGIN DH PARAMETERS-----\n")
    set_finite_field(SSL.Context(SSL.TLS_METHOD))


def test_all_ports_or_none() -> None:
    """Every port that cannot be had is told, and none is kept."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        taken = [Endpoint("127.0.0.1", each.getsockname()[1]) for each in (one, two)]
        with pytest.raises(UsageFailure) as failure:
            bind_all([("first", taken[0]), ("free", Endpoint("127.0.0.1", 0)), ("second", taken[1])])
    assert failure.value.problems == (
        f"first: cannot listen on {taken[0]}: the port is in use",
        f"second: cannot listen on {taken[1]}: the port is in use",
    )


def test_address_of_nobody() -> None:
    """An address that no interface has is told as such."""
    with pytest.raises(UsageFailure, match="no interface of this machine has that address"):
        bind_all([("relay x", Endpoint("192.0.2.1", 0))])


def test_worked() -> None:
    """What is remembered as having worked was refused by neither end, and is not the connection itself."""
    worked = Worked()
    refused, healthy = told("client-dn-not-listed-tls12"), told("healthy-tls12")
    assert refused.outcome is Outcome.ESTABLISHED
    later = replace(refused.connection, started=refused.connection.started + 1)
    worked.remember(refused.connection, refused.verdict)
    assert worked.before(later) == ()
    again = replace(healthy.connection, started=healthy.connection.started + 1)
    worked.remember(healthy.connection, healthy.verdict)
    assert worked.before(again) == (healthy.connection,)
    assert worked.before(healthy.connection) == ()
