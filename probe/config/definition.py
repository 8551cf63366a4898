"""The mirror's definition: members, policy, trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.mirror.definition import Member, Mirror, Policy, Role

from ..engine.suites import expand_cipher_suites
from ..outcome import UsageFailure
from .credentials import trusted
from .reading import Reading, read_tables
from .rules import check_members
from .tables import VERSIONS, MemberTable, MirrorTable, PolicyTable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load_mirror", "mirror_of"]


def _policy(reading: Reading, table: PolicyTable) -> Policy:
    suites: tuple[int, ...] | None = None
    if table.cipher_suites is not None:
        suites, unknown = expand_cipher_suites(table.cipher_suites)
        for name in unknown:
            reading.problem(
                "[policy]", f"cipher_suites: {name!r} is neither an IANA name nor an OpenSSL cipher string"
            )
    return Policy(
        minimum_version=VERSIONS[table.minimum_version],
        cipher_suites=suites,
        minimum_rsa_bits=table.minimum_rsa_bits,
        minimum_ec_bits=table.minimum_ec_bits,
        expiry_warning_days=table.expiry_warning_days,
    )


def _member(table: MemberTable) -> Member:
    return Member(
        table.name, Role(table.role), table.dn, tuple(table.addresses), table.agent, table.superserver
    )


def mirror_of(reading: Reading) -> Mirror | None:
    """Build the mirror's definition from what is valid; None where its own table is not."""
    table, policy = reading.single(MirrorTable, "mirror"), reading.single(PolicyTable, "policy")
    check_members(reading, tls_required=table.tls_required if table else True)
    trust = trusted(reading, "[mirror]", table.ca) if table else ()
    judged = _policy(reading, policy) if policy else None
    if table is None or judged is None:
        return None
    members = tuple(_member(member) for _, member in reading.several(MemberTable, "member"))
    return Mirror(table.name, table.tls_required, members, judged, trust)


def load_mirror(path: Path) -> Mirror:
    """Read the mirror's definition alone, for captures and checks: no relay's keys are opened.

    Raises:
        UsageFailure: something in the file is wrong; one line for each problem, all of them.
    """
    reading = read_tables(path)
    mirror = mirror_of(reading)
    if reading.problems or mirror is None:
        raise UsageFailure(*reading.problems)
    return mirror
