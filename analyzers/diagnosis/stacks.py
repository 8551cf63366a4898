"""Which TLS implementation an end runs, guessed from its hello.

A stack writes its extensions in an order of its own, whatever a program switches on or off, and its default
signature schemes in another. Both survive configuration better than the lists of suites and groups do; some
stacks shuffle their extensions, and are known by the rest. The tables were measured with real peers (OpenSSL
1.0.2, 1.1.1, 3.0, 3.5, 4.0, GnuTLS 3.7, Go 1.19 and 1.27, OpenJDK 17 and 25, mbedTLS 2.28, wolfSSL 5.5,
BoringSSL of 2026 and that of Mono 6.8, rustls 0.20 and that of Deno 2.9, Erlang/OTP 25, Botan 2.19, BearSSL
0.6, Bouncy Castle 1.72, Haskell's tls 1.5, tlslite-ng 0.8, s2n-tls of 2026, and the client library of
InterSystems) and with the published captures of browsers and of Windows. The first line that fits counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzers.causes.inquiry.stack import UNKNOWN_STACK, Stack, StackGuess
from analyzers.connection import EventKind, Party
from analyzers.tls.codepoints import is_grease, is_tls13

if TYPE_CHECKING:
    from analyzers.connection import Connection, Tls

__all__ = ["guess_stack"]

_GUESSES_KEPT = 512
"""Distinct hellos: one program sends one, a busy gateway sees some dozens."""

_ENOUGH = 3
"""Extensions that must be there for their order to mean anything."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What of a hello does not change from one connection to the next."""

    extensions: tuple[int, ...]
    schemes: tuple[int, ...] = ()
    suites: frozenset[int] = frozenset()
    groups: tuple[int, ...] = ()
    has_session_id: bool = False
    is_tls13: bool = False


@dataclass(frozen=True, slots=True)
class _Habit:
    """How one stack writes a hello."""

    stack: Stack
    confidence: float
    order: tuple[int, ...]
    """The extensions, in the order that it keeps; empty where it keeps none."""
    detail: str = ""
    schemes: tuple[int, ...] = ()
    """What its list of signature schemes begins with."""
    marks: frozenset[int] = frozenset()
    """Extensions that must be there."""
    lacks: frozenset[int] = frozenset()
    groups: tuple[int, ...] = ()
    """What its list of groups begins with."""
    suites: frozenset[int] = frozenset()
    """Suites that must be offered."""
    has_session_id: bool | None = None
    is_tls13: bool | None = None

    def fits(self, shape: _Shape) -> bool:
        """Say whether a hello is written so."""
        present = set(shape.extensions)
        known = set(self.order)
        written = [code for code in shape.extensions if code in known]
        return (
            (not self.order or len(written) >= _ENOUGH - (self.is_tls13 is True))
            and written == [code for code in self.order if code in present]
            and self.marks <= present
            and not self.lacks & present
            and shape.schemes[: len(self.schemes)] == self.schemes
            and shape.groups[: len(self.groups)] == self.groups
            and self.suites <= shape.suites
            and self.has_session_id in (None, shape.has_session_id)
            and self.is_tls13 in (None, shape.is_tls13)
        )


_OPENSSL_ORDER = (65281, 0, 11, 10, 35, 13172, 16, 22, 23, 49, 13, 43, 45, 51, 27, 21, 41)
_OPENSSL_SCHEMES = (0x0403, 0x0503, 0x0603, 0x0807)
_IRIS_SUITES = frozenset({0x00A3, 0x0088, 0xC05D, 0x00C3, 0x009F})
"""Of the list `ALL:!aNULL:!eNULL:!EXP:!SSLv2`, which IRIS configures: DSS, CAMELLIA and ARIA beside the
usual."""

