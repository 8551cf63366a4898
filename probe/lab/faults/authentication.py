"""Connections in which not both ends prove who they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzers.connection import Party

from ..cast import behaves, shows_identity
from ..ends import TLS_1_3
from ..keys import KeyKind, key_pem, private_key
from .fault import Fault

if TYPE_CHECKING:
    from ..identity import Identity

__all__ = ["FAULTS"]

_HANDSHAKE_FAILURE, _CERTIFICATE_REQUIRED = 40, 116


def _with_foreign_key(identity: Identity) -> Identity:
    """The key file is that of another certificate."""
    return replace(identity, key_pem=key_pem(private_key(KeyKind.RSA_2048, "the key of another certificate")))


FAULTS = (
    Fault(
        name="client-no-certificate",
        story="IRISA's %MirrorClient configuration names no certificate file.",
        expects="client-certificate-missing",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_HANDSHAKE_FAILURE,
        alert_in_tls13=_CERTIFICATE_REQUIRED,
        arrange=behaves(Party.CLIENT, lambda end: replace(end, identity=None)),
    ),
    Fault(
        name="server-does-not-request",
        story="IRISB does not ask its clients for a certificate, so anybody may give it orders.",
        expects="client-certificate-not-requested",
        faulty=Party.SERVER,
        fails=False,
        arrange=behaves(Party.SERVER, lambda end: replace(end, requests_certificate=False)),
    ),
    Fault(
        name="client-key-mismatch",
        story=(
            "IRISA's key file does not belong to its certificate, so its TLS configuration cannot be "
            "activated."
        ),
        expects="client-configuration",
        faulty=Party.CLIENT,
        arrange=shows_identity(Party.CLIENT, _with_foreign_key),
        versions=(TLS_1_3,),
    ),
    Fault(
        name="server-key-mismatch",
        story=(
            "IRISB's key file does not belong to its certificate, so its TLS configuration cannot be "
            "activated."
        ),
        expects="tls-not-started",
        faulty=Party.SERVER,
        arrange=shows_identity(Party.SERVER, _with_foreign_key),
        versions=(TLS_1_3,),
    ),
)
