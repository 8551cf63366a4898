"""Chains judged: each kind of error alone, with the number that real OpenSSL gives it."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from analyzers.x509.certificate import parse_certificate
from analyzers.x509.chain import build_chain
from analyzers.x509.der import SEQUENCE, wrap
from analyzers.x509.purposes import Purpose
from tests.x509.judging import ISSUING, LIBRARIES, MEMBER, ROOT, judged, kinds
from tests.x509.making import AT, Order, issue, root
from tests.x509.population import NOW, USAGES, key, name
from tests.x509.rewriting import edited, explicit_p256

if TYPE_CHECKING:
    from analyzers.x509.certificate import Certificate


def test_a_healthy_chain() -> None:
    """A complete chain has an anchor and no error."""
    anchor, issuing, leaf = issue(ROOT), issue(ISSUING, ROOT), issue(MEMBER, ISSUING)
    report = judged((leaf, issuing), (anchor,))
    assert report.path == (leaf, issuing, anchor)
    assert (report.is_complete, report.anchor, report.errors, report.notes) == (True, anchor, (), ())
    assert report.refusal is None


def test_the_root_may_be_presented_and_the_intermediate_trusted() -> None:
    """Where a certificate comes from does not matter, as long as the root is trusted."""
    anchor, issuing, leaf = issue(ROOT), issue(ISSUING, ROOT), issue(MEMBER, ISSUING)
    assert judged((leaf, issuing, anchor), (anchor,)).errors == ()
    assert judged((leaf,), (issuing, anchor)).errors == ()


def test_an_altered_certificate() -> None:
    """With the right key identifier and a bad signature the certificate itself was altered."""
    report = judged((issue(MEMBER, ROOT, signed_by="ec-2"),), (issue(ROOT),))
    assert kinds(report) == [("signature-invalid", 0, 7)]


@pytest.mark.parametrize(
    ("days", "depth", "kind", "code"),
    [
        ((-90, -60), 0, "certificate-expired", 10),
        ((-90, -60), 1, "issuer-expired", 10),
        ((-90, -60), 2, "issuer-expired", 10),
        ((60, 90), 0, "certificate-not-yet-valid", 9),
        ((60, 90), 1, "certificate-not-yet-valid", 9),
        ((60, 90), 2, "certificate-not-yet-valid", 9),
    ],
)
def test_validity_at_every_depth(days: tuple[int, int], depth: int, kind: str, code: int) -> None:
    """A certificate out of its time is refused wherever it stands, with the date."""
    spans = [(-30, 30)] * 3
    spans[depth] = days
    (leaf_span, issuing_span, root_span) = (
        {"begin": NOW + timedelta(days=begin), "end": NOW + timedelta(days=end)} for begin, end in spans
    )
    top, middle = root(**root_span), root("Example Issuing CA", "ec-2", **issuing_span)
    report = judged((issue(Order(**leaf_span), middle), issue(middle, top)), (issue(top),))
    assert kinds(report) == [(kind, depth, code)]
    assert " UTC" in report.errors[0].text


def test_the_edges_of_validity() -> None:
    """The first second is valid, the last is not: as OpenSSL 3 has it."""
    leaf = issue(Order(begin=NOW, end=NOW + timedelta(seconds=10)), ROOT)
    anchor = issue(ROOT)
    for offset, expected in ((-1, 9), (0, None), (9, None), (10, 10)):
        report = build_chain((leaf,), (anchor,), AT + offset, None)
        assert (None if report.refusal is None else report.refusal.code) == expected
        seen = LIBRARIES[0].verify((leaf.der,), (anchor.der,), AT + offset, Purpose.CLIENT)
        assert (None if seen is None else seen.code) == expected


def test_a_valid_issuer_is_preferred() -> None:
    """Of two issuers with the same name and key the one that is valid at the moment is taken."""
    past = issue(root(begin=NOW - timedelta(days=90), end=NOW - timedelta(days=60)))
    present = issue(ROOT)
    leaf = issue(MEMBER, ROOT)
    for trust in ((past, present), (present, past)):
        assert judged((leaf,), trust).anchor == present
    assert kinds(judged((leaf,), (past,))) == [("issuer-expired", 1, 10)]


def usage(*bits: str) -> x509.KeyUsage:
    """Give a key usage with some bits."""
    return x509.KeyUsage(**{bit: bit in bits for bit in USAGES}, encipher_only=False, decipher_only=False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_ca": None}, "it has no basic constraints"),
        ({"is_ca": False}, "basic constraints say that it is no CA"),
        ({"extensions": (usage("crl_sign"),)}, "key usage lacks keyCertSign (it has cRLSign)"),
    ],
)
def test_an_issuer_that_is_no_ca(changes: dict[str, object], words: str) -> None:
    """An intermediate must be a CA by basic constraints and by key usage."""
    settings = {"subject": name("Example Issuing CA"), "label": "ec-2", "is_ca": True} | changes
    middle = Order(**settings)
    report = judged((issue(MEMBER, middle), issue(middle, ROOT)), (issue(ROOT),))
    assert kinds(report) == [("issuer-not-a-ca", 1, 79)]
    assert words in report.errors[0].text


def test_path_lengths() -> None:
    """A CA that allows none below it has none below it."""
    upper, lower = root("Upper CA", "ec-2", path_length=0), root("Lower CA", "p384-0")
    chain = (issue(MEMBER, lower), issue(lower, upper), issue(upper, ROOT))
    report = judged(chain, (issue(ROOT),))
    assert kinds(report) == [("path-length-exceeded", 2, 25)]
    assert "allows 0 CA certificates below it, and there are 1" in report.errors[0].text
    assert judged((issue(MEMBER, upper), issue(upper, ROOT)), (issue(ROOT),)).errors == ()


@pytest.mark.parametrize(
    ("extensions", "purpose", "kind"),
    [
        (
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),),
            Purpose.CLIENT,
            "client-certificate-purpose",
        ),
        (
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),),
            Purpose.SERVER,
            "server-certificate-purpose",
        ),
        ((usage("key_encipherment"),), Purpose.CLIENT, "client-certificate-purpose"),
        ((usage("crl_sign"),), Purpose.SERVER, "server-certificate-purpose"),
    ],
)
def test_purposes_of_the_leaf(
    extensions: tuple[x509.ExtensionType, ...], purpose: Purpose, kind: str
) -> None:
    """A leaf that does not fit its role is refused in that role and accepted in the other where it fits."""
    leaf = issue(Order(extensions=extensions), ROOT)
    assert kinds(judged((leaf,), (issue(ROOT),), purpose=purpose)) == [(kind, 0, 26)]
    assert build_chain((leaf,), (issue(ROOT),), AT, None).errors == ()


def test_purpose_of_an_issuer() -> None:
    """A CA that is restricted to one role spoils a leaf that allows both."""
    restricted = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    middle = root("Example Issuing CA", "ec-2", extensions=(restricted,))
    chain = (issue(MEMBER, middle), issue(middle, ROOT))
    report = judged(chain, (issue(ROOT),))
    assert kinds(report) == [("issuer-purpose", 1, 26)]
    assert "cannot serve a TLS client: its extended key usage lacks clientAuth" in report.errors[0].text
    assert judged(chain, (issue(ROOT),), purpose=Purpose.SERVER).errors == ()


def test_an_unknown_critical_extension() -> None:
    """A critical extension that OpenSSL does not handle makes it refuse."""
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.1"), b"\x05\x00")
    report = judged((issue(Order(extensions=(strange,)), ROOT),), (issue(ROOT),))
    assert kinds(report) == [("unhandled-critical-extension", 0, 34)]
    assert "1.3.6.1.4.1.32473.1" in report.errors[0].text


@pytest.mark.parametrize(
    ("subtree", "names", "code"),
    [
        (x509.DNSName("elsewhere.org"), (x509.DNSName("irisa.example.com"),), 47),
        (x509.DNSName("example.com"), (x509.DNSName("irisa.example.com"),), None),
        (x509.DirectoryName(name("x", country="DE")), (), 47),
        (x509.DirectoryName(x509.Name(list(name("x"))[:2])), (), None),
        (x509.UniformResourceIdentifier("example.com"), (x509.UniformResourceIdentifier("urn:x"),), 53),
    ],
)
def test_name_constraints(
    subtree: x509.GeneralName, names: tuple[x509.GeneralName, ...], code: int | None
) -> None:
    """A CA's permitted subtrees bind the names of the leaf below it."""
    constraints = x509.NameConstraints([subtree], None)
    middle = root("Example Issuing CA", "ec-2", extensions=(constraints,))
    report = judged((issue(Order(names=names), middle), issue(middle, ROOT)), (issue(ROOT),))
    assert kinds(report) == ([] if code is None else [("name-constraint-violated", 0, code)])


