"""Extensions, each read by itself."""

from __future__ import annotations

import pytest

from analyzers.x509.certificate import parse_certificate
from analyzers.x509.der import SEQUENCE, wrap
from tests.x509.making import extended

KEY_USAGE = b"\x03\x02\x07\x80"


@pytest.mark.parametrize(
    ("oid", "value", "what"),
    [
        ("2.5.29.15", b"\x03\x01\x00", "KeyUsage has no bit set"),
        ("2.5.29.15", b"\x03\x01\x07", "does not say how many bits"),
        ("2.5.29.15", b"\x03\x02\x08\x80", "does not say how many bits"),
        ("2.5.29.15", b"\x03\x00", "does not say how many bits"),
        ("2.5.29.15", b"\x04\x02\x07\x80", "identifier octet 0x04"),
        ("2.5.29.19", b"\x30\x03\x02\x01\x01", "path length of 1, and cA is False"),
        ("2.5.29.19", b"\x30\x06\x01\x01\xff\x02\x01\xff", "path length of -1"),
        ("2.5.29.19", b"\x30\x02\x05\x00", "holds the identifier octet 0x05"),
        ("2.5.29.37", b"\x30\x02\x06\x00", "object identifier without content"),
        ("2.5.29.17", b"\x30\x02\xc7\x00", "GeneralName has the identifier octet 0xc7"),
        ("2.5.29.35", b"\x30\x03\x84\x01\x01", "holds what does not belong there"),
        ("2.5.29.30", b"\x30\x04\xa0\x02\x31\x00", "identifier octet 0x31"),
        ("2.5.29.14", b"", "identifier needs 1 bytes"),
    ],
)
def test_a_broken_extension_is_a_problem_of_its_own(oid: str, value: bytes, what: str) -> None:
    """A fault in one extension is told, and the others are read."""
    sound = ("2.16.840.1.113730.1.1", b"", b"\x03\x02\x06\x40")
    read = parse_certificate(extended((oid, b"", value), sound))
    assert read.problem is not None
    assert read.problem.startswith(f"extension {oid}: ")
    assert what in read.problem
    assert not read.is_readable
    assert read.netscape_cert_type == ("server",)


def test_an_extension_that_appears_twice() -> None:
    """RFC 5280 section 4.2 forbids it; the first is read and the second told."""
    read = parse_certificate(extended(("2.5.29.15", b"", KEY_USAGE), ("2.5.29.15", b"", b"\x03\x02\x05\x20")))
    assert read.problem == "extension 2.5.29.15 appears twice"
    assert read.key_usage == ("digitalSignature",)


def test_unknown_critical_extensions() -> None:
    """A critical extension that OpenSSL does not handle is named; one that is not critical is not."""
    strange = "1.3.6.1.4.1.32473.1"
    assert parse_certificate(
        extended((strange, b"\x01\x01\xff", b"\x05\x00"))
    ).critical_extensions_unknown == (strange,)
    assert parse_certificate(extended((strange, b"", b"\x05\x00"))).critical_extensions_unknown == ()


def test_subtrees_and_their_distances() -> None:
    """A subtree's minimum of 0, the default, is no distance; anything else is."""
    for bounds, has_distances in (
        (b"", False),
        (b"\x80\x01\x00", False),
        (b"\x80\x01\x01", True),
        (b"\x81\x01\x00", True),
    ):
        subtree = wrap(SEQUENCE, b"\x82\x01a" + bounds)
        read = parse_certificate(extended(("2.5.29.30", b"", wrap(SEQUENCE, wrap(0xA0, subtree)))))
        assert read.name_constraints is not None
        assert [str(base) for base in read.name_constraints.permitted] == ["DNS:a"]
        assert read.name_constraints.has_distances is has_distances


def test_alternative_names_of_every_kind() -> None:
    """Each kind of name is shown with its kind, and what is broken or unusual as hexadecimal."""
    value = wrap(
        SEQUENCE,
        b"\x82\x01a\x81\x03a@b\x86\x03u:x\x87\x04\x0a\x00\x00\x01\x87\x02\x01\x02\x88\x02\x2a\x03"
        b"\xa0\x05\x06\x01\x2a\xa0\x00\x82\x02a\x00" + wrap(0xA4, wrap(SEQUENCE, b"")),
    )
    read = parse_certificate(extended(("2.5.29.17", b"", value)))
    assert read.problem is None
    assert read.san == (
        "DNS:a",
        "email:a@b",
        "URI:u:x",
        "IP:10.0.0.1",
        "IP:0102",
        "RID:1.2.3",
        "other:06012aa000",
        "DNS:a\\00",
        "DN:",
    )
