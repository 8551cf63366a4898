"""Real OpenSSL libraries, called in this process, to which the rules are held.

`Library` loads any libcrypto by ctypes: the system's, and the one that InterSystems ships with its client.
`Bundled` is the one inside `cryptography`, which pyOpenSSL drives.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.metadata
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from OpenSSL import SSL, crypto
from OpenSSL._util import lib as bundled

from analyzers.x509.purposes import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Bundled", "Library", "Refusal", "Verifier", "bundled_library", "iris_library", "system_library"]

_POINTERS = [
    "BIO_new",
    "BIO_s_mem",
    "X509_get_subject_name",
    "X509_get_issuer_name",
    "X509_NAME_oneline",
    "X509_STORE_new",
    "X509_STORE_CTX_new",
    "X509_STORE_CTX_get0_param",
    "OPENSSL_sk_new_null",
    "d2i_PUBKEY",
    "d2i_X509",
]
_DEPTH = 9
_PURPOSES = {Purpose.CLIENT: (1, b"ssl_client"), Purpose.SERVER: (2, b"ssl_server")}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first error that OpenSSL meets."""

    code: int
    depth: int


class Verifier(Protocol):
    """Something that verifies chains."""

    def verify(
        self,
        presented: tuple[bytes, ...],
        trust: tuple[bytes, ...],
        at: float,
        purpose: Purpose,
        level: int = 1,
    ) -> Refusal | None:
        """Give the first error, None where the chain is accepted."""


