"""Why a path stops before it reaches an anchor.

OpenSSL says the same of an authority that nobody told it of, of an intermediate that the peer forgot to send,
and of an authority that got a new key. The certificates at hand tell them apart, with more or less certainty,
and the text says by what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .canonical import are_same_name, canonical_name
from .issuance import bears_authority_key, can_have_issued, is_self_signed
from .path import DEEPEST_PATH
from .signatures import SignatureVerdict, verify_signature

if TYPE_CHECKING:
    from .certificate import Certificate
    from .names import DistinguishedName
    from .path import Path

__all__ = ["Gap", "Surroundings", "explain_gap"]

_UNABLE_TO_GET_ISSUER = 2
_SELF_SIGNED_LEAF = 18
_SELF_SIGNED_IN_CHAIN = 19
_UNABLE_TO_GET_ISSUER_LOCALLY = 20
_CHAIN_TOO_LONG = 22
"""X509_V_ERR numbers of OpenSSL."""

_GEOGRAPHY = frozenset({"2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9", "2.5.4.17"})
"""Country, locality, state, street, postal code: shared by strangers."""

_ORDINARY = """
    a and authorities authority ca cas certificate certificates certification class corporation corp de global
    gmbh inc intermediate issuing limited llc ltd mirror of online org com net pki policy primary root roots
    secure security server signing services sub subordinate the tls trust trusted
"""
_ORDINARY_WORDS = frozenset(_ORDINARY.split())
"""Words in the names of authorities that say nothing about whose they are."""

_WORD = re.compile(r"[^\W\d_]{2,}|\d{3,}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The certificates from which a path was built, and those that may explain where it stops."""

    presented: tuple[Certificate, ...]
    trust: tuple[Certificate, ...]
    """Empty where the anchors are not known."""
    known: tuple[Certificate, ...] = ()
    """Certificates seen elsewhere, such as those of the other members."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Why a path stops where it does."""

    kind: str
    """The id of the root cause."""
    text: str
    code: int
    """X509_V_ERR number of OpenSSL; 0 where anchors are not known, so that nothing was refused."""


def _own_words(name: DistinguishedName) -> frozenset[str]:
    values = (attribute.value for attribute in name.attributes() if attribute.oid not in _GEOGRAPHY)
    return frozenset(word for value in values for word in _WORD.findall(value.lower())) - _ORDINARY_WORDS


def _is_called_root(name: DistinguishedName) -> bool:
    return any("root" in value.lower() for value in name.values("CN"))


def _namesake(path: Path, certificates: tuple[Certificate, ...]) -> Certificate | None:
    """Give a certificate that bears the name of the missing issuer and yet is not it."""
    last = path.certificates[-1]
    return next(
        (one for one in certificates if one != last and are_same_name(one.subject, last.issuer)), None
    )


def _namesake_gap(last: Certificate, namesake: Certificate, whose: str, code: int) -> Gap:
    """Say why a certificate with the issuer's name is not taken for the issuer."""
    name = namesake.subject.rfc4514()
    if namesake.has_broken_extensions or namesake.has_broken_key:
        return Gap(
            "decode-error",
            f"the {whose} {name} is no issuer, as {namesake.problem or 'its key is none'}",
            code,
        )
    if bears_authority_key(last, namesake):
        text = (
            f"the {whose} {name} has a key of type {namesake.key_type}, which did not sign {last.signature}"
        )
        return Gap("ca-rekeyed", text, code)
    wanted, has = last.authority_key_id, namesake.subject_key_id
    if wanted is not None and has is not None and wanted != has:
        text = (
            f"{name} signed with the key {wanted.hex(':')}; the {whose} one of that name has {has.hex(':')}"
        )
        return Gap("ca-rekeyed", text, code)
    text = f"the issuer {name} is named by a serial number that the {whose} one, {namesake.serial}, does not have"
    return Gap("unknown-ca", text, code)


def _alteration(path: Path, around: Surroundings) -> str | None:
    """Say that a certificate was altered where its issuer is no longer found; None where nothing proves it.

    The padding of an RSA signature shows whose key made it, also where what was signed is another name now.
    """
    last = path.certificates[-1]
    others = tuple(dict.fromkeys((*around.presented, *around.trust, *around.known)))
    for other in others:
        verdict = verify_signature(last, other) if other != last else None
        if verdict is SignatureVerdict.ALTERED:
            return f"{_name(last)} was signed by {_name(other)}, and altered since: it names another issuer or key"
        is_renamed = verdict is SignatureVerdict.VALID and other not in around.trust
        if is_renamed and any(verify_signature(other, one) is SignatureVerdict.ALTERED for one in others):
            return f"{_name(other)} signed {_name(last)}, and was altered since: its name or key identifier is another one"
    return None


