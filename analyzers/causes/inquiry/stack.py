"""Which TLS implementation an end runs, as far as its bytes tell.

The guess is made in `analyzers.diagnosis.stacks`; what follows from it is in `alerts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["UNKNOWN_STACK", "Stack", "StackGuess"]


class Stack(StrEnum):
    """A family of TLS implementations that behave alike when a handshake fails."""

    OPENSSL = "OpenSSL"
    """Also InterSystems IRIS, Python, Node.js and what else is linked with it."""
    GNUTLS = "GnuTLS"
    GO = "Go"
    JAVA = "Java"
    NSS = "NSS"
    MBEDTLS = "mbedTLS"
    WOLFSSL = "wolfSSL"
    SCHANNEL = "SChannel"
    BORINGSSL = "BoringSSL"
    """Also Chromium, Bun, gRPC and Mono, which are built on it."""
    RUSTLS = "rustls"
    ERLANG = "Erlang/OTP"
    BOTAN = "Botan"
    BEARSSL = "BearSSL"
    BOUNCY_CASTLE = "Bouncy Castle"
    HASKELL = "Haskell tls"
    TLSLITE = "tlslite-ng"
    S2N = "s2n-tls"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StackGuess:
    """A guess, and why."""

    stack: Stack
    confidence: float
    detail: str = ""
    """The version or product, where the bytes tell it (`OpenSSL 3.5, InterSystems client`)."""
    because: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name it as a report does."""
        return self.detail or str(self.stack)


UNKNOWN_STACK = StackGuess(Stack.UNKNOWN, 0.0)
