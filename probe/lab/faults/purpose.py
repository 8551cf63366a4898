"""Certificates that may not be used for what their member does: the family of alert 43."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzers.connection import Party

from ..cast import ANSWERING, DIALLING, IssuerOf, shows
from ..recipe import NetscapeType, authority_recipe, member_recipe
from .fault import Fault

if TYPE_CHECKING:
    from ..authority import Authority

__all__ = ["FAULTS"]

_UNSUPPORTED_CERTIFICATE = 43

_CLIENT = member_recipe(DIALLING)
_SERVER = member_recipe(ANSWERING)


def _issuing_only(*usages: str) -> IssuerOf:
    """Issue by an authority whose own certificate restricts Extended Key Usage."""

    def issuer_of(issuing: Authority) -> Authority:
        restricted = replace(authority_recipe("Lab Restricted CA"), extended_key_usage=usages)
        return issuing.top.intermediate(recipe=restricted)

    return issuer_of


FAULTS = (
    Fault(
        name="client-eku-server-only",
        story=(
            "IRISA's certificate was ordered as a web server's: its Extended Key Usage is serverAuth alone, "
            "and IRISA dials."
        ),
        expects="client-certificate-purpose",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_UNSUPPORTED_CERTIFICATE,
        arrange=shows(Party.CLIENT, replace(_CLIENT, extended_key_usage=("serverAuth",))),
    ),
    Fault(
        name="server-eku-client-only",
        story="IRISB's certificate has the Extended Key Usage clientAuth alone, and IRISB is called.",
        expects="server-certificate-purpose",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        alert=_UNSUPPORTED_CERTIFICATE,
        arrange=shows(Party.SERVER, replace(_SERVER, extended_key_usage=("clientAuth",))),
    ),
    Fault(
        name="client-eku-any",
        story=(
            "IRISA's certificate has anyExtendedKeyUsage in place of clientAuth and serverAuth, which "
            "OpenSSL does not accept."
        ),
        expects="client-certificate-purpose",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_UNSUPPORTED_CERTIFICATE,
        arrange=shows(Party.CLIENT, replace(_CLIENT, extended_key_usage=("anyExtendedKeyUsage",))),
    ),
    Fault(
        name="client-ku-key-encipherment-only",
        story=(
            "IRISA's certificate has Key Usage keyEncipherment without digitalSignature, which a client "
            "needs."
        ),
        expects="client-certificate-purpose",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_UNSUPPORTED_CERTIFICATE,
        arrange=shows(Party.CLIENT, replace(_CLIENT, key_usage=("keyEncipherment",))),
    ),
    Fault(
        name="server-ku-non-repudiation-only",
        story="IRISB's certificate was made for signing documents: its Key Usage is nonRepudiation alone.",
        expects="server-certificate-purpose",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        alert=_UNSUPPORTED_CERTIFICATE,
        arrange=shows(Party.SERVER, replace(_SERVER, key_usage=("nonRepudiation",))),
    ),
    Fault(
        name="client-nscerttype-server",
        story="IRISA's certificate carries the old Netscape certificate type 'SSL server', and IRISA dials.",
        expects="client-certificate-purpose",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_UNSUPPORTED_CERTIFICATE,
        arrange=shows(Party.CLIENT, replace(_CLIENT, netscape_type=NetscapeType.SSL_SERVER)),
    ),
    Fault(
        name="server-nscerttype-client",
        story=(
            "IRISB's certificate carries the old Netscape certificate type 'SSL client', and IRISB is called."
        ),
        expects="server-certificate-purpose",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        alert=_UNSUPPORTED_CERTIFICATE,
        arrange=shows(Party.SERVER, replace(_SERVER, netscape_type=NetscapeType.SSL_CLIENT)),
    ),
    Fault(
        name="client-issuer-eku-server-only",
        story="IRISA's own certificate is perfect, but the authority above it is restricted to serverAuth.",
        expects="issuer-purpose",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_UNSUPPORTED_CERTIFICATE,
        arrange=shows(Party.CLIENT, _CLIENT, _issuing_only("serverAuth")),
    ),
    Fault(
        name="server-issuer-eku-client-only",
        story="IRISB's own certificate is perfect, but the authority above it is restricted to clientAuth.",
        expects="issuer-purpose",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        alert=_UNSUPPORTED_CERTIFICATE,
        arrange=shows(Party.SERVER, _SERVER, _issuing_only("clientAuth")),
    ),
)
