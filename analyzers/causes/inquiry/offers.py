"""Why a server may have found nothing to choose from in a ClientHello.

handshake_failure (40) in answer to the ClientHello says that suites, groups or signature schemes have
nothing in common, and not which; BearSSL and OpenSSL 1.0.2 say so of versions too. What the server can do is
not on the wire. So the offer is compared with what is known of the server (the mirror's policy, an earlier
connection), and else with what nearly every server accepts: where it is cut down in one respect only, that
respect is to blame.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from analyzers.causes.entry import Evidence
from analyzers.connection import Outcome, Party
from analyzers.tls.codepoints import (
    cipher_suite_name,
    group_name,
    is_grease,
    is_tls13,
    signature_scheme_name,
    version_name,
)

from .progress import Stage
from .refusal import Signal
from .schemes import key_types_of
from .speech import has_spoken
from .wording import listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analyzers.connection import Tls
    from analyzers.tls.messages import ClientHello

    from .case import Case

__all__ = ["OfferReading", "is_cut_down", "read_offer"]

_NEGOTIATION_ALERTS = frozenset({40, 47, 71})
"""handshake_failure, illegal_parameter, insufficient_security."""

_HANDSHAKE_FAILURE = 40
_PAIR = 2

_NOT_SAID = ("no-common-version", 47)
"""No stack says illegal_parameter of versions that have nothing in common."""

_INTERNAL_ERROR = 80
"""What OpenSSL 3 says of TLS 1.1 at its usual security level."""

_TLS13_PAIR = frozenset({0x1301, 0x1302})
_AES128 = frozenset({0xC02F, 0xC02B, 0x009E, 0x009C})
_AES256 = frozenset({0xC030, 0xC02C, 0x009F, 0x009D})
_FOR_RSA = frozenset({0xC02F, 0xC030, 0x009E, 0x009F, 0x009C, 0x009D})
"""AES-GCM, which nearly every server has in both sizes."""

_TLS12 = 0x0303
"""The version that nearly every server has: those without it have nothing newer, or nothing older."""

_EXTENDED_MASTER_SECRET = 23
"""What libraries write since 2015: their defaults have several groups, where those of Node.js 8 had one."""

_USUAL_GROUPS = frozenset({0x001D, 0x0017, 0x0018})

_ALONE, _AMONG_SEVERAL, _BESIDE, _KNOWN = 0.86, 0.4, 0.1, 0.93
_NOT_VERSION, _PERHAPS_VERSION = 0.82, 0.3
_LEFT = 0.6
"""What is left of all together where the server left without a word, or speaks of an error of its own."""

_UNDECIDED: Mapping[str, float] = MappingProxyType(
    {
        "no-common-cipher": 0.5,
        "no-common-group": 0.2,
        "no-common-signature-scheme": 0.2,
        "no-common-version": 0.05,
    }
)

_WITH_ONE_GROUP: Mapping[str, float] = MappingProxyType({**_UNDECIDED, "no-common-group": 0.5})
"""Where the client offers one group only, of those that nearly every server has."""


@dataclass(frozen=True, slots=True)
class OfferReading:
    """How likely it is that each respect has nothing in common, and what says so."""

    weights: Mapping[str, float]
    evidence: Mapping[str, tuple[Evidence, ...]]


def read_offer(case: Case) -> OfferReading | None:
    """Weigh the four respects where a server refused the ClientHello; None where it did not."""
    hello = case.tls.client_hello
    if hello is None or not _is_about_offer(case, hello):
        return None
    offered: dict[str, tuple[Evidence, ...]] = {
        cause: (case.quote(Party.CLIENT, "ClientHello", text),) for cause, text in _offers(hello).items()
    }
    code = None if case.refusal is None else case.refusal.alert_code
    narrow = tuple(cause for cause in _narrow(hello) if (cause, code) != _NOT_SAID)
    if case.refusal is not None and code not in _NEGOTIATION_ALERTS:
        share = _LEFT / len(narrow)
        return OfferReading({cause: share if cause in narrow else 0.0 for cause in _UNDECIDED}, offered)
    known = dict(_known_lacks(case, hello))
    for cause, text in known.items():
        offered[cause] += (Evidence(text, source="mirror definition or earlier connection"),)
    if known:
        weights = {cause: _KNOWN if cause in known else _BESIDE / 2 for cause in _UNDECIDED}
        return OfferReading(weights, offered)
    if not narrow:
        return OfferReading(_WITH_ONE_GROUP if len(_real(hello.groups)) == 1 else _UNDECIDED, offered)
    alone = _ALONE if len(narrow) == 1 else _AMONG_SEVERAL
    weights = {cause: alone if cause in narrow else _BESIDE for cause in _UNDECIDED}
    if code == _HANDSHAKE_FAILURE and len(narrow) == len({"no-common-version", *narrow}) == _PAIR:
        # A client that is held to TLS 1.3 and cut down besides: nearly every server has a word of its own for versions.
        weights |= dict.fromkeys(narrow, _NOT_VERSION) | {"no-common-version": _PERHAPS_VERSION}
    return OfferReading(weights, offered)


def _is_about_offer(case: Case, hello: ClientHello) -> bool:
    """Say whether a server refused the ClientHello, or left without a word on one that is cut down (Mono does)."""
    refusal = case.refusal
    if refusal is None or refusal.party is not Party.SERVER or refusal.stage is not Stage.BEFORE_SERVER_HELLO:
        return False
    if refusal.alert_code == _INTERNAL_ERROR:
        return is_cut_down(hello)
    if refusal.signal in (Signal.FIN, Signal.RST):
        return is_cut_down(hello) and not has_spoken(case.connection, Party.SERVER)
    return refusal.alert_code in _NEGOTIATION_ALERTS


def is_cut_down(hello: ClientHello) -> bool:
    """Say whether an offer is cut down in any respect to less than nearly every server has."""
    return any(True for _ in _narrow(hello))


def _offers(hello: ClientHello) -> dict[str, str]:
    versions = listing(map(version_name, hello.versions))
    suites = listing(cipher_suite_name(code) for code in _real(hello.cipher_suites))
    groups = listing(group_name(code) for code in _real(hello.groups))
    schemes = listing(signature_scheme_name(code) for code in _real(hello.signature_schemes))
    return {
        "no-common-cipher": f"the client offers the cipher suites {suites}",
        "no-common-group": f"the client offers the groups {groups}",
        "no-common-signature-scheme": f"the client can verify the signatures {schemes}",
        "no-common-version": f"the client offers {versions}",
    }


def _real(codes: tuple[int, ...]) -> list[int]:
    return [code for code in codes if not is_grease(code) and code not in (0x00FF, 0x5600)]


def _narrow(hello: ClientHello) -> Iterator[str]:
    """Name each respect in which the offer is cut down to less than nearly every server has."""
    has_tls13 = any(map(is_tls13, hello.versions))
    if _TLS12 not in hello.versions:
        yield "no-common-version"
        if not has_tls13:
            return  # What it lacks else came with newer versions.
    suites = set(hello.cipher_suites)
    lacks_tls13 = has_tls13 and not suites >= _TLS13_PAIR
    older = {code for code in _real(hello.cipher_suites) if code >> 8 != 0x13}
    lacks_older = bool(older) and not (older & _AES128 and older & _AES256 and older & _FOR_RSA)
    if lacks_tls13 or lacks_older:
        yield "no-common-cipher"
    groups = _real(hello.groups)
    is_chosen = len(groups) == 1 and hello.extension(_EXTENDED_MASTER_SECRET) is not None
    if groups and (is_chosen or not _USUAL_GROUPS.intersection(groups)):
        yield "no-common-group"
    if hello.signature_schemes and not key_types_of(hello.signature_schemes) >= {"RSA", "EC"}:
        yield "no-common-signature-scheme"


def _known_lacks(case: Case, hello: ClientHello) -> Iterator[tuple[str, str]]:
    """Say where the offer has nothing of what the server is known to take."""
    allowed = case.policy.cipher_suites
    if allowed is not None and not set(allowed) & set(hello.cipher_suites):
        yield "no-common-cipher", "none of them is in the mirror's policy"
    for tls in _earlier_with_server(case):
        if tls.cipher_suite is not None and tls.cipher_suite not in hello.cipher_suites:
            yield "no-common-cipher", f"the server chose {cipher_suite_name(tls.cipher_suite)} before"
        elif tls.group is not None and hello.groups and tls.group not in hello.groups:
            yield "no-common-group", f"the server chose {group_name(tls.group)} before"


def _earlier_with_server(case: Case) -> Iterator[Tls]:
    for connection in case.earlier:
        is_same = connection.server == case.connection.server
        if is_same and connection.outcome is Outcome.ESTABLISHED and connection.tls is not None:
            yield connection.tls
