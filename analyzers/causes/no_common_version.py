"""The two ends have no protocol version in common.

What it is:
    Each end allows a range of TLS versions. The client says what it can do, the server chooses; where the
    ranges do not meet, one of them refuses.

On the wire:
    The alert 70 protocol_version: from the server in answer to the ClientHello, or from the client when
    the server has chosen a version that it does not allow. BearSSL and OpenSSL 1.0.2 say 40
    handshake_failure to a client that can do TLS 1.3 only; Mono leaves without a word.

In the logs:
    Refusing side: `unsupported protocol` (14209102, 0A000102) or `version too low` (0A00018C).
    Other side: `tlsv1 alert protocol version` (1409442E, 0A00042E).

Why it happens in a mirror:
    Releases before 2021.2 end with TLS 1.2, new ones can be limited to TLS 1.3; UNIX kits use the
    operating system's OpenSSL, whose policy may forbid TLS 1.0 and 1.1. Two members of one release on two
    systems may differ. TLS 1.2 is the only version that all platforms support.

What to do:
    - Set TLSMinVersion to 1.2 and TLSMaxVersion to 1.3 in the mirror's TLS configuration of both members.
    - Where one member cannot do that, look at the policy of its operating system and at its OpenSSL.

References:
    - RFC 8446 sections 4.1.2 and 4.2.1, RFC 8996
    - InterSystems: About TLS, supported versions; Security.SSLConfigs, properties TLSMinVersion and
      TLSMaxVersion
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls.codepoints import is_tls13, version_name

from .entry import Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.offers import read_offer
from .inquiry.progress import Stage
from .inquiry.wording import listing
from .inquiry.wordless import LEFT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.tls.messages import ClientHello

    from .inquiry.case import Case
    from .inquiry.offers import OfferReading
    from .inquiry.refusal import Refusal

_PROTOCOL_VERSION = 70

_TLS12 = 0x0303

_WORTH_SAYING = 0.2
"""Nearly every server has an alert of its own for it."""

_OLD_AND_LEFT = 0.85
"""The server chose TLS 1.1 or older, which most clients have stopped to allow, and the client left on it."""


def check(case: Case) -> Iterator[Suspicion]:
    """Take either end at its word, and show what the client offered."""
    refusal = case.refusal
    hello = case.tls.client_hello
    if refusal is None or hello is None:
        return
    judged_at = Stage.BEFORE_SERVER_HELLO if refusal.party is Party.SERVER else Stage.SERVER_FLIGHT
    if refusal.stage is not judged_at:
        return  # A client that meets plaintext says the same: not-tls-server.
    chosen = case.tls.server_hello
    if chosen is not None and chosen.version == max(hello.versions, default=0):
        return  # It is the version that the client likes best: record-corrupt.
    reading = read_offer(case)
    confidence = (
        0.98 if refusal.alert_code == _PROTOCOL_VERSION else _without_its_alert(case, refusal, reading)
    )
    if not confidence:
        return
    offered = listing(version_name(version) for version in hello.versions)
    evidence = case.quote(Party.CLIENT, "ClientHello", f"the client offers {offered}")
    summary = f"{case.name(Party.CLIENT)} offers {offered}, and {case.name(refusal.party)} refuses"
    state = State.OBSERVED if refusal.alert_code == _PROTOCOL_VERSION else State.INFERRED
    yield Suspicion(of_party(_older(hello)), summary, (refusal.evidence, evidence), confidence, state)


def _without_its_alert(case: Case, refusal: Refusal, reading: OfferReading | None) -> float:
    """Weigh it where nobody says so: by what the client offered, or by the old version that the server chose."""
    if reading is not None:
        weight = reading.weights[CAUSE.id]
        return weight if weight >= _WORTH_SAYING else 0.0
    chosen = case.tls.server_hello
    is_old = chosen is not None and not chosen.is_hello_retry_request and chosen.version < _TLS12
    return _OLD_AND_LEFT if is_old and refusal.party is Party.CLIENT and refusal.signal in LEFT else 0.0


def _older(hello: ClientHello) -> Party | None:
    """Say which end must be the older one: who offers no TLS 1.3 may be, who offers nothing else is not."""
    if not any(map(is_tls13, hello.versions)):
        return Party.CLIENT
    return Party.SERVER if all(map(is_tls13, hello.versions)) else None


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.NEGOTIATION,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CLIENT_HELLO, Fact.REFUSAL}),
    check=check,
)