_CLIENTS: tuple[_Habit, ...] = (
    _Habit(
        Stack.OPENSSL,
        0.95,
        _OPENSSL_ORDER,
        "OpenSSL 3.5 or later, with the cipher list of InterSystems IRIS",
        schemes=(0x0905, 0x0906, 0x0904),
        suites=_IRIS_SUITES,
        lacks=frozenset({0}),
    ),
    _Habit(
        Stack.OPENSSL,
        0.95,
        _OPENSSL_ORDER,
        "OpenSSL 1.1.1 or 3, with the cipher list of InterSystems IRIS",
        schemes=_OPENSSL_SCHEMES,
        suites=_IRIS_SUITES,
        lacks=frozenset({0}),
    ),
    _Habit(Stack.OPENSSL, 0.95, _OPENSSL_ORDER, "OpenSSL 3.5 or later", schemes=(0x0905, 0x0906, 0x0904)),
    _Habit(Stack.OPENSSL, 0.93, _OPENSSL_ORDER, "OpenSSL 1.1.1 or 3", schemes=_OPENSSL_SCHEMES),
    _Habit(
        Stack.OPENSSL,
        0.9,
        (0, 11, 10, 35, 13, 15, 13172, 16, 21),
        "OpenSSL 1.0",
        schemes=(0x0601, 0x0602, 0x0603),
    ),
    _Habit(Stack.OPENSSL, 0.7, (0, 11, 10, 35, 15), "OpenSSL 1.0", lacks=frozenset({13, 23, 22})),
    _Habit(Stack.OPENSSL, 0.8, _OPENSSL_ORDER, marks=frozenset({11, 10, 23}), lacks=frozenset({5, 18, 28})),
    _Habit(
        Stack.GNUTLS,
        0.95,
        (5, 10, 11, 13, 16, 22, 23, 35, 51, 43, 65281, 0, 45, 28, 41),
        schemes=(0x0401, 0x0809, 0x0804),
    ),
    _Habit(
        Stack.JAVA,
        0.95,
        (0, 1, 5, 10, 11, 16, 17, 23, 35, 13, 43, 45, 50, 51, 65281, 41),
        marks=frozenset({13, 17, 23}),
        schemes=(0x0403, 0x0503, 0x0603),
    ),
    _Habit(
        Stack.GO, 0.95, (0, 5, 10, 11, 13, 65281, 23, 16, 18, 43, 51, 41), marks=frozenset({5, 18, 65281, 13})
    ),
    _Habit(
        Stack.GO,
        0.95,
        (0, 11, 35, 65281, 23, 18, 5, 10, 13, 50, 16, 43, 51, 41),
        marks=frozenset({5, 18, 65281, 13, 50}),
    ),
    _Habit(
        Stack.BORINGSSL,
        0.9,
        (),
        marks=frozenset({10, 11, 13, 23, 65281}),
        schemes=(0x0403, 0x0804, 0x0401, 0x0503),
    ),
    _Habit(
        Stack.BORINGSSL,
        0.9,
        (),
        "BoringSSL, as in Chromium",
        marks=frozenset({10, 11, 13, 23, 65281}),
        schemes=(0x0904, 0x0905, 0x0906, 0x0403),
    ),
    _Habit(
        Stack.BORINGSSL,
        0.8,
        (65281, 0, 23, 35, 13, 16, 11, 10),
        "BoringSSL, as in Mono",
        marks=frozenset({23, 65281, 35}),
        schemes=(0x0601, 0x0603, 0x0501),
    ),
    _Habit(
        Stack.RUSTLS,
        0.9,
        (),
        marks=frozenset({5, 10, 11, 13, 23}),
        lacks=frozenset({22, 65281}),
        schemes=(0x0503, 0x0403),
    ),
    _Habit(
        Stack.NSS,
        0.9,
        (0, 23, 65281, 10, 11, 35, 16, 5, 34, 40, 51, 43, 13, 45, 28, 21),
        marks=frozenset({28}),
        schemes=(0x0403, 0x0503, 0x0603, 0x0804),
    ),
    _Habit(
        Stack.SCHANNEL,
        0.8,
        (0, 5, 10, 11, 13, 35, 16, 23, 43, 45, 51, 65281),
        marks=frozenset({23, 65281}),
        schemes=(0x0804,),
    ),
    _Habit(
        Stack.SCHANNEL,
        0.6,
        (0, 5, 10, 11, 13, 35, 16, 23, 65281),
        marks=frozenset({5, 23, 65281}),
        schemes=(0x0401, 0x0501),
    ),
    _Habit(Stack.WOLFSSL, 0.9, (45, 51, 43, 13, 11, 10, 22, 23, 0), schemes=(0x0603, 0x0503, 0x0403, 0x0203)),
    _Habit(
        Stack.MBEDTLS,
        0.9,
        (0, 13, 10, 11, 22, 23, 35, 16),
        schemes=(0x0603, 0x0601),
        groups=(0x19, 0x1C, 0x18),
    ),
)

