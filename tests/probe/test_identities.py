"""The relay shows what the real peer showed: the same certificate, and no issuer that the peer left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from analyzers.x509.certificate import load_pem_certificates
from probe.identity import load_identity
from probe.lab.authority import Authority
from probe.lab.identity import pem_of
from probe.lab.keys import KeyKind
from probe.relay.identities import fitting

if TYPE_CHECKING:
    from pathlib import Path

    from probe.identity import Identity
    from probe.lab.identity import Identity as LabIdentity

WHOLE, BARE, OTHER, CURVE = range(4)


@pytest.fixture(scope="module")
def made() -> tuple[LabIdentity, ...]:
    """A member's identity with its chain, the same without, another member's, and one with another kind of key."""
    issuing = Authority.create()
    whole = issuing.member("IRISA")
    bare = replace(whole, certificate_pem=pem_of(whole.chain[:1]))
    return whole, bare, issuing.member("IRISB"), issuing.member("IRISC", key=KeyKind.P256)


@pytest.fixture
def configured(made: tuple[LabIdentity, ...], tmp_path: Path) -> tuple[Identity, ...]:
    """The same as a relay reads them."""
    files = [identity.write(tmp_path / str(place)) for place, identity in enumerate(made)]
    return tuple(load_identity(each.certificate, each.key, None) for each in files)


def _chain(identity: Identity) -> list[bytes]:
    return [certificate.public_bytes(Encoding.DER) for certificate in (identity.certificate, *identity.chain)]


@pytest.mark.parametrize("place", [WHOLE, BARE, OTHER, CURVE])
def test_the_identity_with_the_chain_that_was_shown_is_chosen(
    made: tuple[LabIdentity, ...], configured: tuple[Identity, ...], place: int
) -> None:
    """The certificate that was shown is shown again, with the very issuers that came with it."""
    shown = load_pem_certificates(made[place].certificate_pem)
    identity, is_shown = fitting(configured, shown)

    assert is_shown
    assert _chain(identity) == [certificate.der for certificate in shown]


def test_another_chain_of_the_same_certificate_will_do(
    made: tuple[LabIdentity, ...], configured: tuple[Identity, ...]
) -> None:
    """Where none is configured with the chain that was shown, that chain is shown all the same."""
    shown = load_pem_certificates(made[BARE].certificate_pem)
    identity, is_shown = fitting((configured[OTHER], configured[WHOLE]), shown)

    assert is_shown
    assert _chain(identity) == [shown[0].der]


def test_a_stranger_is_stood_for_by_the_same_kind_of_key(
    made: tuple[LabIdentity, ...], configured: tuple[Identity, ...]
) -> None:
    """A certificate that is not configured is replaced, which is told, by one whose key is of its kind."""
    shown = load_pem_certificates(made[CURVE].certificate_pem)
    assert fitting(configured[:CURVE], shown) == (configured[WHOLE], False)


def test_where_nothing_was_shown_the_first_will_do(configured: tuple[Identity, ...]) -> None:
    """A peer without a certificate is no reason to speak of a stand-in."""
    assert fitting(configured, ()) == (configured[WHOLE], True)


def test_an_identity_is_equal_by_what_it_shows(made: tuple[LabIdentity, ...], tmp_path: Path) -> None:
    """The same files read twice are one identity; another chain, certificate or key make another."""
    whole, bare, other, curve = (identity.write(tmp_path / str(n)) for n, identity in enumerate(made))
    read = [load_identity(each.certificate, each.key, None) for each in (whole, bare, other, curve)]
    again = [load_identity(each.certificate, each.key, None) for each in (whole, bare, other, curve)]
    assert again == read
    assert len({*read, *again}) == len(read)
