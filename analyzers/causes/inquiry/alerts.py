"""What each TLS stack says of the same fault: how far an alert explains a cause.

Measured on loopback between the stack and OpenSSL, each fault by itself and in pairs, TLS 1.2 and 1.3:
OpenSSL 3.0, 3.5 and 4.0 (X509_V_ERR to alert: `ssl_x509err2alert`), GnuTLS 3.7, Go 1.19, OpenJDK 17 and 25,
mbedTLS 2.28, wolfSSL 5.5. And each fault by itself, some in pairs: OpenSSL 1.0.2 and 1.1.1, BoringSSL of 2026,
Go 1.27, rustls 0.20 and 0.23, Erlang/OTP 25, Botan 2.19, Bouncy Castle 1.72, Haskell's tls 1.5, s2n-tls of
2026. An OpenSSL or IRIS peer's alert leaves few errors to choose from; most others answer nearly everything
with one alert, so there the certificate must tell.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from .stack import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .stack import StackGuess

__all__ = [
    "CERTIFICATE_ALERTS",
    "CERTIFICATE_FAULTS",
    "ORDER",
    "REFUSED_BY_ALL",
    "alert_fit",
    "has_order",
    "order_of",
]

_PURPOSE = ("client-certificate-purpose", "server-certificate-purpose", "issuer-purpose")
_TIME = ("certificate-expired", "issuer-expired", "certificate-not-yet-valid")
_PATH = ("unknown-ca", "incomplete-chain", "self-signed-certificate")
_AUTHORITY = ("issuer-not-a-ca", "path-length-exceeded")
_EXTENSION = ("name-constraint-violated", "unhandled-critical-extension")
_SIGNATURE = ("ca-rekeyed", "signature-invalid")
_STRENGTH = ("weak-key", "weak-signature", "unsupported-key-type")
_REVOCATION = ("certificate-revoked", "revocation-unknown")

CERTIFICATE_FAULTS = frozenset(
    (
        *(*_PURPOSE, *_TIME, *_PATH, *_AUTHORITY, *_EXTENSION, *_SIGNATURE, *_STRENGTH, *_REVOCATION),
        *("chain-out-of-order", "server-name-mismatch"),
    )
)
"""The causes that lie in a certificate, its chain, or what its verifier holds against it."""

REFUSED_BY_ALL = frozenset(
    (*_PURPOSE, *_TIME, *_PATH, *_AUTHORITY, *_EXTENSION, *_SIGNATURE, "certificate-revoked")
)
"""The faults that whoever verifies refuses: where one of them is there, an end without a word needs no other reason."""

CERTIFICATE_ALERTS = frozenset({42, 43, 44, 45, 46, 48, 49, 51, 80})
"""bad_certificate, unsupported_certificate, certificate_revoked, certificate_expired, certificate_unknown,
unknown_ca, access_denied, decrypt_error, and internal_error, which is GnuTLS on a key usage that it does
not like."""

_Habits = dict[str, tuple[int, ...]]


def _all(alerts: tuple[int, ...], causes: frozenset[str] | tuple[str, ...] = CERTIFICATE_FAULTS) -> _Habits:
    return dict.fromkeys(causes, alerts)


_OPENSSL: _Habits = {
    **_all((43,), _PURPOSE),
    **_all((45,), ("certificate-expired", "issuer-expired")),
    "certificate-not-yet-valid": (42,),
    **_all((48,), _PATH + _AUTHORITY),
    **_all((46,), _EXTENSION),
    "ca-rekeyed": (51, 48),  # 48 where key identifiers tell the keys apart, so that no issuer is found at all
    "signature-invalid": (51, 48),  # 48 where the name of the issuer was altered, so that none is found
    **_all((42,), ("weak-key", "weak-signature")),
    "server-name-mismatch": (42, 80),  # 80 where the caller compares the names (IO::Socket::SSL)
    "unsupported-key-type": (40, 43, 47),
    "certificate-revoked": (44,),
    "revocation-unknown": (48, 45, 42),  # no list; a list that has expired; a list of the future
    "client-certificate-missing": (40, 116),
    "private-key-mismatch": (51,),
}

_GNUTLS: _Habits = {
    **_all((42, 49)),
    "chain-out-of-order": (),
    "client-certificate-purpose": (
        80,
    ),  # it does not look at a client's extended key usage, but at its key usage
    "server-certificate-purpose": (42, 80),
    "issuer-purpose": (42,),
    "client-certificate-missing": (50, 116),
    "private-key-mismatch": (51, 42),
}

_GO: _Habits = {
    **_all((42,)),
    "chain-out-of-order": (),
    **_all((42, 45), ("certificate-expired", "issuer-expired", "certificate-not-yet-valid")),
    **_all((42, 48), (*_PATH, *_SIGNATURE, "issuer-not-a-ca", "weak-signature")),
    "client-certificate-missing": (42, 116, 40),
    "private-key-mismatch": (51,),
}

_JAVA: _Habits = {
    **_all((46,)),
    "chain-out-of-order": (),
    **_all((46, 45), ("certificate-expired", "issuer-expired")),
    **_all((46, 42), ("certificate-not-yet-valid", *_SIGNATURE)),
    "issuer-purpose": (),  # it does not look at an authority's extended key usage
    "client-certificate-missing": (42, 116, 40),
    "private-key-mismatch": (51, 40, 42),
    "certificate-revoked": (46, 44),
}

_MBEDTLS: _Habits = {
    **_all((46,)),
    **_all((43,), ("client-certificate-purpose", "server-certificate-purpose", *_STRENGTH)),
    "issuer-purpose": (),  # nor does this one
    **_all((42,), (*_EXTENSION, "server-name-mismatch")),
    **_all((45,), ("certificate-expired", "issuer-expired")),
    "certificate-not-yet-valid": (46,),
    **_all((48,), (*_PATH, *_SIGNATURE, *_AUTHORITY)),
    "chain-out-of-order": (46, 48),
    "certificate-revoked": (44,),
    "client-certificate-missing": (40, 116),  # 2.28 closes without an alert
    "private-key-mismatch": (51, 40),
}

_WOLFSSL: _Habits = {
    **_all((42,)),
    "issuer-purpose": (),
    **_all((45,), _TIME),
    **_all((48,), ("unknown-ca", "incomplete-chain", "issuer-not-a-ca")),
    "chain-out-of-order": (42, 48),
    "unhandled-critical-extension": (42,),  # in an authority; in the leaf it closes with close_notify
    "certificate-revoked": (44, 42),
    "client-certificate-missing": (116, 40),  # up to TLS 1.2 it closes with close_notify
    "private-key-mismatch": (51, 40),
}

_DISTINCT: _Habits = {
    **_all((43, 42, 46), _PURPOSE),
    **_all((45, 42), ("certificate-expired", "issuer-expired")),
    "certificate-not-yet-valid": (45, 42, 46),
    **_all((48, 42, 46), (*_PATH, *_AUTHORITY)),
    **_all((46, 42), _EXTENSION),
    **_all((51, 42, 48), _SIGNATURE),
    "chain-out-of-order": (48, 42),
    **_all((42, 43, 71), _STRENGTH),
    "server-name-mismatch": (42, 46),
    "certificate-revoked": (44,),
    "revocation-unknown": (46, 42),
    "client-certificate-missing": (40, 116, 42),
    "private-key-mismatch": (51,),
}
"""What the alerts' definitions suggest (RFC 8446 section 6.2), as NSS and SChannel use them."""

