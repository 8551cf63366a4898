"""The path from a presented certificate to an anchor, and everything that is wrong along it.

The errors stand in the order in which OpenSSL meets them, so the first that it would refuse for is the one
that a peer's log and alert speak of: first the gaps of the path, then extensions from the leaf up, then
strength from the leaf up, then signatures and validity from the root down, then name constraints.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from .canonical import are_same_name
from .constraints import constraint_fault
from .gaps import Surroundings, explain_gap
from .issuance import can_have_issued, is_self_signed
from .path import build_path
from .purposes import ca_fault, usage_faults
from .signatures import SignatureVerdict, verify_signature
from .strength import LEVEL_BITS, key_strength, signature_strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .certificate import Certificate
    from .path import Path
    from .purposes import Purpose

__all__ = ["ChainError", "ChainReport", "build_chain", "same_validity"]

_SIGNATURE_FAILURE = 7
_NOT_YET_VALID = 9
_EXPIRED = 10
_BROKEN_TIMES = {"notBefore": 13, "notAfter": 14}
_PATH_LENGTH_EXCEEDED = 25
_INVALID_PURPOSE = 26
_UNHANDLED_CRITICAL_EXTENSION = 34
_EE_KEY_TOO_SMALL = 66
_CA_KEY_TOO_SMALL = 67
_CA_MD_TOO_WEAK = 68
_INVALID_CA = 79
_EXPLICIT_CURVE = 94
"""X509_V_ERR numbers of OpenSSL 3."""


@dataclass(frozen=True, slots=True)
class ChainError:
    """One thing that is wrong with a chain."""

    kind: str
    """The id of the root cause: `unknown-ca`, `incomplete-chain`, ..."""
    depth: int
    """Where in the path: 0 is the peer's own certificate."""
    text: str
    code: int = 0
    """OpenSSL's X509_V_ERR number; 0 where OpenSSL does not mind, or where trust is not known."""


@dataclass(frozen=True, slots=True)
class ChainReport:
    """A path as OpenSSL would build it, and its errors, the ones that OpenSSL meets first in front."""

    path: tuple[Certificate, ...]
    is_complete: bool
    """Whether the path ends in an anchor, or, where no anchors are known, in a self-signed certificate."""
    anchor: Certificate | None
    errors: tuple[ChainError, ...]
    notes: tuple[str, ...] = ()
    """What could not be judged, such as trust where no anchors were given."""

    @property
    def refusal(self) -> ChainError | None:
        """The error that OpenSSL would report; None where it would accept the chain, as far as is known."""
        return next((error for error in self.errors if error.code), None)


def _moment(at: float) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _extension_errors(path: tuple[Certificate, ...], purpose: Purpose | None) -> Iterator[ChainError]:
    """Check extensions from the leaf up (`check_extensions`)."""
    issuers_below = 0
    for depth, certificate in enumerate(path):
        if certificate.critical_extensions_unknown:
            oids = ", ".join(certificate.critical_extensions_unknown)
            text = f"the critical extension {oids} is none that OpenSSL handles"
            yield ChainError("unhandled-critical-extension", depth, text, _UNHANDLED_CRITICAL_EXTENSION)
        if depth > 0:
            fault = ca_fault(certificate, is_last=depth == len(path) - 1)
            if fault is not None:
                yield ChainError(
                    "issuer-not-a-ca", depth, f"{_name(certificate)} is no CA: {fault}", _INVALID_CA
                )
        if len(path) > 1 and certificate.curve == "explicit":
            text = "the parameters of its curve are spelled out instead of named"
            yield ChainError("unsupported-key-type", depth, text, _EXPLICIT_CURVE)
        if purpose is not None:
            kind = "issuer-purpose" if depth else f"{purpose}-certificate-purpose"
            for fault in usage_faults(certificate, purpose, depth):
                yield ChainError(
                    kind,
                    depth,
                    f"{_name(certificate)} cannot serve a TLS {purpose}: {fault}",
                    _INVALID_PURPOSE,
                )
        if depth > 1 and certificate.path_length is not None and issuers_below > certificate.path_length:
            text = (
                f"{_name(certificate)} allows {certificate.path_length} CA certificates below it, "
                f"and there are {issuers_below}"
            )
            yield ChainError("path-length-exceeded", depth, text, _PATH_LENGTH_EXCEEDED)
        if depth > 0 and not are_same_name(certificate.subject, certificate.issuer):
            issuers_below += 1


