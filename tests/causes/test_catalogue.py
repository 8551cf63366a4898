"""The catalogue itself: complete, documented, and consistent with what the rest of the house says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzers.causes import catalogue
from analyzers.causes.entry import SECTIONS, Cause, Family, Severity, entry
from analyzers.causes.inquiry.alerts import CERTIFICATE_FAULTS, order_of
from analyzers.causes.inquiry.stack import Stack

CAUSES = Path(__file__).parents[2] / "analyzers" / "causes"

FAMILIES = {
    Family.PURPOSE: "client-certificate-purpose server-certificate-purpose issuer-purpose",
    Family.VALIDITY: "certificate-expired issuer-expired certificate-not-yet-valid certificate-revoked"
    " revocation-unknown",
    Family.TRUST: "unknown-ca incomplete-chain chain-out-of-order self-signed-certificate issuer-not-a-ca"
    " path-length-exceeded name-constraint-violated unhandled-critical-extension ca-rekeyed signature-invalid",
    Family.STRENGTH: "weak-key weak-signature unsupported-key-type",
    Family.IDENTITY: "dn-not-allowed dn-near-miss dn-duplicate dn-refused-by-peer",
    Family.MUTUAL_AUTHENTICATION: "client-certificate-missing client-certificate-not-requested"
    " client-certificate-refused private-key-mismatch",
    Family.NEGOTIATION: "no-common-version no-common-cipher no-common-group no-common-signature-scheme"
    " inappropriate-fallback downgrade-detected renegotiation-refused unrecognized-name server-name-mismatch",
    Family.POLICY: "protocol-below-policy cipher-below-policy vendor-key-usage vendor-extended-key-usage"
    " certificate-expires-soon renewal-loses-client-auth configuration-drift common-name-not-unique",
    Family.TRANSPORT: "not-tls-client not-tls-server tls-not-started plaintext-where-tls-required"
    " connection-refused connection-timeout handshake-timeout closed-during-handshake reset-during-handshake"
    " client-configuration record-corrupt decode-error truncated-capture",
}
"""The ids of the design. They are metric labels, addresses and file names, so none may change or go."""

EVERY = pytest.mark.parametrize("cause", catalogue().values(), ids=lambda cause: cause.id)


def test_catalogue_is_that_of_the_design() -> None:
    """Every id is there, in its family, and there is no other."""
    found: dict[Family, set[str]] = {}
    for cause in catalogue().values():
        found.setdefault(cause.family, set()).add(cause.id)
    assert found == {family: set(ids.split()) for family, ids in FAMILIES.items()}


def test_every_module_is_an_entry() -> None:
    """Each file of the package is a cause, and its name is the cause's id."""
    files = {path.stem for path in CAUSES.glob("*.py")} - {"__init__", "entry"}
    assert {cause.replace("-", "_") for cause in catalogue()} == files


def test_every_cause_has_a_folder_of_cases() -> None:
    """The folders of cases are the ids."""
    folders = {path.parent.name for path in Path(__file__).parent.glob("*/*.toml")}
    assert folders == set(catalogue())


@EVERY
def test_documentation_has_every_section(cause: Cause) -> None:
    """A cause says what it is, how it shows, why it happens, and what to do."""
    assert tuple(cause.sections) == SECTIONS
    assert all(text.strip() for text in cause.sections.values())
    assert cause.summary.endswith(".")
    assert len(cause.summary) <= 110


@EVERY
def test_remedy_and_references_are_lists(cause: Cause) -> None:
    """What to do is at least one step, each a sentence; references name where it is written."""
    assert cause.remedy
    assert all(re.search(r"[.?]$", step) for step in cause.remedy)
    assert cause.references


@EVERY
def test_consequences_name_causes(cause: Cause) -> None:
    """A cause is a consequence of causes that exist."""
    assert cause.caused_by <= set(catalogue())


@pytest.mark.parametrize("stack", Stack)
def test_orders_name_certificate_faults(stack: Stack) -> None:
    """The order in which a stack looks for faults names each at most once, and only what there is."""
    order = order_of(stack)
    assert len(order) == len(set(order))
    assert set(order) <= CERTIFICATE_FAULTS <= set(catalogue())


def test_an_undocumented_entry_is_refused() -> None:
    """A module without documentation, or with a section too few, is no entry."""
    with pytest.raises(ValueError, match="no documentation"):
        _entry(None)
    with pytest.raises(ValueError, match="must have the sections"):
        _entry("A summary.\n\nWhat it is:\n    Something.\n")


def _entry(documentation: str | None) -> Cause:
    return entry(
        "analyzers.causes.some_cause",
        documentation,
        family=Family.TRUST,
        severity=Severity.LOW,
        needs=frozenset(),
        check=lambda _case: iter(()),
    )
