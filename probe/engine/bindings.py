"""The few functions of OpenSSL that pyOpenSSL binds without showing them.

A relay that stands for another TLS stack has to offer that stack's groups and signature schemes, and to ask
for a client certificate with the CA names that the upstream asked with. pyOpenSSL has no method for the first
two, and deprecates the type of name that its method for the third wants. Both it and this module take the
functions from the same binding that `cryptography` carries; this is the only place that touches a pointer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.bindings.openssl.binding import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from OpenSSL.SSL import Context

__all__ = ["clear_errors", "set_client_ca_names", "set_groups", "set_signature_schemes", "verify_error_text"]

_lib = Binding.lib
_ffi = Binding.ffi


def clear_errors() -> None:
    """Empty OpenSSL's error queue, which would else explain the next failure with the last one."""
    _lib.ERR_clear_error()


def set_groups(context: Context, groups: str) -> bool:
    """Offer these groups, in OpenSSL's notation: `*` sends a key share, `?` forgives an unknown one.

    Returns:
        False where OpenSSL knows none of them; the context then keeps its own list.
    """
    done: bool = _lib.SSL_CTX_set1_curves_list(context._context, groups.encode("ascii")) == 1  # noqa: SLF001 (see above)
    clear_errors()
    return done


def set_signature_schemes(context: Context, schemes: str) -> bool:
    """Offer these signature schemes, by their IANA names with colons between (`?` forgives an unknown one).

    Returns:
        False where OpenSSL knows none of them; the context then keeps its own list.
    """
    done: bool = _lib.SSL_CTX_set1_sigalgs_list(context._context, schemes.encode("ascii")) == 1  # noqa: SLF001
    clear_errors()
    return done


def set_client_ca_names(context: Context, names: Iterable[bytes]) -> None:
    """Ask for a client certificate with these CA names, in DER; skip what is no name."""
    stack = _lib.sk_X509_NAME_new_null()
    for der in names:
        start = _ffi.new("unsigned char[]", der)
        cursor = _ffi.new("unsigned char **", start)
        name = _lib.d2i_X509_NAME(_ffi.NULL, cursor, len(der))
        if name != _ffi.NULL:
            _lib.sk_X509_NAME_push(stack, name)
    clear_errors()
    _lib.SSL_CTX_set_client_CA_list(context._context, stack)  # noqa: SLF001 (the context owns the stack from here on)


def verify_error_text(code: int) -> str:
    """Give OpenSSL's text for an X509_V_ERR number."""
    text: bytes = _ffi.string(_lib.X509_verify_cert_error_string(code))
    return text.decode("ascii", "replace")