def _strength_errors(path: tuple[Certificate, ...], level: int) -> Iterator[ChainError]:
    """Check issuers' keys, and all signatures but the last one, from the leaf up (`check_auth_level`)."""
    for depth, certificate in enumerate(path):
        key, signature = key_strength(certificate), signature_strength(certificate)
        if depth > 0 and not key.passes(level):
            yield ChainError("weak-key", depth, _weakness(key.text, key.bits, level), _CA_KEY_TOO_SMALL)
        if depth < len(path) - 1 and not signature.passes(level):
            yield ChainError(
                "weak-signature", depth, _weakness(signature.text, signature.bits, level), _CA_MD_TOO_WEAK
            )


def _weakness(what: str, bits: int | None, level: int) -> str:
    return (
        f"{what} has {bits} bits of security, OpenSSL's security level {level} asks for {LEVEL_BITS[level]}"
    )


def _signature_error(path: tuple[Certificate, ...], depth: int) -> ChainError | None:
    certificate, issuer = path[depth], path[depth + 1]
    verdict = verify_signature(certificate, issuer)
    if verdict in (SignatureVerdict.VALID, SignatureVerdict.UNSUPPORTED):
        return None
    names_key = (
        certificate.authority_key_id is not None and certificate.authority_key_id == issuer.subject_key_id
    )
    if verdict is not SignatureVerdict.ALTERED and not names_key:
        text = f"{_name(certificate)} was not signed with the key that {_name(issuer)} has in its certificate"
        return ChainError("ca-rekeyed", depth, text, _SIGNATURE_FAILURE)
    text = f"the signature of {_name(issuer)} does not fit {_name(certificate)}: one of them was altered"
    return ChainError("signature-invalid", depth, text, _SIGNATURE_FAILURE)


def _validity_errors(certificate: Certificate, depth: int, at: float) -> Iterator[ChainError]:
    broken = {
        which: ChainError("decode-error", depth, f"the {which} of {_name(certificate)} is no time", code)
        for which, code in _BROKEN_TIMES.items()
        if which in certificate.broken_times
    }
    if "notBefore" in broken:
        yield broken["notBefore"]
    elif at < certificate.not_before:
        text = f"{_name(certificate)} is not valid before {_moment(certificate.not_before)}"
        yield ChainError("certificate-not-yet-valid", depth, text, _NOT_YET_VALID)
    if "notAfter" in broken:
        yield broken["notAfter"]
    elif at >= certificate.not_after:
        kind = "issuer-expired" if depth else "certificate-expired"
        text = f"{_name(certificate)} expired on {_moment(certificate.not_after)}"
        yield ChainError(kind, depth, text, _EXPIRED)


def _signed_errors(path: tuple[Certificate, ...], at: float) -> Iterator[ChainError]:
    """Check signatures and validity from the root down (`internal_verify`)."""
    for depth in range(len(path) - 1, -1, -1):
        error = _signature_error(path, depth) if depth + 1 < len(path) else None
        if error is not None:
            yield error
        yield from _validity_errors(path[depth], depth, at)


def _constraint_errors(path: tuple[Certificate, ...]) -> Iterator[ChainError]:
    """Hold all that are not self-issued to the name constraints above them (`check_name_constraints`)."""
    for depth in range(len(path) - 1, -1, -1):
        certificate = path[depth]
        if depth > 0 and are_same_name(certificate.subject, certificate.issuer):
            continue
        for upper in path[:depth:-1]:
            if upper.name_constraints is None:
                continue
            fault = constraint_fault(certificate, upper.name_constraints, is_leaf=depth == 0)
            if fault is not None:
                text = f"{_name(upper)} constrains names: {fault.text}"
                yield ChainError("name-constraint-violated", depth, text, fault.code)


def _order_error(presented: tuple[Certificate, ...], path: tuple[Certificate, ...]) -> ChainError | None:
    """Hold the order to RFC 5246 section 7.4.2 and the vendor's rule: each issues the one before."""
    first = presented[0]
    child = next(
        (other for other in presented[1:] if not other.is_ca and can_have_issued(first, other)), None
    )
    if child is not None:
        return ChainError(
            "chain-out-of-order",
            0,
            f"the first certificate, {_name(first)}, is the issuer of the later {_name(child)}",
        )
    places = [presented.index(certificate) for certificate in path if certificate in presented]
    if places == sorted(places):
        return None
    depth = next(at for at, (one, other) in enumerate(pairwise(places), start=1) if other < one)
    return ChainError(
        "chain-out-of-order",
        depth,
        f"{_name(path[depth])} is presented before the certificate that it issued",
    )