_BORINGSSL: _Habits = {
    **_OPENSSL,
    **_all((43, 47), _PURPOSE),  # 47 in TLS 1.3, for a key usage
    "certificate-not-yet-valid": (45,),
}

_RUSTLS: _Habits = {  # 0.20: a client 42, a server 40; 0.23: what it finds
    **_all((42, 40, 46)),
    **_all((42, 40, 43), _PURPOSE),
    **_all((42, 40, 45), _TIME),
    **_all((42, 40, 48), _PATH),
    **_all((42, 40, 51), (*_SIGNATURE, *_STRENGTH)),
    "chain-out-of-order": (),
    "client-certificate-missing": (116,),  # in TLS 1.2 too
    "private-key-mismatch": (51, 40),
}

_ERLANG: _Habits = {
    **_all((42,)),
    **_all((40,), _PURPOSE + _AUTHORITY),
    **_all((45,), _TIME),
    **_all((48,), ("unknown-ca", "incomplete-chain", "ca-rekeyed")),
    "unhandled-critical-extension": (43,),
    "server-name-mismatch": (40,),
    "chain-out-of-order": (),
    "client-certificate-missing": (40, 116),
    "private-key-mismatch": (51, 40),
}

_BOTAN: _Habits = {
    **_all((42,)),
    **_all((42, 71), _STRENGTH),
    "issuer-purpose": (),
    "client-certificate-missing": (40,),
    "private-key-mismatch": (51,),
}

