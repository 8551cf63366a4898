"""What a check and a survey say on a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

from analyzers.causes.cipher_below_policy import why_not
from analyzers.causes.inquiry.wording import moment
from analyzers.connection import Party
from analyzers.counted import counted
from analyzers.report.text import verdict_block
from analyzers.tls.codepoints import cipher_suite_name, group_name, signature_scheme_name, version_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Connection
    from analyzers.mirror.definition import Policy
    from analyzers.x509.certificate import Certificate

    from ..account import Witnessed
    from .survey import Support, Survey

__all__ = ["Shortcoming", "check_text", "shortcomings", "survey_text"]

NAMED_ALIKE = 3
"""Cipher suites that are named in the summary of those that fall short alike."""

WIDTH = 100
"""Columns, as in the block above it."""


def check_text(account: Witnessed, beyond: Witnessed | None, *, has_identity: bool) -> str:
    """Write the verdict, what the server showed, and what would have come after our own refusal."""
    connection = account.connection
    lines = [verdict_block(connection, account.verdict).rstrip("\n"), *_shown(connection)]
    if account.client_member is not None and not connection.certificates_of(Party.CLIENT):
        lines.append(f"  asked as {account.client_member}, whose certificate was not called for")
    if not has_identity and connection.tls is not None and connection.tls.certificate_requested:
        lines.append("  no certificate was given, so a server that requires one refuses, as it should")
    if beyond is not None:
        lines += ["", "Asked once more, and its certificate taken in spite of that:"]
        lines.append(verdict_block(beyond.connection, beyond.verdict).rstrip("\n"))
    return "\n".join(lines) + "\n"


def _shown(connection: Connection) -> Iterator[str]:
    tls = connection.tls
    if tls is None or tls.server_hello is None:
        return
    group = "none" if tls.group is None else group_name(tls.group)
    scheme = "none" if tls.signature_scheme is None else signature_scheme_name(tls.signature_scheme)
    yield f"  key exchange: {group}, signed with {scheme}"
    for party in (Party.SERVER, Party.CLIENT):
        for place, certificate in enumerate(connection.certificates_of(party) or ()):
            yield f"  {party} {'certificate' if place == 0 else 'chain'}: {certificate.subject.rfc4514()}"
            yield f"    {_described(certificate)}"
    if tls.certificate_requested is False:
        yield "  client certificate: not requested"
    if tls.certificate_request is not None:
        names = [name.rfc4514() for name in tls.certificate_request.authorities]
        yield f"  client certificate: requested, {'of any authority' if not names else 'issued by one of:'}"
        yield from (f"    {name}" for name in names)


def _described(certificate: Certificate) -> str:
    usage = ", ".join(certificate.extended_key_usage or ("any use",))
    issuer, until = certificate.issuer.rfc4514(), moment(certificate.not_after)
    return f"by {issuer}; {certificate.key}, {certificate.signature}; {usage}; until {until}"


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """Something that the server accepts and the policy does not."""

    cause: str
    """The entry of the catalogue."""
    name: str
    why: str
    """Of a cipher suite; empty of a version."""

    @property
    def text(self) -> str:
        """Say it in one line."""
        return f"{self.name} is accepted{f': {self.why}' if self.why else ''}"


def shortcomings(found: Survey, policy: Policy) -> Iterator[Shortcoming]:
    """Yield what the server accepts and the policy does not: versions, then cipher suites."""
    for version in found.versions:
        if version < policy.minimum_version:
            yield Shortcoming("protocol-below-policy", version_name(version), "")
    suites = {code for version in found.versions for code in found.suites[version].accepted}
    for code in sorted(suites):
        if why := why_not(code, policy.cipher_suites):
            yield Shortcoming("cipher-below-policy", cipher_suite_name(code), why)


def _summary(found: tuple[Shortcoming, ...]) -> Iterator[str]:
    """Yield a line for each, and one for all that fall short alike where they are many."""
    alike: dict[str, list[Shortcoming]] = {}
    for one in found:
        alike.setdefault(one.why, []).append(one)
    for why, several in alike.items():
        if not why or len(several) <= NAMED_ALIKE:
            yield from (one.text for one in several)
            continue
        names = ", ".join(one.name for one in several[:NAMED_ALIKE])
        more = len(several) - NAMED_ALIKE
        yield f"{len(several)} cipher suites, each accepted though {why}: {names} and {more} more"


def survey_text(found: Survey, policy: Policy) -> str:
    """Write what the server accepts."""
    return "\n".join(_survey_lines(found, policy)) + "\n"


def _survey_lines(found: Survey, policy: Policy) -> Iterator[str]:
    short = tuple(shortcomings(found, policy))
    below = {one.name for one in short}
    yield f"What the server accepts ({counted(found.connections, 'connection')})"
    for version in found.versions:
        support = found.suites[version]
        yield f"  {version_name(version)}{_manner(support)}"
        for name in map(cipher_suite_name, support.accepted):
            yield f"    {name}{' (below the policy)' if name in below else ''}"
    refused = [
        version_name(version)
        for version, support in found.suites.items()
        if support.is_complete and not support.accepted
    ]
    yield f"  not accepted: {', '.join(refused) or 'nothing that was asked for'}"
    for version, support in found.groups.items():
        yield f"  {version_name(version)} groups: {', '.join(map(group_name, support.accepted)) or 'none'}"
    for version, support in found.schemes.items():
        names = ", ".join(map(signature_scheme_name, support.accepted)) or "none"
        yield f"  {version_name(version)} signs with: {names}"
    yield f"  client certificate: {found.client_certificate}"
    for text in _summary(short):
        yield fill(f"below the policy: {text}", WIDTH, initial_indent="  ", subsequent_indent="    ")
    for problem in found.problems:
        yield f"  not known: {problem}"


def _manner(support: Support) -> str:
    order = {True: ", in its own order", False: ", in the client's order", None: ""}[support.has_own_order]
    return order if support.is_complete else f"{order}, and perhaps more"
