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
    from .inquiry.refusal import Refusal

_INAPPROPRIATE_FALLBACK, _ILLEGAL_PARAMETER = 86, 47


def check(case: Case) -> Iterator[Suspicion]:
    """Take the server at its word."""
    refusal = case.refusal
    hello = case.tls.client_hello
    if refusal is None or hello is None:
        return
    if refusal.alert_code != _INAPPROPRIATE_FALLBACK and not _is_found_by_client(case, refusal):
        return
    newest = version_name(max(hello.versions, default=hello.legacy_version))
    text = f"the client offers at most {newest}" + (
        ", and says that it falls back" if hello.is_fallback else ""
    )
    evidence = (refusal.evidence, case.quote(Party.CLIENT, "ClientHello", text))
    summary = f"{case.name(Party.CLIENT)} fell back to {newest}, and {case.name(Party.SERVER)} can do better"
    yield Suspicion(Blamed.CLIENT, summary, evidence, 0.98, State.OBSERVED)


def _is_found_by_client(case: Case, refusal: Refusal) -> bool:
    """Say whether the client fell back, and refuses because the server's random says that it can do better."""
    hello, answer = case.tls.client_hello, case.tls.server_hello
    is_refused = refusal.party is Party.CLIENT and refusal.alert_code == _ILLEGAL_PARAMETER
    if not is_refused or hello is None or answer is None or answer.downgraded_from is None:
        return False
    return hello.is_fallback and answer.version < answer.downgraded_from


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.NEGOTIATION,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.CLIENT_HELLO, Fact.ALERT}),
    check=check,
)
