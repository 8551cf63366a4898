"""Chains judged: each kind of error alone, with the number that real OpenSSL gives it."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from analyzers.x509.certificate import Certificate, parse_certificate
from analyzers.x509.chain import ChainReport, build_chain
from analyzers.x509.purposes import Purpose
from tests.x509.making import AT, Order, issue, root
from tests.x509.openssl import Refusal, iris_library, system_library
from tests.x509.population import NOW, USAGES, key, name
from tests.x509.rewriting import edited, explicit_p256

LIBRARIES = (system_library(), iris_library())

ROOT = root()
ISSUING = root("Example Issuing CA", "ec-2")
MEMBER = Order()


def judged(
    presented: tuple[Certificate, ...],
    trust: tuple[Certificate, ...],
    *,
    purpose: Purpose = Purpose.CLIENT,
    known: tuple[Certificate, ...] = (),
    security_level: int = 1,
) -> ChainReport:
    """Judge a chain by the rules, and see that both OpenSSL libraries say the same."""
    report = build_chain(presented, trust, AT, purpose, known=known, security_level=security_level)
    expected = None if report.refusal is None else Refusal(report.refusal.code, report.refusal.depth)
    ders = tuple(certificate.der for certificate in presented)
    anchors = tuple(certificate.der for certificate in trust)
    if trust:
        for library in LIBRARIES:
            assert library.verify(ders, anchors, AT, purpose, security_level) == expected
    return report


def kinds(report: ChainReport) -> list[tuple[str, int, int]]:
    """Give kind, depth and code of every error."""
    return [(error.kind, error.depth, error.code) for error in report.errors]


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


def test_an_issuer_that_nobody_knows() -> None:
    """An issuer that is neither presented nor trusted, nor related to what is trusted, is an unknown CA."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Other Issuing CA")])
    report = judged((issue(MEMBER, Order(subject=subject, label="ec-2")),), (issue(ROOT),))
    assert kinds(report) == [("unknown-ca", 0, 20)]
    assert report.errors[0].text.startswith("the issuer CN=Other Issuing CA of CN=irisa.example.com/IRISA,")
    assert not report.is_complete


def test_an_issuer_that_calls_itself_a_root() -> None:
    """A leaf alone, whose issuer is a root by name, lacks no intermediate, however related the name is."""
    report = judged((issue(MEMBER, root("Example Root CA 2026", "ec-2")),), (issue(ROOT),))
    assert kinds(report) == [("unknown-ca", 0, 20)]


def test_a_root_that_is_not_trusted() -> None:
    """A chain that is whole and ends in a root of which the peer was not told is an unknown CA."""
    other = root("Other Root CA", "p384-0")
    below = root("Other Issuing CA", "ec-2")
    report = judged((issue(MEMBER, below), issue(below, other), issue(other)), (issue(ROOT),))
    assert kinds(report) == [("unknown-ca", 2, 19)]
    report = judged((issue(MEMBER, below), issue(below, other)), (issue(ROOT),))
    assert kinds(report) == [("unknown-ca", 1, 20)]


def test_a_missing_intermediate_by_the_family_name() -> None:
    """A leaf alone, whose issuer's name is related to a trusted root, lacks its intermediate."""
    report = judged((issue(MEMBER, ISSUING),), (issue(ROOT),))
    assert kinds(report) == [("incomplete-chain", 0, 20)]
    assert "by its name it belongs under the trusted CN=Example Root CA" in report.errors[0].text


def test_a_missing_intermediate_that_was_seen_elsewhere() -> None:
    """An issuer that another member presented settles it."""
    lab, issuing = root("Lab"), root("Something Else", "ec-2")
    report = judged((issue(MEMBER, issuing),), (issue(lab),), known=(issue(issuing, lab),))
    assert kinds(report) == [("incomplete-chain", 0, 20)]
    assert "it was seen elsewhere, and its own issuer is CN=Lab" in report.errors[0].text


def test_a_missing_link_between_what_was_presented() -> None:
    """A root in the chain that nothing links to shows that a link is missing."""
    upper = root("Upper", "p384-0")
    presented = (issue(MEMBER, ISSUING), issue(upper, ROOT), issue(ROOT))
    report = judged(presented, (issue(ROOT),))
    assert kinds(report)[0] == ("incomplete-chain", 0, 20)
    assert "which does not link to it" in report.errors[0].text


def test_a_missing_intermediate_by_the_certificates_own_account() -> None:
    """An authorityKeyIdentifier that names the issuer's issuer shows where the missing one belongs."""
    lab, issuing = root("Lab"), root("Something Else", "ec-2")
    authority = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(lab.subject)], 7)
    leaf = issue(Order(has_key_ids=False, extensions=(authority,)), issuing)
    report = build_chain((leaf,), (issue(lab),), AT, Purpose.CLIENT)
    assert report.errors[0].kind == "incomplete-chain"
    assert "by the certificate's own account it was issued by the trusted CN=Lab" in report.errors[0].text


def test_a_ca_file_without_its_root() -> None:
    """A trusted intermediate is no anchor: the CA file lacks the root above it."""
    report = judged((issue(MEMBER, ISSUING),), (issue(ISSUING, ROOT),))
    assert kinds(report) == [("incomplete-chain", 1, 2)]
    assert "is an intermediate, and no anchor" in report.errors[0].text


