"""Name constraints (RFC 5280 section 4.2.1.10), applied as OpenSSL applies them.

The trap for a mirror: where the peer's certificate has no DNS name, OpenSSL holds its common name to the DNS
constraints, if it looks like a host name of two labels or more. The vendor's form `irisa.example.com/IRISA`
does not, for its slash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from .canonical import is_within
from .general_names import GeneralName
from .printing import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .certificate import Certificate, NameConstraints

__all__ = ["ConstraintFault", "constraint_fault"]

_PERMITTED_VIOLATION = 47
_EXCLUDED_VIOLATION = 48
_SUBTREE_DISTANCES = 49
_UNSUPPORTED_TYPE = 51
_UNSUPPORTED_CONSTRAINT_SYNTAX = 52
_UNSUPPORTED_NAME_SYNTAX = 53
"""X509_V_ERR numbers of OpenSSL."""

_EMAIL_ADDRESS = "1.2.840.113549.1.9.1"
_COMMON_NAME = "2.5.4.3"
_IA5_STRING = 22

_FOREIGN_EMAIL = "email in another string type"
"""The kind of a mail address in the subject that is no IA5String; OpenSSL refuses it where names are constrained."""

_HOST_NAME = re.compile(r"(?![-.])(?!.*[-.]\Z)[A-Za-z0-9_-]+(?:(?<!-)\.(?!-)[A-Za-z0-9_-]+)+", re.ASCII)
"""What OpenSSL takes for a host name in a common name (`cn2dnsid`)."""


@dataclass(frozen=True, slots=True)
class ConstraintFault:
    """Why a certificate's names break the constraints of a CA above it."""

    code: int
    """X509_V_ERR number of OpenSSL."""
    text: str


class _UnsupportedError(Exception):
    """A name or a constraint in a form that OpenSSL does not handle."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _dns_within(name: GeneralName, base: GeneralName) -> bool:
    host, domain = name.text.lower(), base.text.lower()
    if not domain or host == domain:
        return True
    return host.endswith(domain) and (domain.startswith(".") or host[-len(domain) - 1] == ".")


def _email_within(name: GeneralName, base: GeneralName) -> bool:
    local, at, host = name.text.rpartition("@")
    if not at:
        raise _UnsupportedError(_UNSUPPORTED_NAME_SYNTAX)
    wanted_local, wanted_at, wanted_host = base.text.rpartition("@")
    if not wanted_at and base.text.startswith("."):
        return len(name.text) > len(base.text) and name.text.lower().endswith(base.text.lower())
    return (not wanted_local or local == wanted_local) and host.lower() == wanted_host.lower()


def _uri_within(name: GeneralName, base: GeneralName) -> bool:
    _, separator, rest = name.text.partition(":")
    if not separator or not rest.startswith("//"):
        raise _UnsupportedError(_UNSUPPORTED_NAME_SYNTAX)
    authority = rest[2:]
    host = authority.partition(":" if ":" in authority else "/")[0].lower()
    if not host:
        raise _UnsupportedError(_UNSUPPORTED_NAME_SYNTAX)
    wanted = base.text.lower()
    if wanted.startswith("."):
        return len(host) > len(wanted) and host.endswith(wanted)
    return host == wanted


def _ip_within(name: GeneralName, base: GeneralName) -> bool:
    address, mask = (
        int.from_bytes(part, "big")
        for part in (base.raw[: len(base.raw) // 2], base.raw[len(base.raw) // 2 :])
    )
    if len(name.raw) not in (4, 16):
        raise _UnsupportedError(_UNSUPPORTED_NAME_SYNTAX)
    if len(base.raw) not in (8, 32):
        raise _UnsupportedError(_UNSUPPORTED_CONSTRAINT_SYNTAX)
    return 2 * len(name.raw) == len(base.raw) and int(ip_address(name.raw)) & mask == address & mask


def _dn_within(name: GeneralName, base: GeneralName) -> bool:
    return name.name is not None and base.name is not None and is_within(name.name, base.name)


_WITHIN: dict[str, Callable[[GeneralName, GeneralName], bool]] = {
    "DNS": _dns_within,
    "email": _email_within,
    "URI": _uri_within,
    "IP": _ip_within,
    "DN": _dn_within,
}


def _is_within(name: GeneralName, base: GeneralName) -> bool:
    within = _WITHIN.get(name.kind)
    if within is None:
        raise _UnsupportedError(_UNSUPPORTED_TYPE)
    return within(name, base)


def _names(certificate: Certificate, *, is_leaf: bool) -> Iterator[GeneralName]:
    """Give the names that constraints apply to, in OpenSSL's order."""
    if certificate.subject:
        yield GeneralName("DN", certificate.subject.rfc4514(), certificate.subject)
        for attribute in certificate.subject.attributes():
            if attribute.oid == _EMAIL_ADDRESS:
                yield GeneralName(
                    "email" if attribute.tag == _IA5_STRING else _FOREIGN_EMAIL,
                    attribute.value,
                )
    yield from certificate.alternative_names
    if is_leaf and not any(name.kind == "DNS" for name in certificate.alternative_names):
        for attribute in certificate.subject.attributes():
            if attribute.oid == _COMMON_NAME and _HOST_NAME.fullmatch(attribute.value.rstrip("\0")):
                yield GeneralName("DNS", attribute.value.rstrip("\0"))


def _shown(names: tuple[GeneralName, ...]) -> str:
    return ", ".join(map(str, names))


def _syntax_fault(name: GeneralName) -> ConstraintFault | None:
    if name.kind != _FOREIGN_EMAIL:
        return None
    return ConstraintFault(_UNSUPPORTED_NAME_SYNTAX, f"{visible(name.text)} in the subject is no IA5String")


def _fault_of(name: GeneralName, constraints: NameConstraints) -> ConstraintFault | None:
    permitted = tuple(base for base in constraints.permitted if base.kind == name.kind)
    excluded = tuple(base for base in constraints.excluded if base.kind == name.kind)
    if not permitted and not excluded:
        return None
    shown = visible(str(name))
    if constraints.has_distances:
        return ConstraintFault(
            _SUBTREE_DISTANCES,
            f"the subtrees for {shown} have a minimum or maximum, which OpenSSL does not handle",
        )
    try:
        if permitted and not any(_is_within(name, base) for base in permitted):
            return ConstraintFault(
                _PERMITTED_VIOLATION, f"{shown} is outside what is permitted: {_shown(permitted)}"
            )
        if any(_is_within(name, base) for base in excluded):
            return ConstraintFault(
                _EXCLUDED_VIOLATION, f"{shown} is within what is excluded: {_shown(excluded)}"
            )
    except _UnsupportedError as error:
        return ConstraintFault(error.code, f"{shown} is a name to which OpenSSL cannot apply the constraints")
    return None


def constraint_fault(
    certificate: Certificate, constraints: NameConstraints, *, is_leaf: bool
) -> ConstraintFault | None:
    """Give the first name of `certificate` that breaks `constraints`, None where all keep them."""
    faults = (
        _syntax_fault(name) or _fault_of(name, constraints) for name in _names(certificate, is_leaf=is_leaf)
    )
    return next((fault for fault in faults if fault is not None), None)
