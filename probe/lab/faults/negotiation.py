"""Configurations that share no version, cipher or group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzers.connection import Party

from ..cast import behaves, in_turn
from ..ends import TLS_1_2, TLS_1_3
from .fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ends import End

__all__ = ["FAULTS"]

_HANDSHAKE_FAILURE, _PROTOCOL_VERSION, _INAPPROPRIATE_FALLBACK = 40, 70, 86


def _with_ciphers(ciphers: str, cipher_suites: str) -> Callable[[End], End]:
    return lambda end: replace(end, ciphers=ciphers, cipher_suites=cipher_suites)


FAULTS = (
    Fault(
        name="client-version-too-old",
        story="IRISA runs on an OpenSSL whose newest version is TLS 1.2, and IRISB was set to TLS 1.3 only.",
        expects="no-common-version",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_PROTOCOL_VERSION,
        arrange=in_turn(
            behaves(Party.CLIENT, lambda end: replace(end, maximum_version=TLS_1_2)),
            behaves(Party.SERVER, lambda end: replace(end, minimum_version=TLS_1_3)),
        ),
        versions=(TLS_1_2,),
    ),
    Fault(
        name="client-no-common-cipher",
        story="IRISA's cipher list was cut down to AES-256, IRISB's to AES-128.",
        expects="no-common-cipher",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_HANDSHAKE_FAILURE,
        arrange=in_turn(
            behaves(Party.CLIENT, _with_ciphers("ECDHE+AES256+AESGCM", "TLS_AES_256_GCM_SHA384")),
            behaves(Party.SERVER, _with_ciphers("ECDHE+AES128+AESGCM", "TLS_AES_128_GCM_SHA256")),
        ),
        is_decidable=False,
    ),
    Fault(
        name="client-no-common-group",
        story="IRISA offers the curve P-256 only, and IRISB accepts P-384 only.",
        expects="no-common-group",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_HANDSHAKE_FAILURE,
        arrange=in_turn(
            behaves(Party.CLIENT, lambda end: replace(end, curve="P-256", ciphers="ECDHE+AESGCM")),
            behaves(Party.SERVER, lambda end: replace(end, curve="P-384", ciphers="ECDHE+AESGCM")),
        ),
        is_decidable=False,
    ),
    Fault(
        name="client-falls-back",
        story=(
            "IRISA dials once more with TLS 1.2 after a failure, says that it does so, and IRISB can do "
            "better."
        ),
        expects="inappropriate-fallback",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_INAPPROPRIATE_FALLBACK,
        arrange=behaves(Party.CLIENT, lambda end: replace(end, maximum_version=TLS_1_2, falls_back=True)),
        versions=(TLS_1_3,),
    ),
    Fault(
        name="server-version-too-old",
        story="IRISA was set to TLS 1.3 only, and IRISB runs on an OpenSSL whose newest version is TLS 1.2.",
        expects="no-common-version",
        faulty=Party.SERVER,
        refused_by=Party.SERVER,
        alert=_PROTOCOL_VERSION,
        arrange=in_turn(
            behaves(Party.CLIENT, lambda end: replace(end, minimum_version=TLS_1_3)),
            behaves(Party.SERVER, lambda end: replace(end, maximum_version=TLS_1_2)),
        ),
        versions=(TLS_1_3,),
    ),
)
