"""The client's certificate may not be used as a TLS client's.

What it is:
    A certificate says what it may be used for: in Extended Key Usage (clientAuth, serverAuth), in Key
    Usage, and in old certificates in the Netscape certificate type. A mirror member dials and is called
    with one and the same certificate, so it needs both roles. This one lacks the client's. OpenSSL asks
    of a client's certificate that Extended Key Usage, where present, names clientAuth
    (anyExtendedKeyUsage is not enough), that Key Usage, where present, has digitalSignature or
    keyAgreement, and that the Netscape type, where present, says SSL client.

On the wire:
    The client sends its Certificate, and the server answers with the alert 43 unsupported_certificate (Go
    42, Java 46, GnuTLS 80 for the key usage only, mbedTLS 43). In TLS 1.3 the alert comes after the
    client has finished, encrypted.

In the logs:
    Server: `certificate verify failed`, in its trace `unsuitable certificate purpose` (`unsupported`
    before OpenSSL 3), 26.
    Client: `sslv3 alert unsupported certificate`, packed 14094413 or 0A000413; in TLS 1.3 only in the
    first read.

Why it happens in a mirror:
    The certificate was ordered as a web server's. The same pair works while the other member dials, and
    fails after the roles have changed: with the next failover, not with the renewal.

What to do:
    - Reissue the client's certificate with Extended Key Usage clientAuth and serverAuth, or without that
      extension.
    - With Key Usage present it must have digitalSignature and keyEncipherment.
    - Order it from a private authority: public ones no longer certify clientAuth.
    - Install it for %MirrorClient and %MirrorServer alike, reconnect, and authorize the DN if it has
      changed.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "Special Considerations for Certificates
      for Mirror Members"
    - RFC 5280 sections 4.2.1.3 and 4.2.1.12
    - OpenSSL: check_purpose_ssl_client, X509_V_ERR_INVALID_PURPOSE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .entry import CheckName, Fact, Family, Severity, entry
from .inquiry.purposes import purpose_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect the client's own certificate in its role as client."""
    for exhibit, certainty in purpose_faults(case, CAUSE.id, Party.CLIENT):
        summary = f"the certificate of {case.name(Party.CLIENT)} may not be used by a TLS client"
        yield case.blame(CAUSE.id, Party.CLIENT, summary, exhibit, certainty=certainty)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.PURPOSE,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CLIENT_CERTIFICATE, Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
