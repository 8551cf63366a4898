"""Certificates that were altered after they were signed, so that their issuer is no longer found by name."""

from __future__ import annotations

import random

import pytest

from analyzers.x509.certificate import Certificate, parse_certificate
from analyzers.x509.chain import ChainReport, build_chain
from tests.x509.population import NOW, Maker, name

MAKER = Maker(random.Random(11), fault=0.0)
AT = NOW.timestamp()


def chain(root_label: str, middle_label: str) -> tuple[Certificate, Certificate, Certificate]:
    """Make a root, an authority below it, and a leaf."""
    root = MAKER.make(name("Root CA"), root_label, None, is_ca=True)
    middle = MAKER.make(name("Issuing CA"), middle_label, root, is_ca=True)
    leaf = MAKER.make(name("irisa"), "ec-1", middle, is_ca=False)
    made = [parse_certificate(one.der) for one in (root, middle, leaf)]
    return made[0], made[1], made[2]


def renamed(certificate: Certificate, old: bytes, new: bytes, *, last: bool) -> Certificate:
    """Change a name within a certificate, leaving its signature."""
    der = certificate.der
    at = der.rindex(old) if last else der.index(old)
    return parse_certificate(der[:at] + new + der[at + len(old) :])


def kinds(report: ChainReport) -> set[str]:
    """The errors by kind."""
    return {error.kind for error in report.errors}


@pytest.mark.parametrize("trusts", [True, False])
def test_a_leaf_that_names_another_issuer(trusts: bool) -> None:
    """RSA's padding shows that the authority signed it."""
    root, middle, leaf = chain("rsa2048-0", "rsa2048-1")
    altered = renamed(leaf, b"Issuing CA", b"Issuing CB", last=False)
    report = build_chain((altered, middle), (root,) if trusts else (), AT, None)
    assert "signature-invalid" in kinds(report)
    assert not kinds(report) & {"incomplete-chain", "unknown-ca"}


def test_an_authority_that_was_renamed() -> None:
    """It signed the leaf, and what it is called now is not what its own issuer signed."""
    root, middle, leaf = chain("rsa2048-0", "rsa2048-1")
    altered = renamed(middle, b"Issuing CA", b"Issuing CB", last=True)
    assert "signature-invalid" in kinds(build_chain((leaf, altered), (root,), AT, None))


def test_ecdsa_does_not_tell() -> None:
    """Nothing shows who signed it, so the issuer is just not there."""
    root, middle, leaf = chain("ec-0", "p384-0")
    altered = renamed(leaf, b"Issuing CA", b"Issuing CB", last=False)
    assert "signature-invalid" not in kinds(build_chain((altered, middle), (root,), AT, None))


def test_a_missing_issuer_is_missing() -> None:
    """What was not altered is not said to be."""
    root, _, leaf = chain("rsa2048-0", "rsa2048-1")
    assert "signature-invalid" not in kinds(build_chain((leaf,), (root,), AT, None))
