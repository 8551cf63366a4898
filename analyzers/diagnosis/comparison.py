"""What is different from the last time that the same connection worked.

"It worked until yesterday" is half the answer: a certificate that was renewed with another issuer, name or purpose, a version
or suite that is no longer offered. Each difference is quoted beside the finding that may follow from it; it decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.causes.entry import Evidence
from analyzers.causes.inquiry.wording import listing, moment
from analyzers.connection import PARTIES, Outcome
from analyzers.tls.codepoints import cipher_suite_name, version_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Connection, Tls
    from analyzers.x509.certificate import Certificate

__all__ = ["changes_since"]


def changes_since(connection: Connection, earlier: tuple[Connection, ...]) -> tuple[Evidence, ...]:
    """Say what has changed since the last of `earlier` that joined the same two hosts, in the same roles, and worked."""
    worked = [each for each in earlier if _is_alike(each, connection) and each.outcome is Outcome.ESTABLISHED]
    if not worked or connection.tls is None:
        return ()
    last = max(worked, key=lambda each: each.started)
    if last.tls is None:
        return ()
    said = f"it worked at {moment(last.started)}; since then"
    texts = [*_offers(last.tls, connection.tls)]
    for party in PARTIES:
        before, now = (each.certificates_of(party) for each in (last, connection))
        if before and now and before[0] != now[0]:
            texts.append(f"the {party} has another certificate: {'; '.join(_renewal(before[0], now[0]))}")
    return tuple(Evidence(f"{said} {text}", source="earlier connection") for text in texts)


def _is_alike(one: Connection, other: Connection) -> bool:
    return one.client.address == other.client.address and one.server == other.server


def _renewal(before: Certificate, now: Certificate) -> Iterator[str]:
    """Name what a renewal has changed, or that it has changed nothing that matters here."""
    pairs = (
        ("issuer", before.issuer.rfc4514(), now.issuer.rfc4514()),
        ("subject", before.subject.rfc4514(), now.subject.rfc4514()),
        ("key", before.key, now.key),
        ("key usage", _listed(before.key_usage), _listed(now.key_usage)),
        ("extended key usage", _listed(before.extended_key_usage), _listed(now.extended_key_usage)),
        ("signature", before.signature, now.signature),
    )
    changes = [f"{name} {old} became {new}" for name, old, new in pairs if old != new]
    yield from changes or [f"valid until {moment(now.not_after)} instead of {moment(before.not_after)}"]


def _listed(usages: tuple[str, ...] | None) -> str:
    return "absent" if usages is None else listing(usages)


def _offers(before: Tls, now: Tls) -> Iterator[str]:
    hello = now.client_hello
    if hello is not None and before.version is not None and before.version not in hello.versions:
        yield f"the client no longer offers {version_name(before.version)}, which was chosen then"
    if hello is not None and before.cipher_suite not in (None, *hello.cipher_suites):
        yield f"the client no longer offers {cipher_suite_name(before.cipher_suite or 0)}, which was chosen then"
