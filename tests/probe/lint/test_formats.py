"""Files in every form in which certificates and keys come, made by OpenSSL's own program."""

from __future__ import annotations

import contextlib
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from probe.cli import build_app
from probe.keyfile import legacy_cipher
from probe.lint.formats import read_contents
from probe.outcome import UnreadableInput, UsageFailure

if TYPE_CHECKING:
    from pathlib import Path

SUBJECT = "/C=US/O=Acme/CN=irisa.example.com\\/IRISA"
EXTENSIONS = "keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=clientAuth,serverAuth\nbasicConstraints=CA:FALSE\n"


def _openssl(directory: Path, command: str, *more: str) -> None:
    subprocess.run(["openssl", *command.split(), *more], cwd=directory, check=True, capture_output=True)


def _issue(directory: Path, name: str) -> None:
    _openssl(directory, f"req -new -key {name}.key -out {name}.csr -subj", SUBJECT)
    _openssl(
        directory, f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -days 90 -extfile ext -out {name}.pem"
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, a member with a key of each kind, and the password of the encrypted files."""
    directory = tmp_path_factory.mktemp("made")
    (directory / "ext").write_text(EXTENSIONS)
    (directory / "pw").write_text("secret\n")
    usage = "keyUsage=critical,keyCertSign,cRLSign"
    _openssl(
        directory,
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 90 -subj",
        "/CN=Acme CA",
        "-addext",
        usage,
    )
    for name, how in {
        "rsa": "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
        "pss": "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
        "ed25519": "genpkey -algorithm ed25519",
        "ed448": "genpkey -algorithm ed448",
        "ec": "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        "explicit": "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
    }.items():
        _openssl(directory, f"{how} -out {name}.key")
        _issue(directory, name)
    return directory


def _lint(*arguments: object) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(build_app(), ["lint", *map(str, arguments), "--json"], catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


def _found(record: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(finding["check"], finding["cause"]) for finding in record["findings"]]


KEYS = {
    "PKCS #8, PBES2": "pkcs8 -topk8 -in rsa.key -passout pass:secret -v2 aes-256-cbc -out {}",
    "PKCS #8, 3DES": "pkcs8 -topk8 -in rsa.key -passout pass:secret -v1 PBE-SHA1-3DES -out {}",
    "PKCS #8, scrypt": "pkcs8 -topk8 -in rsa.key -passout pass:secret -scrypt -out {}",
    "DEK-Info, DES3": "rsa -in rsa.key -traditional -des3 -passout pass:secret -out {}",
    "DEK-Info, AES-192": "rsa -in rsa.key -traditional -aes192 -passout pass:secret -out {}",
    "DEK-Info, Camellia": "rsa -in rsa.key -traditional -camellia256 -passout pass:secret -out {}",
    "PKCS #8, ARIA": "pkcs8 -topk8 -in rsa.key -passout pass:secret -v2 aria128 -out {}",
    "DEK-Info, AES": "rsa -in rsa.key -traditional -aes256 -passout pass:secret -out {}",
    "DER, encrypted": "pkcs8 -topk8 -in rsa.key -passout pass:secret -outform DER -out {}",
}


@pytest.mark.parametrize("kind", KEYS)
def test_an_encrypted_key_is_read_with_its_password_and_with_no_other(made: Path, kind: str) -> None:
    """Every form in which OpenSSL encrypts a key is opened; a missing and a wrong password are told apart."""
    _openssl(made, KEYS[kind].format("encrypted.key"))
    (made / "wrong").write_text("other\n")
    files = (made / "encrypted.key", made / "rsa.pem", made / "ca.pem")
    with_password = _lint(*files, "--password-file", made / "pw")
    without, wrong = _lint(*files), _lint(*files, "--password-file", made / "wrong")

    assert (with_password[0], _found(with_password[1])) == (0, [])
    for code, record in (without, wrong):
        assert (code, _found(record)) == (1, [("private key can be read", "client-configuration")])
    assert "no password was given" in without[1]["findings"][0]["text"]
    assert "password is wrong" in wrong[1]["findings"][0]["text"]


LEGACY = {
    "single DES (DES-CBC)": "rsa -in rsa.key -traditional -des -passout pass:secret -out {}",
    "RC2 (RC2-CBC)": "rsa -in rsa.key -traditional -rc2 -passout pass:secret -out {}",
    "Blowfish (BF-CBC)": "pkcs8 -topk8 -in rsa.key -passout pass:secret -v2 bf -out {}",
    "SEED (SEED-CBC)": "pkcs8 -topk8 -in rsa.key -passout pass:secret -v2 seed -out {}",
    "single DES (pbeWithMD5AndDES-CBC)": "pkcs8 -topk8 -in rsa.key -passout pass:secret -v1 PBE-MD5-DES -out {}",
    "single DES (pbeWithSHA1AndDES-CBC)": "pkcs8 -topk8 -in rsa.key -passout pass:secret -v1 PBE-SHA1-DES -out {}",
    "RC4 (pbeWithSHA1And40BitRC4)": "pkcs8 -topk8 -in rsa.key -passout pass:secret -v1 PBE-SHA1-RC4-40 -out {}",
    "RC2 (pbeWithSHA1And40BitRC2-CBC)": "pkcs8 -topk8 -in rsa.key -passout pass:secret -v1 PBE-SHA1-RC2-40 -out {}",
}
"""What OpenSSL 3 encrypts with its legacy provider alone."""


@pytest.mark.parametrize("cipher", LEGACY)
def test_a_cipher_of_the_legacy_provider_is_told_for_what_it_is(made: Path, cipher: str) -> None:
    """The key is read, and no password is called wrong; the remedy is a command that OpenSSL 3 does."""
    _openssl(made, LEGACY[cipher].format("legacy.key"), "-provider", "legacy", "-provider", "default")
    plain = ["openssl", "pkey", "-in", "legacy.key", "-passin", "pass:secret", "-noout"]
    assert subprocess.run(plain, cwd=made, check=False, capture_output=True).returncode != 0

    files = (made / "legacy.key", made / "rsa.pem", made / "ca.pem")
    code, record = _lint(*files, "--password-file", made / "pw")
    assert (code, _found(record)) == (1, [("private key's cipher", "client-configuration")])
    (finding,) = record["findings"]
    assert (
        f"is encrypted with {cipher}, which OpenSSL 3 reads only where its legacy provider is"
        in finding["text"]
    )
    command = finding["remedy"].removeprefix("Encrypt it anew: openssl ").replace("NEW.pem", "anew.key")
    _openssl(made, command, "-passin", "pass:secret", "-passout", "pass:secret")
    assert _lint(made / "anew.key", *files[1:], "--password-file", made / "pw")[1]["findings"] == []


@pytest.mark.parametrize("password", [None, "other"])
def test_a_legacy_key_without_its_password(made: Path, password: str | None) -> None:
    """A password that is missing or wrong is told as ever, and the cipher beside it."""
    command = LEGACY["single DES (DES-CBC)"].format("legacy.key")
    _openssl(made, command, "-provider", "legacy", "-provider", "default")
    (made / "wrong").write_text("other\n")
    options = () if password is None else ("--password-file", made / "wrong")
    _, record = _lint(made / "legacy.key", made / "rsa.pem", made / "ca.pem", *options)
    told = {finding["check"]: finding["text"] for finding in record["findings"]}
    assert ("no password" if password is None else "password is wrong") in told["private key can be read"]
    assert "single DES" in told["private key's cipher"]


@given(
    data=st.binary(max_size=200),
    head=st.sampled_from([b"", b"0\x82\x01\x00", b"-----BEGIN ENCRYPTED PRIVATE KEY-----"]),
)
def test_any_bytes_have_a_cipher_or_none(data: bytes, head: bytes) -> None:
    """Whatever stands where the cipher of a key is looked for, it is one of the table, or none."""
    assert legacy_cipher(head + data + b"-----END") is None


@pytest.mark.parametrize("form", ["rsa -traditional", "pkcs8 -topk8 -nocrypt"])
def test_a_key_in_der_is_a_key(made: Path, form: str) -> None:
    """PKCS #1 and PKCS #8 without PEM around them."""
    command, *options = form.split()
    _openssl(made, f"{command} -in rsa.key -outform DER -out plain.der", *options)

    assert _found(_lint(made / "plain.der", made / "rsa.pem", made / "ca.pem")[1]) == []


@pytest.mark.parametrize("name", ["rsa", "pss", "ed25519", "ed448", "ec"])
def test_a_key_of_any_kind_is_its_certificates_and_shakes_hands(made: Path, name: str) -> None:
    """A restricted RSA key is the certificate's, though cryptography writes it as another algorithm."""
    other = "ed25519" if name != "ed25519" else "rsa"
    files = [made / f"{which}.{kind}" for which in (name, other) for kind in ("pem", "key")]
    _, record = _lint(*files, made / "ca.pem")

    assert [pair["accepted"] for pair in record["pairs"]] == [True, True]
    assert "private-key-mismatch" not in {cause for _, cause in _found(record)}


def test_a_curve_that_is_spelled_out_is_refused_for_that_and_not_for_the_key(made: Path) -> None:
    """OpenSSL's verify error 94, and no word of another key."""
    code, record = _lint(made / "explicit.pem", made / "explicit.key", made / "ca.pem")

    assert code == 1
    assert {cause for _, cause in _found(record)} == {"unsupported-key-type"}
    assert "OpenSSL verify error 94" in record["findings"][0]["text"]


WRAPPED = {
    "PKCS #12, modern": "pkcs12 -export -in rsa.pem -inkey rsa.key -certfile ca.pem -passout pass:secret -out {}",
    "PKCS #12, legacy": "pkcs12 -export -in rsa.pem -inkey rsa.key -certfile ca.pem -passout pass:secret -legacy -out {}",
    "PKCS #12, no password": "pkcs12 -export -in rsa.pem -inkey rsa.key -certfile ca.pem -passout pass: -out {}",
    "PKCS #7, PEM": "crl2pkcs7 -nocrl -certfile rsa.pem -certfile ca.pem -out {}",
    "PKCS #7, DER": "crl2pkcs7 -nocrl -certfile rsa.pem -certfile ca.pem -outform DER -out {}",
    "DER": "x509 -in rsa.pem -outform DER -out {}",
}


@pytest.mark.parametrize("kind", WRAPPED)
def test_a_form_that_iris_cannot_read_is_read_and_said_to_be_so(made: Path, kind: str) -> None:
    """What an authority sends is judged; that IRIS wants PEM is said beside it."""
    _openssl(made, WRAPPED[kind].format("wrapped.bin"))
    code, record = _lint(made / "wrapped.bin", "--password-file", made / "pw")

    assert (code, _found(record)) == (0, [("files are PEM", "client-configuration")])
    assert len(record["members"]) == 1


def test_der_in_the_place_where_iris_reads_is_fatal(made: Path, tmp_path: Path) -> None:
    """`no start line` is what IRIS would say, and a handshake in memory would not show it."""
    member = tmp_path / "IRISA"
    member.mkdir()
    for name, source in (("CAFile", "ca.pem"), ("PrivateKeyFile", "rsa.key")):
        (member / f"{name}.pem").write_bytes((made / source).read_bytes())
    _openssl(made, f"x509 -in rsa.pem -outform DER -out {member}/CertificateFile.pem")
    code, record = _lint(tmp_path)

    assert (code, _found(record)) == (1, [("files are PEM", "client-configuration")])
    assert record["findings"][0]["severity"] == "critical"


SPELLINGS = {
    "CRLF": lambda pem: pem.replace(b"\n", b"\r\n"),
    "byte order mark": lambda pem: b"\xef\xbb\xbf" + pem,
    "text before it": lambda pem: b"Certificate:\n    Data:\n        Version: 3\n" + pem,
    "bag attributes": lambda pem: b"Bag Attributes\n    localKeyID: 01 02\nsubject=CN = x\n" + pem,
    "the old label": lambda pem: pem.replace(b" CERTIFICATE", b" X509 CERTIFICATE"),
    "no line end at the end": lambda pem: pem.rstrip(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_pem_is_pem_however_it_is_written(made: Path, spelling: str) -> None:
    """What OpenSSL reads as PEM is read."""
    (made / "spelled.pem").write_bytes(SPELLINGS[spelling]((made / "rsa.pem").read_bytes()))

    assert _found(_lint(made / "spelled.pem", made / "rsa.key", made / "ca.pem")[1]) == []


def test_settings_of_trust_behind_a_certificate_are_left_out(made: Path) -> None:
    """OpenSSL's TRUSTED CERTIFICATE is the certificate with something behind it."""
    _openssl(made, "x509 -in rsa.pem -trustout -addtrust clientAuth -out trusted.pem")
    (trusted,) = read_contents((made / "trusted.pem").read_bytes(), None).certificates
    (plain,) = read_contents((made / "rsa.pem").read_bytes(), None).certificates

    assert trusted == plain


def test_a_key_beside_its_certificate_and_a_request_in_der_are_found(made: Path) -> None:
    """One file may hold both; a request needs no PEM."""
    both = made / "both.pem"
    both.write_bytes((made / "rsa.key").read_bytes() + (made / "rsa.pem").read_bytes())
    _openssl(made, "req -in rsa.csr -outform DER -out request.der")

    assert _found(_lint(both, made / "ca.pem")[1]) == []
    assert {check for check, _ in _found(_lint(made / "request.der")[1])} == {"request names both roles"}


def test_a_ca_file_may_hold_the_members_certificate(made: Path) -> None:
    """The vendor's text puts the own certificate into the CA file; it is no second member then."""
    mixed = made / "bundle-ca.pem"
    mixed.write_bytes((made / "rsa.pem").read_bytes() + (made / "ca.pem").read_bytes())
    code, record = _lint(made / "rsa.pem", made / "rsa.key", mixed)

    assert (code, _found(record)) == (0, [("only CA certificates in the CA file", None)])
    assert len(record["members"]) == 1


def test_what_is_nothing_is_passed_over_in_a_directory_and_what_is_broken_is_named(
    made: Path, tmp_path: Path
) -> None:
    """A README beside the certificates is no mistake; half a certificate is one."""
    for name in ("rsa.pem", "rsa.key", "ca.pem"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    (tmp_path / "README.txt").write_text("Ours.\n")
    (tmp_path / "empty").touch()
    assert _found(_lint(tmp_path)[1]) == []

    (tmp_path / "half.pem").write_bytes((made / "rsa.pem").read_bytes()[:300])
    with pytest.raises(UnreadableInput) as failure:
        _lint(tmp_path)
    assert failure.value.problems[0].startswith(f"{tmp_path / 'half.pem'}: ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b" \n", "is empty"),
        (b"\xff\xfe-\x00-\x00", "UTF-16"),
        (b"\x30\x82\x01", "neither a certificate"),
        (b"-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----\n", "neither a certificate, a key"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n", "has no end"),
    ],
)
def test_a_broken_file_is_one_line(content: bytes, words: str) -> None:
    """The reason is said, and nothing else is raised."""
    with pytest.raises(ValueError, match=words):
        read_contents(content, None)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\x30", b"\x30\x82\x00\x20\x02\x01\x03", b"-----BEGIN CERTIFICATE-----\n"]),
)
def test_any_bytes_are_contents_or_a_reason(tail: bytes, head: bytes) -> None:
    """No bytes raise anything but the reason why they are nothing."""
    with contextlib.suppress(ValueError):
        read_contents(head + tail, b"secret")


def test_two_documents_at_once_are_a_mistake(made: Path) -> None:
    """`--json --sarif` prints neither."""
    with pytest.raises(UsageFailure, match="--json and --sarif"):
        CliRunner().invoke(
            build_app(), ["lint", str(made / "rsa.pem"), "--json", "--sarif"], catch_exceptions=False
        )