@pytest.mark.parametrize(
    ("common", "code"), [("irisa.example.com", 47), ("irisa.example.com/IRISA", None), ("IRISA", None)]
)
def test_a_common_name_is_held_to_dns_constraints(common: str, code: int | None) -> None:
    """Without a DNS name, a common name that looks like a host is held to DNS constraints; the vendor's form is not."""
    constraints = x509.NameConstraints([x509.DNSName("elsewhere.org")], None)
    middle = root("Example Issuing CA", "ec-2", extensions=(constraints,))
    leaf = issue(Order(subject=name(common), names=(x509.IPAddress(ip_address("10.0.0.1")),)), middle)
    report = judged((leaf, issue(middle, ROOT)), (issue(ROOT),))
    assert kinds(report) == ([] if code is None else [("name-constraint-violated", 0, code)])


def test_excluded_subtrees() -> None:
    """An excluded subtree binds as well."""
    constraints = x509.NameConstraints(None, [x509.DNSName("example.com")])
    middle = root("Example Issuing CA", "ec-2", extensions=(constraints,))
    leaf = issue(Order(names=(x509.DNSName("irisa.example.com"),)), middle)
    report = judged((leaf, issue(middle, ROOT)), (issue(ROOT),))
    assert kinds(report) == [("name-constraint-violated", 0, 48)]
    assert "DNS:irisa.example.com is within what is excluded: DNS:example.com" in report.errors[0].text


