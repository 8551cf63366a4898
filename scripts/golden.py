"""What a careful reader finds in a capture of the lab: known because it was arranged, not analyzed.

`root_cause` is what the capture shows, `also` what it would not be wrong to say of it; `none` stands for no
verdict. A reader without key log sees less of TLS 1.3, and must say less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.connection import Party
from probe.lab.ends import TLS_1_3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.lab.faults import Fault

__all__ = ["NONE", "Golden", "golden"]

NONE = "none"

_UNDECIDED: Mapping[str, tuple[str, ...]] = {
    # The server refuses before it says what it would have taken.
    "client-no-common-cipher": (NONE, "no-common-group", "no-common-signature-scheme"),
    "client-no-common-group": (NONE, "no-common-cipher", "no-common-signature-scheme"),
    # Nothing on the wire tells which revocation list a server has.
    "server-revocation-list-expired": (NONE,),
    "server-revocation-list-missing": (NONE,),
    # A server that closes on the ClientHello does not say why.
    "server-key-mismatch": (NONE, "closed-during-handshake"),
    "server-closes-first": (NONE, "closed-during-handshake"),
    # The capture ends when the client loses patience.
    "server-silent": (NONE, "closed-during-handshake"),
    "client-ca-rekeyed": ("signature-invalid",),
    "client-ca-rekeyed-with-identifiers": ("unknown-ca",),
    "both-plaintext": ("not-tls-client",),
    "client-plaintext": ("plaintext-where-tls-required",),
    "server-plaintext": (NONE,),
}
"""Faults that a capture alone does not tell from others."""

_UNDECIDED_WITHOUT_KEYS: Mapping[str, tuple[str, ...]] = {
    # Whether it disliked what it had been shown, nobody knows who did not see that.
    "client-closes-midway": (NONE,),
    "client-resets-midway": (NONE,),
}
"""Faults that TLS 1.3 hides."""

_NEGOTIATION = frozenset(
    {"no-common-version", "no-common-cipher", "no-common-group", "inappropriate-fallback"}
)
_NAMES = frozenset({"dn-not-allowed", "dn-near-miss"})

_SILENT_REFUSERS = frozenset({"node", "bearssl"})
"""Stacks whose programs close without an alert when they have refused a certificate."""


@dataclass(frozen=True, slots=True)
class Golden:
    """What is to be found."""

    root_cause: str
    also: tuple[str, ...] = ()
    finding: str | None = None
    """What must be among the findings of a connection that works."""


def golden(
    fault: Fault | None, refuser: str, version: int, *, was_accepted: bool, was_silent: bool, has_keys: bool
) -> Golden:
    """Say what a reader finds.

    Args:
        fault: what was arranged; None: nothing.
        refuser: the stack of the end that is to refuse; empty: the lab's own.
        version: the newest version that both ends speak.
        was_accepted: whether the ends talked to each other all the same.
        was_silent: whether the refusing end closed without an alert.
        has_keys: whether the reader can see into TLS 1.3.
    """
    if fault is None or (was_accepted and fault.fails):
        return Golden(NONE)
    if not fault.fails:
        hidden = version == TLS_1_3 and not has_keys and fault.expects != "plaintext-where-tls-required"
        if hidden:
            return Golden(NONE)
        return Golden(fault.expects, (NONE, *_UNDECIDED.get(fault.name, ())), fault.expects)
    also = _UNDECIDED.get(fault.name, ())
    if version == TLS_1_3 and not has_keys:
        also = (*also, *_UNDECIDED_WITHOUT_KEYS.get(fault.name, ()))
    is_silent = refuser in _SILENT_REFUSERS and was_silent and fault.expects != "client-certificate-missing"
    if is_silent:
        also = (*also, NONE, "dn-refused-by-peer")
    if has_keys or version != TLS_1_3 or fault.refused_by is None or fault.expects in _NEGOTIATION:
        return Golden(fault.expects, also)
    return _without_keys(fault, is_silent=is_silent)


def _without_keys(fault: Fault, *, is_silent: bool) -> Golden:
    if fault.expects in _NAMES:
        return Golden("dn-refused-by-peer", (NONE,))
    if is_silent:
        also = ("client-certificate-refused",) if fault.refused_by is Party.SERVER else (fault.expects,)
        return Golden(NONE, (*also, "dn-refused-by-peer"))
    if fault.refused_by is Party.CLIENT:
        # OpenSSL's alert is in plaintext, and the certificate that it blames was not seen.
        return Golden(NONE, (fault.expects,))
    also = (NONE, "client-certificate-missing") if fault.expects == "client-certificate-missing" else (NONE,)
    return Golden("client-certificate-refused", also)
