"""An older protocol version was negotiated than the policy allows.

What it is:
    The connection works, with a version of TLS that the mirror's policy, or good practice where there is
    none, no longer allows. TLS 1.0 and 1.1 were deprecated in 2021.

On the wire:
    A ServerHello that selects the old version. Nothing fails.

In the logs:
    Nothing; `$SYSTEM.Security.Users` and the audit show the version of a session where that is logged.

Why it happens in a mirror:
    TLSMinVersion was lowered for one old member and never raised again; or one member's maximum is the
    old version, because its release or its OpenSSL has nothing newer.

What to do:
    - Set TLSMinVersion to 1.2 or higher in the mirror's TLS configuration of both members.
    - Bring the member whose best is the old version to a newer release.

References:
    - RFC 8996, RFC 9325 section 3.1
    - InterSystems: About TLS; Security.SSLConfigs, property TLSMinVersion
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls.codepoints import is_tls13, version_name

from .entry import Bearing, Blamed, CheckName, Fact, Family, Severity, State, Suspicion, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_TLS13 = 0x0304


def check(case: Case) -> Iterator[Suspicion]:
    """Compare the negotiated version with the policy; drafts of TLS 1.3 count as TLS 1.3."""
    version = case.tls.version
    least = case.policy.minimum_version
    if version is None or (_TLS13 if is_tls13(version) else version) >= least:
        return
    text = f"the server selects {version_name(version)}; the policy asks for {version_name(least)} or newer"
    evidence = (case.quote(Party.SERVER, "ServerHello", text),)
    summary = f"{version_name(version)} was negotiated, below {version_name(least)}"
    yield Suspicion(Blamed.BOTH, summary, evidence, 1.0, State.OBSERVED, Bearing.STANDS)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.POLICY,
    severity=Severity.HIGH,
    needs=frozenset({Fact.SERVER_HELLO}),
    check=check,
    fails=(CheckName.PROTOCOL,),
)
