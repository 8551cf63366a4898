"""The server's certificate may not be used as a TLS server's.

What it is:
    A certificate says what it may be used for: in Extended Key Usage (clientAuth, serverAuth), in Key
    Usage, and in old certificates in the Netscape certificate type. A mirror member dials and is called
    with one and the same certificate, so it needs both roles. This one lacks the server's. OpenSSL asks
    that Extended Key Usage, where present, names serverAuth and that Key Usage, where present, has
    digitalSignature, keyEncipherment or keyAgreement. GnuTLS, Java, mbedTLS and wolfSSL also ask for
    digitalSignature where the key exchange is signed, as it is today.

On the wire:
    The client answers the server's Certificate with the alert 43 unsupported_certificate (Go and GnuTLS
    42, Java 46, GnuTLS 80 for the key usage). An OpenSSL client sends it in clear even in TLS 1.3, where
    the certificate itself is encrypted.

In the logs:
    Client: `certificate verify failed` (14090086, 0A000086), in its trace `unsuitable certificate
    purpose`, error 26.
    Server: `sslv3 alert unsupported certificate` (14094413, 0A000413); in TLS 1.3 a server that is not
    OpenSSL may write `bad record mac` instead, because it expected the alert encrypted.

Why it happens in a mirror:
    The certificate was ordered for a client (clientAuth alone), or for signing documents. The member
    works as long as it dials, and fails as soon as another member or an agent's client calls it:
    typically after a failover.

What to do:
    - Reissue the server's certificate with Extended Key Usage serverAuth and clientAuth, or without that
      extension.
    - With Key Usage present it must have digitalSignature and keyEncipherment.
    - Install it for %MirrorClient and %MirrorServer alike, reconnect, and authorize the DN if it has
      changed.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "Special Considerations for Certificates
      for Mirror Members"
    - RFC 5280 sections 4.2.1.3 and 4.2.1.12
    - OpenSSL: check_purpose_ssl_server, X509_V_ERR_INVALID_PURPOSE
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
    """Suspect the server's own certificate in its role as server."""
    for exhibit, certainty in purpose_faults(case, CAUSE.id, Party.SERVER):
        summary = f"the certificate of {case.name(Party.SERVER)} may not be used by a TLS server"
        yield case.blame(CAUSE.id, Party.SERVER, summary, exhibit, certainty=certainty)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.PURPOSE,
    severity=Severity.HIGH,
    needs=frozenset({Fact.SERVER_CERTIFICATE, Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
