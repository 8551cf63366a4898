"""The small questions that entries ask: about names of hosts, keys and signatures, words and times."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.causes.inquiry.case import Case
from analyzers.causes.inquiry.hostnames import covers
from analyzers.causes.inquiry.schemes import can_sign, key_types_of
from analyzers.causes.inquiry.scope import is_arbiter_traffic, is_mirror_traffic, member_of
from analyzers.causes.inquiry.trust import read_trust
from analyzers.causes.inquiry.wording import listing, moment, span
from analyzers.connection import Connection, Endpoint, Party, Road
from analyzers.diagnosis.stacks import guess_stack
from analyzers.x509.certificate import load_pem_certificates
from probe.lab.recipe import member_recipe
from tests.causes.scene import issuing, lab_mirror, named_scenes

if TYPE_CHECKING:
    from analyzers.mirror.definition import Mirror
    from analyzers.x509.certificate import Certificate

SCENES = named_scenes()

HEALTHY = "truncated-capture/quiet-whole"


def played(name: str) -> Connection:
    """Play a case."""
    return SCENES[name].play()[0]


def leaf(**changes: object) -> Certificate:
    """The server's certificate of a healthy connection, changed."""
    certificates = played(HEALTHY).certificates_of(Party.SERVER) or ()
    return replace(certificates[0], **changes)


def made_for(*names: str) -> Certificate:
    """A certificate of IRISB with these alternative names."""
    identity = issuing().issue(replace(member_recipe("IRISB"), alternative_names=names))
    return load_pem_certificates(identity.certificate_pem)[0]


def case_of(connection: Connection, mirror: Mirror | None) -> Case:
    """Put a connection before the judge."""
    return Case(connection, mirror, at=connection.started, earlier=(), guess=guess_stack)


@pytest.mark.parametrize(
    ("host", "is_covered"),
    [
        ("irisb.example.com", True),
        ("IRISB.Example.Com", True),
        ("127.0.0.1", True),
        ("irisc.example.com", False),
        ("", False),
    ],
)
def test_host_names_of_a_member(host: str, is_covered: bool) -> None:
    """Alternative names count, whatever their case."""
    assert covers(leaf(), host) is is_covered


@pytest.mark.parametrize(
    ("pattern", "host", "is_covered"),
    [
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.example.com", ".example.com", False),
        ("10.0.0.12", "10.0.0.12", True),
        ("10.0.0.12", "10.0.0.1", False),
    ],
)
def test_wildcards(pattern: str, host: str, is_covered: bool) -> None:
    """A wildcard stands for one whole label."""
    assert covers(made_for(pattern), host) is is_covered


def test_common_name_counts_only_alone() -> None:
    """Without alternative names the common name is compared, as old clients do."""
    assert covers(made_for(), "irisb.example.com/IRISB")
    assert not covers(made_for("other"), "irisb.example.com/IRISB")


@pytest.mark.parametrize(
    ("key_type", "curve", "version", "schemes", "is_able"),
    [
        ("RSA", None, 0x0303, (0x0401,), True),
        ("RSA", None, 0x0304, (0x0401,), False),
        ("RSA", None, 0x0304, (0x0804,), True),
        ("EC", "secp256r1", 0x0303, (0x0603,), True),
        ("EC", "secp256r1", 0x0304, (0x0603,), False),
        ("EC", "secp256r1", 0x0304, (0x0403,), True),
        ("DSA", None, 0x0303, (0x0402,), True),
        ("DSA", None, 0x0304, (0x0402,), False),
        ("Ed25519", None, 0x0303, (0x0401,), False),
        ("1.2.3", None, 0x0303, (0x0401,), True),
    ],
)
def test_who_can_sign(
    key_type: str, curve: str | None, version: int, schemes: tuple[int, ...], is_able: bool
) -> None:
    """In TLS 1.3 a scheme stands for one curve, and PKCS #1 signs no handshake; what we do not know is not blamed."""
    assert can_sign(leaf(key_type=key_type, curve=curve), schemes, version) is is_able


def test_key_types_of_schemes() -> None:
    """A list of schemes says which keys are of use."""
    assert key_types_of((0x0403, 0x0804)) == {"EC", "RSA"}
    assert key_types_of(()) == frozenset()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "3 seconds"), (60, "1 minute"), (7200, "2 hours"), (86400, "1 day"), (86400 * 35.9, "35 days")],
)
def test_spans(seconds: float, words: str) -> None:
    """The largest unit that fits."""
    assert span(seconds) == words


@given(st.floats(allow_nan=False))
def test_any_time_can_be_written(at: float) -> None:
    """Certificates may claim any time at all."""
    assert moment(at)


def test_listings() -> None:
    """Long lists say how much they leave out."""
    assert listing([]) == "none"
    assert listing(str(number) for number in range(10)) == "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"


def test_mirror_traffic_is_told_by_the_server_s_place() -> None:
    """A member's web page is not the mirror's, though both ends are members."""
    connection = played("plaintext-where-tls-required/both")
    assert is_mirror_traffic(connection, lab_mirror())
    page = replace(connection, server=Endpoint("10.0.0.12", 443))
    assert not is_mirror_traffic(page, lab_mirror())
    assert is_mirror_traffic(replace(page, road=Road.RELAY), lab_mirror())


def test_mirror_traffic_is_told_by_a_name() -> None:
    """Behind a translated address, a listed name shows whose connection it is."""
    moved = replace(played(HEALTHY), server=Endpoint("192.0.2.1", 2188), client=Endpoint("192.0.2.2", 41000))
    assert is_mirror_traffic(moved, lab_mirror())
    found = [member_of(moved, party, lab_mirror()) for party in Party]
    assert [member.name for member in found if member] == ["IRISA", "IRISB"]


def test_arbiter_traffic_is_none_of_the_mirror_s_rules() -> None:
    """Its ISCAgent has no TLS configuration."""
    connection = played("plaintext-where-tls-required/quiet-arbiter")
    _, verdict = SCENES["plaintext-where-tls-required/quiet-arbiter"].play()
    assert verdict.findings == ()
    assert not is_arbiter_traffic(connection, lab_mirror())


@pytest.mark.parametrize(
    ("name", "mirror", "party", "leads"),
    [
        ("unknown-ca/of-server", True, Party.SERVER, "unknown"),
        ("unknown-ca/of-server", False, Party.SERVER, "unknown"),
        ("incomplete-chain/of-client", True, Party.CLIENT, "incomplete"),
        ("incomplete-chain/of-client", False, Party.CLIENT, "incomplete"),
        ("incomplete-chain/of-server-without-definition", False, Party.SERVER, "incomplete"),
    ],
)
def test_trust_is_read_off_the_chain(name: str, mirror: bool, party: Party, leads: str) -> None:
    """One alert, two causes: the chain and what is known of the authorities tell them apart."""
    reading = read_trust(case_of(played(name), lab_mirror() if mirror else None), party)
    assert reading is not None
    ahead, behind = reading.unknown, reading.incomplete
    if leads == "incomplete":
        ahead, behind = behind, ahead
    assert ahead >= 0.85
    assert behind <= 0.1
    assert reading.evidence


def test_trust_of_an_unseen_chain_is_not_read() -> None:
    """Nothing is said of certificates that were not seen."""
    hidden = played("server-certificate-purpose/unseen-in-tls13")
    assert read_trust(case_of(hidden, None), Party.SERVER) is None