@pytest.mark.parametrize(
    ("labels", "level", "expected"),
    [
        (("rsa1024-0", "ec-2", "ec-0"), 1, []),
        (("rsa1024-0", "ec-2", "ec-0"), 2, [("weak-key", 0, 66)]),
        (("ec-1", "rsa1024-0", "ec-0"), 2, [("weak-key", 1, 67)]),
        (("ec-1", "ec-2", "rsa1024-0"), 2, [("weak-key", 2, 67)]),
        (("ec-1", "ec-2", "rsa1024-0"), 0, []),
    ],
)
def test_weak_keys(labels: tuple[str, str, str], level: int, expected: list[tuple[str, int, int]]) -> None:
    """A key is weighed against the peer's security level, wherever it stands."""
    top, middle = root(label=labels[2]), root("Example Issuing CA", labels[1])
    chain = (issue(Order(label=labels[0]), middle), issue(middle, top))
    assert kinds(judged(chain, (issue(top),), security_level=level)) == expected


def test_explicit_curve_parameters() -> None:
    """A curve whose parameters are spelled out is refused by number 94."""
    leaf = issue(MEMBER, ROOT)
    public = key("ec-1").public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    spelled = parse_certificate(
        edited(leaf.der, key("ec-0"), lambda fields: [*fields[:6], explicit_p256(public), *fields[7:]])
    )
    assert spelled.key == "EC explicit"
    assert kinds(judged((spelled,), (issue(ROOT),))) == [("unsupported-key-type", 0, 94)]


GOOD = wrap(0x17, b"260101000000Z"), wrap(0x17, b"490101000000Z")
BROKEN = [
    (0x17, b"261301000000Z"),
    (0x17, b"260230000000Z"),
    (0x17, b"260101%40000Z"),
    (0x17, b"260101000000z"),
    (0x17, b"2601010000+0100"),
    (0x17, b"260101000000+0100"),
    (0x18, b"20260101000000.5Z"),
    (0x18, b"20260101240000Z"),
]
"""Of those that OpenSSL loads; shorter ones it does not."""


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize(("place", "code"), [(0, 13), (1, 14)])
@pytest.mark.parametrize("depth", [0, 1])
def test_a_time_that_is_none(broken: tuple[int, bytes], place: int, code: int, depth: int) -> None:
    """OpenSSL loads the certificate, and says at the verification which of the two times is broken."""
    times = list(GOOD)
    times[place] = wrap(*broken)

    def rewritten(certificate: Certificate) -> Certificate:
        validity = wrap(SEQUENCE, b"".join(times))
        return parse_certificate(
            edited(certificate.der, key("ec-0"), lambda fields: [*fields[:4], validity, *fields[5:]])
        )

    leaf, anchor = issue(MEMBER, ROOT), issue(ROOT)
    chain = (rewritten(leaf), anchor) if depth == 0 else (leaf, rewritten(anchor))
    report = judged(chain[:1], chain[1:])

    assert kinds(report)[:1] == [("decode-error", depth, code)]
    assert [error.kind for error in report.errors if error.kind.endswith(("expired", "valid"))] == []


def _changed(certificate: Certificate, place: int, old: bytes, new: bytes) -> Certificate:
    """Replace octets in one part of a certificate of the root's, and sign it again."""

    def edit(fields: list[bytes]) -> list[bytes]:
        assert len(old) == len(new)
        assert old in fields[place]
        fields[place] = fields[place].replace(old, new, 1)
        return fields

    return parse_certificate(edited(certificate.der, key("ec-0"), edit))


