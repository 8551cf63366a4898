"""The client left without a byte: its own TLS configuration cannot be used.

What it is:
    A member whose TLS configuration does not load has nothing to send: the key does not fit the
    certificate, the authority stands first in the certificate file, a file is in DER, missing or not
    readable, the password is wrong, or the key is too weak for its own OpenSSL. It connects, fails, and
    closes.

On the wire:
    SYN, SYN and ACK, ACK, then FIN by the client, and not a byte of data. OpenSSL sends one record before,
    the alert 80 internal_error, where versions and cipher suites leave it nothing to offer.

In the logs:
    Client: `key values mismatch` (0B080074, 05800074), `no start line` (0909006C, 0480006C), `bad
    decrypt`, `No such file or directory`, `ee key too small` (0A00018F); IRIS: `SSL/TLS configuration ...
    is not activated`.

Why it happens in a mirror:
    A file was replaced without its companion after a renewal. Health checks of load balancers and port
    scans look the same, so mind who dials.

What to do:
    - On the client: press Test or Verify SSL for its TLS configuration, or load the files with this
      probe's lint command.
    - Certificate file: PEM, the member's own certificate first. Key file: PEM, fits the certificate,
      password right, readable by the process.

References:
    - InterSystems: Create or Edit a TLS Configuration
    - OpenSSL: SSL_CTX_use_certificate_chain_file, SSL_CTX_check_private_key
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import CloseKind, Party
from analyzers.tls.codepoints import alert_name

from .entry import Blamed, Evidence, Family, Severity, State, Suspicion, entry
from .inquiry.refusal import Signal
from .inquiry.speech import alert_in_place_of_hello, has_spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_LEAVINGS = frozenset({Signal.FIN, Signal.RST})

_GAVE_UP = 0.93
"""The client says itself, in TLS, that it has failed."""

_MEMBER, _ANYBODY, _RESET = 0.88, 0.8, 0.6
"""A mirror's own connection; any other; and one that ends as port scans do."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect a client that came and left in silence."""
    connection, refusal = case.connection, case.refusal
    code = alert_in_place_of_hello(connection)
    if code is not None and connection.has_start:
        evidence = Evidence(
            f"all that the client sent is the alert {code} {alert_name(code)}", source="stream"
        )
        summary = f"{case.name(Party.CLIENT)} gave up before its ClientHello; its TLS settings leave it nothing to offer"
        yield Suspicion(Blamed.CLIENT, summary, (evidence,), _GAVE_UP, State.OBSERVED)
        return
    if refusal is None or refusal.party is not Party.CLIENT or refusal.signal not in _LEAVINGS:
        return
    if has_spoken(connection, Party.CLIENT) or not connection.has_start:
        return  # What the server may have said to the end of the connection (OpenSSL: decode_error) does not count.
    confidence = _MEMBER if case.mirror is not None else _ANYBODY
    if connection.close_kind is CloseKind.RST:
        confidence = _RESET
    summary = (
        f"{case.name(Party.CLIENT)} connected and left without a byte; its TLS configuration may not load"
    )
    yield Suspicion(Blamed.CLIENT, summary, (refusal.evidence,), confidence, State.INFERRED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.HIGH,
    needs=frozenset(),
    check=check,
)
