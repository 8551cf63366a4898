"""The server asked for a client certificate, and the client showed none.

What it is:
    In a mirror both ends authenticate. The client answers a CertificateRequest with its certificate, or,
    if it has none to show, with an empty list; the server then decides, and one that requires a
    certificate refuses.

On the wire:
    A Certificate message of the client with an empty list (`0b 00 00 03 00 00 00` in TLS 1.2), then the
    alert 40 handshake_failure up to TLS 1.2, 116 certificate_required in TLS 1.3 (old Go and old Java 42,
    GnuTLS 50 and rustls 116 in TLS 1.2, Haskell's tls 46; mbedTLS, wolfSSL, BearSSL and Mono close without
    an alert). In TLS 1.3 without keys the empty list shows as a very short record.

In the logs:
    Server: `peer did not return a certificate` (1417C0C7, 0A0000C7).
    Client: `sslv3 alert handshake failure` (14094410, 0A000410), or `tlsv13 alert certificate required`
    (0A00045C).

Why it happens in a mirror:
    %MirrorClient names no certificate file, or one that this process cannot read; or the client chose
    none because the issuers that the server names in its CertificateRequest do not fit: Go, Java, Windows
    and Erlang do not show a certificate of another authority, Bouncy Castle and NSS none that is unfit for a
    client. OpenSSL shows what it was given.

What to do:
    - Set the certificate and private key in the mirror's TLS configuration of the client: both
      configurations use the same.
    - Compare the CA names in the server's CertificateRequest with the issuer of the client's certificate.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "Create and Edit a TLS Configuration for a
      Mirror"
    - RFC 8446 section 4.4.2.4, RFC 5246 section 7.4.6
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import EventKind, Party

from .entry import Bearing, Blamed, CheckName, Evidence, Fact, Family, Severity, State, Suspicion, entry
from .inquiry.alerts import alert_fit
from .inquiry.progress import SHORTEST_FINISHED, Stage
from .inquiry.refusal import Refusal, Signal
from .inquiry.wording import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_CERTIFICATE_REQUIRED = 116

_ANSWERED = 0.9

_EMPTY_LENGTHS = frozenset({25, 17})
"""A header of 4, an empty context of 1, an empty list of 3, one byte of content type, a tag of 16 or 8."""

_SIGNS = {Signal.FIN: 0.9, Signal.CLOSE_NOTIFY: 0.9, Signal.RST: 0.85, Signal.ENCRYPTED_ALERT: 0.92}
"""How well a refusal without words fits, once the list was seen to be empty."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect a client that showed an empty list, or of which the server says that it must show a certificate."""
    refusal = case.refusal
    shown = case.tls.client_certificates
    if refusal is None:
        if shown == () and case.mirror is not None:
            yield Suspicion(
                Blamed.CLIENT, _summary(case), _exhibits(case), 1.0, State.OBSERVED, Bearing.STANDS
            )
        return
    confidence = _confidence(case, refusal) if refusal.party is Party.SERVER else 0.0
    if confidence:
        is_told = refusal.alert_code is not None
        state = State.OBSERVED if is_told else State.INFERRED
        evidence = (refusal.evidence, *_exhibits(case))
        yield Suspicion(Blamed.CLIENT, _summary(case), evidence, confidence, state, is_seen=shown == ())


def _summary(case: Case) -> str:
    return f"{case.name(Party.CLIENT)} showed no certificate when {case.name(Party.SERVER)} asked for one"


def _confidence(case: Case, refusal: Refusal) -> float:
    code = refusal.alert_code
    if code == _CERTIFICATE_REQUIRED:
        return 0.99
    if case.tls.client_certificates == ():
        # Whatever the server calls it: it asked, it got nothing, and this was its answer.
        fit = _SIGNS.get(refusal.signal, 0.0)
        return fit if code is None else max(alert_fit(CAUSE.id, code, case.stack(Party.SERVER)), _ANSWERED)
    is_hidden = code is None and refusal.stage is Stage.CLIENT_FLIGHT and _is_empty_by_length(case)
    return _SIGNS.get(refusal.signal, 0.0) if is_hidden else 0.0


def _is_empty_by_length(case: Case) -> bool:
    """Say whether the client's flight is a record as short as an empty Certificate, and a Finished (TLS 1.3, no keys)."""
    lengths = [
        event.length
        for event in case.connection.events
        if event.sender is Party.CLIENT and event.kind is EventKind.APPLICATION_DATA and event.protected
    ]
    return len(lengths) > 1 and lengths[0] in _EMPTY_LENGTHS and lengths[1] >= SHORTEST_FINISHED


def _exhibits(case: Case) -> tuple[Evidence, ...]:
    if case.tls.client_certificates is None:
        return ()
    frame = case.frame_of(Party.CLIENT, "Certificate")
    empty = Evidence(
        "the client's Certificate message is empty", frame=frame, source=None if frame else "timeline"
    )
    request = case.tls.certificate_request
    if request is None or not request.authorities:
        return (empty,)
    names = listing(name.rfc4514() for name in request.authorities)
    text = f"the server asks for a certificate of {names}: many clients show none where theirs is of another authority"
    return empty, case.quote(Party.SERVER, "CertificateRequest", text)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.MUTUAL_AUTHENTICATION,
    severity=Severity.CRITICAL,
    needs=frozenset({Fact.SERVER_HELLO}),
    check=check,
    fails=(CheckName.MUTUAL_AUTHENTICATION,),
)