def _off_the_curve(certificate: Certificate) -> Certificate:
    return _changed(certificate, 6, certificate.spki[-8:], bytes(8))


@pytest.mark.parametrize("is_leaf", [True, False])
def test_an_extension_that_cannot_be_decoded(is_leaf: bool) -> None:
    """OpenSSL takes such a certificate for nobody's issuer, and looks for no issuer of it."""
    leaf, anchor = issue(MEMBER, ROOT), issue(ROOT)
    (which, other) = (leaf, anchor) if is_leaf else (anchor, leaf)
    assert which.subject_key_id is not None
    octets = b"\x04\x14" + which.subject_key_id
    broken = _changed(which, 7, octets, b"\x05" + octets[1:])
    report = judged((broken,), (other,)) if is_leaf else judged((other,), (broken,))

    assert broken.has_broken_extensions
    assert kinds(report)[0] == ("decode-error", 0, 20)


def test_octets_after_an_extension_do_no_harm() -> None:
    """OpenSSL passes over them; they are told as a problem."""
    leaf = issue(MEMBER, ROOT)
    assert leaf.subject_key_id is not None
    octets = b"\x04\x14" + leaf.subject_key_id
    odd = _changed(leaf, 7, octets, b"\x04\x10" + octets[2:])

    assert odd.problem is not None
    assert not odd.has_broken_extensions
    assert kinds(judged((odd,), (issue(ROOT),))) == []


def test_a_point_that_is_not_on_its_curve_is_no_key() -> None:
    """Such a leaf is too weak for any level above 0, and such an authority issued nothing."""
    leaf, anchor = issue(MEMBER, ROOT), issue(ROOT)

    assert kinds(judged((_off_the_curve(leaf),), (anchor,)))[0] == ("decode-error", 0, 66)
    assert kinds(judged((leaf,), (_off_the_curve(anchor),)))[0] == ("decode-error", 0, 20)


def test_a_chain_out_of_order() -> None:
    """OpenSSL sorts what is presented; the vendor's rule and RFC 5246 ask for order, so it is told and not refused."""
    middle = root("Middle CA", "p384-0")
    leaf, lower, upper = issue(MEMBER, middle), issue(middle, ISSUING), issue(ISSUING, ROOT)
    assert judged((leaf, lower, upper), (issue(ROOT),)).errors == ()
    report = judged((leaf, upper, lower), (issue(ROOT),))
    assert kinds(report) == [("chain-out-of-order", 2, 0)]
    assert report.refusal is None
    assert report.is_complete


def test_an_issuer_in_front() -> None:
    """A file that begins with the CA is told."""
    leaf, anchor = issue(MEMBER, ROOT), issue(ROOT)
    report = judged((anchor, leaf), (anchor,))
    assert kinds(report) == [("chain-out-of-order", 0, 0)]


def test_several_errors_stand_in_openssls_order() -> None:
    """The first error is the one that OpenSSL reports, and none of the others is left out."""
    expired = {"begin": NOW - timedelta(days=90), "end": NOW - timedelta(days=60)}
    restricted = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    top = root(**expired)
    leaf = issue(Order(extensions=(restricted,), **expired), top)
    report = judged((leaf,), (issue(top),))
    assert kinds(report) == [
        ("client-certificate-purpose", 0, 26),
        ("issuer-expired", 1, 10),
        ("certificate-expired", 0, 10),
    ]
    assert report.refusal == report.errors[0]


def test_an_empty_chain() -> None:
    """No certificate gives no path and no error, and a note."""
    report = build_chain((), (issue(ROOT),), AT, Purpose.CLIENT)
    assert (report.path, report.errors, report.notes) == ((), (), ("no certificate was presented",))


def test_what_could_not_be_read_is_noted() -> None:
    """A certificate with a broken part does not pass for a healthy one."""
    broken = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.15"), b"\x03\x01\x00")
    report = build_chain((issue(Order(extensions=(broken,)), ROOT),), (issue(ROOT),), AT, Purpose.CLIENT)
    assert report.notes == (
        "the certificate at depth 0 could not be read in full: extension 2.5.29.15: KeyUsage has no bit set",
    )


def test_a_report_is_made_once_for_an_interval() -> None:
    """Between two turns of validity the same report is given, after one another."""
    chain, trust = (issue(MEMBER, ROOT),), (issue(ROOT),)
    first = build_chain(chain, trust, AT, Purpose.CLIENT)
    assert build_chain(chain, trust, AT + 3600, Purpose.CLIENT) is first
    later = build_chain(chain, trust, AT + 40 * 86400, Purpose.CLIENT)
    assert [error.kind for error in later.errors] == ["issuer-expired", "certificate-expired"]
