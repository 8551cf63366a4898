"""Certificate requests, read and answered by a real OpenSSL."""

from __future__ import annotations

import json
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from typer.testing import CliRunner

from analyzers.x509.certificate import parse_certificate
from probe.cli import build_app
from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from pathlib import Path

DN = "CN=irisb.example.com/IRISB,OU=Data,O=Example,C=US"


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(), ["csr", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_request_asks_for_both_roles_and_keeps_the_name(tmp_path: Path) -> None:
    """OpenSSL reads the DN in its order and both usages from the request."""
    _run("--dn", DN, "--member", "IRISB", "-d", str(tmp_path))
    text = subprocess.run(
        [
            "openssl",
            "req",
            "-in",
            tmp_path / "IRISB.csr",
            "-noout",
            "-text",
            "-verify",
            "-nameopt",
            "RFC2253",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert DN in text
    assert "Digital Signature, Key Encipherment" in text
    assert "TLS Web Client Authentication, TLS Web Server Authentication" in text
    assert "DNS:irisb.example.com" in text


def test_openssl_makes_the_same_request_from_the_configuration(tmp_path: Path) -> None:
    """The configuration file and the request agree on subject and extensions."""
    _run("--dn", DN, "--member", "IRISB", "-d", str(tmp_path))
    subprocess.run(
        ["openssl", "req", "-new", "-config", "IRISB.cnf", "-key", "IRISB.key", "-out", "again.csr"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    ours, theirs = (
        x509.load_pem_x509_csr((tmp_path / name).read_bytes()) for name in ("IRISB.csr", "again.csr")
    )

    assert theirs.subject == ours.subject
    assert {(e.oid, e.critical, e.value) for e in theirs.extensions} == {
        (e.oid, e.critical, e.value) for e in ours.extensions
    }


def test_a_new_key_is_private_and_nothing_is_overwritten(tmp_path: Path) -> None:
    """The key has mode 0600; a second run changes no file and names each one in the way."""
    _run("--dn", DN, "--member", "IRISB", "-d", str(tmp_path))
    key = tmp_path / "IRISB.key"
    before = key.read_bytes()

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with pytest.raises(UsageFailure) as failure:
        _run("--dn", DN, "--member", "IRISB", "-d", str(tmp_path))
    assert len(failure.value.problems) == 4
    assert key.read_bytes() == before


def test_a_renewal_keeps_the_encoding_of_the_name(tmp_path: Path) -> None:
    """The subject of a request made from a certificate is that certificate's, octet for octet."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "old.key", "-out", "old.pem",
         "-subj", "/C=US/O=Example/CN=irisa.example.com", "-days", "30"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    old = x509.load_pem_x509_certificate((tmp_path / "old.pem").read_bytes())
    old_files = ("--from-certificate", str(tmp_path / "old.pem"), "--key", str(tmp_path / "old.key"))
    output = _run(*old_files, "-d", str(tmp_path / "new"), "--json")
    request = x509.load_pem_x509_csr((tmp_path / "new" / "old.csr").read_bytes())

    assert request.subject.public_bytes() == old.subject.public_bytes()
    assert request.public_key() == old.public_key()
    assert json.loads(output)["dn"] == "CN=irisa.example.com,O=Example,C=US"
    assert not (tmp_path / "new" / "old.key").exists()


def test_the_certreq_file_names_both_usages(tmp_path: Path) -> None:
    """Microsoft's input file asks for the same."""
    _run("--dn", DN, "--member", "IRISB", "-d", str(tmp_path))
    inf = (tmp_path / "IRISB.inf").read_text(encoding="utf-8-sig")

    assert f'Subject = "{DN}"' in inf
    assert "OID = 1.3.6.1.5.5.7.3.2" in inf
    assert "OID = 1.3.6.1.5.5.7.3.1" in inf
    assert "KeyUsage = 0xA0" in inf


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "needs one of"),
        (("--dn", "no name at all"), "no distinguished name"),
        (("--dn", "CN=a,C=USA"), "cannot be a certificate's subject"),
        (("--dn", ""), "is empty"),
        (("--dn", DN, "--member", "../IRISB"), "cannot be a path"),
        (("--dn", DN, "--key", "/nonexistent.key"), "cannot be read"),
        (("--from-certificate", "/nonexistent.pem"), "cannot be read"),
    ],
)
def test_bad_input_is_said_in_one_line(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """What is wrong is named, and nothing is written."""
    with pytest.raises(UsageFailure) as failure:
        _run(*arguments, "-d", str(tmp_path / "out"))

    assert words in failure.value.problems[0]
    assert not (tmp_path / "out").exists()


def test_an_encrypted_key_opens_with_its_password(tmp_path: Path) -> None:
    """A password file encrypts the new key, and the key opens with it only."""
    (tmp_path / "password").write_text("open sesame\n")
    _run("--dn", DN, "--member", "IRISB", "-d", str(tmp_path), "--password-file", str(tmp_path / "password"))

    assert b"ENCRYPTED PRIVATE KEY" in (tmp_path / "IRISB.key").read_bytes()
    checked = subprocess.run(
        ["openssl", "pkey", "-in", "IRISB.key", "-passin", "pass:open sesame", "-noout"],
        cwd=tmp_path,
        check=False,
    )
    assert checked.returncode == 0


def test_the_answer_of_an_authority_is_read(tmp_path: Path) -> None:
    """A certificate that the openssl CA makes of the request carries the name that was asked for."""
    _run("--dn", DN, "--member", "IRISB", "-d", str(tmp_path))
    subprocess.run(
        ["openssl", "x509", "-req", "-in", "IRISB.csr", "-signkey", "IRISB.key", "-copy_extensions", "copy",
         "-outform", "DER", "-out", "b.der"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    certificate = parse_certificate((tmp_path / "b.der").read_bytes())

    assert certificate.subject.rfc4514() == DN
    assert certificate.extended_key_usage == ("clientAuth", "serverAuth")