_LESSER_CLIENTS: tuple[_Habit, ...] = (
    _Habit(Stack.S2N, 0.9, (43, 10, 51, 13, 0, 5, 11, 23), schemes=(0x0809, 0x080A, 0x080B)),
    _Habit(
        Stack.ERLANG,
        0.8,
        (0, 13, 51, 10, 11, 43),
        suites=frozenset({0x00FF}),
        marks=frozenset({10, 11, 13}),
        lacks=frozenset({22, 23, 35, 65281}),
    ),
    _Habit(Stack.BOTAN, 0.9, (0, 5, 10, 11, 13, 16, 22, 23, 35, 43, 65281), schemes=(0x0805, 0x0804, 0x0806)),
    _Habit(Stack.BEARSSL, 0.95, (65281, 0, 1, 13, 10, 11, 16), schemes=(0x0403, 0x0303)),
    _Habit(
        Stack.BOUNCY_CASTLE, 0.85, (), schemes=(0x0807, 0x0808, 0x0403), marks=frozenset({13, 17, 22, 23})
    ),
    _Habit(Stack.HASKELL, 0.9, (0, 65281, 23, 10, 11, 13, 43, 51, 49, 45), schemes=(0x0808, 0x0807)),
    _Habit(
        Stack.TLSLITE,
        0.8,
        (22, 23, 13, 49, 43, 51, 45, 11, 10, 15, 28, 35, 27, 9, 0, 21),
        schemes=(0x0807, 0x0808),
        marks=frozenset({15, 28}),
    ),
)
"""Stacks that a mirror's monitoring may be written with, and that none of its members runs."""

_GREASING = tuple(habit for habit in _CLIENTS if habit.stack is Stack.BORINGSSL)
"""Of these stacks only one writes values that mean nothing (RFC 8701): browsers are built on it."""

_OPENSSL_ANSWER = (65281, 0, 11, 10, 35, 5, 16, 22, 18, 23)

