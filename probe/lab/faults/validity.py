"""Certificates outside their time, and revoked ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from analyzers.connection import Party

from ..cast import ANSWERING, DIALLING, behaves, shows
from ..recipe import authority_recipe, member_recipe
from .fault import Fault

if TYPE_CHECKING:
    from ..authority import Authority
    from ..cast import Cast
    from ..recipe import Recipe

__all__ = ["FAULTS"]

_BAD_CERTIFICATE, _CERTIFICATE_REVOKED, _CERTIFICATE_EXPIRED, _UNKNOWN_CA = 42, 44, 45, 48

_CLIENT = member_recipe(DIALLING)
_SERVER = member_recipe(ANSWERING)


def _expired(recipe: Recipe) -> Recipe:
    return replace(recipe, valid_from=timedelta(days=-400), valid_until=timedelta(days=-35))


def _not_yet_valid(recipe: Recipe) -> Recipe:
    return replace(recipe, valid_from=timedelta(days=2), valid_until=timedelta(days=367))


def _expired_issuer(issuing: Authority) -> Authority:
    return issuing.top.intermediate(recipe=_expired(authority_recipe("Lab Expired CA")))


def _revoked(cast: Cast) -> Cast:
    """The server has a current revocation list, and the client's certificate is on it."""
    leaves = (cast.client.identity.leaf,) if cast.client.identity else ()
    revoking = cast.issuing.revocation_list(
        leaves, last_update=timedelta(days=-1), next_update=timedelta(days=30)
    )
    return replace(cast, server=replace(cast.server, checks_revocation=True, revocation_list=revoking))


def _stale_list(cast: Cast) -> Cast:
    """The server's revocation list names nobody, and should have been replaced weeks ago."""
    stale = cast.issuing.revocation_list((), last_update=timedelta(days=-60), next_update=timedelta(days=-30))
    return replace(cast, server=replace(cast.server, checks_revocation=True, revocation_list=stale))


FAULTS = (
    Fault(
        name="client-expired",
        story=(
            "IRISA's certificate expired 35 days ago, and its long-lived connection was opened anew only "
            "today."
        ),
        expects="certificate-expired",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_CERTIFICATE_EXPIRED,
        arrange=shows(Party.CLIENT, _expired(_CLIENT)),
    ),
    Fault(
        name="server-expired",
        story="IRISB's certificate expired 35 days ago.",
        expects="certificate-expired",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        alert=_CERTIFICATE_EXPIRED,
        arrange=shows(Party.SERVER, _expired(_SERVER)),
    ),
    Fault(
        name="client-issuer-expired",
        story="IRISA's certificate is valid, but the authority that issued it expired 35 days ago.",
        expects="issuer-expired",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_CERTIFICATE_EXPIRED,
        arrange=shows(Party.CLIENT, _CLIENT, _expired_issuer),
    ),
    Fault(
        name="server-issuer-expired",
        story="IRISB's certificate is valid, but the authority that issued it expired 35 days ago.",
        expects="issuer-expired",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        alert=_CERTIFICATE_EXPIRED,
        arrange=shows(Party.SERVER, _SERVER, _expired_issuer),
    ),
    Fault(
        name="client-not-yet-valid",
        story="IRISA's certificate becomes valid in two days, or IRISB's clock is two days slow.",
        expects="certificate-not-yet-valid",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_BAD_CERTIFICATE,
        arrange=shows(Party.CLIENT, _not_yet_valid(_CLIENT)),
    ),
    Fault(
        name="server-not-yet-valid",
        story="IRISB's certificate becomes valid in two days, or IRISA's clock is two days slow.",
        expects="certificate-not-yet-valid",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        alert=_BAD_CERTIFICATE,
        arrange=shows(Party.SERVER, _not_yet_valid(_SERVER)),
    ),
    Fault(
        name="client-revoked",
        story="IRISA's certificate is on the revocation list that IRISB was given.",
        expects="certificate-revoked",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_CERTIFICATE_REVOKED,
        arrange=_revoked,
    ),
    Fault(
        name="server-revocation-list-expired",
        story="IRISB checks revocation, and its list should have been replaced a month ago.",
        expects="revocation-unknown",
        faulty=Party.SERVER,
        refused_by=Party.SERVER,
        alert=_CERTIFICATE_EXPIRED,
        arrange=_stale_list,
        is_decidable=False,
    ),
    Fault(
        name="server-revocation-list-missing",
        story="IRISB checks revocation, and has no list of the authority that issued IRISA's certificate.",
        expects="revocation-unknown",
        faulty=Party.SERVER,
        refused_by=Party.SERVER,
        alert=_UNKNOWN_CA,
        arrange=behaves(Party.SERVER, lambda end: replace(end, checks_revocation=True)),
        is_decidable=False,
    ),
)
