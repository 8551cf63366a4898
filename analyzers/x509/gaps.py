"""Why a path stops before it reaches an anchor: which of the things that OpenSSL reports as an unknown issuer it is.

OpenSSL says the same of an authority that nobody told it of, of an intermediate that the peer forgot to send, and of an authority that
got a new key. The certificates at hand tell them apart, with more or less certainty, and the text says which.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .canonical import are_same_name, canonical_name
from .issuance import bears_authority_key, can_have_issued, is_self_signed
from .path import DEEPEST_PATH

if TYPE_CHECKING:
    from .certificate import Certificate
    from .names import DistinguishedName
    from .path import Path

__all__ = ["Gap", "explain_gap"]

_GEOGRAPHY = frozenset({"2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9", "2.5.4.17"})
"""Country, locality, state, street, postal code: shared by strangers."""

_ORDINARY_WORDS = frozenset(
    "a and authorities authority ca cas certificate certificates certification class corporation corp de global gmbh inc intermediate issuing"
    " limited llc ltd mirror of online org com net pki policy primary root roots secure security server signing services sub subordinate"
    " the tls trust trusted".split()
)
"""Words in the names of authorities that say nothing about whose they are."""

_WORD = re.compile(r"[^\W\d_]{2,}|\d{3,}")


@dataclass(frozen=True, slots=True)
class Gap:
    """Why a path stops where it does."""

    kind: str
    text: str
    code: int
    """X509_V_ERR number of OpenSSL; 0 where anchors are not known, so that nothing was refused."""


_UNABLE_TO_GET_ISSUER = 2
_SELF_SIGNED_LEAF = 18
_SELF_SIGNED_IN_CHAIN = 19
_UNABLE_TO_GET_ISSUER_LOCALLY = 20
_CHAIN_TOO_LONG = 22


def _own_words(name: DistinguishedName) -> frozenset[str]:
    words = (
        word
        for attribute in name.attributes()
        if attribute.oid not in _GEOGRAPHY
        for word in _WORD.findall(attribute.value.lower())
    )
    return frozenset(words) - _ORDINARY_WORDS


def _is_called_root(name: DistinguishedName) -> bool:
    return any("root" in value.lower() for value in name.values("CN"))


def _namesake(path: Path, certificates: tuple[Certificate, ...]) -> Certificate | None:
    """Give a certificate that bears the name of the missing issuer and yet is not it."""
    last = path.certificates[-1]
    return next(
        (other for other in certificates if other != last and are_same_name(other.subject, last.issuer)), None
    )


def _namesake_gap(last: Certificate, namesake: Certificate, whose: str, code: int) -> Gap:
    name = namesake.subject.rfc4514()
    if bears_authority_key(last, namesake):
        return Gap(
            "ca-rekeyed",
            f"the {whose} certificate of {name} holds a {namesake.key_type} key, the signature is of another kind",
            code,
        )
    wanted, has = last.authority_key_id, namesake.subject_key_id
    if wanted is not None and has is not None and wanted != has:
        return Gap(
            "ca-rekeyed",
            f"the issuer {name} signed with the key {wanted.hex(':')}; the {whose} certificate of that name holds the key {has.hex(':')}",
            code,
        )
    return Gap(
        "unknown-ca",
        f"the certificate names its issuer {name} by serial number, and the {whose} certificate of that name has another, {namesake.serial}",
        code,
    )


def _missing_link(
    path: Path,
    presented: tuple[Certificate, ...],
    trust: tuple[Certificate, ...],
    known: tuple[Certificate, ...],
) -> str | None:
    """Say by what it shows that an intermediate certificate is missing, None where nothing shows it."""
    last = path.certificates[-1]
    absent = last.issuer.rfc4514()
    seen = next((other for other in known if can_have_issued(other, last)), None)
    if seen is not None:
        return f"the intermediate certificate {absent} is missing; it was seen elsewhere, and its issuer is {seen.issuer.rfc4514()}"
    upper = (
        ()
        if last.authority_key is None
        else tuple(general.name for general in last.authority_key.issuer if general.name is not None)
    )
    anchors = {canonical_name(anchor.subject) for anchor in trust}
    if any(canonical_name(name) in anchors for name in upper):
        return f"the intermediate certificate {absent} is missing; by the certificate's own account it was issued by {upper[0].rfc4514()}"
    stranded = next((other for other in presented if other not in path.certificates and other.is_ca), None)
    if stranded is not None:
        return f"the intermediate certificate {absent} is missing between what was presented: {stranded.subject.rfc4514()} does not link to it"
    words = _own_words(last.issuer)
    relative = next((anchor for anchor in trust if words & _own_words(anchor.subject)), None)
    if len(path.certificates) == 1 and relative is not None and not _is_called_root(last.issuer):
        return (
            f"the certificate came without its issuer {absent}, which is not trusted itself; "
            f"by its name it belongs under the trusted {relative.subject.rfc4514()}"
        )
    return None


def _self_signed_gap(path: Path, trust: tuple[Certificate, ...]) -> Gap:
    root = path.certificates[-1]
    name = root.subject.rfc4514()
    if len(path.certificates) == 1:
        return Gap(
            "self-signed-certificate",
            f"{name} is its own issuer, and is not among the trusted certificates",
            _SELF_SIGNED_LEAF,
        )
    namesake = _namesake(path, trust)
    if namesake is not None and namesake.spki != root.spki:
        text = f"the presented root {name} has another key than the trusted certificate of that name"
        return Gap("ca-rekeyed", text, _SELF_SIGNED_IN_CHAIN)
    return Gap(
        "unknown-ca",
        f"the chain ends in the root {name}, which is not among the trusted certificates",
        _SELF_SIGNED_IN_CHAIN,
    )


def _open_gap(
    path: Path,
    presented: tuple[Certificate, ...],
    trust: tuple[Certificate, ...],
    known: tuple[Certificate, ...],
) -> Gap:
    last = path.certificates[-1]
    is_trusted = path.trusted_from < len(path.certificates)
    code = _UNABLE_TO_GET_ISSUER if is_trusted else _UNABLE_TO_GET_ISSUER_LOCALLY
    for whose, certificates in (("trusted", trust), ("presented", presented)):
        namesake = _namesake(path, certificates)
        if namesake is not None:
            return _namesake_gap(last, namesake, whose, code)
    issuer = last.issuer.rfc4514()
    if is_trusted:
        text = f"the trusted {last.subject.rfc4514()} is an intermediate, and its issuer {issuer} is not among the trusted certificates"
        return Gap("incomplete-chain", text, code)
    missing = _missing_link(path, presented, trust, known)
    if missing is not None:
        return Gap("incomplete-chain", missing, code)
    return Gap(
        "unknown-ca",
        f"the issuer {issuer} of {last.subject.rfc4514()} is not among the trusted certificates",
        code,
    )


def _gap_without_anchors(
    path: Path, presented: tuple[Certificate, ...], known: tuple[Certificate, ...]
) -> Gap | None:
    """Say what the presented certificates alone show; what is trusted is not known, so nothing is said to be refused."""
    last = path.certificates[-1]
    if is_self_signed(last):
        if len(path.certificates) > 1:
            return None
        return Gap("self-signed-certificate", f"{last.subject.rfc4514()} is its own issuer", 0)
    missing = _missing_link(path, presented, (), known)
    return None if missing is None else Gap("incomplete-chain", missing, 0)


def explain_gap(
    path: Path,
    presented: tuple[Certificate, ...],
    trust: tuple[Certificate, ...],
    known: tuple[Certificate, ...] = (),
) -> Gap | None:
    """Say why a path has no anchor, None where it has one or where no anchors are known and nothing else is amiss.

    `known`: certificates that were seen elsewhere, such as those of the other members.
    """
    if path.is_anchored:
        return None
    if not trust:
        return _gap_without_anchors(path, presented, known)
    if len(path.certificates) > DEEPEST_PATH + 1:
        text = f"no root stands after {DEEPEST_PATH} CA certificates, which is as far as IRIS looks by default"
        return Gap("path-length-exceeded", text, _CHAIN_TOO_LONG)
    if is_self_signed(path.certificates[-1]):
        return _self_signed_gap(path, trust)
    return _open_gap(path, presented, trust, known)
