"""Recorded failures of `pcaps/`, with another certificate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyzers.capture.analysis import Analysis
from analyzers.connection import Connection, Party
from analyzers.diagnosis.engine import diagnose
from analyzers.diagnosis.what_if import WhatIf, what_if
from analyzers.x509.certificate import Certificate, load_pem_certificates
from probe.config import load_mirror
from probe.lab.authority import Authority
from probe.lab.recipe import distinguished_name, member_recipe

if TYPE_CHECKING:
    from analyzers.mirror.definition import Mirror

DIRECTORY = Path(__file__).parents[2] / "pcaps"


@pytest.fixture(scope="module")
def issuing() -> Authority:
    """An authority whose root the definition of the test trusts."""
    return Authority.create()


@pytest.fixture(scope="module")
def mirror(issuing: Authority) -> Mirror:
    """The definition of the captures, with the new authority's root."""
    return replace(load_mirror(DIRECTORY / "mirrorprobe.toml"), trust=load_pem_certificates(issuing.ca_pem))


def _recorded(name: str) -> Connection:
    with (DIRECTORY / name).open("rb") as file:
        return next(Analysis(file).connections()).connection


def _chain(issuing: Authority, **changes: object) -> tuple[Certificate, ...]:
    recipe = replace(member_recipe("IRISA"), **changes)  # type: ignore[arg-type]
    return load_pem_certificates(issuing.issue(recipe).certificate_pem)


def _ask(
    connection: Connection, mirror: Mirror, member: str, chain: tuple[Certificate, ...]
) -> WhatIf | None:
    # The certificates were made after the captures: the question is put as of a day on which they are valid.
    later = replace(connection, started=chain[0].not_before + 86_400 * 2)
    return what_if(
        later, diagnose(connection, load_mirror(DIRECTORY / "mirrorprobe.toml")), mirror, member, chain
    )


def test_a_certificate_for_both_roles_mends_a_purpose(issuing: Authority, mirror: Mirror) -> None:
    """The refused client would be accepted with a certificate that names clientAuth."""
    answer = _ask(_recorded("client-eku-server-only-tls12.pcap"), mirror, "IRISA", _chain(issuing))

    assert answer is not None
    assert (answer.party, answer.before, answer.goes_away) == (
        Party.CLIENT,
        "client-certificate-purpose",
        True,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"extended_key_usage": ("serverAuth",)}, "client-certificate-purpose"),
        ({"valid_until": timedelta(hours=1)}, "certificate-expired"),
        ({"subject": distinguished_name("CN=other.example.com,O=Example,C=US")}, "authorize the DN update"),
    ],
)
def test_another_fault_is_named(
    issuing: Authority, mirror: Mirror, changes: dict[str, object], words: str
) -> None:
    """A new certificate that fails too is said to fail, and why."""
    answer = _ask(_recorded("client-eku-server-only-tls12.pcap"), mirror, "IRISA", _chain(issuing, **changes))

    assert answer is not None
    assert answer.goes_away is False
    assert words in answer.text


def test_a_failure_of_another_kind_stays(issuing: Authority, mirror: Mirror) -> None:
    """No certificate mends a missing common version."""
    answer = _ask(_recorded("client-version-too-old-tls12.pcap"), mirror, "IRISA", _chain(issuing))

    assert answer is not None
    assert answer.goes_away is False


def test_a_refusal_for_a_hidden_reason_stays_undecided(issuing: Authority, mirror: Mirror) -> None:
    """Where encryption hides why the certificate was refused, a sound one is not said to mend it, nor to be no matter."""
    answer = _ask(_recorded("client-eku-server-only-tls13.pcap"), mirror, "IRISA", _chain(issuing))

    assert answer is not None
    assert (answer.before, answer.goes_away) == ("client-certificate-refused", None)
    assert "not known" in answer.text


def test_a_member_that_was_not_there_is_not_answered_for(issuing: Authority, mirror: Mirror) -> None:
    """Nothing is said of a member that is no end of the connection."""
    assert _ask(_recorded("client-eku-server-only-tls12.pcap"), mirror, "IRISC", _chain(issuing)) is None
