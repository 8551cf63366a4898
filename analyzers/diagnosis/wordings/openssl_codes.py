"""OpenSSL's packed error codes, decoded by arithmetic.

Up to 1.1.1 (and in LibreSSL) a code is library (8 bits), function (12), reason (12). From 3.0 on it is library (8 bits, shifted by
23) and reason (23), and the function is gone; the top bit then marks an errno. BoringSSL keeps 1.x's layout without functions.
The text that follows a code tells the generations apart: 3.x leaves the function empty, and the library's name fits one layout only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PackedCode", "find_packed_codes"]

_ALERT_OFFSET = 1000
"""SSL_AD_REASON_OFFSET of ssl.h: reasons above it are alerts that were received."""

LIBRARY_SSL = 20
_LIBRARY_SSL_BORING = 16

_LIBRARIES: Mapping[str, int] = {
    "system library": 2,
    "bignum routines": 3,
    "rsa routines": 4,
    "diffie-hellman routines": 5,
    "digital envelope routines": 6,
    "memory buffer routines": 7,
    "object identifier routines": 8,
    "pem routines": 9,
    "dsa routines": 10,
    "x509 certificate routines": 11,
    "asn1 encoding routines": 13,
    "configuration file routines": 14,
    "common libcrypto routines": 15,
    "elliptic curve routines": 16,
    "ssl routines": 20,
    "bio routines": 32,
    "pkcs7 routines": 33,
    "x509 v3 routines": 34,
    "pkcs12 routines": 35,
    "random number generator": 36,
    "dso support routines": 37,
    "engine routines": 38,
    "ocsp routines": 39,
    "ui routines": 40,
    "store routines": 44,
    "provider routines": 57,
}
"""ERR_LIB numbers of err.h by the names that OpenSSL prints; 57 is printed for providers by 3.x."""

_CODE = re.compile(
    r"(?<![0-9a-z])(?:error:|error code:? *(?:0x)?|err(?:no)?[ =:]+(?:0x)?)?"
    r"(?P<code>[0-9a-f]{8}):(?P<library>(?:[a-z0-9 .-]*(?:routines|library|generator)|lib\(\d+\)|ssl|[a-z0-9 ]+ lib))"
    r"(?::(?P<function>[a-z0-9_(). ]*))?(?::(?P<reason>[^:,<\r\n\"']*))?",
    re.IGNORECASE,
)
_DECIMAL = re.compile(
    r"(?<!\d)(?P<code>26\d{7}):ssl routines:(?P<function>openssl_internal):(?P<reason>[a-z0-9_ ]+)",
    re.IGNORECASE,
)
"""Envoy and gRPC print BoringSSL's code in decimal; library 16 makes it begin with 26."""
_BARE = re.compile(r"\berror:(?P<code>[0-9a-f]{8})(?![0-9a-f:])", re.IGNORECASE)
"""A code whose text was cut off."""


@dataclass(frozen=True, slots=True)
class PackedCode:
    """One packed error code, taken apart."""

    code: int
    generation: str
    """`1.x`, `3.x` or `BoringSSL`."""
    library: int
    library_name: str
    function: str
    """The function's name where the version had one, in lower case."""
    reason: int
    reason_text: str
    """In lower case with spaces, as OpenSSL 3 prints it; empty where the line does not have it."""

    @property
    def alert(self) -> int | None:
        """The number of the alert that was received, where the code says so."""
        is_ssl = self.library in (LIBRARY_SSL, _LIBRARY_SSL_BORING)
        return (
            self.reason - _ALERT_OFFSET
            if is_ssl and _ALERT_OFFSET < self.reason < _ALERT_OFFSET + 256
            else None
        )

    @property
    def is_ssl(self) -> bool:
        """Whether the TLS library itself raised it."""
        return self.library == LIBRARY_SSL or (
            self.generation == "BoringSSL" and self.library == _LIBRARY_SSL_BORING
        )


def _generation(code: int, library: int | None, function: str) -> str:
    if "openssl_internal" in function:
        return "BoringSSL"
    if library is not None:
        if code >> 24 == library and code >> 23 & 0xFF != library:
            return "1.x"
        if code >> 23 & 0xFF == library:
            return "3.x"
    return "1.x" if function or code >> 24 == LIBRARY_SSL else "3.x"


def _decode(code: int, library_text: str, function: str, reason: str) -> PackedCode:
    function = function.strip().lower()
    library_text = library_text.strip().lower()
    named = _LIBRARIES.get(library_text)
    generation = _generation(code, named, function)
    if generation == "3.x":
        library, number = code >> 23 & 0xFF, code & 0x7FFFFF
    elif generation == "BoringSSL":
        library, number = code >> 24, code & 0xFFFFFF
    else:
        library, number = code >> 24, code & 0xFFF
    text = reason.strip().lower().replace("_", " ")
    return PackedCode(code, generation, library, library_text, function, number, text)


def find_packed_codes(line: str) -> tuple[PackedCode, ...]:
    """Find and decode every packed code in `line`, in the order in which they stand."""
    found = [
        _decode(int(match["code"], 16), match["library"], match["function"] or "", match["reason"] or "")
        for match in _CODE.finditer(line)
    ]
    found += [
        _decode(int(match["code"]), "ssl routines", match["function"], match["reason"])
        for match in _DECIMAL.finditer(line)
    ]
    if not found:
        found = [_decode(int(match["code"], 16), "", "", "") for match in _BARE.finditer(line)]
    return tuple(found)
