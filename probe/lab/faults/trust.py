"""Chains that do not lead to a trusted root."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzers.connection import Party

from ..authority import Authority
from ..cast import ANSWERING, DIALLING, IssuerOf, shows, shows_identity
from ..identity import pem_of
from ..recipe import Recipe, Signature, authority_recipe, member_recipe
from .fault import Fault

if TYPE_CHECKING:
    from ..cast import Arrangement
    from ..identity import Identity

__all__ = ["FAULTS"]

_CERTIFICATE_UNKNOWN, _UNKNOWN_CA, _DECRYPT_ERROR = 46, 48, 51

_CLIENT = member_recipe(DIALLING)
_SERVER = member_recipe(ANSWERING)

_UNKNOWN_EXTENSION = "1.3.6.1.4.1.32473.1"
"""Under the enterprise number that RFC 5612 keeps for documentation."""


def _stranger(issuing: Authority) -> Authority:
    """An authority of another company."""
    return Authority.root("Other Root CA", at=issuing.at).intermediate("Other Issuing CA")


def _without_intermediates(identity: Identity) -> Identity:
    return replace(identity, certificate_pem=pem_of(identity.chain[:1]))


def _self_signed(party: Party, recipe: Recipe) -> Arrangement:
    """The certificate is its own issuer, and no authority."""
    return shows(party, recipe, lambda issuing: Authority.root(recipe=recipe, at=issuing.at))


def _below(recipe: Recipe) -> IssuerOf:
    """Issue by one more certificate below the healthy issuing authority."""
    return lambda issuing: issuing.intermediate(recipe=recipe)


def _too_deep(issuing: Authority) -> Authority:
    """The upper authority allows none below it."""
    upper = replace(authority_recipe("Lab Upper CA"), path_length=0)
    return issuing.top.intermediate(recipe=upper).intermediate("Lab Lower CA")


def _rekeyed(*, with_identifiers: bool) -> IssuerOf:
    """The root got a new key under its old name; the other member still trusts the old one."""

    def issuer_of(issuing: Authority) -> Authority:
        renewed = replace(
            authority_recipe("Lab Root CA"), key_label="re-keyed", key_identifiers=with_identifiers
        )
        below = replace(authority_recipe("Lab Issuing CA"), key_identifiers=with_identifiers)
        return Authority.root(recipe=renewed, at=issuing.at).intermediate(recipe=below)

    return issuer_of


FAULTS = (
    Fault(
        name="client-unknown-ca",
        story="IRISA's certificate comes from an authority that is not in IRISB's CA file.",
        expects="unknown-ca",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_UNKNOWN_CA,
        arrange=shows(Party.CLIENT, _CLIENT, _stranger),
    ),
    Fault(
        name="server-unknown-ca",
        story="IRISB's certificate comes from an authority that is not in IRISA's CA file.",
        expects="unknown-ca",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        alert=_UNKNOWN_CA,
        arrange=shows(Party.SERVER, _SERVER, _stranger),
    ),
    Fault(
        name="client-incomplete-chain",
        story="IRISA's certificate file lacks the intermediate certificate.",
        expects="incomplete-chain",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_UNKNOWN_CA,
        arrange=shows_identity(Party.CLIENT, _without_intermediates),
    ),
    Fault(
        name="server-incomplete-chain",
        story="IRISB's certificate file lacks the intermediate certificate.",
        expects="incomplete-chain",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        alert=_UNKNOWN_CA,
        arrange=shows_identity(Party.SERVER, _without_intermediates),
    ),
    Fault(
        name="client-self-signed",
        story="IRISA's certificate is self-signed, and IRISB does not have it in its CA file.",
        expects="self-signed-certificate",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_UNKNOWN_CA,
        arrange=_self_signed(Party.CLIENT, _CLIENT),
    ),
    Fault(
        name="server-self-signed",
        story="IRISB's certificate is self-signed, and IRISA does not have it in its CA file.",
        expects="self-signed-certificate",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        alert=_UNKNOWN_CA,
        arrange=_self_signed(Party.SERVER, _SERVER),
    ),
    Fault(
        name="client-issuer-not-a-ca",
        story="IRISA's certificate was signed with the certificate of another member, which is no authority.",
        expects="issuer-not-a-ca",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_UNKNOWN_CA,
        arrange=shows(Party.CLIENT, _CLIENT, _below(member_recipe("IRISD"))),
    ),
    Fault(
        name="client-path-too-long",
        story="IRISA's certificate is two authorities below one whose path length is 0.",
        expects="path-length-exceeded",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_UNKNOWN_CA,
        arrange=shows(Party.CLIENT, _CLIENT, _too_deep),
    ),
    Fault(
        name="client-name-constraint",
        story=(
            "IRISA's issuing authority may certify names below example.net only, and IRISA's is below "
            "example.com."
        ),
        expects="name-constraint-violated",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_CERTIFICATE_UNKNOWN,
        arrange=shows(
            Party.CLIENT,
            _CLIENT,
            _below(replace(authority_recipe("Lab Constrained CA"), permitted_names=("example.net",))),
        ),
    ),
    Fault(
        name="client-critical-extension",
        story="IRISA's certificate holds a critical extension that OpenSSL does not know.",
        expects="unhandled-critical-extension",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_CERTIFICATE_UNKNOWN,
        arrange=shows(Party.CLIENT, replace(_CLIENT, critical_extension=_UNKNOWN_EXTENSION)),
    ),
    Fault(
        name="client-ca-rekeyed",
        story=(
            "IRISA's authority got a new key under its old name, without key identifiers, and IRISB trusts "
            "the old one."
        ),
        expects="ca-rekeyed",
        faulty=Party.SERVER,
        refused_by=Party.SERVER,
        alert=_DECRYPT_ERROR,
        arrange=shows(
            Party.CLIENT, replace(_CLIENT, key_identifiers=False), _rekeyed(with_identifiers=False)
        ),
    ),
    Fault(
        name="client-ca-rekeyed-with-identifiers",
        story=(
            "IRISA's authority got a new key under its old name, its certificates tell the keys apart, and "
            "IRISB trusts the old one."
        ),
        expects="ca-rekeyed",
        faulty=Party.SERVER,
        refused_by=Party.SERVER,
        alert=_UNKNOWN_CA,
        arrange=shows(Party.CLIENT, _CLIENT, _rekeyed(with_identifiers=True)),
    ),
    Fault(
        name="client-signature-broken",
        story="IRISA's certificate was damaged: its signature is not its issuer's.",
        expects="signature-invalid",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_DECRYPT_ERROR,
        arrange=shows(Party.CLIENT, replace(_CLIENT, signature=Signature.BROKEN)),
    ),
)