@dataclass
class Library:
    """A libcrypto, by its path."""

    path: str
    crypto: ctypes.CDLL = field(init=False)

    def __post_init__(self) -> None:
        self.crypto = ctypes.CDLL(self.path)
        for name in _POINTERS:
            getattr(self.crypto, name).restype = ctypes.c_void_p
        self.crypto.OpenSSL_version.restype = ctypes.c_char_p

    @property
    def version(self) -> str:
        """The library's own words for its version."""
        return self.crypto.OpenSSL_version(0).decode()

    def load(self, der: bytes, stack: ExitStack) -> ctypes.c_void_p | None:
        """Read a certificate; None where OpenSSL refuses its bytes."""
        start = ctypes.c_char_p(der)
        loaded = self.crypto.d2i_X509(None, ctypes.byref(start), ctypes.c_long(len(der)))
        if not loaded:
            self.crypto.ERR_clear_error()
            return None
        pointer = ctypes.c_void_p(loaded)
        stack.callback(self.crypto.X509_free, pointer)
        return pointer

    def reads(self, der: bytes) -> bool:
        """Say whether OpenSSL reads the certificate."""
        with ExitStack() as stack:
            return self.load(der, stack) is not None

    def fits(self, der: bytes, purpose: Purpose, *, is_ca: bool) -> bool:
        """Ask X509_check_purpose."""
        with ExitStack() as stack:
            certificate = self.load(der, stack)
            assert certificate is not None, "OpenSSL does not read it"
            return self.crypto.X509_check_purpose(certificate, _PURPOSES[purpose][0], int(is_ca)) != 0

    def names_agree(self, one: bytes, other: bytes) -> bool:
        """Ask X509_NAME_cmp about the subjects of two certificates."""
        with ExitStack() as stack:
            subjects = [
                ctypes.c_void_p(self.crypto.X509_get_subject_name(self.load(der, stack)))
                for der in (one, other)
            ]
            return self.crypto.X509_NAME_cmp(*subjects) == 0

    def security_bits(self, spki: bytes) -> int:
        """Weigh a public key."""
        start = ctypes.c_char_p(spki)
        key = ctypes.c_void_p(self.crypto.d2i_PUBKEY(None, ctypes.byref(start), ctypes.c_long(len(spki))))
        bits = self.crypto.EVP_PKEY_get_security_bits(key)
        self.crypto.EVP_PKEY_free(key)
        return bits

    def subject(self, der: bytes, flags: int | None = None) -> str:
        """Print the subject by X509_NAME_print_ex with `flags`, or by X509_NAME_oneline."""
        with ExitStack() as stack:
            name = ctypes.c_void_p(self.crypto.X509_get_subject_name(self.load(der, stack)))
            bio = ctypes.c_void_p(self.crypto.BIO_new(ctypes.c_void_p(self.crypto.BIO_s_mem())))
            stack.callback(self.crypto.BIO_free, bio)
            if flags is None:
                line = self.crypto.X509_NAME_oneline(name, None, 0)
                text = ctypes.string_at(line).decode()
                self.crypto.CRYPTO_free(ctypes.c_void_p(line), b"", 0)
                return text
            self.crypto.X509_NAME_print_ex(bio, name, 0, ctypes.c_ulong(flags))
            buffer = ctypes.create_string_buffer(1 << 16)
            size = self.crypto.BIO_read(bio, buffer, len(buffer))
            return buffer.raw[: max(size, 0)].decode()

    def _stack_of(self, ders: Iterable[bytes], stack: ExitStack) -> ctypes.c_void_p:
        pile = ctypes.c_void_p(self.crypto.OPENSSL_sk_new_null())
        stack.callback(self.crypto.OPENSSL_sk_free, pile)
        for der in ders:
            self.crypto.OPENSSL_sk_push(pile, self.load(der, stack))
        return pile

    def verify(
        self,
        presented: tuple[bytes, ...],
        trust: tuple[bytes, ...],
        at: float,
        purpose: Purpose,
        level: int = 1,
    ) -> Refusal | None:
        """Verify as the library's TLS does for a peer in the role of `purpose`."""
        lib = self.crypto
        with ExitStack() as stack:
            store = ctypes.c_void_p(lib.X509_STORE_new())
            stack.callback(lib.X509_STORE_free, store)
            for der in trust:
                lib.X509_STORE_add_cert(store, self.load(der, stack))
            context = ctypes.c_void_p(lib.X509_STORE_CTX_new())
            stack.callback(lib.X509_STORE_CTX_free, context)
            leaf = self.load(presented[0], stack)
            assert lib.X509_STORE_CTX_init(context, store, leaf, self._stack_of(presented, stack)) == 1
            assert lib.X509_STORE_CTX_set_default(context, _PURPOSES[purpose][1]) == 1
            parameters = ctypes.c_void_p(lib.X509_STORE_CTX_get0_param(context))
            lib.X509_VERIFY_PARAM_set_time(parameters, ctypes.c_long(int(at)))
            lib.X509_VERIFY_PARAM_set_depth(parameters, _DEPTH)
            lib.X509_VERIFY_PARAM_set_auth_level(parameters, level)
            accepted = lib.X509_verify_cert(context)
            lib.ERR_clear_error()
            if accepted == 1:
                return None
            return Refusal(lib.X509_STORE_CTX_get_error(context), lib.X509_STORE_CTX_get_error_depth(context))


class Bundled:
    """The OpenSSL of `cryptography`, through pyOpenSSL; it takes no security level."""

    version = SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()

    def verify(
        self,
        presented: tuple[bytes, ...],
        trust: tuple[bytes, ...],
        at: float,
        purpose: Purpose,
        level: int = 0,
    ) -> Refusal | None:
        """Verify for a peer in the role of `purpose`; `level` can only be 0."""
        assert level == 0
        store = crypto.X509Store()
        for der in trust:
            store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, der))
        store.set_time(datetime.fromtimestamp(at, UTC))
        bundled.X509_STORE_set_purpose(store._store, _PURPOSES[purpose][0])
        leaf, *others = (crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in presented)
        try:
            crypto.X509StoreContext(store, leaf, others).verify_certificate()
        except crypto.X509StoreContextError as error:
            return Refusal(error.errors[0], error.errors[1])
        return None


def system_library() -> Library:
    """Give the system's OpenSSL."""
    path = ctypes.util.find_library("crypto")
    assert path is not None, "the system has no libcrypto"
    return Library(path)


def iris_library() -> Library:
    """Give the OpenSSL that InterSystems builds for its client library."""
    files = importlib.metadata.files("intersystems-irispython") or []
    path = next(file for file in files if file.name.startswith("libcrypto"))
    return Library(str(path.locate()))


def bundled_library() -> Bundled:
    """Give the OpenSSL of `cryptography`."""
    return Bundled()
