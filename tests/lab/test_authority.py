"""The lab's certificates, as OpenSSL's own command line sees them."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from probe.lab.authority import Authority
from probe.lab.keys import KeyKind, private_key
from probe.lab.recipe import NetscapeType, Recipe, Signature, authority_recipe, member_recipe

if TYPE_CHECKING:
    from pathlib import Path

    from probe.lab.identity import Identity

IRISA = member_recipe("IRISA")


def openssl(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the system's openssl."""
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)


def verify(identity: Identity, directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Let openssl verify an identity's chain against the authorities that it trusts."""
    files = identity.write(directory)
    return openssl(
        "verify",
        *options,
        "-CAfile",
        files.ca,
        "-untrusted",
        files.certificate,
        "-show_chain",
        files.certificate,
    )


def printed(identity: Identity, directory: Path) -> str:
    """Let openssl print the leaf."""
    return openssl("x509", "-noout", "-text", "-in", identity.write(directory).certificate).stdout


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256])
@pytest.mark.parametrize("purpose", ["sslclient", "sslserver"])
def test_a_member_is_accepted_in_both_roles(kind: KeyKind, purpose: str, tmp_path: Path) -> None:
    """A faultless identity is good as a client and as a server, with either kind of key, below its root."""
    result = verify(Authority.create(key=kind).member("IRISA", key=kind), tmp_path, "-purpose", purpose)
    assert result.returncode == 0
    assert "depth=2: C = US, O = Example, CN = Lab Root CA" in result.stdout


def test_the_default_holds_what_the_vendor_asks_for(issuing: Authority, tmp_path: Path) -> None:
    """The default certificate has both usages of either kind, and host and instance in its CN."""
    text = printed(issuing.member("IRISA"), tmp_path)
    assert "Digital Signature, Key Encipherment" in text
    assert "TLS Web Client Authentication, TLS Web Server Authentication" in text
    assert "Subject: C = US, O = Example, CN = irisa.example.com/IRISA" in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"extended_key_usage": ("serverAuth",)}, "unsupported certificate purpose"),
        ({"netscape_type": NetscapeType.SSL_SERVER}, "unsupported certificate purpose"),
        ({"key_usage": ("keyEncipherment",)}, "unsupported certificate purpose"),
        ({"valid_until": timedelta(hours=-1)}, "certificate has expired"),
        ({"valid_from": timedelta(hours=1)}, "certificate is not yet valid"),
        ({"critical_extension": "1.3.6.1.4.1.32473.1"}, "unhandled critical extension"),
        ({"signature": Signature.BROKEN}, "certificate signature failure"),
    ],
)
def test_a_changed_recipe_is_refused_for_that_change(
    issuing: Authority, tmp_path: Path, changes: dict[str, object], expected: str
) -> None:
    """OpenSSL, as a server that verifies a client, names the very thing that the recipe changed."""
    identity = issuing.issue(replace(IRISA, **changes))
    result = verify(identity, tmp_path, "-purpose", "sslclient")
    assert result.returncode != 0
    assert expected in result.stderr.replace("unsuitable", "unsupported")


def test_a_sha1_signature_is_valid_and_weak(issuing: Authority, tmp_path: Path) -> None:
    """A SHA-1 certificate verifies at security level 0 and is refused at level 1 for its digest."""
    identity = issuing.issue(replace(IRISA, signature=Signature.SHA1))
    assert identity.leaf.signature_algorithm_oid._name == "sha1WithRSAEncryption"
    assert verify(identity, tmp_path, "-auth_level", "0").returncode == 0
    assert "algorithm too weak" in verify(identity, tmp_path, "-auth_level", "1").stderr


def test_only_rsa_signs_with_sha1() -> None:
    """An elliptic curve authority says that it makes no SHA-1 signature."""
    with pytest.raises(ValueError, match="only an RSA issuer"):
        Authority.create(key=KeyKind.P256).issue(replace(IRISA, signature=Signature.SHA1))


def test_certificates_depend_on_the_recipe_and_the_clock() -> None:
    """Two authorities with one clock issue certificates of the same times, names and extensions."""
    at = datetime(2025, 3, 1, tzinfo=UTC)
    first, second = (Authority.create(at=at).member("IRISA").leaf for _ in range(2))
    assert first.not_valid_before_utc == datetime(2025, 2, 28, tzinfo=UTC)
    assert first.not_valid_after_utc == at + timedelta(days=365)
    assert (first.subject, list(first.extensions)) == (second.subject, list(second.extensions))


def test_one_subject_has_one_key_and_a_label_makes_another(issuing: Authority) -> None:
    """A renewal keeps its key, and a label is what sets two keys of one subject apart."""
    renewed, rekeyed = issuing.issue(IRISA), issuing.issue(replace(IRISA, key_label="another"))
    assert renewed.key_pem == issuing.issue(IRISA).key_pem
    assert rekeyed.key_pem != renewed.key_pem


def test_files_are_in_the_layout_of_a_cpf(issuing: Authority, tmp_path: Path) -> None:
    """An identity is written as a CPF's SSLDir, its key for the owner alone, even over an older file."""
    (tmp_path / "PrivateKeyFile.pem").write_text("older")
    (tmp_path / "PrivateKeyFile.pem").chmod(0o644)
    identity = issuing.member("IRISA")
    files = identity.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "CAFile.pem",
        "CertificateFile.pem",
        "PrivateKeyFile.pem",
    }
    assert files.key.stat().st_mode & 0o777 == 0o600
    assert files.key.read_bytes() == identity.key_pem


def test_no_key_shows_in_a_repr(issuing: Authority) -> None:
    """Neither an authority nor an identity shows its private key."""
    text = repr(issuing) + repr(issuing.member("IRISA"))
    assert "PRIVATE" not in text
    assert "RSAPrivateKey" not in text


def test_a_request_is_signed_with_its_own_name_and_key(issuing: Authority, tmp_path: Path) -> None:
    """A signing request keeps subject and public key, and gets the usages of the recipe."""
    key = private_key(KeyKind.P256, "of the request")
    name = x509.Name.from_rfc4514_string("CN=irisq.example.com/IRISQ,O=Example,C=US")
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    leaf = x509.load_pem_x509_certificate(issuing.sign_request(request, IRISA))
    assert leaf.subject == name
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert leaf.public_key() == key.public_key()
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature


def test_a_revocation_list_names_what_was_revoked(issuing: Authority) -> None:
    """The list is signed by the authority and holds the certificate's serial number."""
    leaf = issuing.member("IRISA").leaf
    listed = issuing.revocation_list((leaf,), last_update=timedelta(days=-1), next_update=timedelta(days=1))
    assert listed.is_signature_valid(issuing.certificate.public_key())  # type: ignore[arg-type]  # an RSA key
    assert listed.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None


def test_an_authority_may_carry_any_recipe() -> None:
    """Restrictions such as a path length stand in the authority's own certificate."""
    recipe: Recipe = replace(authority_recipe("Lab Upper CA"), path_length=0)
    upper = Authority.root().intermediate(recipe=recipe)
    basic = upper.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical
    assert basic.value == x509.BasicConstraints(ca=True, path_length=0)