def _name(certificate: Certificate) -> str:
    return certificate.subject.rfc4514() or "a certificate without a subject"


def _notes(path: Path, trust: tuple[Certificate, ...]) -> Iterator[str]:
    if not trust:
        yield "no trust anchors are known, so whether the chain leads to a trusted one was not judged"
    for depth, certificate in enumerate(path.certificates):
        if not certificate.is_readable:
            yield f"the certificate at depth {depth} could not be read in full: {certificate.problem}"
        if depth + 1 < len(path.certificates):
            verdict = verify_signature(certificate, path.certificates[depth + 1])
            if verdict is SignatureVerdict.UNSUPPORTED:
                yield f"the signature at depth {depth} was not checked: {certificate.signature} is unsupported"


def _judge(
    presented: tuple[Certificate, ...],
    trust: tuple[Certificate, ...],
    at: float,
    purpose: Purpose | None,
    security_level: int,
    known: tuple[Certificate, ...],
) -> ChainReport:
    path = build_path(presented, trust, at)
    certificates = path.certificates
    errors: list[ChainError] = []
    leaf_key = key_strength(certificates[0])
    if not leaf_key.passes(security_level):
        errors.append(
            ChainError(
                "decode-error" if certificates[0].has_broken_key else "weak-key",
                0,
                _weakness(leaf_key.text, leaf_key.bits, security_level),
                _EE_KEY_TOO_SMALL,
            )
        )
    gap = explain_gap(path, Surroundings(presented, trust, known))
    if gap is not None:
        errors.append(ChainError(gap.kind, len(certificates) - 1, gap.text, gap.code))
    errors += _extension_errors(certificates, purpose)
    errors += _strength_errors(certificates, security_level)
    errors += _signed_errors(certificates, at)
    errors += _constraint_errors(certificates)
    order = _order_error(presented, certificates)
    if order is not None:
        errors.append(order)
    return ChainReport(
        path=certificates,
        is_complete=path.is_anchored or (not trust and is_self_signed(certificates[-1])),
        anchor=certificates[-1] if path.is_anchored else None,
        errors=tuple(errors),
        notes=tuple(_notes(path, trust)),
    )


@lru_cache(maxsize=256)  # the chains of a mirror's members, each with the CA file of the other side
def _turning_points(certificates: tuple[Certificate, ...]) -> tuple[float, ...]:
    """Give the moments at which the validity of any of the certificates changes."""
    return tuple(
        sorted(
            {
                moment
                for certificate in certificates
                for moment in (certificate.not_before, certificate.not_after)
            }
        )
    )


def same_validity(certificates: tuple[Certificate, ...], at: float) -> tuple[float, float]:
    """Give the times since when, and until before when, the validity of none of them is other than it is at `at`."""
    points = (float("-inf"), *_turning_points(certificates), float("inf"))
    place = bisect_right(points, at)
    return points[place - 1], points[place]


@lru_cache(maxsize=512)  # as above, for both purposes and a few moments
def _judge_between(
    presented: tuple[Certificate, ...],
    trust: tuple[Certificate, ...],
    interval: int,
    purpose: Purpose | None,
    security_level: int,
    known: tuple[Certificate, ...],
) -> ChainReport:
    points = _turning_points(presented + trust)
    return _judge(
        presented, trust, points[interval - 1] if interval else points[0] - 1, purpose, security_level, known
    )


def build_chain(
    presented: tuple[Certificate, ...],
    trust: tuple[Certificate, ...],
    at: float,
    purpose: Purpose | None,
    *,
    security_level: int = 1,
    known: tuple[Certificate, ...] = (),
) -> ChainReport:
    """Build and judge the path of `presented[0]`.

    Nothing changes between two moments at which some certificate begins or ceases to be valid, so a report is
    made once for each such interval, however often the chain is seen.

    Args:
        presented: the peer's chain as it was sent.
        trust: the peer's anchors and other trusted certificates; empty where they are not known, and then
        none is missed.
        at: epoch seconds, the moment to judge for.
        purpose: the role in which the chain is presented; None leaves purposes out.
        security_level: OpenSSL's level, for keys and signatures; 0 leaves strength out.
        known: certificates seen elsewhere, which may show what is missing.
    """
    if not presented:
        return ChainReport(
            (), is_complete=False, anchor=None, errors=(), notes=("no certificate was presented",)
        )
    interval = bisect_right(_turning_points(presented + trust), at)
    return _judge_between(presented, trust, interval, purpose, security_level, known)
