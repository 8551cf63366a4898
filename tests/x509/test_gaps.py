"""Chains that do not lead to a trusted root, and why."""

from __future__ import annotations

from itertools import pairwise

from cryptography import x509
from cryptography.x509.oid import NameOID

from analyzers.x509.chain import build_chain
from analyzers.x509.purposes import Purpose
from tests.x509.judging import ISSUING, MEMBER, ROOT, judged, kinds
from tests.x509.making import AT, Order, issue, root


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


def test_a_chain_that_is_longer_than_iris_looks() -> None:
    """After nine CA certificates OpenSSL, as IRIS sets it, looks no further."""
    orders = [root(f"CA {depth}", f"ec-{depth % 3}") for depth in range(12)]
    certificates = [issue(order, above) for order, above in pairwise(orders)]
    leaf = issue(MEMBER, orders[0])
    assert judged((leaf, *certificates[:9]), (issue(orders[9]),)).errors == ()
    report = judged((leaf, *certificates[:10]), (issue(orders[10]),))
    assert kinds(report)[0] == ("path-length-exceeded", 10, 22)


def test_authorities_that_issued_one_another_end_the_search() -> None:
    """Trusted certificates in a ring do not keep the search going for ever."""
    one, other = root("One CA", "ec-0"), root("Other CA", "ec-2")
    ring = (issue(one, other), issue(other, one))
    report = build_chain((issue(MEMBER, one),), ring, AT, Purpose.CLIENT)
    assert not report.is_complete
    assert report.errors[0].code == 22
