"""Certificates that are good, of names that the mirror does not list, or lists in another form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzers.connection import Party

from ..cast import ANSWERING, DIALLING, shows
from ..recipe import distinguished_name, member_recipe
from .fault import Fault

if TYPE_CHECKING:
    from ..cast import Arrangement

__all__ = ["FAULTS"]


def _named(party: Party, name: str) -> Arrangement:
    """The certificate of `party` was issued for `name`, while the mirror lists the usual one."""
    recipe = member_recipe(DIALLING if party is Party.CLIENT else ANSWERING)
    return shows(party, replace(recipe, subject=distinguished_name(name)))


FAULTS = (
    Fault(
        name="client-dn-not-listed",
        story="IRISA is a new machine whose distinguished name nobody has authorized on IRISB yet.",
        expects="dn-not-allowed",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        arrange=_named(Party.CLIENT, "CN=irisx.example.com/IRISX,O=Example,C=US"),
    ),
    Fault(
        name="server-dn-not-listed",
        story="IRISB's certificate was renewed with another distinguished name, which IRISA does not list.",
        expects="dn-not-allowed",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        arrange=_named(Party.SERVER, "CN=irisb.example.com/IRISB,OU=Renewed,O=Example,C=US"),
    ),
    Fault(
        name="client-dn-other-order",
        story=(
            "IRISA's certificate was renewed by a tool that writes the country first in the distinguished "
            "name."
        ),
        expects="dn-near-miss",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        arrange=_named(Party.CLIENT, "C=US,O=Example,CN=irisa.example.com/IRISA"),
    ),
    Fault(
        name="client-dn-other-case",
        story="IRISA's certificate was renewed with the host name in capitals.",
        expects="dn-near-miss",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        arrange=_named(Party.CLIENT, "CN=IRISA.EXAMPLE.COM/IRISA,O=Example,C=US"),
    ),
    Fault(
        name="server-dn-other-spacing",
        story="IRISB's certificate was renewed with a space after the organization's name.",
        expects="dn-near-miss",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        arrange=_named(Party.SERVER, "CN=irisb.example.com/IRISB,O=Example\\ ,C=US"),
    ),
)
