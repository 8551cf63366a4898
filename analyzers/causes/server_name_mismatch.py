"""The client compares host names, and the server's certificate is for another host.

What it is:
    Web clients and most libraries check that the certificate names the host they dialled. IRIS does not:
    in a mirror the distinguished name counts. So a client that refuses for the host name is not IRIS.

On the wire:
    The alert 42 bad_certificate (Go, GnuTLS, mbedTLS, OpenSSL with host name checking) or 46
    certificate_unknown (Java), and a server name in the ClientHello that the certificate's alternative
    names do not cover.

In the logs:
    `hostname mismatch` (62), `x509: certificate is valid for ..., not ...`, `The name in the certificate
    does not match the expected`, `No subject alternative DNS name matching ... found`.

Why it happens in a mirror:
    A monitoring tool, a proxy, or a test with another TLS program dials the member by an address or alias
    that is not in its certificate. Mirror connections are not affected.

What to do:
    - Dial by a name that the certificate holds, or tell the tool which name to expect.
    - Or add the host name to the subject alternative names when the certificate is next renewed.

References:
    - RFC 9525
    - InterSystems: Configuring IRIS to Use TLS with Mirroring: the DN is compared, host names are not
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .entry import Bearing, Fact, Family, Severity, entry
from .inquiry.hostnames import covers
from .inquiry.stack import Stack
from .inquiry.wording import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case

_COMPARING = frozenset(
    (
        *(Stack.GO, Stack.GNUTLS, Stack.NSS, Stack.RUSTLS, Stack.S2N),
        *(Stack.ERLANG, Stack.BOTAN, Stack.BEARSSL, Stack.HASKELL),
    )
)
"""Stacks whose clients compare host names unless told otherwise (measured)."""

_CERTAIN = 0.95
"""Of these; and of any client that leaves a chain in which nothing else is wrong."""

_OTHERWISE = 0.88


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect it where a client that named a host refuses a certificate for another one."""
    hello = case.tls.client_hello
    leaf = case.certificates(Party.SERVER)[0]
    if hello is None or hello.server_name is None or not leaf.is_readable:
        return
    if covers(leaf, hello.server_name):
        return
    exhibit = case.exhibit(
        Party.SERVER, leaf, f"is for {listing(leaf.san)}; the client asks for {hello.server_name}"
    )
    summary = f"the certificate of {case.name(Party.SERVER)} is not for {hello.server_name}, which the client dialled"
    report = case.chain(Party.SERVER)
    is_else_good = bool(case.trust) and report is not None and report.is_complete and not report.errors
    is_sure = is_else_good or case.stack(Party.CLIENT).stack in _COMPARING
    certainty = _CERTAIN if is_sure else _OTHERWISE
    suspicion = case.blame(CAUSE.id, Party.SERVER, summary, exhibit, certainty=certainty)
    if suspicion.bearing is Bearing.EXPLAINS:
        yield suspicion


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.NEGOTIATION,
    severity=Severity.LOW,
    needs=frozenset({Fact.CLIENT_HELLO, Fact.SERVER_CERTIFICATE, Fact.DOUBT}),
    check=check,
)
