"""The other end cannot work with the kind of key in the certificate.

What it is:
    Each end says which signatures it can verify. A certificate whose key cannot make any of them is of no
    use to it: an elliptic curve key for a peer that offers RSA only, a DSA key in TLS 1.3, a curve that
    is spelled out instead of named.

On the wire:
    The alert 40 handshake_failure (or 47 illegal_parameter, 43 unsupported_certificate), where the
    signature schemes in the ClientHello or CertificateRequest have none for the key in the certificate.

In the logs:
    `no suitable signature algorithm` (0A000076), `wrong signature type` (0A000172), `unknown certificate
    type`.

Why it happens in a mirror:
    One member was renewed with an ECDSA key while another runs an old OpenSSL or a cipher list with RSA
    only; or the private key type in the TLS configuration does not fit the new key. DSA keys end with TLS
    1.2.

What to do:
    - Use RSA keys of 2048 bits or more on every member, or bring every member to a version that can do
      the new type.
    - Set the private key type of %MirrorClient and %MirrorServer to that of the key.

References:
    - RFC 8446 section 4.2.3
    - InterSystems: Security.SSLConfigs, property PrivateKeyType
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES
from analyzers.tls.codepoints import signature_scheme_name

from .entry import Bearing, Fact, Family, Severity, entry
from .inquiry.schemes import can_sign, offered_schemes
from .inquiry.wording import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect a key that can make none of the signatures that the other end can verify."""
    for fault in case.faults(CAUSE.id, 94):
        yield case.blame(
            CAUSE.id, fault.party, f"the key of {fault.bearer} is of no usable kind", fault.exhibit
        )
    for party in PARTIES:
        leaf = next(iter(case.certificates(party)), None)
        schemes = offered_schemes(case, party.other)
        if leaf is None or not schemes or can_sign(leaf, schemes, case.tls.version):
            continue
        names = listing(map(signature_scheme_name, schemes))
        exhibit = case.exhibit(party, leaf, f"key {leaf.key}; the {party.other} can verify {names}")
        summary = f"{case.name(party.other)} cannot verify signatures made with the {leaf.key} key of {case.name(party)}"
        suspicion = case.blame(CAUSE.id, party, summary, exhibit)
        if suspicion.bearing is Bearing.EXPLAINS:
            yield suspicion  # Where the handshake went on, the key exchange needed no signature.


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.STRENGTH,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.DOUBT}),
    check=check,
)