_BOUNCY_CASTLE: _Habits = {
    **_all((46,)),
    "issuer-purpose": (),
    "client-certificate-missing": (40, 116),
    "private-key-mismatch": (51,),
}

_HASKELL: _Habits = {
    **_all((46, 48)),  # a server 46, a client what it finds
    **_all((46, 45), _TIME),
    **_all((46, 42), ("client-certificate-purpose", "server-certificate-purpose")),
    **_all((), ("issuer-purpose", *_EXTENSION)),  # it does not look at them
    "client-certificate-missing": (46, 116),
    "private-key-mismatch": (51,),
}

_BY_STACK: Mapping[Stack, _Habits] = MappingProxyType(
    {
        Stack.OPENSSL: _OPENSSL,
        Stack.GNUTLS: _GNUTLS,
        Stack.GO: _GO,
        Stack.JAVA: _JAVA,
        Stack.MBEDTLS: _MBEDTLS,
        Stack.WOLFSSL: _WOLFSSL,
        Stack.NSS: _DISTINCT,
        Stack.SCHANNEL: _DISTINCT,
        Stack.BORINGSSL: _BORINGSSL,
        Stack.RUSTLS: _RUSTLS,
        Stack.ERLANG: _ERLANG,
        Stack.BOTAN: _BOTAN,
        Stack.BOUNCY_CASTLE: _BOUNCY_CASTLE,
        Stack.HASKELL: _HASKELL,
    }
)

_BY_MEANING: Mapping[int, frozenset[str]] = MappingProxyType(
    {
        43: frozenset(_PURPOSE),
        44: frozenset({"certificate-revoked"}),
        45: frozenset({"certificate-expired", "issuer-expired"}),
        48: frozenset((*_PATH, "ca-rekeyed")),
        116: frozenset({"client-certificate-missing"}),
    }
)
"""Alerts that name the fault: nobody sends them for another one, whichever stack it is."""

_FITS, _FITS_SOMEWHERE, _FITS_BY_NAME, _FITS_NOT = 0.97, 0.88, 0.92, 0.03


def _anywhere() -> Mapping[str, frozenset[int]]:
    causes = {cause for habits in _BY_STACK.values() for cause in habits}
    return {
        cause: frozenset(alert for habits in _BY_STACK.values() for alert in habits.get(cause, ()))
        for cause in causes
    }


_ANYWHERE = _anywhere()


def alert_fit(cause: str, alert: int, sender: StackGuess) -> float:
    """Say how well `cause` explains that `sender` sent `alert`, from 0 to 1.

    As far as the sender's stack is known, its habits count, and as far as it is not, the habits of all. A
    guess that is right half the time is worth nothing: an alert that it does not explain speaks against the
    guess.
    """
    habits = _BY_STACK.get(sender.stack)
    own = _FITS_NOT if habits is None else _FITS if alert in habits.get(cause, ()) else _FITS_NOT
    anybody = _FITS_SOMEWHERE if alert in _ANYWHERE.get(cause, ()) else _FITS_NOT
    known = 0.0 if habits is None else max(0.0, 2 * sender.confidence - 1)
    fit = known * own + (1 - known) * anybody
    return max(fit, _FITS_BY_NAME) if cause in _BY_MEANING.get(alert, ()) else fit


