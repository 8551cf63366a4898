"""Keys and signatures that are too weak for the other end's OpenSSL security level."""

from __future__ import annotations

from dataclasses import replace

from analyzers.connection import Party

from ..cast import DIALLING, behaves, in_turn, shows
from ..keys import KeyKind
from ..recipe import Signature, member_recipe
from .fault import Fault

__all__ = ["FAULTS"]

_BAD_CERTIFICATE = 42

_CLIENT = member_recipe(DIALLING)

_LENIENT_CLIENT = behaves(Party.CLIENT, lambda end: replace(end, security_level=0))
"""An OpenSSL that refuses its own weak certificate would never send it."""

_STRICT_SERVER = behaves(Party.SERVER, lambda end: replace(end, security_level=2))

FAULTS = (
    Fault(
        name="client-weak-key",
        story=(
            "IRISA's certificate has an RSA key of 1024 bits, and IRISB's operating system demands security "
            "level 2."
        ),
        expects="weak-key",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_BAD_CERTIFICATE,
        arrange=in_turn(
            shows(Party.CLIENT, replace(_CLIENT, key=KeyKind.RSA_1024)),
            _LENIENT_CLIENT,
            _STRICT_SERVER,
        ),
    ),
    Fault(
        name="client-weak-signature",
        story=(
            "IRISA's certificate was signed with SHA-1, and IRISB's operating system demands security level "
            "2."
        ),
        expects="weak-signature",
        faulty=Party.CLIENT,
        refused_by=Party.SERVER,
        alert=_BAD_CERTIFICATE,
        arrange=in_turn(
            shows(Party.CLIENT, replace(_CLIENT, signature=Signature.SHA1)),
            _LENIENT_CLIENT,
            _STRICT_SERVER,
        ),
    ),
)