def _sign_of_a_missing_link(path: Path, around: Surroundings) -> str | None:
    """Say by what it shows that an intermediate certificate is missing; None where nothing shows it."""
    last = path.certificates[-1]
    seen = next((other for other in around.known if can_have_issued(other, last)), None)
    if seen is not None:
        return f"it was seen elsewhere, and its own issuer is {seen.issuer.rfc4514()}"
    anchors = {canonical_name(anchor.subject) for anchor in around.trust}
    for general in () if last.authority_key is None else last.authority_key.issuer:
        if general.name is not None and canonical_name(general.name) in anchors:
            return f"by the certificate's own account it was issued by the trusted {general.text}"
    stranded = next((one for one in around.presented if one.is_ca and one not in path.certificates), None)
    if stranded is not None:
        return f"what was presented goes on with {stranded.subject.rfc4514()}, which does not link to it"
    words = _own_words(last.issuer)
    relative = next((anchor for anchor in around.trust if words & _own_words(anchor.subject)), None)
    if relative is None or len(path.certificates) > 1 or _is_called_root(last.issuer):
        return None
    return f"by its name it belongs under the trusted {relative.subject.rfc4514()}"


def _missing_link(path: Path, around: Surroundings) -> str | None:
    sign = _sign_of_a_missing_link(path, around)
    last = path.certificates[-1]
    if sign is None:
        return None
    return f"the intermediate certificate {last.issuer.rfc4514()} is missing, the issuer of {_name(last)}: {sign}"


def _name(certificate: Certificate) -> str:
    return certificate.subject.rfc4514() or "a certificate without a subject"


def _self_signed_gap(path: Path, trust: tuple[Certificate, ...]) -> Gap:
    root = path.certificates[-1]
    if len(path.certificates) == 1:
        text = f"{_name(root)} is its own issuer, and is not among the trusted certificates"
        return Gap("self-signed-certificate", text, _SELF_SIGNED_LEAF)
    namesake = _namesake(path, trust)
    if namesake is not None and namesake.spki != root.spki:
        text = f"the presented root {_name(root)} has another key than the trusted one of that name"
        return Gap("ca-rekeyed", text, _SELF_SIGNED_IN_CHAIN)
    text = f"the chain ends in the root {_name(root)}, which is not among the trusted certificates"
    return Gap("unknown-ca", text, _SELF_SIGNED_IN_CHAIN)


def _open_gap(path: Path, around: Surroundings) -> Gap:
    last = path.certificates[-1]
    is_trusted = path.from_peer < len(path.certificates)
    code = _UNABLE_TO_GET_ISSUER if is_trusted else _UNABLE_TO_GET_ISSUER_LOCALLY
    if last.has_broken_extensions:
        return Gap("decode-error", f"{_name(last)} has no issuer, as {last.problem}", code)
    altered = _alteration(path, around)
    if altered is not None:
        return Gap("signature-invalid", altered, code)
    for whose, certificates in (("trusted", around.trust), ("presented", around.presented)):
        namesake = _namesake(path, certificates)
        if namesake is not None:
            return _namesake_gap(last, namesake, whose, code)
    absent = f"the issuer {last.issuer.rfc4514()} of {_name(last)} is not among the trusted certificates"
    if is_trusted:
        text = f"the trusted {_name(last)} is an intermediate, and no anchor: {absent}"
        return Gap("incomplete-chain", text, code)
    missing = _missing_link(path, around)
    return Gap("unknown-ca", absent, code) if missing is None else Gap("incomplete-chain", missing, code)


def _gap_without_anchors(path: Path, around: Surroundings) -> Gap | None:
    """Say what the presented certificates alone show; without known anchors nothing is said to be refused."""
    last = path.certificates[-1]
    if not is_self_signed(last):
        altered = _alteration(path, around)
        if altered is not None:
            return Gap("signature-invalid", altered, 0)
        missing = _missing_link(path, around)
        return None if missing is None else Gap("incomplete-chain", missing, 0)
    if len(path.certificates) > 1:
        return None
    return Gap("self-signed-certificate", f"{_name(last)} is its own issuer", 0)


def explain_gap(path: Path, around: Surroundings) -> Gap | None:
    """Say why a path has no anchor; None where it has one, or none is known and nothing else is amiss."""
    if path.is_anchored:
        return None
    if not around.trust:
        return _gap_without_anchors(path, around)
    if len(path.certificates) > DEEPEST_PATH + 1:
        text = (
            f"no root stands after {DEEPEST_PATH} CA certificates, which is as far as IRIS looks by default"
        )
        return Gap("path-length-exceeded", text, _CHAIN_TOO_LONG)
    if is_self_signed(path.certificates[-1]):
        return _self_signed_gap(path, around.trust)
    return _open_gap(path, around)
