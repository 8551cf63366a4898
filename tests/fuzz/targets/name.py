"""Distinguished names: text is a name or malformed, and every notation that we write is one that we read.

The first byte tells whether the rest is text or DER.
"""

from __future__ import annotations

from analyzers.errors import MalformedInput, MalformedName
from analyzers.x509.alignment import aligned_difference
from analyzers.x509.comparison import compare_names
from analyzers.x509.names import DistinguishedName, parse_dn


def one_input(data: bytes) -> None:
    """Read a name, write it, read that again, and compare."""
    name = read(data[:1] == b"\x01", data[1:])
    if name is None:
        return
    for written in (name.rfc4514(), name.comma_space(), name.slash(), name.spaced()):
        assert isinstance(written, str)
    again = parse_dn(name.rfc4514())
    assert compare_names(name, name).kind == "exact"
    compare_names(name, again)
    aligned_difference(name, again)
    assert again.rfc4514() == name.rfc4514()


def read(is_der: bool, data: bytes) -> DistinguishedName | None:  # a byte of the input
    """Give the name, or None where it is malformed."""
    try:
        return DistinguishedName.from_der(data) if is_der else parse_dn(data.decode("utf-8", "replace"))
    except MalformedName:
        return None
    except MalformedInput:
        assert is_der
        return None