def test_a_self_signed_member() -> None:
    """A certificate that is its own issuer is refused, unless it is trusted itself."""
    own = issue(MEMBER)
    assert kinds(judged((own,), (issue(ROOT),))) == [("self-signed-certificate", 0, 18)]
    assert judged((own,), (own,)).errors == ()


def test_a_rekeyed_ca_without_key_identifiers() -> None:
    """The old root of the same name is taken for the issuer, and the signature fails: error 7."""
    old, new = root(has_key_ids=False), root(label="ec-2", has_key_ids=False)
    report = judged((issue(Order(has_key_ids=False), new),), (issue(old),))
    assert kinds(report) == [("ca-rekeyed", 0, 7)]


def test_a_rekeyed_ca_with_key_identifiers() -> None:
    """The old root is passed over by its key identifier: OpenSSL reports an unknown issuer, error 20."""
    report = judged((issue(MEMBER, root(label="ec-2")),), (issue(ROOT),))
    assert kinds(report) == [("ca-rekeyed", 0, 20)]
    assert "signed with the key" in report.errors[0].text


def test_a_rekeyed_root_that_is_presented() -> None:
    """The new root in the chain beside the old one in the CA file is a re-keyed CA too."""
    new = root(label="ec-2")
    report = judged((issue(MEMBER, new), issue(new)), (issue(ROOT),))
    assert kinds(report) == [("ca-rekeyed", 1, 19)]


def test_a_rekeyed_ca_of_another_type() -> None:
    """A root that changed from RSA to an elliptic curve is passed over for its type of key."""
    old = root(label="rsa2048-0", has_key_ids=False)
    report = judged((issue(Order(has_key_ids=False), root(has_key_ids=False)),), (issue(old),))
    assert kinds(report) == [("ca-rekeyed", 0, 20)]
    assert "key of type RSA" in report.errors[0].text


def test_an_old_intermediate_beside_a_new_one() -> None:
    """A presented intermediate of the right name and the wrong key is told."""
    report = judged(
        (issue(MEMBER, ISSUING), issue(root("Example Issuing CA", "p384-1"), ROOT)), (issue(ROOT),)
    )
    assert kinds(report)[0] == ("ca-rekeyed", 0, 20)
    assert "the presented one of that name" in report.errors[0].text


def test_a_ca_renewed_under_another_serial_number() -> None:
    """A certificate that names its issuer by serial number does not accept a renewed one with the same key."""
    authority = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(ROOT.subject)], 6)
    leaf = issue(Order(has_key_ids=False, extensions=(authority,)), ROOT)
    report = build_chain((leaf,), (issue(ROOT),), AT, None)
    assert (report.errors[0].kind, report.errors[0].code) == ("unknown-ca", 20)
    assert "named by a serial number" in report.errors[0].text


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


def test_a_chain_that_is_longer_than_iris_looks() -> None:
    """After nine CA certificates OpenSSL, as IRIS sets it, looks no further."""
    orders = [root(f"CA {depth}", f"ec-{depth % 3}") for depth in range(12)]
    certificates = [issue(order, above) for order, above in pairwise(orders)]
    leaf = issue(MEMBER, orders[0])
    assert judged((leaf, *certificates[:9]), (issue(orders[9]),)).errors == ()
    report = judged((leaf, *certificates[:10]), (issue(orders[10]),))
    assert kinds(report)[0] == ("path-length-exceeded", 10, 22)


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


def test_without_known_anchors_nothing_is_missed() -> None:
    """Where nobody says what is trusted, no CA is called unknown, and the report says so."""
    issuing, leaf = issue(ISSUING, ROOT), issue(MEMBER, ISSUING)
    report = build_chain((leaf, issuing), (), AT, Purpose.CLIENT)
    assert (report.errors, report.is_complete, report.anchor) == ((), False, None)
    assert report.path == (leaf, issuing)
    assert "no trust anchors are known" in report.notes[0]
    whole = build_chain((leaf, issuing, issue(ROOT)), (), AT, Purpose.CLIENT)
    assert (whole.errors, whole.is_complete, whole.anchor) == ((), True, None)


def test_without_known_anchors_what_is_plain_is_said() -> None:
    """A self-signed member and a gap between presented certificates are plain; a refusal is not claimed."""
    assert kinds(build_chain((issue(MEMBER),), (), AT, None)) == [("self-signed-certificate", 0, 0)]
    gap = build_chain((issue(MEMBER, ISSUING), issue(ROOT)), (), AT, None)
    assert kinds(gap) == [("incomplete-chain", 0, 0)]
    assert gap.refusal is None


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


def test_authorities_that_issued_one_another_end_the_search() -> None:
    """Trusted certificates in a ring do not keep the search going for ever."""
    one, other = root("One CA", "ec-0"), root("Other CA", "ec-2")
    ring = (issue(one, other), issue(other, one))
    report = build_chain((issue(MEMBER, one),), ring, AT, Purpose.CLIENT)
    assert not report.is_complete
    assert report.errors[0].code == 22