_SERVERS: tuple[_Habit, ...] = (
    _Habit(Stack.GNUTLS, 0.5, (51, 43), is_tls13=True, has_session_id=True),
    _Habit(Stack.OPENSSL, 0.5, (43, 51, 41), is_tls13=True),
    _Habit(Stack.OPENSSL, 0.85, _OPENSSL_ANSWER, marks=frozenset({65281, 11, 35}), is_tls13=False),
    _Habit(
        Stack.GNUTLS,
        0.5,
        (22, 11, 23, 35, 65281),
        marks=frozenset({11, 23, 65281}),
        has_session_id=True,
        is_tls13=False,
    ),
    _Habit(
        Stack.BORINGSSL,
        0.7,
        (23, 65281, 11, 35, 16),
        marks=frozenset({11, 23, 35, 65281}),
        has_session_id=False,
        is_tls13=False,
    ),
    _Habit(
        Stack.BOUNCY_CASTLE,
        0.5,
        (23, 65281, 11),
        marks=frozenset({11, 23, 65281}),
        lacks=frozenset({35}),
        has_session_id=True,
        is_tls13=False,
    ),
    _Habit(
        Stack.GO,
        0.8,
        (5, 35, 65281, 23, 16, 18, 11),
        marks=frozenset({65281, 11}),
        has_session_id=False,
        is_tls13=False,
    ),
    _Habit(
        Stack.JAVA,
        0.8,
        (0, 5, 16, 23, 35, 65281),
        marks=frozenset({23, 65281}),
        lacks=frozenset({11}),
        is_tls13=False,
    ),
    _Habit(
        Stack.MBEDTLS,
        0.8,
        (65281, 23, 11, 22),
        marks=frozenset({65281, 23, 11}),
        has_session_id=True,
        is_tls13=False,
    ),
    _Habit(Stack.OPENSSL, 0.5, _OPENSSL_ANSWER, marks=frozenset({65281, 11}), is_tls13=False),
    _Habit(Stack.WOLFSSL, 0.7, (35, 11, 65281, 23), marks=frozenset({11, 65281, 23}), is_tls13=False),
)
"""ServerHellos say less: they echo what the client offered. In TLS 1.3 four stacks of six write the same two
extensions; in TLS 1.2 NSS answers as OpenSSL does without tickets, Botan as GnuTLS, and BoringSSL without
tickets as Bouncy Castle: such guesses weigh nothing."""


def guess_stack(connection: Connection, party: Party) -> StackGuess:
    """Guess what TLS implementation `party` runs; unknown where its hello was not seen."""
    tls = connection.tls
    if tls is None:
        return UNKNOWN_STACK
    return _client(tls) if party is Party.CLIENT else _server(connection, tls)


def _client(tls: Tls) -> StackGuess:
    hello = tls.first_client_hello or tls.client_hello
    if hello is None or hello.is_sslv2:
        return UNKNOWN_STACK
    return _match_client(
        hello.extension_types, hello.signature_schemes[:4], hello.cipher_suites, hello.groups[:4]
    )


def _server(connection: Connection, tls: Tls) -> StackGuess:
    hello = tls.server_hello
    if hello is None:
        return UNKNOWN_STACK
    is_13 = is_tls13(hello.version)
    guess = _match_server(hello.extension_types, has_session_id=bool(hello.session_id), is_13=is_13)
    if is_13 and guess.stack is Stack.OPENSSL and _first_protected_length(connection) == _JAVA_EXTENSIONS:
        return StackGuess(Stack.JAVA, 0.7, because=("the length of its EncryptedExtensions",))
    return guess


_JAVA_EXTENSIONS = 65
"""OpenJDK pads: its EncryptedExtensions take 65 bytes where others need 23."""


def _first_protected_length(connection: Connection) -> int | None:
    for event in connection.events:
        if event.sender is Party.SERVER and event.protected and event.kind is not EventKind.ALERT:
            return event.length
    return None


@lru_cache(maxsize=_GUESSES_KEPT)
def _match_client(
    extensions: tuple[int, ...], schemes: tuple[int, ...], suites: tuple[int, ...], groups: tuple[int, ...]
) -> StackGuess:
    has_grease = any(map(is_grease, extensions))
    shape = _Shape(extensions, schemes, frozenset(suites), groups)
    habits = _GREASING if has_grease else (*_CLIENTS, *_LESSER_CLIENTS)
    return _match(shape, habits, "the order of its ClientHello's extensions and signature schemes")


@lru_cache(maxsize=_GUESSES_KEPT)
def _match_server(extensions: tuple[int, ...], *, has_session_id: bool, is_13: bool) -> StackGuess:
    shape = _Shape(extensions, has_session_id=has_session_id, is_tls13=is_13)
    return _match(shape, _SERVERS, "the order of its ServerHello's extensions")


def _match(shape: _Shape, habits: tuple[_Habit, ...], because: str) -> StackGuess:
    for habit in habits:
        if habit.fits(shape):
            return StackGuess(habit.stack, habit.confidence, habit.detail, (because,))
    return UNKNOWN_STACK