ORDER: tuple[str, ...] = (
    *("unknown-ca", "incomplete-chain", "chain-out-of-order", "self-signed-certificate"),
    *("unhandled-critical-extension", "issuer-not-a-ca"),
    *("client-certificate-purpose", "server-certificate-purpose", "issuer-purpose"),
    *("path-length-exceeded", "weak-key", "weak-signature", "server-name-mismatch"),
    *("certificate-revoked", "revocation-unknown"),
    *(
        "ca-rekeyed",
        "signature-invalid",
        "issuer-expired",
        "certificate-not-yet-valid",
        "certificate-expired",
    ),
    "name-constraint-violated",
)
"""In which order OpenSSL looks (`verify_chain`), so which of several faults it reports; only the first is
sent."""

_GO_ORDER = (
    *(
        "unhandled-critical-extension",
        "certificate-expired",
        "certificate-not-yet-valid",
        "server-name-mismatch",
    ),
    *("issuer-expired", "ca-rekeyed", "signature-invalid", "issuer-not-a-ca", "path-length-exceeded"),
    *("unknown-ca", "incomplete-chain", "self-signed-certificate", "name-constraint-violated"),
    *("client-certificate-purpose", "server-certificate-purpose", "issuer-purpose"),
)

_MBEDTLS_ORDER = (
    *("unhandled-critical-extension", "name-constraint-violated", "server-name-mismatch"),
    *("client-certificate-purpose", "server-certificate-purpose", "issuer-expired", "certificate-expired"),
    *(*_PATH, *_SIGNATURE, *_AUTHORITY, "certificate-not-yet-valid"),
)

_WOLFSSL_ORDER = (
    *(
        "unknown-ca",
        "incomplete-chain",
        "self-signed-certificate",
        "issuer-not-a-ca",
        "ca-rekeyed",
        "signature-invalid",
    ),
    *("issuer-expired", "certificate-expired", "certificate-not-yet-valid", "client-certificate-purpose"),
    "server-certificate-purpose",
)

_JAVA_ORDER = (
    *("unknown-ca", "incomplete-chain", "chain-out-of-order", "self-signed-certificate"),
    *(
        "ca-rekeyed",
        "signature-invalid",
        "issuer-expired",
        "certificate-expired",
        "certificate-not-yet-valid",
    ),
    *("issuer-not-a-ca", "path-length-exceeded", "name-constraint-violated", "weak-key", "weak-signature"),
    *("unhandled-critical-extension", "certificate-revoked", "revocation-unknown"),
    *("client-certificate-purpose", "server-certificate-purpose", "server-name-mismatch"),
)


_RUSTLS_ORDER = (
    *("unhandled-critical-extension", "certificate-expired", "certificate-not-yet-valid"),
    *("client-certificate-purpose", "server-certificate-purpose"),
    *(*_PATH, *_SIGNATURE, *_AUTHORITY, "issuer-expired", "issuer-purpose", "name-constraint-violated"),
)

_HASKELL_ORDER = (
    *("certificate-expired", "certificate-not-yet-valid", "issuer-expired"),
    *("client-certificate-purpose", "server-certificate-purpose", *_PATH, *_SIGNATURE, *_AUTHORITY),
)

_ORDERS: Mapping[Stack, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys((Stack.OPENSSL, Stack.BORINGSSL, Stack.ERLANG, Stack.BOTAN), ORDER),
        **dict.fromkeys((Stack.GNUTLS, Stack.NSS, Stack.SCHANNEL), ORDER),
        Stack.RUSTLS: _RUSTLS_ORDER,
        Stack.HASKELL: _HASKELL_ORDER,
        Stack.GO: _GO_ORDER,
        Stack.JAVA: _JAVA_ORDER,
        Stack.MBEDTLS: _MBEDTLS_ORDER,
        Stack.WOLFSSL: _WOLFSSL_ORDER,
    }
)


def order_of(stack: Stack) -> tuple[str, ...]:
    """Give the order in which `stack` looks for faults: OpenSSL's where it is not known."""
    return _ORDERS.get(stack, ORDER)


def has_order(stack: Stack) -> bool:
    """Say whether the order in which `stack` looks for faults is known."""
    return stack in _ORDERS
