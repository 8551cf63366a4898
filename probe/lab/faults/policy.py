"""Connections that work today and break a rule: of the vendor, of the mirror's policy, or of prudence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from analyzers.connection import Party

from ..cast import DIALLING, behaves, in_turn, shows
from ..ends import TLS_1_1, TLS_1_2
from ..identity import pem_of
from ..recipe import member_recipe
from .fault import Fault

if TYPE_CHECKING:
    from ..cast import Cast
    from ..ends import End

__all__ = ["FAULTS"]

_CLIENT = member_recipe(DIALLING)


def _old_only(end: End) -> End:
    return replace(end, minimum_version=TLS_1_1, maximum_version=TLS_1_1, security_level=0)


def _out_of_order(cast: Cast) -> Cast:
    """The client sends its own certificate, then the upper authority, then the lower one."""
    upper = cast.issuing.top.intermediate("Lab Upper CA")
    identity = upper.intermediate("Lab Lower CA").issue(_CLIENT)
    leaf, *others = identity.chain
    shuffled = replace(
        identity, certificate_pem=pem_of((leaf, *reversed(others))), ca_pem=cast.issuing.ca_pem
    )
    return replace(cast, client=replace(cast.client, identity=shuffled))


FAULTS = (
    Fault(
        name="client-lacks-key-encipherment",
        story=(
            "IRISA's Key Usage lacks keyEncipherment, which the vendor's page asks for and OpenSSL does not."
        ),
        expects="vendor-key-usage",
        faulty=Party.CLIENT,
        fails=False,
        arrange=shows(Party.CLIENT, replace(_CLIENT, key_usage=("digitalSignature",))),
    ),
    Fault(
        name="client-eku-client-only",
        story="IRISA's Extended Key Usage is clientAuth alone: it can dial, and will fail when it is called.",
        expects="vendor-extended-key-usage",
        faulty=Party.CLIENT,
        fails=False,
        arrange=shows(Party.CLIENT, replace(_CLIENT, extended_key_usage=("clientAuth",))),
    ),
    Fault(
        name="client-expires-soon",
        story="IRISA's certificate expires in ten days.",
        expects="certificate-expires-soon",
        faulty=Party.CLIENT,
        fails=False,
        arrange=shows(Party.CLIENT, replace(_CLIENT, valid_until=timedelta(days=10))),
    ),
    Fault(
        name="client-chain-out-of-order",
        story=(
            "IRISA's certificate file holds the intermediates in the wrong order, which OpenSSL puts right "
            "and others do not."
        ),
        expects="chain-out-of-order",
        faulty=Party.CLIENT,
        fails=False,
        arrange=_out_of_order,
    ),
    Fault(
        name="server-protocol-below-policy",
        story="Both members still have TLS 1.1 alone, below what the mirror's policy asks for.",
        expects="protocol-below-policy",
        faulty=Party.SERVER,
        fails=False,
        arrange=in_turn(behaves(Party.CLIENT, _old_only), behaves(Party.SERVER, _old_only)),
        versions=(TLS_1_2,),
    ),
    Fault(
        name="server-cipher-below-policy",
        story=(
            "IRISB's cipher list holds one CBC suite without forward secrecy, which the mirror's policy does"
            " not list."
        ),
        expects="cipher-below-policy",
        faulty=Party.SERVER,
        fails=False,
        arrange=behaves(Party.SERVER, lambda end: replace(end, ciphers="AES128-SHA")),
        versions=(TLS_1_2,),
    ),
)
