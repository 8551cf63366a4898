"""Checks across the members of one mirror: their names, and what the definition lists."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from analyzers.errors import MalformedName
from analyzers.x509.names import NameMatch, aligned_difference, compare_names, parse_dn

from .member import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .member import MemberFiles

__all__ = ["check_mirror"]


def check_mirror(members: Sequence[MemberFiles]) -> Iterator[Finding]:
    """Check that names are unique, and that each listed DN is its certificate's."""
    for member in members:
        yield from _listed(member)
    yield from _unique(members)


def _listed(member: MemberFiles) -> Iterator[Finding]:
    leaf = member.leaf
    if leaf is None or member.listed_dn is None:
        return
    try:
        listed = parse_dn(member.listed_dn)
    except MalformedName as error:
        yield Finding(
            "listed DN is a distinguished name", "dn-not-allowed", Severity.CRITICAL, member.name, member.certificate_source,
            f"the listed DN {member.listed_dn!r} is no distinguished name: {error}",
            f"List {leaf.subject.rfc4514()}", "InterSystems",
        )  # fmt: skip
        return
    compared = compare_names(leaf.subject, listed)
    if compared.kind is NameMatch.EXACT:
        return
    is_near = compared.kind is NameMatch.NEAR
    differences = compared.differences if is_near else aligned_difference(leaf.subject, listed)
    yield Finding(
        "listed DN equals the certificate's", "dn-near-miss" if is_near else "dn-not-allowed",
        Severity.HIGH if is_near else Severity.CRITICAL, member.name, member.certificate_source,
        f"the certificate has {leaf.subject.rfc4514()}, the mirror lists {member.listed_dn}: {'; '.join(differences)}"
        + (" (whether IRIS takes the two for equal is not known)" if is_near else ""),
        f'List the certificate\'s own DN as "DN in member\'s X.509 credentials": {leaf.subject.rfc4514()}', "InterSystems",
    )  # fmt: skip


def _unique(members: Sequence[MemberFiles]) -> Iterator[Finding]:
    by_dn: defaultdict[str, list[MemberFiles]] = defaultdict(list)
    by_cn: defaultdict[str, list[MemberFiles]] = defaultdict(list)
    for member in members:
        if member.leaf is not None:
            by_dn[member.leaf.subject.rfc4514()].append(member)
            for name in member.leaf.subject.values("CN"):
                by_cn[name.lower()].append(member)
    for dn, sharing in by_dn.items():
        if len(sharing) > 1:
            names = ", ".join(member.name for member in sharing)
            yield Finding(
                "DN not already in use", "dn-duplicate", Severity.HIGH, sharing[-1].name, sharing[-1].certificate_source,
                f"{names} have the same DN {dn}: the portal refuses the second, and a removed member can still connect",
                "Give each member a certificate of its own, with its host and instance in the common name.", "InterSystems",
            )  # fmt: skip
    for name, sharing in by_cn.items():
        if len({member.leaf.subject for member in sharing if member.leaf}) > 1:
            names = ", ".join(member.name for member in sharing)
            yield Finding(
                "common name unique", "common-name-not-unique", Severity.MEDIUM, sharing[-1].name,
                sharing[-1].certificate_source, f"{names} share the common name {name!r}; their DNs differ elsewhere only",
                "The vendor recommends a unique common name for each member.", "InterSystems",
            )  # fmt: skip
