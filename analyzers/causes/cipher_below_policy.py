"""A cipher suite was negotiated that the policy does not allow.

What it is:
    The connection works, with a cipher suite that is not on the mirror's list, or, where there is no
    list, one that is broken by itself: without encryption, without authentication of the server, with an
    export key, RC4, DES or triple DES.

On the wire:
    A ServerHello that selects the suite. Nothing fails.

In the logs:
    Nothing.

Why it happens in a mirror:
    The cipher list of an old installation (`ALL`, `TLSv1:SSLv3:...`) was carried along; the server
    chooses by its own order.

What to do:
    - Set CipherList and Ciphersuites in the mirror's TLS configuration of both members to what the policy
      allows.
    - For TLS 1.2 prefer suites with ECDHE and AES-GCM.

References:
    - RFC 9325 section 4, RFC 7465
    - InterSystems: Security.SSLConfigs, properties CipherList and Ciphersuites
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls.ciphers import suite
from analyzers.tls.codepoints import cipher_suite_name

from .entry import Bearing, Blamed, CheckName, Fact, Family, Severity, State, Suspicion, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_SHORTEST_KEY = 16
"""Bytes: 128 bits, which leaves out export keys, DES and, by its effective 112 bits, triple DES."""


def check(case: Case) -> Iterator[Suspicion]:
    """Compare the negotiated suite with the policy's list, or with what is broken anywhere."""
    code = case.tls.cipher_suite
    if code is None:
        return
    why = why_not(code, case.policy.cipher_suites)
    if not why:
        return
    name = cipher_suite_name(code)
    evidence = (case.quote(Party.SERVER, "ServerHello", f"the server selects {name}: {why}"),)
    yield Suspicion(
        Blamed.BOTH, f"{name} was negotiated: {why}", evidence, 1.0, State.OBSERVED, Bearing.STANDS
    )


def why_not(code: int, allowed: tuple[int, ...] | None) -> str:
    """Say what is wrong with a suite by a policy's list, or without a list; empty where nothing is."""
    if allowed is not None:
        return "" if code in allowed else "it is not on the policy's list"
    parts = suite(code)
    if parts is None:
        return ""
    if parts.encryption == "NULL":
        return "it does not encrypt"
    if parts.is_anonymous:
        return "it does not authenticate the server"
    if (
        parts.is_export
        or parts.encryption.startswith(("RC4", "DES", "3DES", "RC2"))
        or parts.key_bytes < _SHORTEST_KEY
    ):
        return f"its encryption, {parts.encryption}, is broken or too weak"
    return ""


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.POLICY,
    severity=Severity.HIGH,
    needs=frozenset({Fact.SERVER_HELLO}),
    check=check,
    fails=(CheckName.CIPHER,),
)
