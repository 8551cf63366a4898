"""The client retried with a lower version than it could, and the server can do better.

What it is:
    Some clients try again with an older version when a handshake fails, and mark that hello with
    TLS_FALLBACK_SCSV. A server that can do a higher version refuses it: the first attempt failed for
    another reason, or somebody interferes.

On the wire:
    TLS_FALLBACK_SCSV (0x5600) among the cipher suites, and the alert 86 inappropriate_fallback.

In the logs:
    Server: `inappropriate fallback` (0A000175).
    Client: `tlsv1 alert inappropriate fallback` (0A00043E).

Why it happens in a mirror:
    IRIS does not fall back by itself, so the client is another program, or a proxy in the path. Look for
    the connection just before this one: its failure is the cause.

What to do:
    - Find the failed attempt with the higher version that came before, and mend that.
    - If there is none, look for a device in the path that disturbs the first attempt.

References:
    - RFC 7507
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls.codepoints import version_name

from .entry import Blamed, Fact, Family, Severity, State, Suspicion, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_INAPPROPRIATE_FALLBACK = 86


def check(case: Case) -> Iterator[Suspicion]:
    """Take the server at its word."""
    refusal = case.refusal
    hello = case.tls.client_hello
    if refusal is None or hello is None or refusal.alert_code != _INAPPROPRIATE_FALLBACK:
        return
    newest = version_name(max(hello.versions, default=hello.legacy_version))
    text = f"the client offers at most {newest}" + (
        ", and says that it falls back" if hello.is_fallback else ""
    )
    evidence = (refusal.evidence, case.quote(Party.CLIENT, "ClientHello", text))
    summary = f"{case.name(Party.CLIENT)} fell back to {newest}, and {case.name(Party.SERVER)} can do better"
    yield Suspicion(Blamed.CLIENT, summary, evidence, 0.98, State.OBSERVED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.NEGOTIATION,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.CLIENT_HELLO, Fact.ALERT}),
    check=check,
)
